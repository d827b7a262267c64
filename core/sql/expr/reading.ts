/** Functions that read a value of a type which is named when they are called. */
import type { CatalogFunction } from '../../catalog/snapshot.ts';
import { checkType, parseExpression } from '../domain.ts';
import type { Analyzer } from '../state.ts';
import { typeOfName } from '../typename.ts';
import type { Value } from '../value.ts';

/** Input functions by themselves: which type they read is one of their arguments. */
const reading = /^(domain|record|array|range|multirange)_(in|recv)$/;
const trying: ReadonlySet<string> = new Set(['pg_input_is_valid', 'pg_input_error_info']);

/** What they make is a value of the type that is named. */
export function checkRead(a: Analyzer, fn: CatalogFunction, args: readonly Value[]): void {
  const name = trying.has(fn.name) ? args[1]?.literal : null;
  const node = name?.kind === 'text' ? parseExpression(`NULL::${name.text}`) : null;
  if (node && 'TypeCast' in node && node.TypeCast.typeName) checkType(a, typeOfName(a, node.TypeCast.typeName).oid);
  else if (trying.has(fn.name) || reading.test(fn.name))
    a.out.object('opaque', 'call', 'function', fn.name, { schema: fn.schema, oid: fn.oid });
}
