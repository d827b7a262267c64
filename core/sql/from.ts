/** FROM: relations, subqueries, functions and joins as items that names can refer to (src/backend/parser/parse_clause.c). */

import type { CatalogRelation } from '../catalog/snapshot.ts';
import { expression } from './expression.ts';
import { joinItems } from './join.ts';
import { stringsOf } from './names.ts';
import { ownCode } from './own-code.ts';
import type { Pg } from './parse.ts';
import { notePartition } from './partition.ts';
import { unresolved } from './refuse.ts';
import { relationFields, relationFor } from './relation.ts';
import { checkUnique, type Item, Scope } from './scope.ts';
import { query } from './select.ts';
import type { Analyzer } from './state.ts';
import { jsonTable, xmlTable } from './table-expression.ts';
import { functionItem } from './table-function.ts';
import { oid } from './types/oid.ts';
import { type Field, passed } from './value.ts';
import { expandView } from './views.ts';

/** Reads the whole clause into the scope. Items see earlier ones only where LATERAL lets them. */
export function from(a: Analyzer, scope: Scope, clause: readonly Pg.Node[] | undefined): void {
  for (const node of clause ?? []) {
    const added = fromItem(a, scope, node);
    checkUnique(scope, added);
    for (const item of added) item.lateralOnly = true;
    scope.items.push(...added);
  }
  for (const item of scope.items) item.lateralOnly = false;
}

/** Before, json_table is a function like any other. */
const jsonTableVersion = 170000;

export function fromItem(a: Analyzer, scope: Scope, node: Pg.Node): Item[] {
  if ('RangeVar' in node) return [rangeVar(a, scope, node.RangeVar)];
  if ('JoinExpr' in node) return joinItems(a, scope, node.JoinExpr);
  if ('RangeSubselect' in node) return [subselect(a, scope, node.RangeSubselect)];
  if ('RangeFunction' in node) return [functionItem(a, scope, node.RangeFunction)];
  if ('RangeTableSample' in node) return sampled(a, scope, node.RangeTableSample);
  if ('RangeTableFunc' in node) return [xmlTable(a, scope, node.RangeTableFunc)];
  if ('JsonTable' in node) {
    if (a.catalog.header.serverVersion < jsonTableVersion)
      return unresolved('JSON_TABLE', node.JsonTable.location, 'this server has no JSON_TABLE');
    return [jsonTable(a, scope, node.JsonTable)];
  }
  return unresolved(Object.keys(node)[0] ?? 'FROM');
}

type ItemFacts = Pick<Item, 'columns'> & Partial<Item>;

export const item = (facts: ItemFacts): Item => ({
  name: null,
  schema: null,
  relation: null,
  rowType: oid.record,
  scalar: false,
  rowVisible: true,
  columnsVisible: true,
  lateralOnly: false,
  ...facts,
});

/** `AS alias (a, b, …)`: the first columns are renamed, the rest keep their names. */
export function renamed(columns: readonly Field[], alias: Pg.Alias | undefined): readonly Field[] {
  const names = stringsOf(alias?.colnames);
  if (names.length === 0) return columns;
  return columns.map((column, index) => ({ name: names[index] ?? column.name, value: column.value }));
}

function rangeVar(a: Analyzer, scope: Scope, node: Pg.RangeVar): Item {
  const cte = node.schemaname ? null : scope.cte(node.relname ?? '');
  if (cte) return item({ name: node.alias?.aliasname ?? cte.name, columns: renamed(cte.columns, node.alias) });
  const relation = relationFor(a, node);
  readRelation(a, relation);
  return relationItem(a, relation, node.alias);
}

/** Reading is recorded even where no column is named. A view brings what its definition reads and tests. */
export function readRelation(a: Analyzer, relation: CatalogRelation): void {
  a.out.relation('read', 'select', relation);
  notePartition(a, relation);
  if (relation.rowSecurity) ownCode(a, relation, 'select');
  if (relation.definition !== null && relation.kind === 'v') a.out.include(expandView(a, relation).out, true);
  if (!'rpvmfS'.includes(relation.kind)) unresolved('RangeVar', undefined, `cannot read from "${relation.name}"`);
}

export const relationItem = (a: Analyzer, relation: CatalogRelation, alias: Pg.Alias | undefined): Item =>
  item({
    name: alias?.aliasname ?? relation.name,
    schema: alias ? null : relation.schema,
    columns: renamed(relationFields(a, relation), alias),
    relation,
    rowType: relation.rowTypeOid,
  });

function subselect(a: Analyzer, scope: Scope, node: Pg.RangeSubselect): Item {
  const { subquery } = node;
  if (!subquery) return unresolved('RangeSubselect');
  const inner = laterally(scope, node.lateral === true, () => query(a, scope, subquery));
  const columns = inner.columns.map(({ name, value }) => ({ name, value: passed(value, inner) }));
  // Without an alias the columns can be seen, the row cannot be named.
  return item({
    name: node.alias?.aliasname ?? null,
    rowVisible: node.alias !== undefined,
    columns: renamed(columns, node.alias),
  });
}

/** Runs with the items before this one in sight, or out of it. */
export function laterally<T>(scope: Scope, lateral: boolean, run: () => T): T {
  const before = scope.lateral;
  scope.lateral = lateral;
  const result = run();
  scope.lateral = before;
  return result;
}

/** Which rows a sample holds says nothing about columns. */
function sampled(a: Analyzer, scope: Scope, node: Pg.RangeTableSample): Item[] {
  if (!node.relation) return unresolved('RangeTableSample', node.location);
  const method = stringsOf(node.method).at(-1) ?? '';
  if (method !== 'bernoulli' && method !== 'system') unresolved('TABLESAMPLE', node.location);
  for (const argument of [...(node.args ?? []), ...(node.repeatable ? [node.repeatable] : [])])
    a.out.usedAs(
      laterally(scope, true, () => expression(a, scope, argument)),
      'limit',
    );
  return fromItem(a, scope, node.relation);
}

export const siblingScope = (scope: Scope, items: readonly Item[]): Scope => {
  const sibling = new Scope(scope.parent);
  for (const [name, cte] of scope.ctes) sibling.ctes.set(name, cte);
  sibling.items.push(...items);
  return sibling;
};
