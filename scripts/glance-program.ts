/**
 * The WebAssembly program behind `core/mask/detectors/chunk-glance.ts`, as text: it reads 64 bytes at a time, makes one bit of each
 * for every class of bytes, and finds runs by shifting those bits against each other.
 */

/** Bytes that one call can look at, a multiple of 64. */
export const windowBytes = 128 * 1024;

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

/**
 * Memory: `windowBytes` to look at, then one bit for each of them: where something that may be a number, a token or an IBAN is long
 * enough to be one. `look(length)` goes on to the end of the last 64 that have a byte of it.
 */
export const glanceProgram = `
(module
  (memory (export "memory") ${Math.ceil((windowBytes + windowBytes / 8) / 65_536)})
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
