/** Values with finds, of every type and format: only the find is hidden, and what comes out is a value of the same type. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutputDetectors } from '../../policy/detect.ts';
import { planRow } from '../plan.ts';
import { unchanged } from '../writer.ts';
import { type DetectorKind, detectorKinds } from './kinds.ts';
import type { Tally } from './tally.ts';
import { findIn, valid } from './testing.ts';
import { ColumnWatch, type Sampling, samplingDefaults, Watches, watchesMax } from './watch.ts';

const oids = { text: 25, varchar: 1043, bpchar: 1042, json: 114, jsonb: 3802, xml: 142 };
const arrays = { text: 1009, json: 199, jsonb: 3807, varchar: 1015 };

type Given = {
  oid?: number;
  format?: 0 | 1;
  typmod?: number;
  mask?: readonly DetectorKind[];
  alert?: readonly DetectorKind[];
  isText?: boolean;
  watch?: ColumnWatch;
  sampling?: Sampling;
};

function planOf({
  oid = oids.text,
  format = 0,
  typmod = -1,
  mask = detectorKinds,
  alert = [],
  isText = false,
  ...more
}: Given = {}) {
  const detectors: OutputDetectors = Object.fromEntries([
    ...alert.map(kind => [kind, { verdict: 'alert', rule: 'p/r' }] as const),
    ...mask.map(kind => [kind, { verdict: 'mask', rule: 'p/r' }] as const),
  ]);
  const field = { detectors, origin: null, ...(more.watch && { watch: more.watch }) };
  const fields = [{ typeOid: oid, typmod, format, isText }];
  const { sampling = samplingDefaults } = more;
  const plan = planRow({ masks: [null], fields, key: new Uint8Array(32), detectors: [field], sampling });
  if (!plan.ok) throw new Error('no plan');
  return plan.value;
}

/** The value as it comes out: itself where it passes, null for NULL. */
function writer(given: Given = {}) {
  const plan = planOf(given);
  const tally = plan?.detection?.tally() ?? null;
  plan?.detection?.countIn(tally);
  const through = (value: Uint8Array): Uint8Array | null => {
    const cell = plan?.writers[0];
    if (!cell) return value;
    const out = new Uint8Array(value.length + cell.maxGrowth + 7).fill(0x7e);
    const source = Uint8Array.from([0x34, ...value, 0x34]);
    const written = cell.write(source, 1, value.length, out, 7);
    if (written === unchanged) return value;
    return written < 0 ? null : out.slice(7, 7 + written);
  };
  const text = (value: string): string | null => {
    const out = through(new TextEncoder().encode(value));
    return out === null ? null : new TextDecoder().decode(out);
  };
  return { text, bytes: through, tally: tally as Tally };
}

const stars = (text: string) => '*'.repeat(text.length);
const card = '4111 1111 1111 1111';

