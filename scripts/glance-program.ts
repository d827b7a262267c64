/**
 * The WebAssembly program behind `core/mask/detectors/chunk-glance.ts`, as text. `look` reads 64 bytes at a time, makes one bit of each
 * for every class of bytes, and finds runs by shifting those bits against each other. `walk` goes over rows with these bits at hand,
 * and `gather` puts them together again with other values in the places of some.
 */
import { unchanged } from '#core/mask/writer.ts';

/** Bytes that one call can look at, a multiple of 64. */
export const windowBytes = 128 * 1024;
/** Columns of a row that can be walked over: more than a result can have (MaxTupleAttributeNumber). */
export const columnsMax = 1664;

/** One bit for each byte of the window. */
export const bitsAt = windowBytes;
/** What `columnsAt` asks of a column: to stop at a value that may hold something, or to say where its values are. */
export const asked = { glance: 1, place: 2 } as const;
/** Values whose places fit. */
export const placesMax = 4096;
/** One byte for each column, as in `asked`, or 0. */
export const columnsAt = bitsAt + windowBytes / 8;
/** How many rows walked over have NULL there, for each column. */
export const nullsAt = columnsAt + columnsMax;
/** Where the values of columns are whose places are asked for, from their length on: row by row. */
export const placesAt = nullsAt + columnsMax * 4;
/** Their lengths, -1 for NULL; for `gather` those of what takes their place, or `unchanged`. */
export const sizesAt = placesAt + placesMax * 4;
/** By how many bytes rows may get longer together. */
export const growthMax = 256 * 1024;
/** What takes the place of values, one behind the other, and what `gather` makes. */
export const valuesAt = sizesAt + placesMax * 4;
export const gatheredAt = valuesAt + windowBytes + growthMax;
/** Where the last walk ended. */
export const endAt = gatheredAt + windowBytes + growthMax;
const memoryBytes = endAt + 4;

/** Bytes to compare with, 16 times each: made once, before the loop. */
const constants = new Set<number>();
const splat = (byte: number): string => {
  constants.add(byte);
  return `(local.get $c${byte})`;
};
const equals = (vector: string, character: string) => `(i8x16.eq ${vector} ${splat(character.charCodeAt(0))})`;
const within = (vector: string, first: string, count: number) =>
  `(i8x16.lt_u (i8x16.sub ${vector} ${splat(first.charCodeAt(0))}) ${splat(count)})`;
const or = (type: 'i64' | 'v128', ...parts: string[]): string =>
  parts.reduce((left, right) => `(${type}.or ${left} ${right})`);

const bytes = '(local.get $bytes)';
const [areDigits, areLetters] = ['(local.get $areDigits)', '(local.get $areLetters)'];

/** One vector of a class of bytes, made once per 16 of them. */
const parts = {
  areDigits: within(bytes, '0', 10),
  areLetters: within(`(v128.or ${bytes} ${splat(0x20)})`, 'a', 26),
};

/** As `look-ahead.ts` has them. */
const classes = {
  digit: areDigits,
  letter: areLetters,
  number: or('v128', areDigits, equals(bytes, ' '), equals(bytes, '-')),
  // From the dash to the nine there are the dot, the slash and the digits.
  token: or('v128', areLetters, within(bytes, '-', 13), equals(bytes, '+'), equals(bytes, '='), equals(bytes, '_')),
};
type ClassName = keyof typeof classes;
const classNames = Object.keys(classes) as ClassName[];

const get = (name: string) => `(local.get $${name})`;
const set = (name: string, value: string) => `(local.set $${name} ${value})`;

/** Adds the bits of 16 bytes to those of the 64. */
const classify = (part: number): string =>
  [
    set('bytes', `(v128.load offset=${part * 16} (local.get $at))`),
    ...Object.entries(parts).map(([name, vector]) => set(name, vector)),
    ...classNames.map(name => {
      const bits = `(i64.shl (i64.extend_i32_u (i8x16.bitmask ${classes[name]})) (i64.const ${part * 16}))`;
      return set(name, part === 0 ? bits : `(i64.or ${get(name)} ${bits})`);
    }),
  ].join('\n');

type Step = { name: string; from: string; and: string; shift: number };

/**
 * `name` has the bits of `from` that `and` has as well, so many bytes before. What reaches back beyond the 64 is in `and` as it was
 * for the 64 before.
 */
