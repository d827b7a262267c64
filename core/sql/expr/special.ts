/** Nodes that only occur in particular places: GROUPING, MERGE_ACTION, CURRENT OF, DEFAULT, multi-column assignments. */
import { expression } from '../expression.ts';
import type { Pg } from '../parse.ts';
import { unresolved } from '../refuse.ts';
import type { Scope } from '../scope.ts';
import { query } from '../select.ts';
import type { Analyzer } from '../state.ts';
import { oid } from '../types/oid.ts';
import { changed, constant, type Value } from '../value.ts';

export function special(a: Analyzer, scope: Scope, node: Pg.Node): Value | null {
  if ('GroupingFunc' in node) return grouping(a, scope, node.GroupingFunc);
  if ('MergeSupportFunc' in node) return constant(oid.text);
  if ('CurrentOfExpr' in node) return currentOf(a, node.CurrentOfExpr);
  if ('SetToDefault' in node) return constant(oid.unknown);
  if ('NamedArgExpr' in node && node.NamedArgExpr.arg) return expression(a, scope, node.NamedArgExpr.arg);
  if ('MultiAssignRef' in node && node.MultiAssignRef.source)
    return multiAssign(a, scope, node.MultiAssignRef.source, (node.MultiAssignRef.colno ?? 1) - 1);
  return null;
}

/** Tells which grouping set a row belongs to, nothing of the values. */
function grouping(a: Analyzer, scope: Scope, node: Pg.GroupingFunc): Value {
  for (const argument of node.args ?? []) expression(a, scope, argument);
  return constant(oid.int4);
}

/** The row a cursor stands on: what decided that is in the cursor's own analysis. */
function currentOf(a: Analyzer, node: Pg.CurrentOfExpr): Value {
  const name = node.cursor_name ?? '';
  const cursor = a.settings.cursors.get(name);
  if (!cursor) return unresolved('CURRENT OF', undefined, `cursor "${name}" is not known`);
  return changed(constant(oid.bool), { restricts: true, bounds: true });
}

/** `(a, b) = (SELECT …)` or `= ROW(…)`: the source is read once per column, which finds the same things again. */
function multiAssign(a: Analyzer, scope: Scope, source: Pg.Node, index: number): Value {
  if ('SubLink' in source && source.SubLink.subselect) {
    const column = query(a, scope, source.SubLink.subselect).columns[index];
    return column ? changed(column.value, { wire: null, literal: null }) : unresolved('MultiAssignRef');
  }
  const row = expression(a, scope, source);
  return row.fields?.[index]?.value ?? unresolved('MultiAssignRef');
}
