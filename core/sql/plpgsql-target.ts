/** Where a value goes in a PL/pgSQL body: into a variable of some type, or an element of one. */
import { parseExpression } from './domain.ts';
import { cast } from './expr/cast.ts';
import { expression } from './expression.ts';
import { scanText } from './parse.ts';
import { unresolved } from './refuse.ts';
import { Scope } from './scope.ts';
import type { Analyzer } from './state.ts';
import { isPolymorphic, oid, untyped } from './types/oid.ts';
import type { Value } from './value.ts';

/** `target := expression` taken apart. */
export function assignment(query: string): { target: string; source: string } {
  let open = 0;
  const bytes = Buffer.from(query, 'utf8');
  for (const token of scanText(query) ?? []) {
    if (token.text === '(' || token.text === '[') open++;
    else if (token.text === ')' || token.text === ']') open--;
    else if (open === 0 && (token.text === ':=' || token.text === '='))
      return {
        target: bytes.subarray(0, token.start).toString('utf8'),
        source: bytes.subarray(token.end).toString('utf8'),
      };
  }
  return unresolved('assignment');
}

/** What goes into a variable goes through its type, with its limits and checks. */
export function stored(a: Analyzer, variable: Value | null | undefined, value: Value): Value {
  if (!variable || variable.fields || value.fields || value.origins.length === 0) return value;
  if (variable.type === untyped || variable.type === oid.record || isPolymorphic(variable.type)) return value;
  return cast(a, value, { oid: variable.type, typmod: variable.typmod }, 'assignment');
}

/** Which element of an array an assignment goes to shows in its length, and may be none. */
export function place(a: Analyzer, target: string): void {
  if (!target.includes('[')) return;
  const node = parseExpression(target);
  if (!node || !('A_Indirection' in node)) unresolved('assignment');
  for (const step of node.A_Indirection.indirection ?? [])
    for (const index of 'A_Indices' in step ? [step.A_Indices.lidx, step.A_Indices.uidx] : [])
      if (index) a.out.usedAs(expression(a, new Scope(null), index), 'function_argument');
}
