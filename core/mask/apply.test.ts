import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileMask, type MaskTarget, maskKey } from './apply.ts';
import { planRow } from './plan.ts';
import type { Mask } from './rule.ts';
import { maskableOids, typeOid } from './types.ts';
import { startOfYear } from './year.ts';

const key = maskKey('A'.repeat(43));
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The masked bytes; null for NULL. Checks the promises every mask makes: it stays in its room and does not touch its source. */
function apply(target: Partial<MaskTarget> & { mask: Mask }, value: Uint8Array): Uint8Array | null {
  const writer = compileMask({ typeOid: typeOid.text, typmod: -1, format: 0, key, ...target });
  const source = new Uint8Array(value.length + 7).fill(0x55);
  source.set(value, 3);
  const before = source.slice();
  const out = new Uint8Array(5 + value.length + writer.maxGrowth).fill(0xee);
  const written = writer.write(source, 3, value.length, out, 5);
  expect(source).toEqual(before);
  expect(written).toBeLessThanOrEqual(value.length + writer.maxGrowth);
  expect(out.subarray(0, 5)).toEqual(new Uint8Array(5).fill(0xee));
  return written < 0 ? null : out.slice(5, 5 + written);
}

const masked = (target: Partial<MaskTarget> & { mask: Mask }, text: string): string | null => {
  const bytes = apply(target, new TextEncoder().encode(text));
  return bytes === null ? null : decoder.decode(bytes);
};

const partial = (shape: 'email' | 'phone' | 'card' | 'text', first = 0, last = 0): Mask => ({
  kind: 'partial',
  shape,
  first,
  last,
});
const masks: readonly Mask[] = [
  { kind: 'redact' },
  { kind: 'null' },
  { kind: 'hash' },
  { kind: 'year' },
  partial('email'),
  partial('phone'),
  partial('card'),
  partial('text', 2, 1),
];

describe('text', () => {
  test.each([
    [{ kind: 'redact' }, 'anything', '***'],
    [{ kind: 'redact' }, '', '***'],
    [{ kind: 'null' }, 'anything', null],
    [{ kind: 'year' }, '2021-05-17', '***'],
    [partial('email'), 'ada.lovelace@example.com', 'a***@***.com'],
    [partial('email'), 'édith@example.travel', 'é***@***.travel'],
    [partial('email'), 'a@example.com', '***@***.com'],
    [partial('email'), 'ada@localhost', 'a***@***'],
    [partial('email'), 'ada@10.0.0.1', 'a***@***'],
    [partial('email'), '@example.com', '***'],
    [partial('email'), 'no address', '***'],
    [partial('phone'), '+49 (0)30 1234-5678', '***78'],
    [partial('phone'), '911', '***'],
    [partial('card'), '4111 1111 1111 1234', '************1234'],
    [partial('card'), 'card 1234', '***'],
    [partial('text', 1, 1), 'Ångström', 'Å***m'],
    [partial('text', 0, 2), 'Zürich', '***ch'],
    [partial('text', 2, 2), 'abc', '***'],
    [partial('text'), 'whatever', '***'],
  ] as const)('%j of %j is %j', (mask, value, expected) => {
    expect(masked({ mask }, value)).toBe(expected);
    expect(masked({ mask, typeOid: typeOid.varchar, format: 1 }, value)).toBe(expected);
  });

  test('the hash is keyed, and equal values stay equal', () => {
    const expected = createHmac('sha256', key).update('ada').digest('hex').slice(0, 32);
    expect(masked({ mask: { kind: 'hash' } }, 'ada')).toBe(expected);
    expect(masked({ mask: { kind: 'hash' }, key: maskKey('B'.repeat(43)) }, 'ada')).not.toBe(expected);
    const padded = { mask: { kind: 'hash' }, typeOid: typeOid.bpchar, typmod: 44 } as const;
    expect(masked(padded, 'ada'.padEnd(40))).toBe(expected.padEnd(40));
  });

  test.each([
    [typeOid.varchar, 2, { kind: 'redact' }, 'secret', '**'],
    [typeOid.varchar, 8, { kind: 'hash' }, 'secret', /^[0-9a-f]{8}$/],
    [typeOid.bpchar, 6, { kind: 'redact' }, 'secret', '***   '],
    [typeOid.bpchar, 2, { kind: 'redact' }, 'no', '**'],
    [typeOid.bpchar, 12, partial('card'), '411111111234', '********1234'],
    [typeOid.varchar, 5, partial('card'), '4111111111111234', '***'],
    [typeOid.varchar, 4, partial('text', 1, 1), 'ab', '***'],
    [typeOid.varchar, 7, partial('email'), 'ada@example.com', 'a***@**'],
  ] as const)('type %i(%i) under %j holds what it declares', (oid, length, mask, value, expected) => {
    const result = masked({ mask, typeOid: oid, typmod: length + 4 }, value);
    if (expected instanceof RegExp) expect(result).toMatch(expected);
    else expect(result).toBe(expected);
  });

  test('no mask of any text shows it, breaks a character or leaves its declared length', () => {
    const value = fc.oneof(
      fc.emailAddress(),
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.stringMatching(/^[+]?[0-9][0-9 ()-]{3,20}$/),
      fc.stringMatching(/^[0-9]{12,19}$/),
    );
    const oid = fc.constantFrom(typeOid.text, typeOid.varchar, typeOid.bpchar, typeOid.name);
    const limit = fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 40 }));
    const property = fc.property(value, fc.constantFrom(...masks), oid, limit, (text, mask, type, length) => {
      const typmod = length === null ? -1 : length + 4;
      const declared = type === typeOid.bpchar && length !== null ? text.slice(0, length).padEnd(length) : text;
      const result = masked({ mask, typeOid: type, typmod }, declared.toString());
      if (result === null) return mask.kind === 'null';
      const limited = type === typeOid.varchar || type === typeOid.bpchar ? length : null;
      if (limited !== null && [...result].length > limited) return false;
      // What masks are written with may be the value by chance; hex digits of a hash too.
      const telling = [...declared.trim()].length > 8;
      return !telling || !result.includes(declared.trim());
    });
    fc.assert(property, { numRuns: 2000 });
  });
});

