/** COPY against a real server: what it sends is masked and loaded again, and must be the same rows with masked values. */

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { targetDatabase } from '#db/testing.ts';
import type { OutputMask } from '../policy/decision.ts';
import { maskKey } from './apply.ts';
import { copyMasker } from './copy.ts';
import { type CopyFormat, copyFieldBytesMax } from './copy-machine.ts';
import { planRow, type RowPlan } from './plan.ts';
import type { Mask } from './rule.ts';
import { ByteSink } from './sink.ts';

const text: CopyFormat = { format: 'text', delimiter: '\t', quote: '"', escape: '"', null: '\\N', header: false };
const csv: CopyFormat = { ...text, format: 'csv', delimiter: ',', null: '' };
const binary: CopyFormat = { ...text, format: 'binary' };

const masked = (mask: Mask): OutputMask => ({ mask, rule: 'p/r', label: 'pii.email' });

/** Columns: id int4, secret text, note text, born date. */
function plan(format: CopyFormat, mask: Mask = { kind: 'partial', shape: 'text', first: 1, last: 1 }): RowPlan {
  const wire = format.format === 'binary' ? 1 : 0;
  const fields = [23, 25, 25, 1082].map(typeOid => ({ typeOid, typmod: -1, format: wire }) as const);
  const planned = planRow({
    masks: [null, masked(mask), null, masked({ kind: 'year' })],
    fields,
    key: maskKey('D'.repeat(43)),
  });
  if (!planned.ok || planned.value === null) throw new Error('no plan');
  return planned.value;
}

function run(rowPlan: RowPlan, format: CopyFormat, chunks: readonly Uint8Array[]) {
  const masker = copyMasker(rowPlan, format);
  const out = new ByteSink(8);
  for (const chunk of chunks) {
    const result = masker.push(chunk, 0, chunk.length, out);
    if (result.ok && result.value) out.append(chunk);
    if (!result.ok) return { error: result.error.message, bytes: Buffer.from(out.view()), masker };
  }
  const ended = masker.end();
  return { error: ended.ok ? null : ended.error.message, bytes: Buffer.from(out.view()), masker };
}