const steps: readonly Step[] = [
  { name: 'number2', from: 'number', and: 'number', shift: 1 },
  { name: 'number4', from: 'number2', and: 'number2', shift: 2 },
  { name: 'number8', from: 'number4', and: 'number4', shift: 4 },
  { name: 'number11', from: 'number8', and: 'number8', shift: 3 },
  { name: 'token2', from: 'token', and: 'token', shift: 1 },
  { name: 'token4', from: 'token2', and: 'token2', shift: 2 },
  { name: 'token8', from: 'token4', and: 'token4', shift: 4 },
  { name: 'token16', from: 'token8', and: 'token8', shift: 8 },
  { name: 'token20', from: 'token16', and: 'token16', shift: 4 },
  { name: 'digits', from: 'digit', and: 'digit', shift: 1 },
  { name: 'letters', from: 'letter', and: 'letter', shift: 1 },
  { name: 'iban', from: 'digits', and: 'letters', shift: 2 },
];
const found = ['number11', 'token20', 'iban'];
const before = (name: string) => `${name}_before`;
const kept = [...new Set(steps.map(({ and }) => and))];

const derive = ({ name, from, and, shift }: Step): string => {
  const shifted = `(i64.shl ${get(and)} (i64.const ${shift}))`;
  const carried = `(i64.shr_u ${get(before(and))} (i64.const ${64 - shift}))`;
  return set(name, `(i64.and ${get(from)} (i64.or ${shifted} ${carried}))`);
};

const locals = [...classNames, ...steps.map(({ name }) => name), ...kept.map(before)];

/** The other order of four bytes. */
const swapped = (value: string): string => {
  const loaded = set('word', value);
  const odd = '(i32.and (i32.rotl (local.get $word) (i32.const 8)) (i32.const 0x00ff00ff))';
  const even = '(i32.and (i32.rotr (local.get $word) (i32.const 8)) (i32.const 0xff00ff00))';
  return `(block (result i32) ${loaded} (i32.or ${odd} ${even}))`;
};
/** Four bytes in the order of the network. */
const integerAt = (place: string): string => swapped(`(i32.load ${place})`);

const bitsOfWord = (index: string): string => `(i64.load offset=${bitsAt} (i32.shl ${index} (i32.const 3)))`;

/** Whether a bit is set in [from, to), which is not empty. */
const held = `
  (func $held (param $from i32) (param $to i32) (result i32)
    (local $first i32) (local $last i32) (local $low i64) (local $high i64)
    ${set('to', '(i32.sub (local.get $to) (i32.const 1))')}
    ${set('first', '(i32.shr_u (local.get $from) (i32.const 6))')}
    ${set('last', '(i32.shr_u (local.get $to) (i32.const 6))')}
    ${set('low', '(i64.shl (i64.const -1) (i64.extend_i32_u (i32.and (local.get $from) (i32.const 63))))')}
    ${set('high', '(i64.shr_u (i64.const -1) (i64.extend_i32_u (i32.sub (i32.const 63) (i32.and (local.get $to) (i32.const 63)))))')}
    (if (i32.eq (local.get $first) (local.get $last))
      (then (return (i64.ne
        (i64.and ${bitsOfWord('(local.get $first)')} (i64.and (local.get $low) (local.get $high)))
        (i64.const 0)))))
    (if (i64.ne (i64.const 0) (i64.or
        (i64.and ${bitsOfWord('(local.get $first)')} (local.get $low))
        (i64.and ${bitsOfWord('(local.get $last)')} (local.get $high))))
      (then (return (i32.const 1))))
    (block $none
      (loop $next
        ${set('first', '(i32.add (local.get $first) (i32.const 1))')}
        (br_if $none (i32.ge_u (local.get $first) (local.get $last)))
        (br_if $next (i64.eqz ${bitsOfWord('(local.get $first)')}))
        (return (i32.const 1))))
    (i32.const 0))`;

const nullsOfColumn = '(i32.shl (local.get $column) (i32.const 2))';
const addNulls = (count: number): string =>
  `(i32.store offset=${nullsAt} ${nullsOfColumn} (i32.add (i32.load offset=${nullsAt} ${nullsOfColumn}) (i32.const ${count})))`;
