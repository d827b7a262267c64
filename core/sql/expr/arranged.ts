/** The arguments of a call in the order in which the function declares them: names put them there, and defaults stand for those left out. */
import type { CatalogFunction } from '../../catalog/snapshot.ts';
import { expression } from '../expression.ts';
import { defaultTextLimits } from '../guard.ts';
import { type Pg, parseText } from '../parse.ts';
import { unresolved } from '../refuse.ts';
import { Scope } from '../scope.ts';
import { type Analyzer, searchPathOf } from '../state.ts';
import { untyped } from '../types/oid.ts';
import type { Callable } from '../types/resolve.ts';
import { changed, constant, type Value } from '../value.ts';

/** A list of expressions as the catalog prints it, as nodes. */
export function parseExpressions(text: string): Pg.Node[] | null {
  const parsed = parseText(`SELECT ${text}`, defaultTextLimits);
  const statement = parsed.ok ? parsed.statements[0]?.stmt : undefined;
  if (!statement || !('SelectStmt' in statement)) return null;
  const targets = (statement.SelectStmt.targetList ?? []).map(target =>
    'ResTarget' in target ? target.ResTarget.val : undefined,
  );
  return targets.every(target => target !== undefined) ? targets : null;
}

/** What the last arguments are when nothing is given for them; the call computes it, with everything it does. */
function defaultValues(a: Analyzer, fn: CatalogFunction): readonly Value[] {
  if (fn.defaultsText === null) return [];
  const nodes = parseExpressions(fn.defaultsText);
  if (!nodes) return unresolved(`function ${fn.name}`, undefined, `a default of ${fn.name} cannot be read`);
  const { searchPath, temporarySchema } = a.catalog.header;
  const inner = a.nested({
    origin: 'function',
    oid: fn.oid,
    path: searchPathOf(a.catalog, searchPath, temporarySchema),
  });
  const values = nodes.map(node => changed(expression(inner, new Scope(null), node), { wire: null, literal: null }));
  a.out.include(inner.out, false);
  return values;
}

/** Arguments that only come out are written in a CALL, but hold nothing. */
const inputPositions = (fn: CatalogFunction): number[] =>
  fn.kind === 'procedure'
    ? fn.allArguments
        .filter(argument => argument.mode !== 't')
        .flatMap((argument, position) => (argument.mode === 'o' ? [] : [position]))
    : fn.argumentTypes.map((_, position) => position);

const isInOrder = (positions: readonly number[]): boolean => positions.every((position, index) => position === index);

/** Of a call whose names put its arguments elsewhere than they are written, or that leaves some out. */
export function arranged(a: Analyzer, { fn, positions }: Callable, written: readonly Value[]): readonly Value[] {
  if (fn.kind !== 'procedure' && isInOrder(positions) && written.length >= fn.argumentTypes.length) return written;
  const isExpanded = new Set(positions).size < positions.length;
  const inputs = inputPositions(fn);
  if (isExpanded || (isInOrder(positions) && isInOrder(inputs) && written.length >= inputs.length)) return written;
  const defaults = fn.kind === 'aggregate' || fn.kind === 'window' ? [] : defaultValues(a, fn);
  const given = inputs.map(position => written[positions.indexOf(position)]);
  const last = given.findLastIndex(value => value !== undefined);
  // What the server itself declares has plain constants for defaults: those after the last one given can be left out.
  const count = fn.defaultsText === null ? last + 1 : inputs.length;
  return given.slice(0, count).map((value, index) => {
    const omitted = defaults[index - (inputs.length - defaults.length)];
    return value ?? omitted ?? constant(fn.argumentTypes[index] ?? untyped);
  });
}
