/** Strict functions do not run for NULL: an error that they raise for everything else then tells whether a value was NULL. */
import type { CatalogFunction } from '../../catalog/snapshot.ts';
import type { Trust } from '../trust/trust.ts';
import { oid } from '../types/oid.ts';
import type { Value } from '../value.ts';

/** Of the server's own functions: those that give NULL for NULL and for nothing else. */
const keeping = new RegExp(
  `^(${[
    'lower|upper|initcap|[blr]trim|reverse|left|right|substr|replace|translate|overlay|[lr]pad|split_part|repeat',
    'md5|sha\\d+|quote_\\w+|concat(_ws)?|text(cat|anycat)?|anytextcat|varchar|bpchar|name|char|regexp_(replace|count|instr|like)',
    '(char_|character_|octet_|bit_)?length|ascii|strpos|position|starts_with|encode|to_(hex|oct|bin)|format',
    'date_trunc|to_jsonb?|row_to_json|array_to_(json|string)|jsonb?_build_\\w+|jsonb_pretty|host|int[248]|numeric|float[48]',
  ].join('|')})$`,
);

const hiders = new WeakMap<CatalogFunction, boolean>();

/** Whether it may give NULL for a value that is not. */
export function hides(fn: CatalogFunction): boolean {
  const known = hiders.get(fn);
  if (known !== undefined) return known;
  const found = fn.schema !== 'pg_catalog' || !(keeping.test(fn.name) || fn.returnTypeOid === oid.bool);
  hiders.set(fn, found);
  return found;
}

/** Collations that contradict each other are noticed by what is neither NULL nor compared with itself. */
export const clashes = (args: readonly Value[]): boolean =>
  args.some(value => value.gated) && args.some(value => value.collated || value.type === oid.name);

/** Whether an error may tell that an argument is not NULL. */
export const reveals = (fn: CatalogFunction, trust: Trust, args: readonly Value[]): boolean =>
  clashes(args) || (fn.strict && trust.trust === 'raises' && args.some(value => value.gated));
