/** From the name of a relation to what reading it gives: its columns with everything they are made of. */
import type { Catalog } from '../catalog/lookup.ts';
import type { CatalogColumn, CatalogRelation } from '../catalog/snapshot.ts';
import type { ColumnRef } from './analysis.ts';
import { tableScope } from './ddl/table.ts';
import { parseExpression } from './domain.ts';
import { storedMagnitude } from './expr/magnitude.ts';
import { expression as readExpression } from './expression.ts';
import type { Pg } from './parse.ts';
import { messageConstruct, undefinedName, unresolved } from './refuse.ts';
import { type Analyzer, searchPathOf } from './state.ts';
import { columnValue, type Field, unionOrigins, type Value } from './value.ts';
import { expandView } from './views.ts';

export const rangeVarName = (node: Pg.RangeVar): string =>
  node.schemaname ? `${node.schemaname}.${node.relname ?? ''}` : (node.relname ?? '');

/** The relation a name means here, or null. Indexes are not found unless asked for. */
export function lookupRelation(a: Analyzer, schema: string | null, name: string): CatalogRelation | null {
  const named = a.schemaNamed(schema);
  if (named !== null) return a.catalog.relationNamed(named, name);
  for (const candidate of a.path.relations) {
    const relation = a.catalog.relationNamed(candidate, name);
    if (relation) return relation;
  }
  return null;
}

/** Undefined schema and undefined relation alike are `relation … does not exist`, as for a reference in a query. */
export function relationFor(a: Analyzer, node: Pg.RangeVar): CatalogRelation {
  const database = a.catalog.header.database;
  if (node.catalogname && node.catalogname !== database)
    undefinedName(
      'undefined_table',
      'RangeVar',
      `cross-database references are not implemented: "${node.catalogname}.${rangeVarName(node)}"`,
      node.location,
    );
  const relation = lookupRelation(a, node.schemaname ?? null, node.relname ?? '');
  if (!relation)
    undefinedName('undefined_table', 'RangeVar', `relation "${rangeVarName(node)}" does not exist`, node.location);
  if (a.touchedBefore.has(relation.oid))
    unresolved(
      messageConstruct,
      node.location,
      `an earlier statement of the same message changes "${rangeVarName(node)}"; send this one separately`,
    );
  return relation;
}

/** A column of the relation together with those it stands for: of parents, of a generation expression. */
function columnParts(a: Analyzer, relation: CatalogRelation, column: CatalogColumn): Value {
  const own = a.catalog.columnRef(relation, column);
  const inherited = inheritedRefs(a.catalog, relation, column.name);
  const generated = column.generated === null ? null : generatedFrom(a, relation, column.generated);
  return columnValue(column.typeOid, unionOrigins([[own], inherited, generated?.origins ?? []]), {
    typmod: column.typmod,
    wire: { relationOid: relation.oid, attnum: column.attnum },
    magnitude: storedMagnitude(relation, column.typeOid, column.typmod),
    // A virtual column is computed when read, and may raise then.
    kind: column.virtual && generated?.kind === 'derived' ? 'derived' : 'column',
    mayRaise: column.virtual && (generated?.mayRaise ?? true),
  });
}

/** What a generated column is computed from; its own table's other columns at most. */
function generatedFrom(a: Analyzer, relation: CatalogRelation, expression: string): Value | null {
  const { searchPath, temporarySchema } = a.catalog.header;
  const path = searchPathOf(a.catalog, searchPath, temporarySchema);
  const inner = a.nested({ origin: 'view', path, oid: relation.oid });
  const plain = relation.columns.filter(column => column.generated === null);
  const columns = plain.map(column => ({ name: column.name, value: columnParts(inner, relation, column) }));
  const node = parseExpression(expression);
  if (!node) return unresolved('generated column', undefined, `a generated column of ${relation.name} cannot be read`);
  return readExpression(inner, tableScope(columns, relation.name), node);
}

function inheritedRefs(catalog: Catalog, relation: CatalogRelation, name: string): ColumnRef[] {
  const refs: ColumnRef[] = [];
  for (const ancestor of catalog.ancestors(relation)) {
    const column = ancestor.columns.find(candidate => candidate.name === name);
    if (column) refs.push(catalog.columnRef(ancestor, column));
  }
  return refs;
}

/** Columns of a stored relation or view as values, in attribute order. Views bring what their definitions are made of. */
export function relationFields(a: Analyzer, relation: CatalogRelation): readonly Field[] {
  const key = relation.definition === null ? `fields ${relation.oid}` : `fields ${relation.oid} ${a.callPath.key}`;
  const known = a.catalog.memo.get(key) as readonly Field[] | undefined;
  if (known) return known;
  const fields = relation.definition === null ? plainFields(a, relation) : viewFields(a, relation);
  a.catalog.memo.set(key, fields);
  return fields;
}

const plainFields = (a: Analyzer, relation: CatalogRelation): readonly Field[] =>
  relation.columns.map(column => ({ name: column.name, value: columnParts(a, relation, column) }));

function viewFields(a: Analyzer, relation: CatalogRelation): readonly Field[] {
  const inner = expandView(a, relation).columns;
  return relation.columns.map((column, index) => {
    const value = inner[index]?.value;
    const own = a.catalog.columnRef(relation, column);
    return {
      name: column.name,
      value: columnValue(column.typeOid, [own, ...(value?.origins ?? [])], {
        typmod: column.typmod,
        wire: { relationOid: relation.oid, attnum: column.attnum },
        magnitude: relation.kind === 'v' ? (value?.magnitude ?? null) : null,
        kind: value === undefined || value.kind === 'constant' ? 'column' : value.kind,
        mayRaise: relation.kind === 'v' && (value?.mayRaise ?? false),
        fields: value?.fields ?? null,
      }),
    };
  });
}
