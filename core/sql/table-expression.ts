/** XMLTABLE and JSON_TABLE: a document taken apart into rows, all of which depend on all of it. */

import { checkType } from './domain.ts';
import { jsonValue, passedValues } from './expr/json.ts';
import { expression } from './expression.ts';
import { item, laterally, renamed } from './from.ts';
import type { Pg } from './parse.ts';
import { unresolved } from './refuse.ts';
import type { Item, Scope } from './scope.ts';
import type { Analyzer } from './state.ts';
import { typeOfName } from './typename.ts';
import { oid } from './types/oid.ts';
import { constant, derive, type Field, type Value } from './value.ts';

/** How many rows there are, and whether taking them apart fails, follows from the document. */
function document(a: Analyzer, values: readonly Value[]): readonly Value[] {
  for (const value of values) a.out.usedAs(value, 'function_argument');
  return values;
}

function column(a: Analyzer, values: readonly Value[], { name, type }: { name: string; type: Pg.TypeName }): Field {
  const { oid: typeOid } = typeOfName(a, type);
  checkType(a, typeOid);
  return { name, value: derive(values, { type: typeOid, faulty: true }) };
}

const namespaceValue = (node: Pg.Node): Pg.Node =>
  'ResTarget' in node ? (node.ResTarget.val ?? unresolved('XMLNAMESPACES')) : node;

export function xmlTable(a: Analyzer, scope: Scope, node: Pg.RangeTableFunc): Item {
  return laterally(scope, true, () => {
    const inputs = [node.docexpr, node.rowexpr].filter(part => part !== undefined);
    const namespaces = (node.namespaces ?? []).map(namespaceValue);
    const values = document(
      a,
      [...inputs, ...namespaces].map(part => expression(a, scope, part)),
    );
    const columns = (node.columns ?? []).map(entry => {
      if (!('RangeTableFuncCol' in entry)) return unresolved('XMLTABLE', node.location);
      return xmlColumn(a, scope, values, entry.RangeTableFuncCol);
    });
    return item({ name: node.alias?.aliasname ?? 'xmltable', columns: renamed(columns, node.alias) });
  });
}

function xmlColumn(a: Analyzer, scope: Scope, values: readonly Value[], node: Pg.RangeTableFuncCol): Field {
  if (node.for_ordinality || !node.typeName) return { name: node.colname ?? '', value: constant(oid.int4) };
  const own = [node.colexpr, node.coldefexpr]
    .filter(part => part !== undefined)
    .map(part => expression(a, scope, part));
  return column(a, [...values, ...own], { name: node.colname ?? '', type: node.typeName });
}

export function jsonTable(a: Analyzer, scope: Scope, node: Pg.JsonTable): Item {
  return laterally(scope, true, () => {
    const values = document(a, [
      jsonValue(a, scope, node.context_item),
      ...(node.pathspec?.string ? [expression(a, scope, node.pathspec.string)] : []),
      ...passedValues(a, scope, node.passing),
      ...(node.on_error?.expr ? [expression(a, scope, node.on_error.expr)] : []),
    ]);
    const columns = jsonColumns(a, scope, values, node.columns ?? []);
    return item({ name: node.alias?.aliasname ?? 'json_table', columns: renamed(columns, node.alias) });
  });
}

function jsonColumns(a: Analyzer, scope: Scope, values: readonly Value[], nodes: readonly Pg.Node[]): Field[] {
  return nodes.flatMap(node => {
    if (!('JsonTableColumn' in node)) return unresolved('JSON_TABLE');
    const { coltype, name, typeName, columns, pathspec, on_empty, on_error } = node.JsonTableColumn;
    if (coltype === 'JTC_NESTED') return jsonColumns(a, scope, values, columns ?? []);
    if (coltype === 'JTC_FOR_ORDINALITY' || !typeName) return [{ name: name ?? '', value: constant(oid.int4) }];
    const own = [pathspec?.string, on_empty?.expr, on_error?.expr]
      .filter(part => part !== undefined)
      .map(part => expression(a, scope, part));
    return [column(a, [...values, ...own], { name: name ?? '', type: typeName })];
  });
}
