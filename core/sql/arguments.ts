/** Names of a function's own arguments inside its body: `arg`, `function.arg`, `arg.field`. */
import { fieldOf } from './expr/row.ts';
import type { Analyzer } from './state.ts';
import type { Value } from './value.ts';

export function argumentNamed(a: Analyzer, names: readonly string[]): Value | null {
  const args = a.arguments;
  if (!args) return null;
  const find = (name: string): Value | null => {
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
  return row ? fieldOf(a, row, second) : null;
}