describe('text', () => {
  it('keeps everything but the find, and its length', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...detectorKinds).chain(kind => valid[kind]),
        value => {
          expect(writer().text(`It is ${value}, says he`)).toBe(`It is ${stars(value)}, says he`);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('passes as it is without a find', () => {
    const { text, tally } = writer();
    for (const value of ['', 'x', 'nothing to see', '4111 1111 1111 1112', '…']) expect(text(value)).toBe(value);
    expect(tally.isEmpty).toBe(true);
  });

  it('counts characters as before where one takes two bytes', () => {
    expect(writer().text('an jörg@exämple.de!')).toBe('an *·*****·*******!');
  });

  it('keeps the padding of character(n)', () => {
    expect(writer({ oid: oids.bpchar, typmod: 34 }).text(`${card}${' '.repeat(11)}`)).toBe(
      `${stars(card)}${' '.repeat(11)}`,
    );
  });

  it('looks into text types that only the server knows', () => {
    expect(writer({ oid: 77_777, isText: true }).text(`x ${card}`)).toBe(`x ${stars(card)}`);
  });

  it('shows composites and other unknown types with a find as NULL', () => {
    const { text } = writer({ oid: 77_777 });
    expect(text(`(1,"${card}")`)).toBeNull();
    expect(text('(1,"nothing")')).toBe('(1,"nothing")');
  });

  it.each([16, 20, 23, 701, 1082, 1114, 1184, 1700, 2950, 869, 17])('does not look at type %i', oid => {
    expect(planOf({ oid })).toBeNull();
  });

  it('does not look at columns that are too short for any find', () => {
    expect(planOf({ oid: oids.varchar, typmod: 4 + 11, mask: ['card'] })).toBeNull();
    expect(planOf({ oid: oids.varchar, typmod: 4 + 12, mask: ['card'] })).not.toBeNull();
  });
});

/** Random texts now and then are an e-mail address. */
const plain = fc.string().filter(text => findIn(`${text}!`).length === 0);

/** JSON texts that differ in how they are written, with a find somewhere in them. */
const jsonText = fc
  .record({
    value: fc.constantFrom(...detectorKinds).chain(kind => valid[kind]),
    before: plain,
    key: plain,
    n: fc.integer(),
  })
  .map(({ value, before, key, n }) => ({
    value,
    document: { [`${key}!`]: [before, n, { deep: value }, null], more: `\n${value}\n` },
  }));
const escaped = (json: string) => json.replaceAll(/[@.]/g, each => `\\u00${each.charCodeAt(0).toString(16)}`);

describe('json', () => {
  it.each([oids.json, oids.jsonb])('of type %i stays json, and only the find is hidden', oid => {
    fc.assert(
      fc.property(
        jsonText,
        fc.constantFrom(JSON.stringify, (json: object) => JSON.stringify(json, null, 2)),
        (given, write) => {
          const out = writer({ oid }).text(write(given.document)) ?? '';
          expect(out).not.toContain(JSON.stringify(given.value).slice(1, -1));
          const [key = ''] = Object.keys(given.document);
          const shown: unknown = JSON.parse(out);
          expect(Object.keys(shown as object)).toEqual(Object.keys(given.document));
          expect((shown as Record<string, unknown[]>)[key]?.slice(0, 2)).toEqual(
            (given.document as Record<string, unknown[]>)[key]?.slice(0, 2),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is found behind escapes of any kind', () => {
    const { text } = writer({ oid: oids.json });
    expect(JSON.parse(text(escaped('{"a":"me@example.com"}')) ?? '')).toEqual({ a: expect.stringMatching(/^\*+$/) });
    expect(JSON.parse(text('{"a":"\\u0034111111111111111 \\"q\\" \\\\"}') ?? '')).toEqual({
      a: `${'*'.repeat(21)} "q" \\`,
    });
    expect(JSON.parse(text('["\\ud83d\\ude00 4111111111111111"]') ?? '')).toEqual([`😀 ${'*'.repeat(16)}`]);
    expect(JSON.parse(text('["\\u00e9\\n4111111111111111"]') ?? '')).toEqual([`é\n${'*'.repeat(16)}`]);
  });

  it('shows a number as zero', () => {
    const { text } = writer({ oid: oids.jsonb });
    expect(
      JSON.parse(
        text('{"a": 4111111111111111, "b": [4111111111111111,-4111111111111111], "c": "4111111111111111"}') ?? '',
      ),
    ).toEqual({ a: 0, b: [0, -0], c: stars('4111111111111111') });
  });

  it('keeps the version of jsonb in binary', () => {
    const out = writer({ oid: oids.jsonb, format: 1 }).bytes(
      Uint8Array.from([1, ...new TextEncoder().encode(`["${card}"]`)]),
    );
    expect(out?.[0]).toBe(1);
    expect(new TextDecoder().decode(out?.subarray(1))).toBe(`["${stars(card)}"]`);
  });
});

describe('xml', () => {
  const { text } = writer({ oid: oids.xml });
  it.each([
    [`<a n="${card}">x</a>`, `<a n="${stars(card)}">x</a>`],
    [`<a>${card}</a>`, `<a>${stars(card)}</a>`],
    [`<!-- ${card} --><a/>`, `<!-- ${stars(card)} --><a/>`],
    [`<a><![CDATA[<${card}>]]></a>`, `<a><![CDATA[<${stars(card)}>]]></a>`],
    ['<a>me&#64;example.com</a>', `<a>${stars('me&#64;example.com')}</a>`],
    [`<a>&lt;${card}&gt; &amp; so</a>`, `<a>&lt;${stars(card)}&gt; &amp; so</a>`],
    ['<a>nothing &amp; more</a>', '<a>nothing &amp; more</a>'],
  ])('%s', (value, expected) => expect(text(value)).toBe(expected));

  it('is NULL when the markup itself has a find', () => expect(text('<x 4111111111111111="1"/>')).toBeNull());
});

function textArray(elements: readonly string[]): string {
  return `{${elements.map(each => `"${each.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

/** As array_send writes one dimension. */
function binaryArray(oid: number, elements: readonly (Uint8Array | null)[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(20));
  for (const [index, value] of [1, 0, oid, elements.length, 1].entries()) header.setInt32(index * 4, value);
  const parts = elements.map(each => {
    const part = new Uint8Array(4 + (each?.length ?? 0));
    new DataView(part.buffer).setInt32(0, each === null ? -1 : each.length);
    if (each !== null) part.set(each, 4);
    return part;
  });
  return Uint8Array.from([...new Uint8Array(header.buffer), ...parts.flatMap(part => [...part])]);
}

describe('arrays', () => {
  it('of text keep their other elements, whatever has to be escaped', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...detectorKinds).chain(kind => valid[kind]),
        fc.string(),
        (value, other) => {
          const harmlessOther = other.replaceAll(/[@\d+]/g, 'x');
          const elements = [harmlessOther, `"${value}"`, harmlessOther];
          const out = writer({ oid: arrays.text }).text(textArray(elements));
          expect(out).toHaveLength(textArray(elements).length);
          expect(out?.startsWith(`{"${harmlessOther.replaceAll(/["\\]/g, '\\$&')}",`)).toBe(true);
          expect(out).not.toContain(value);
        },
      ),
    );
    expect(writer({ oid: arrays.text }).text(`{${'4111111111111111'},NULL,"a,b"}`)).toBe(
      `{${'*'.repeat(16)},NULL,"a,b"}`,
    );
    expect(writer({ oid: arrays.text }).text('[0:1]={{me@example.com},{b}}')).toBe(
      `[0:1]={{${stars('me@example.com')}},{b}}`,
    );
  });

  it('of json stay arrays of json', () => {
    const documents = ['{"a": "x\\n4111111111111111\\n", "n": 4111111111111111}', '[1, "\\"q\\""]'];
    const out = writer({ oid: arrays.json }).text(textArray(documents)) ?? '';
    const elements = [...out.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(match =>
      (match[1] ?? '').replaceAll(/\\(.)/g, '$1'),
    );
    expect(elements.map(each => JSON.parse(each) as unknown)).toEqual([
      { a: `x\n${'*'.repeat(16)}\n`, n: 0 },
      [1, '"q"'],
    ]);
  });

  it('in binary', () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const value = binaryArray(oids.text, [bytes('one'), null, bytes(card), bytes('')]);
    const expected = binaryArray(oids.text, [bytes('one'), null, bytes(stars(card)), bytes('')]);
    expect(writer({ oid: arrays.text, format: 1 }).bytes(value)).toEqual(expected);
    const jsonb = (text: string) => Uint8Array.from([1, ...bytes(text)]);
    const documents = binaryArray(oids.jsonb, [jsonb('{"n": 4111111111111111}'), jsonb('{}')]);
    expect(writer({ oid: arrays.jsonb, format: 1 }).bytes(documents)).toEqual(
      binaryArray(oids.jsonb, [jsonb(`{"n": 0${' '.repeat(15)}}`), jsonb('{}')]),
    );
  });

  it('that are cut short or are none do not fail', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(0 as const, 1 as const), (bytes, format) => {
        for (const oid of [...Object.values(arrays), oids.json, oids.jsonb, oids.xml])
          expect(writer({ oid, format }).bytes(bytes)?.length ?? bytes.length).toBe(bytes.length);
      }),
    );
  });
});

