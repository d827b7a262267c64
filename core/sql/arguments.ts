/** Names of a function's own arguments inside its body: `arg`, `function.arg`, `arg.field`. */
import { fieldOf } from './expr/row.ts';
import type { Analyzer } from './state.ts';
import { untyped } from './types/oid.ts';
import { derive, type Value } from './value.ts';

/** A record whose columns only running tells: the field may be any of what it holds. */
const unknownField = (a: Analyzer, row: Value): Value | null =>
  a.variables ? derive([row], { type: untyped, mayRaise: true }) : null;

export function argumentNamed(a: Analyzer, names: readonly string[]): Value | null {
  const args = a.arguments;
  if (!args) return null;
  const find = (name: string): Value | null => {
    const variable = a.variables?.get(name);
    if (variable) return variable;
    const index = name === '' ? -1 : args.names.indexOf(name);
    return index < 0 ? null : (args.values[index] ?? null);
  };
  const [first = '', second, third] = names;
  if (second === undefined) return find(first);
  if (first === args.function) {
    const value = find(second);
    return value && third !== undefined ? fieldOf(a, value, third) : value;
  }
  const row = find(first);
  if (row) return fieldOf(a, row, second) ?? unknownField(a, row);
  // A variable after the label of its block.
  const labelled = a.variables?.get(second) ?? null;
  return labelled && third !== undefined ? fieldOf(a, labelled, third) : labelled;
}