const next = (name: string): string => set(name, `(i32.add (local.get $${name}) (i32.const 1))`);
const firstColumn = [set('place', '(i32.add (local.get $at) (i32.const 7))'), set('column', '(i32.const 0)')].join(
  '\n',
);

/**
 * Goes over DataRow messages that are whole, have so many columns, and hold nothing where `columnsAt` asks; the number of them. It
 * stops before the first that is not like that. What was counted of that one is taken back; there must be places for all rows.
 */
const walk = `
  (func (export "walk")
    (param $at i32) (param $end i32) (param $columns i32) (param $rowsMax i32) (result i32)
    (local $rows i32) (local $rowEnd i32) (local $place i32) (local $column i32) (local $length i32) (local $word i32)
    (local $mayHold i32) (local $failed i32) (local $asked i32) (local $found i32)
    (block $stop
      (loop $row
        (br_if $stop (i32.ge_u (local.get $rows) (local.get $rowsMax)))
        (br_if $stop (i32.lt_s (i32.sub (local.get $end) (local.get $at)) (i32.const 7)))
        (br_if $stop (i32.ne (i32.load8_u (local.get $at)) (i32.const ${'D'.charCodeAt(0)})))
        ${set('length', integerAt('offset=1 (local.get $at)'))}
        (br_if $stop (i32.lt_u (local.get $length) (i32.const 6)))
        (br_if $stop
          (i32.gt_u (local.get $length) (i32.sub (i32.sub (local.get $end) (local.get $at)) (i32.const 1))))
        ${set('rowEnd', '(i32.add (i32.add (local.get $at) (i32.const 1)) (local.get $length))')}
        (br_if $stop (i32.ne (local.get $columns) (i32.or
          (i32.shl (i32.load8_u offset=5 (local.get $at)) (i32.const 8))
          (i32.load8_u offset=6 (local.get $at)))))
        ${firstColumn}
        ${set('mayHold', '(i32.const 0)')}
        (if (i32.lt_u (local.get $place) (local.get $rowEnd))
          (then ${set('mayHold', '(call $held (local.get $place) (local.get $rowEnd))')}))
        (block $irregular
          (block $whole
            (loop $value
              (br_if $whole (i32.ge_u (local.get $column) (local.get $columns)))
              (br_if $irregular (i32.lt_u (i32.sub (local.get $rowEnd) (local.get $place)) (i32.const 4)))
              ${set('length', integerAt('(local.get $place)'))}
              ${set('asked', `(i32.load8_u offset=${columnsAt} (local.get $column))`)}
              (if (i32.eq (local.get $asked) (i32.const ${asked.place}))
                (then
                  (i32.store offset=${placesAt} (local.get $found) (local.get $place))
                  (i32.store offset=${sizesAt} (local.get $found) (local.get $length))
                  ${set('found', '(i32.add (local.get $found) (i32.const 4))')}))
              ${set('place', '(i32.add (local.get $place) (i32.const 4))')}
              (if (i32.eq (local.get $length) (i32.const -1))
                (then ${addNulls(1)})
                (else
                  (br_if $irregular
                    (i32.gt_u (local.get $length) (i32.sub (local.get $rowEnd) (local.get $place))))
                  (if (i32.and
                      (i32.and (local.get $mayHold) (i32.eq (local.get $asked) (i32.const ${asked.glance})))
                      (i32.ne (local.get $length) (i32.const 0)))
                    (then (br_if $irregular
                      (call $held (local.get $place) (i32.add (local.get $place) (local.get $length))))))
                  ${set('place', '(i32.add (local.get $place) (local.get $length))')}))
              ${next('column')}
              (br $value)))
          (br_if $irregular (i32.ne (local.get $place) (local.get $rowEnd)))
          ${next('rows')}
          ${set('at', '(local.get $rowEnd)')}
          (br $row))
        ${set('failed', '(local.get $column)')}
        ${firstColumn}
        (loop $back
          (br_if $stop (i32.ge_u (local.get $column) (local.get $failed)))
          ${set('length', integerAt('(local.get $place)'))}
          ${set('place', '(i32.add (local.get $place) (i32.const 4))')}
          (if (i32.eq (local.get $length) (i32.const -1))
            (then ${addNulls(-1)})
            (else ${set('place', '(i32.add (local.get $place) (local.get $length))')}))
          ${next('column')}
          (br $back))))
    (i32.store offset=${endAt} (i32.const 0) (local.get $at))
    (local.get $rows))`;

