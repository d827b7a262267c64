/** `row.name` where the row has no such column: PostgreSQL then tries the function `name(row)`. */
import type { Analyzer } from '../state.ts';
import type { Value } from '../value.ts';
import { applyFunction } from './apply.ts';
import { resolvedFunction, shapeOf } from './call.ts';
import { coerce } from './cast.ts';
import { withRowFields } from './row.ts';

export function callFunctionNamed(a: Analyzer, name: string, row: Value, location?: number): Value | null {
  const resolved = resolvedFunction(a, shapeOf(a, [name], [row]));
  if (resolved.kind !== 'function' || resolved.callable.fn.kind === 'aggregate') return null;
  const { fn, types } = resolved.callable;
  const argument = coerce(a, row, types[0] ?? 0, 'implicit', location);
  return withRowFields(a, fn, applyFunction(a, fn, [argument], { result: resolved.result, location }), [argument]);
}