/** The same bytes cut at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [...new Set([0, ...places.map(place => place % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

type Row = { id: number; secret: string | null; note: string | null; born: string | null };
const value = fc.option(
  fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      '',
      '\\N',
      '\\.',
      'a"b',
      '"',
      ',',
      'a,b',
      'line\nbreak',
      'cr\r',
      'tab\there',
      'back\\slash',
      '\\t',
      'quote""',
      '\b\f\v',
      "it's",
    ),
  ),
);
const rows = fc.array(
  fc.record({ secret: value, note: value, born: fc.option(fc.constantFrom('2021-05-17', '1969-12-31')) }),
  { maxLength: 6 },
);

const expectedSecret = (secret: string | null): string | null => {
  if (secret === null) return null;
  const characters = [...secret];
  return characters.length < 4 ? '***' : `${characters[0]}***${characters.at(-1)}`;
};

const options: readonly (readonly [string, CopyFormat])[] = [
  ['', text],
  ["(format text, delimiter '|', null 'nil', header)", { ...text, delimiter: '|', null: 'nil', header: true }],
  ['(format csv)', csv],
  [
    "(format csv, delimiter ';', quote '''', header, force_quote *)",
    { ...csv, delimiter: ';', quote: "'", escape: "'", header: true },
  ],
  ["(format csv, escape '\\', null 'nil')", { ...csv, escape: '\\', null: 'nil' }],
  ['(format binary)', binary],
];

describe('against a server', () => {
  let sql: postgres.Sql;
  beforeAll(async () => {
    const database = await targetDatabase();
    sql = postgres(database.url, {
      max: 1,
      onnotice: () => {},
      types: { date: { to: 1082, from: [1082], serialize: String, parse: String } },
    });
    await sql`create table t (id int, secret text, note text, born date)`;
    await sql`create table u (like t)`;
  });
  afterAll(() => sql.end());

  const loading = (option: string) => option.replace(', force_quote *', '');

  test.each(options)('COPY t TO STDOUT %s', async (option, format) => {
    await fc.assert(
      fc.asyncProperty(rows, fc.array(fc.nat(5000), { maxLength: 8 }), async (given, places) => {
        const data: Row[] = given
          .map((row, id) => ({ ...row, id }))
          // PostgreSQL's text holds no NUL.
          .map(row => ({
            ...row,
            secret: row.secret?.replaceAll('\0', '') ?? null,
            note: row.note?.replaceAll('\0', '') ?? null,
          }));
        await sql`delete from t`;
        await sql`delete from u`;
        if (data.length > 0) await sql`insert into t ${sql(data, 'id', 'secret', 'note', 'born')}`;
        const readable = await sql.unsafe(`copy (select * from t order by id) to stdout ${option}`).readable();
        const sent = Buffer.concat(await readable.toArray());
        const result = run(plan(format), format, cut(sent, places));
        expect(result.error).toBeNull();
        expect(result.masker.rows).toBe(data.length);
        const writable = await sql.unsafe(`copy u from stdin ${loading(option)}`).writable();
        await pipeline(Readable.from([result.bytes]), writable);
        const loaded = await sql<Row[]>`select * from u order by id`;
        // Where NULL reads like a value, values that read like it pass for NULL, and NULLs are masked as values are.
        const isAmbiguous = format.null === 'nil' && format.format === 'text';
        const isNull = (shown: string | null) => (isAmbiguous && shown === 'nil' ? null : shown);
        expect([...loaded]).toEqual(
          data.map(row => ({
            ...row,
            note: isNull(row.note),
            secret: expectedSecret(row.secret ?? (isAmbiguous ? 'nil' : null)),
            born: row.born === null ? (isAmbiguous ? '1970-01-01' : null) : `${row.born.slice(0, 4)}-01-01`,
          })),
        );
      }),
      { numRuns: 20 },
    );
  });
});

describe('whatever the cuts', () => {
  const lines = '1\tad\\\\a\tn\\no\t2021-05-17\n2\t\\N\tx\\ty\t\\N\n3\t\t\t1999-01-02\n';
  const quoted = 'id,secret,note,born\n1,"a""d,a","x\ny",2021-05-17\n2,,"",\n3,"",plain,"1999-01-02"\n';
  const tuple = (...fields: (string | number | null)[]) => {
    const parts: Buffer[] = [Buffer.from([0, fields.length])];
    for (const field of fields) {
      const content =
        typeof field === 'number' ? Buffer.from([0, 0, 0, field]) : field === null ? null : Buffer.from(field);
      const size = Buffer.alloc(4);
      size.writeInt32BE(content?.length ?? -1);
      parts.push(size, content ?? Buffer.alloc(0));
    }
    return Buffer.concat(parts);
  };
  const header = Buffer.from([...Buffer.from('PGCOPY\n'), 0xff, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0, 3, 9, 9, 9]);
  const packed = Buffer.concat([
    header,
    tuple(1, 'adalovelace', 'x', 5),
    tuple(2, null, null, null),
    tuple(3, '', '', 7),
    Buffer.from([255, 255]),
  ]);
  const streams: readonly (readonly [CopyFormat, Buffer])[] = [
    [text, Buffer.from(lines)],
    [{ ...csv, header: true }, Buffer.from(quoted)],
    [binary, packed],
  ];

  test.each(streams)('every single cut and single bytes give the same bytes: %j', (format, bytes) => {
    const whole = run(plan(format), format, [bytes]);
    expect(whole.error).toBeNull();
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(run(plan(format), format, cut(bytes, [at])).bytes.equals(whole.bytes)).toBe(true);
    }
    const bytewise = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
    expect(run(plan(format), format, bytewise).bytes.equals(whole.bytes)).toBe(true);
  });

  test.each(streams)('what is not whole at the end is refused: %j', (format, bytes) => {
    for (let length = 1; length < bytes.length; length += 1) {
      const part = run(plan(format), format, [bytes.subarray(0, length)]);
      const isWhole =
        format.format === 'text'
          ? lines[length - 1] === '\n'
          : format.format === 'csv' &&
            /\n$/.test(quoted.slice(0, length)) &&
            quoted.slice(0, length).split('"').length % 2 === 1;
      expect(part.error === null).toBe(isWhole);
    }
  });

  test('the masked bytes are what they should be', () => {
    expect(run(plan(text), text, [Buffer.from(lines)]).bytes.toString()).toBe(
      '1\ta***a\tn\\no\t2021-01-01\n2\t\\N\tx\\ty\t\\N\n3\t***\t\t1999-01-01\n',
    );
    expect(run(plan(csv), { ...csv, header: true }, [Buffer.from(quoted)]).bytes.toString()).toBe(
      'id,secret,note,born\n1,a***a,"x\ny",2021-01-01\n2,,"",\n3,***,plain,1999-01-01\n',
    );
  });

  test.each([
    [text, '1\ta\tb\n', 'another number of columns'],
    [text, '1\ta\tb\t\\N\t5\n', 'another number of columns'],
    [csv, '1,"a,b\nc",d\n', 'another number of columns'],
    [{ ...text, delimiter: '||' }, '', 'not a single-byte character'],
    [binary, 'PGCOPY\n----', 'no signature'],
  ])('data that is not as announced stops: %j %j', (format, data, message) => {
    const masker = copyMasker(plan(format), format);
    const out = new ByteSink();
    const bytes = Buffer.from(data);
    const first = masker.push(bytes, 0, bytes.length, out);
    expect(first).toMatchObject({
      ok: false,
      error: { code: 'unresolved', message: expect.stringContaining(message) },
    });
    const length = out.length;
    expect(masker.push(Buffer.from('9\t9\t9\t9\n'), 0, 8, out).ok).toBe(false);
    expect(out.length).toBe(length);
  });

  test('a masked value without end takes no memory and becomes NULL', () => {
    const chunks = ['1\t', ...Array.from({ length: 40 }, () => 'x'.repeat(copyFieldBytesMax / 20)), '\tnote\t\\N\n'];
    const result = run(
      plan(text),
      text,
      chunks.map(chunk => Buffer.from(chunk)),
    );
    expect(result.bytes.toString()).toBe('1\t\\N\tnote\t\\N\n');
  });
});

describe('what a client chooses tells nothing of a masked value', () => {
  const redacted = (format: CopyFormat) => plan(format, { kind: 'redact' });
  test.each<[string, CopyFormat, readonly [string, string]]>([
    ['the text of NULL', { ...text, null: 'ada' }, ['1\tada\tada\tada\n', '1\teve\tada\tada\n']],
    ['the text of NULL, as escaped', { ...text, null: 'a\\\\b' }, ['1\ta\\\\b\tx\tx\n', '1\ta\\\\c\tx\tx\n']],
    ['the text of NULL, in CSV', { ...csv, null: 'ada' }, ['1,"ada",x,ada\n', '1,eve,x,ada\n']],
    ['a delimiter', { ...csv, delimiter: '9' }, ['19"595"9x9\n', '19589x9\n']],
    ['a quote', { ...csv, quote: '5', escape: '5' }, ['1,54555,x,\n', '1,46,x,\n']],
  ])('%s', (_name, format, [one, other]) => {
    const of = (line: string) => run(redacted(format), format, [Buffer.from(line)]);
    expect(of(one).error).toBeNull();
    expect(of(one).bytes.toString()).toBe(of(other).bytes.toString());
    expect(of(one).bytes.toString()).toContain('***');
  });

  test('NULL stays NULL where nothing else reads like it', () => {
    const bytes = (format: CopyFormat, line: string) =>
      run(redacted(format), format, [Buffer.from(line)]).bytes.toString();
    expect(bytes(text, '1\t\\N\t\\N\t\\N\n')).toBe('1\t\\N\t\\N\t\\N\n');
    expect(bytes(csv, '1,,,\n')).toBe('1,,,\n');
    expect(bytes({ ...text, null: '' }, '1\t\t\t\n')).toBe('1\t***\t\t1970-01-01\n');
  });
});

describe('with detectors', () => {
  const card = '4111 1111 1111 1111';
  const stars = '*'.repeat(card.length);
  const fields = [25, 25].map(typeOid => ({ typeOid, typmod: -1, format: 0 }) as const);
  const found = (verdict: 'mask' | 'alert') => ({ detectors: { card: { verdict, rule: 'p/r' } }, origin: null });
  const looking = (verdict: 'mask' | 'alert'): RowPlan => {
    const planned = planRow({
      masks: [null, null],
      fields,
      key: new Uint8Array(32),
      detectors: [found(verdict), null],
    });
    if (!planned.ok || planned.value === null) throw new Error('no plan');
    return planned.value;
  };
  test.each([
    ['text', text, `say \\\\ ${card}\tnext\n\\N\t${card}\nclean \\n line\tx\n`],
    ['csv', csv, `"say, ""${card}""",next\n,${card}\n"clean\n line",x\n`],
  ])('%s: hides finds and leaves all else as it was, whatever the cuts', (_name, format, source) => {
    const bytes = new TextEncoder().encode(source);
    const expected = source.replace(card, stars);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), cuts => {
        const masked = run(looking('mask'), format, cut(bytes, cuts));
        expect(masked.bytes.toString()).toBe(expected);
        expect(masked.masker.cells).toBe(1);
        const seen = run(looking('alert'), format, cut(bytes, cuts));
        expect(seen.bytes.toString()).toBe(source);
        expect(seen.masker.tally?.entries()[0]).toMatchObject({ detector: 'card', values: 1, verdict: 'alert' });
      }),
    );
  });
});