const add = (name: string, value: string): string => set(name, `(i32.add (local.get $${name}) ${value})`);
const copy = (from: string, bytes: string): string =>
  `(memory.copy (local.get $out) (local.get $${from}) ${bytes})\n${add('out', bytes)}`;
const copyTo = (place: string): string => copy('from', `(i32.sub (local.get $${place}) (local.get $from))`);

/** Puts so many rows from `at` to `end` together with the values at hand; returns their bytes at `gatheredAt`. */
const gather = `
  (func (export "gather") (param $at i32) (param $end i32) (param $rows i32) (param $masks i32) (result i32)
    (local $out i32) (local $from i32) (local $slot i32) (local $value i32) (local $mask i32) (local $size i32)
    (local $place i32) (local $length i32) (local $growth i32) (local $rowAt i32) (local $word i32)
    ${set('out', `(i32.const ${gatheredAt})`)}
    ${set('from', '(local.get $at)')}
    ${set('value', `(i32.const ${valuesAt})`)}
    (block $done
      (loop $row
        (br_if $done (i32.eqz (local.get $rows)))
        ${set('rowAt', '(i32.add (local.get $out) (i32.sub (local.get $at) (local.get $from)))')}
        ${set('length', integerAt('offset=1 (local.get $at)'))}
        ${set('growth', '(i32.const 0)')}
        ${set('mask', '(i32.const 0)')}
        (block $whole
          (loop $each
            (br_if $whole (i32.ge_u (local.get $mask) (local.get $masks)))
            ${set('size', `(i32.load offset=${sizesAt} (local.get $slot))`)}
            (if (i32.ne (local.get $size) (i32.const ${unchanged}))
              (then
                ${set('place', `(i32.load offset=${placesAt} (local.get $slot))`)}
                ${copyTo('place')}
                (i32.store (local.get $out) ${swapped('(local.get $size)')})
                ${add('out', '(i32.const 4)')}
                ${set('word', integerAt('(local.get $place)'))}
                ${set('growth', '(i32.sub (local.get $growth) (local.get $word))')}
                ${set('from', '(i32.add (i32.add (local.get $place) (i32.const 4)) (local.get $word))')}
                (if (i32.gt_s (local.get $size) (i32.const 0))
                  (then
                    ${copy('value', '(local.get $size)')}
                    ${add('value', '(local.get $size)')}
                    ${add('growth', '(local.get $size)')}))))
            ${add('slot', '(i32.const 4)')}
            ${next('mask')}
            (br $each)))
        (if (local.get $growth)
          (then (i32.store offset=1 (local.get $rowAt)
            ${swapped('(i32.add (local.get $length) (local.get $growth))')})))
        ${set('at', '(i32.add (i32.add (local.get $at) (i32.const 1)) (local.get $length))')}
        ${set('rows', '(i32.sub (local.get $rows) (i32.const 1))')}
        (br $row)))
    ${copyTo('end')}
    (i32.sub (local.get $out) (i32.const ${gatheredAt})))`;

/**
 * Memory: `windowBytes` to look at, then one bit for each of them: where something that may be a number, a token or an IBAN is long
 * enough to be one; then what `walk` reads and counts. `look(length)` goes on to the end of the last 64 that have a byte of it.
 */
export const glanceProgram = `
(module
  (memory (export "memory") ${Math.ceil(memoryBytes / 65_536)})
  ${held}
  ${walk}
  ${gather}
  (func (export "look") (param $length i32)
    (local $at i32) (local $bytes v128) (local $areDigits v128) (local $areLetters v128)
    ${locals.map(name => `(local $${name} i64)`).join(' ')}
    ${[...constants].map(byte => `(local $c${byte} v128)`).join(' ')}
    ${[...constants].map(byte => set(`c${byte}`, `(i8x16.splat (i32.const ${byte}))`)).join('\n')}
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $length)))
        ${[0, 1, 2, 3].map(classify).join('\n')}
        ${steps.map(derive).join('\n')}
        (i64.store offset=${windowBytes}
          (i32.shr_u (local.get $at) (i32.const 3))
          ${or('i64', ...found.map(get))})
        ${kept.map(name => set(before(name), get(name))).join('\n')}
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $next)))))
`;
