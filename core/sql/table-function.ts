/** Functions in FROM, also ROWS FROM, WITH ORDINALITY and column definition lists. */

import { checkType } from './domain.ts';
import { fieldsOfType } from './expr/row.ts';
import { expression } from './expression.ts';
import { item, laterally, renamed } from './from.ts';
import { expressionLabel } from './label.ts';
import { stringsOf } from './names.ts';
import type { Pg } from './parse.ts';
import { unresolved } from './refuse.ts';
import type { Item, Scope } from './scope.ts';
import type { Analyzer } from './state.ts';
import { typeOfName } from './typename.ts';
import { isComposite } from './types/coerce.ts';
import { oid } from './types/oid.ts';
import { changed, constant, derive, type Field, type Value } from './value.ts';

type Part = { node: Pg.Node; definitions: readonly Pg.Node[] };

/** Each entry is a list of the call and its own column definitions. */
function partsOf(node: Pg.RangeFunction): Part[] {
  return (node.functions ?? []).map(entry => {
    const [call, definitions] = 'List' in entry ? (entry.List.items ?? []) : [];
    if (!call) return unresolved('RangeFunction');
    const own = definitions && 'List' in definitions ? (definitions.List.items ?? []) : [];
    return { node: call, definitions: own.length > 0 ? own : node.is_rowsfrom ? [] : (node.coldeflist ?? []) };
  });
}

/** unnest(a, b, …) in FROM gives one column per array. */
function unnested(a: Analyzer, scope: Scope, node: Pg.Node): Field[] | null {
  if (!('FuncCall' in node) || (node.FuncCall.args?.length ?? 0) < 2) return null;
  const names = stringsOf(node.FuncCall.funcname);
  if (names.at(-1) !== 'unnest' || (names.length > 1 && names[0] !== 'pg_catalog')) return null;
  return (node.FuncCall.args ?? []).map(argument => {
    const call = { FuncCall: { ...node.FuncCall, args: [argument] } };
    return { name: 'unnest', value: expression(a, scope, call) };
  });
}

const defined = (a: Analyzer, value: Value, definitions: readonly Pg.Node[]): Field[] =>
  definitions.map(node => {
    if (!('ColumnDef' in node) || !node.ColumnDef.typeName) return unresolved('ColumnDef');
    const { oid: type } = typeOfName(a, node.ColumnDef.typeName);
    checkType(a, type);
    return { name: node.ColumnDef.colname ?? '', value: changed(derive([value], { type }), { kind: value.kind }) };
  });

/** One column of a row that a function gives. */
const asColumns = (fields: readonly Field[]): Field[] =>
  fields.map(field => ({ name: field.name, value: changed(field.value, { wire: null, set: false, literal: null }) }));

/** The one output argument's name goes before any alias (chooseScalarFunctionAlias, parse_relation.c). */
function outputName(a: Analyzer, node: Pg.Node, value: Value): string | null {
  if (!('FuncCall' in node)) return null;
  const names = stringsOf(node.FuncCall.funcname);
  const [schema, name] = names.length > 1 ? names : [null, names[0] ?? ''];
  for (const fn of a.catalog.functionsNamed(name ?? '')) {
    const visible = schema === null ? a.path.functions.includes(fn.schema) : fn.schema === a.schemaNamed(schema);
    if (!visible || fn.returnTypeOid !== value.type) continue;
    const outputs = fn.allArguments.filter(argument => 'obt'.includes(argument.mode));
    const [only] = outputs;
    if (outputs.length === 1 && only && only.name !== '') return only.name;
  }
  return null;
}

function columnsOf(
  a: Analyzer,
  scope: Scope,
  part: Part,
  alias: string | undefined,
): { columns: Field[]; value: Value | null } {
  const many = unnested(a, scope, part.node);
  if (many) return { columns: asColumns(many), value: null };
  const value = expression(a, scope, part.node);
  a.out.computed(value);
  if (part.definitions.length > 0) return { columns: asColumns(defined(a, value, part.definitions)), value: null };
  const fields = value.fields ?? fieldsOfType(a, value);
  if (fields && (value.type === oid.record || isComposite(a.catalog, value.type)))
    return { columns: asColumns(fields), value: null };
  if (value.type === oid.record) return unresolved('RangeFunction', undefined, 'a column definition list is required');
  const [only] = asColumns([{ name: outputName(a, part.node, value) ?? alias ?? expressionLabel(part.node), value }]);
  return { columns: only ? [only] : [], value };
}

export function functionItem(a: Analyzer, scope: Scope, node: Pg.RangeFunction): Item {
  const parts = partsOf(node);
  const alias = node.alias?.aliasname;
  const single = parts.length === 1 && !node.is_rowsfrom;
  const read = laterally(scope, true, () => parts.map(part => columnsOf(a, scope, part, single ? alias : undefined)));
  const columns = read.flatMap(part => part.columns);
  if (node.ordinality) columns.push({ name: 'ordinality', value: constant(oid.int8) });
  const [only] = read;
  const scalar = single && !node.ordinality && only?.value !== null;
  const first = parts[0];
  const name = alias ?? (first ? expressionLabel(first.node) : null);
  return item({
    name,
    columns: renamed(columns, node.alias),
    scalar,
    rowType: only?.value?.type ?? oid.record,
  });
}
