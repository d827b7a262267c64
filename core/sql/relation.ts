/** From the name of a relation to what reading it gives: its columns with everything they are made of. */
import type { Catalog } from '../catalog/lookup.ts';
import type { CatalogColumn, CatalogRelation } from '../catalog/snapshot.ts';
import type { ColumnRef } from './analysis.ts';
import type { Pg } from './parse.ts';
import { undefinedName } from './refuse.ts';
import type { Analyzer } from './state.ts';
import { columnValue, type Field, type Value } from './value.ts';
import { expandView } from './views.ts';

export const rangeVarName = (node: Pg.RangeVar): string =>
  node.schemaname ? `${node.schemaname}.${node.relname ?? ''}` : (node.relname ?? '');

/** The relation a name means here, or null. Indexes are not found unless asked for. */
export function lookupRelation(a: Analyzer, schema: string | null, name: string): CatalogRelation | null {
  if (schema !== null) {
    const actual = schema === 'pg_temp' ? (a.settings.temporarySchema ?? schema) : schema;
    return a.catalog.relationNamed(actual, name);
  }
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
  return (
    relation ??
    undefinedName('undefined_table', 'RangeVar', `relation "${rangeVarName(node)}" does not exist`, node.location)
  );
}

/** A column of the relation together with those it stands for: of parents, of a generation expression, of a view's query. */
function columnParts(a: Analyzer, relation: CatalogRelation, column: CatalogColumn): Value {
  const own = a.catalog.columnRef(relation, column);
  const inherited = inheritedRefs(a.catalog, relation, column.name);
  const plain = columnValue(column.typeOid, [own, ...inherited], {
    typmod: column.typmod,
    wire: { relationOid: relation.oid, attnum: column.attnum },
  });
  return plain;
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
  const key = `fields ${relation.oid}`;
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
      value: {
        ...columnValue(column.typeOid, [own, ...(value?.origins ?? [])], {
          typmod: column.typmod,
          wire: { relationOid: relation.oid, attnum: column.attnum },
        }),
        kind: value === undefined || value.kind === 'constant' ? ('column' as const) : value.kind,
        mayRaise: relation.kind === 'v' && (value?.mayRaise ?? false),
        fields: value?.fields ?? null,
      },
    };
  });
}