describe('other types', () => {
  const int64 = (value: bigint) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigInt64(0, value);
    return new Uint8Array(view.buffer);
  };
  const int32 = (value: number) => {
    const view = new DataView(new ArrayBuffer(4));
    view.setInt32(0, value);
    return new Uint8Array(view.buffer);
  };

  test('what has no neutral value, or is unknown, becomes NULL', () => {
    for (const oid of [0, 2249, 600, 99_999]) {
      for (const mask of masks) expect(masked({ mask, typeOid: oid }, '(1,secret)')).toBeNull();
    }
  });

  test('a value is the same whatever it stands for', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...maskableOids),
        fc.constantFrom(0 as const, 1 as const),
        fc.uint8Array(),
        fc.uint8Array(),
        (oid, format, a, b) => {
          const target = { mask: { kind: 'redact' } as const, typeOid: oid, format };
          expect(apply(target, a)).toEqual(apply(target, b));
        },
      ),
    );
  });

  test.each([
    ['2021-05-17', typeOid.date, '2021-01-01'],
    ['12021-05-17', typeOid.date, '12021-01-01'],
    ['0044-03-15 BC', typeOid.date, '0044-01-01 BC'],
    ['infinity', typeOid.date, '1970-01-01'],
    ['17.05.2021', typeOid.date, '1970-01-01'],
    ['2021-05-17 12:34:56.789', typeOid.timestamp, '2021-01-01 00:00:00'],
    ['2021-05-17 12:34:56+02', typeOid.timestamptz, '2021-01-01 00:00:00+00'],
    ['0044-03-15 12:00:00+00 BC', typeOid.timestamptz, '0044-01-01 00:00:00+00 BC'],
  ])('year of %s', (value, oid, expected) => {
    expect(masked({ mask: { kind: 'year' }, typeOid: oid }, value)).toBe(expected);
  });

  test('binary dates and timestamps fall on 1 January of the same year', () => {
    const epoch = Date.UTC(2000, 0, 1);
    const mask = { kind: 'year' } as const;
    fc.assert(
      fc.property(fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-31'), noInvalidDate: true }), date => {
        const days = Math.floor((date.getTime() - epoch) / 86_400_000);
        const first = new Date(date);
        first.setUTCMonth(0, 1);
        first.setUTCHours(0, 0, 0, 0);
        const expected = (first.getTime() - epoch) / 86_400_000;
        expect(startOfYear(days)).toBe(expected);
        expect(apply({ mask, typeOid: typeOid.date, format: 1 }, int32(days))).toEqual(int32(expected));
        const us = BigInt(date.getTime() - epoch) * 1000n + 999n;
        expect(apply({ mask, typeOid: typeOid.timestamp, format: 1 }, int64(us))).toEqual(
          int64(BigInt(expected) * 86_400_000_000n),
        );
      }),
    );
    const never = int64(2n ** 63n - 1n);
    expect(apply({ mask, typeOid: typeOid.timestamptz, format: 1 }, never)).toEqual(int64(-946_684_800_000_000n));
  });
});

describe('a plan', () => {
  const field = { typeOid: typeOid.text, typmod: -1, format: 0 } as const;
  const mask = { mask: { kind: 'redact' }, rule: 'p/r', label: 'pii.email' } as const;

  test('has a writer where the decision has a mask', () => {
    const plan = planRow({ masks: [null, mask], fields: [field, field], key });
    expect(plan).toMatchObject({ ok: true, value: { masks: [{}], maxGrowth: 3, writers: [null, {}] } });
    expect(planRow({ masks: [null, null], fields: [field, field], key })).toEqual({ ok: true, value: null });
  });

  test('is refused when the result is not the one decided on', () => {
    expect(planRow({ masks: [mask], fields: [field, field], key })).toMatchObject({
      ok: false,
      error: { code: 'unresolved' },
    });
  });
});
