/** Strict functions do not run for NULL: an error that they raise for everything else then tells whether a value was NULL. */
import type { CatalogFunction } from '../../catalog/snapshot.ts';
import type { Trust } from '../trust/trust.ts';
import { oid } from '../types/oid.ts';
import type { Value } from '../value.ts';
import { textOf } from './written.ts';

/** Of the server's own functions: those that give NULL for NULL and for nothing else. */
const keeping = new RegExp(
  `^(${[
    'lower|upper|initcap|[blr]trim|reverse|left|right|substr|replace|translate|overlay|[lr]pad|split_part|repeat',
    'md5|sha\\d+|quote_\\w+|concat(_ws)?|text(cat|anycat)?|anytextcat|varchar|bpchar|name|char|regexp_(replace|count|instr|like)',
    '(char_|character_|octet_|bit_)?length|ascii|strpos|position|starts_with|encode|to_(hex|oct|bin)|format',
    'date_trunc|to_jsonb?|row_to_json|array_to_(json|string)|jsonb?_build_\\w+|jsonb?_strip_nulls|jsonb_(pretty|delete|concat)|host|int[248]|numeric|float[48]',
  ].join('|')})$`,
);

const hiders = new WeakMap<CatalogFunction, boolean>();

/** Whether it may give NULL for a value that is not. */
export function hides(fn: CatalogFunction): boolean {
  const known = hiders.get(fn);
  if (known !== undefined) return known;
  // A range may have no lower end, or nothing in it.
  const isOfRange = /^(lower|upper)$/.test(fn.name) && fn.argumentTypes[0] !== oid.text;
  const found = fn.schema !== 'pg_catalog' || isOfRange || !(keeping.test(fn.name) || fn.returnTypeOid === oid.bool);
  hiders.set(fn, found);
  return found;
}

/** Collations that contradict each other are noticed by what is neither NULL nor compared with itself. */
export const clashes = (args: readonly Value[]): boolean =>
  args.some(value => value.gated) && args.some(value => value.collated || value.type === oid.name);

const numberOf = (value: Value | undefined): number | null =>
  value?.literal?.kind === 'number' ? Number(value.literal.text) : null;

/** Units that every timestamp has; a date has those of a day and more. */
const dayUnits = 'year quarter month week day decade century millennium dow isodow isoyear doy epoch'.split(' ');
const units: ReadonlySet<string> = new Set([...dayUnits, 'hour', 'minute', 'second', 'milliseconds', 'microseconds']);
const unitsOf: Readonly<Record<number, ReadonlySet<string>>> = {
  [oid.date]: new Set(dayUnits),
  [oid.timestamp]: units,
  [oid.timestamptz]: units,
};
const isMoment = (type: number | undefined): boolean => type === oid.timestamp || type === oid.timestamptz;
const template = /^(YYYY|MM|DD|HH24|HH12|MI|SS|MS|US|Q|IYYY|IW|WW|Mon|Month|Day|Dy|[-: /.,])*$/;

/** Whether the arguments it might object to are written out, and are none that it objects to. */
function isSound(fn: CatalogFunction, args: readonly Value[]): boolean {
  if (fn.schema !== 'pg_catalog') return false;
  const [first, second, third] = args;
  const type = fn.argumentTypes[1] ?? 0;
  switch (fn.name) {
    case 'substr':
    case 'substring':
      return type === oid.int4 && numberOf(second) !== null && (third === undefined || (numberOf(third) ?? -1) >= 0);
    case 'encode':
      return /^(hex|base64|escape)$/.test(textOf(second) ?? '');
    case 'split_part':
      return (numberOf(third) ?? 0) > 0;
    case 'extract':
    case 'date_part':
      return unitsOf[type]?.has(textOf(first)?.toLowerCase() ?? '') === true;
    case 'to_char':
      return isMoment(fn.argumentTypes[0]) && template.test(textOf(second) ?? '!');
    default:
      return false;
  }
}

/** Whether an error may tell that an argument is not NULL. */
export const reveals = (fn: CatalogFunction, trust: Trust, args: readonly Value[]): boolean =>
  clashes(args) || (fn.strict && trust.trust === 'raises' && args.some(value => value.gated) && !isSound(fn, args));
