/** Target lists, and how ORDER BY, GROUP BY and DISTINCT ON refer to them (findTargetlistEntrySQL92, parse_clause.c). */

import { expression } from './expression.ts';
import { columnLabel } from './label.ts';
import { stringsOf } from './names.ts';
import type { Pg } from './parse.ts';
import { undefinedName, unresolved } from './refuse.ts';
import { findColumn, type Scope } from './scope.ts';
import { starFields } from './star.ts';
import type { Analyzer } from './state.ts';
import type { Value } from './value.ts';

export type Target = { name: string; value: Value; node: Pg.Node | null };

export function targetList(a: Analyzer, scope: Scope, nodes: readonly Pg.Node[] | undefined): Target[] {
  const targets: Target[] = [];
  for (const node of nodes ?? []) {
    if (!('ResTarget' in node) || !node.ResTarget.val) return unresolved('ResTarget');
    const { val } = node.ResTarget;
    const star = starFields(a, scope, val);
    if (star) for (const field of star) targets.push({ name: field.name, value: field.value, node: null });
    else targets.push({ name: columnLabel(node.ResTarget), value: computed(a, scope, val), node: val });
  }
  return targets;
}

function computed(a: Analyzer, scope: Scope, node: Pg.Node): Value {
  const value = expression(a, scope, node);
  // A bare column was computed where it comes from.
  if (!('ColumnRef' in node)) a.out.computed(value);
  return value;
}

/**
 * The value a clause item means. A bare name is a column of FROM first in GROUP BY, and an output column first in the others; a bare
 * integer is a position; anything else an expression over FROM.
 */
export function targetOf(
  a: Analyzer,
  scope: Scope,
  targets: readonly Target[],
  node: Pg.Node,
  clause: 'GROUP BY' | 'ORDER BY' | 'DISTINCT ON',
): Value {
  const name = bareName(node);
  if (name !== null) {
    const location = 'ColumnRef' in node ? node.ColumnRef.location : undefined;
    const isInput = clause === 'GROUP BY' && findColumn(a, scope, name, location) !== null;
    if (!isInput) {
      const found = targets.find(target => target.name === name);
      if (found) return found.value;
    }
  }
  const position = barePosition(node);
  if (position === null) return expression(a, scope, node);
  a.out.positional = true;
  const target = targets[position - 1];
  const location = 'A_Const' in node ? node.A_Const.location : undefined;
  return (
    target?.value ??
    undefinedName('undefined_column', 'position', `${clause} position ${position} is not in select list`, location)
  );
}

function bareName(node: Pg.Node): string | null {
  if (!('ColumnRef' in node)) return null;
  const fields = node.ColumnRef.fields ?? [];
  const [field] = fields;
  return fields.length === 1 && field && 'String' in field ? (stringsOf(fields)[0] ?? null) : null;
}

const barePosition = (node: Pg.Node): number | null =>
  'A_Const' in node && node.A_Const.ival ? (node.A_Const.ival.ival ?? 0) : null;
