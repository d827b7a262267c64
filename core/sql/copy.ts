/** COPY in every direction. */
import type { CatalogRelation } from '../catalog/snapshot.ts';
import type { StatementAnalysis } from './analysis.ts';
import { targetField } from './dml.ts';
import { readRelation, relationItem } from './from.ts';
import { stringsOf } from './names.ts';
import type { Pg } from './parse.ts';
import { unresolved } from './refuse.ts';
import { relationFields, relationFor } from './relation.ts';
import { Scope } from './scope.ts';
import { condition } from './select.ts';
import type { Analyzer } from './state.ts';
import { type Outcome, statement } from './statement.ts';
import { changed, type Field } from './value.ts';
import { writeTo } from './write.ts';

type Copy = NonNullable<StatementAnalysis['copy']>;

const optionText = (option: Pg.DefElem): string => {
  const { arg } = option;
  if (!arg) return 'true';
  if ('String' in arg) return arg.String.sval ?? '';
  if ('Boolean' in arg) return String(arg.Boolean.boolval === true);
  return 'Integer' in arg ? String(arg.Integer.ival ?? 0) : '';
};

const isTrue = (text: string): boolean => ['true', 'on', '1', 'match'].includes(text.toLowerCase());

function formatOf(node: Pg.CopyStmt): Copy {
  const options = new Map<string, string>();
  for (const option of node.options ?? [])
    if ('DefElem' in option) options.set(option.DefElem.defname ?? '', optionText(option.DefElem));
  const encoding = options.get('encoding');
  // Masks read and write UTF-8 only.
  if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) unresolved('COPY ENCODING');
  const format = options.get('format') ?? 'text';
  if (format !== 'text' && format !== 'csv' && format !== 'binary') return unresolved('COPY FORMAT');
  const quote = options.get('quote') ?? '"';
  return {
    format,
    delimiter: options.get('delimiter') ?? (format === 'csv' ? ',' : '\t'),
    quote,
    escape: options.get('escape') ?? quote,
    null: options.get('null') ?? (format === 'csv' ? '' : '\\N'),
    header: isTrue(options.get('header') ?? 'false'),
  };
}

/** Files and programs of the server: nothing passes the wire. */
function elsewhere(a: Analyzer, node: Pg.CopyStmt): boolean {
  if (node.is_program) a.out.hazard('copy_program', node.filename ?? '');
  else if (node.filename !== undefined) a.out.hazard('copy_file', node.filename);
  return node.is_program === true || node.filename !== undefined;
}

/** The columns listed, or all but generated ones. */
function copied(a: Analyzer, relation: CatalogRelation, node: Pg.CopyStmt): readonly Field[] {
  if (node.attlist) return stringsOf(node.attlist).map(name => targetField(a, relation, name));
  const stored = new Set(relation.columns.filter(column => column.generated === null).map(column => column.name));
  return relationFields(a, relation).filter(field => stored.has(field.name));
}

export function copyStatement(a: Analyzer, node: Pg.CopyStmt): Outcome {
  const copy = formatOf(node);
  const away = elsewhere(a, node);
  if (node.query) {
    const inner = statement(a, node.query);
    return { kind: 'copy', columns: inner.columns ?? [], result: away ? 'none' : 'copy_out', copy };
  }
  const relation = relationFor(a, node.relation ?? unresolved('COPY'));
  const columns = copied(a, relation, node);
  const target = { relation, columns, copy: away ? null : copy };
  return node.is_from ? copyFrom(a, node, target) : copyTo(a, target);
}

type Copied = { relation: CatalogRelation; columns: readonly Field[]; copy: Copy | null };

function copyTo(a: Analyzer, { relation, columns, copy }: Copied): Outcome {
  readRelation(a, relation);
  a.out.relation('read', 'copy_to', relation);
  for (const { value } of columns) {
    const [own] = value.origins;
    if (own) a.out.read(own);
  }
  // CopyOutResponse names no columns: what is masked follows from this analysis alone.
  const anonymous = columns.map(({ name, value }) => ({ name, value: changed(value, { wire: null }) }));
  return { kind: 'copy', columns: anonymous, result: copy ? 'copy_out' : 'none', copy };
}

function copyFrom(a: Analyzer, node: Pg.CopyStmt, { relation, columns, copy }: Copied): Outcome {
  writeTo(a, relation, 'copy_from', 'insert');
  for (const { value } of columns) for (const ref of value.origins) a.out.use(ref, 'target');
  if (node.whereClause) {
    const scope = new Scope(null);
    scope.items.push(relationItem(a, relation, undefined));
    condition(a, scope, node.whereClause);
  }
  return { kind: 'copy', columns: null, result: copy ? 'copy_in' : 'none', copy };
}