describe('verdicts', () => {
  it('alert counts and shows', () => {
    const { text, tally } = writer({ mask: ['card'], alert: ['email'] });
    expect(text(`me@example.com ${card}`)).toBe(`me@example.com ${stars(card)}`);
    expect(text('me@example.com')).toBe('me@example.com');
    expect(
      tally.entries().map(({ detector, verdict, values, looked }) => ({ detector, verdict, values, looked })),
    ).toEqual([
      { detector: 'card', verdict: 'mask', values: 1, looked: 2 },
      { detector: 'email', verdict: 'alert', values: 2, looked: 2 },
    ]);
  });

  it('what is not looked for is left', () => {
    expect(writer({ mask: ['email'] }).text(`${card} me@example.com`)).toBe(`${card} ${stars('me@example.com')}`);
  });
});

describe('sampling', () => {
  const sampling = { first: 10, every: 5, bytesMax: 64 };

  it('looks at fewer values of a clean column, and at all again after a find', () => {
    const watch = new ColumnWatch();
    const { text, tally } = writer({ mask: [], alert: ['email'], watch, sampling });
    for (let index = 0; index < 60; index += 1) text('nothing to be found here');
    expect(tally.sampled).toEqual([20]);
    for (let index = 0; index < 5; index += 1) text('me@example.com');
    expect(tally.entries()[0]).toMatchObject({ values: 1, looked: 21 });
    for (let index = 0; index < 10; index += 1) text('me@example.com');
    expect(tally.entries()[0]).toMatchObject({ values: 11, looked: 31 });
  });

  it('never skips what has to be masked', () => {
    const { text } = writer({ mask: ['card'], alert: ['email'], watch: new ColumnWatch(), sampling });
    for (let index = 0; index < 500; index += 1)
      expect(text('nothing to be found here')).toBe('nothing to be found here');
    for (let index = 0; index < 10; index += 1) expect(text(card)).toBe(stars(card));
  });

  it('looks at the beginning of large values for alerts, and at all of them for masks', () => {
    const { text, tally } = writer({ mask: ['card'], alert: ['email'], sampling });
    const filler = 'x '.repeat(100);
    expect(text(`${filler}me@example.com ${card}`)).toBe(`${filler}me@example.com ${stars(card)}`);
    expect(tally.entries().map(each => each.detector)).toEqual(['card']);
  });

  it('keeps what it knows per catalog and column, and no more than so many', () => {
    const watches = new Watches();
    const [catalog, other] = [{}, {}];
    const column = { relationOid: 1, attnum: 1, kinds: 1 };
    expect(watches.of(catalog, column)).toBe(watches.of(catalog, { ...column }));
    expect(watches.of(other, column)).not.toBe(watches.of(catalog, column));
    for (let relationOid = 2; relationOid <= watchesMax + 5; relationOid += 1)
      watches.of(catalog, { ...column, relationOid });
    const beyond = { ...column, relationOid: watchesMax + 4 };
    expect(watches.of(catalog, beyond)).not.toBe(watches.of(catalog, beyond));
  });
});
