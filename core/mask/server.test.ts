/** Masked values against a real server: every one must be a value of its type, in both formats. */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testServer } from '#db/testing.ts';
import { compileMask, maskKey } from './apply.ts';
import type { Mask } from './rule.ts';
import { maskableOids, shapeOf } from './types.ts';

let client: pg.Client;
beforeAll(async () => {
  client = new pg.Client({ connectionString: await testServer() });
  await client.connect();
});
afterAll(() => client.end());

const key = maskKey('C'.repeat(43));
const masks: readonly Mask[] = [
  { kind: 'redact' },
  { kind: 'hash' },
  { kind: 'year' },
  { kind: 'partial', shape: 'email', first: 0, last: 0 },
  { kind: 'partial', shape: 'text', first: 1, last: 1 },
];
/** Types whose declared length or scale a mask must respect, as written in SQL. */
const declared = [
  'varchar(2)',
  'char(2)',
  'char(9)',
  'numeric(6,2)',
  'numeric(3,-2)',
  'bit(5)',
  'varbit(5)',
  'timestamp(3)',
];

type Column = { name: string; typeOid: number; typmod: number };

async function check(column: Column, source: Uint8Array, format: 0 | 1): Promise<void> {
  for (const mask of masks) {
    const writer = compileMask({ ...column, mask, format, key });
    const out = new Uint8Array(source.length + writer.maxGrowth);
    const written = writer.write(source, 0, source.length, out, 0);
    expect(written, `${column.name} has a value`).toBeGreaterThanOrEqual(0);
    const value = Buffer.from(out.subarray(0, written));
    // A Buffer is sent in binary format, through the receive function of the type.
    const given = format === 1 ? value : value.toString('utf8');
    const { rows } = await client.query(`select ($1::${column.name})::text is not null as valid`, [given]);
    expect(rows, `${column.name} ${mask.kind} ${format}`).toEqual([{ valid: true }]);
  }
}

test('object identifiers and elements are those of the server', async () => {
  const { rows } = await client.query<{ oid: number; typname: string; typelem: number }>(
    'select oid::int, typname, typelem::int from pg_type where oid = any($1)',
    [maskableOids],
  );
  expect(rows.map(row => row.oid).sort()).toEqual([...maskableOids].sort());
  for (const { oid, typname, typelem } of rows) {
    const shape = shapeOf(oid);
    if (shape?.kind === 'array') expect([typname, typelem]).toEqual([typname, shape.elementOid]);
    if (shape?.kind === 'fixed' && !/range/.test(shape.name) && !['int4', 'int8'].includes(shape.name)) {
      expect(typname).toBe(shape.name);
    }
  }
});

test('every masked value is a value of its type', async () => {
  const { rows } = await client.query<{ oid: number; name: string }>(
    "select oid::int, format_type(oid, null) as name from pg_type where oid = any($1) and typname not in ('cstring', '_cstring', 'unknown')",
    [maskableOids],
  );
  for (const { oid, name } of rows) {
    const source = new TextEncoder().encode('2021-05-17 12:00:00');
    await check({ name, typeOid: oid, typmod: -1 }, source, 0);
    await check({ name, typeOid: oid, typmod: -1 }, source, 1);
  }
});

test('declared lengths and scales hold', async () => {
  for (const [index, name] of declared.entries()) {
    await client.query(`drop table if exists pg_temp.t; create temp table t (c ${name})`);
    const { fields } = await client.query('select c from t');
    const [field] = fields;
    const column = { name, typeOid: field?.dataTypeID ?? 0, typmod: field?.dataTypeModifier ?? 0 };
    await check(column, new TextEncoder().encode(`ab${index}`), 0);
    await check(column, new TextEncoder().encode(`ab${index}`), 1);
    // An explicit cast cuts silently; storing does not.
    for (const mask of masks) {
      const writer = compileMask({ ...column, mask, format: 0, key });
      const out = new Uint8Array(20 + writer.maxGrowth);
      const written = writer.write(new TextEncoder().encode('ab@example.com'), 0, 14, out, 0);
      await client.query('insert into t values ($1)', [Buffer.from(out.subarray(0, written)).toString('utf8')]);
    }
  }
});

test('the year of a value is the year the server says', async () => {
  const values = ['2021-05-17', '0044-03-15 BC', '1999-12-31', '2000-01-01', '4713-01-01 BC', '294276-12-31'];
  const types = [
    { type: 'date', typeOid: 1082, send: 'date_send', year: "date_trunc('year', $2::timestamp)::date" },
    { type: 'timestamp', typeOid: 1114, send: 'timestamp_send', year: "date_trunc('year', $2::timestamp)" },
    { type: 'timestamptz', typeOid: 1184, send: 'timestamptz_send', year: "date_trunc('year', $2::timestamptz)" },
  ];
  await client.query("set timezone = 'UTC'");
  for (const { type, typeOid, send, year } of types) {
    for (const value of values) {
      const { rows } = await client.query<{ binary: Buffer; text: string }>(
        `select ${send}($1::${type}) as binary, $1::${type}::text as text`,
        [value],
      );
      const [row] = rows;
      for (const format of [0, 1] as const) {
        const source = format === 1 ? (row?.binary ?? new Uint8Array()) : new TextEncoder().encode(row?.text);
        const writer = compileMask({ mask: { kind: 'year' }, typeOid, typmod: -1, format, key });
        const out = Buffer.alloc(source.length + writer.maxGrowth);
        const written = writer.write(source, 0, source.length, out, 0);
        const given = format === 1 ? out.subarray(0, written) : out.toString('utf8', 0, written);
        const result = await client.query(`select $1::${type} = ${year} as same`, [given, value]);
        expect(result.rows, `${type} ${value} ${format}`).toEqual([{ same: true }]);
      }
    }
  }
});

test.each([
  "'UTC'",
  "'Asia/Kathmandu'",
  "'America/St_Johns'",
  "'Pacific/Kiritimati'",
  "interval '167:59' hour to minute",
  "interval '-167:59' hour to minute",
  "interval '-00:01' hour to minute",
])('the year of a moment does not depend on the time zone %s', async zone => {
  await client.query(`set time zone ${zone}`);
  const moments = [
    '1984-12-31 23:59:59.999999+00',
    '1985-01-01 00:00:00+00',
    '1984-12-25 05:00:00+00',
    '1985-01-07 11:00:00+00',
    '1984-02-29 12:00:00+00',
    '0044-01-01 00:00:00+00 BC',
    '0045-12-31 23:59:59+00 BC',
  ];
  const writer = compileMask({ mask: { kind: 'year' }, typeOid: 1184, typmod: -1, format: 0, key });
  for (const moment of moments) {
    const { rows } = await client.query<{ text: string; year: string }>(
      `select $1::timestamptz::text as text,
          pg_catalog.to_char(date_trunc('year', $1::timestamptz at time zone 'UTC'), 'YYYY-MM-DD HH24:MI:SS') as year`,
      [moment],
    );
    const [row] = rows;
    const source = new TextEncoder().encode(row?.text);
    const out = Buffer.alloc(source.length + writer.maxGrowth);
    const given = out.toString('utf8', 0, writer.write(source, 0, source.length, out, 0));
    expect(given.replace('+00', '').replace(' BC', ''), `${moment} as ${row?.text}`).toBe(row?.year);
  }
  await client.query("set timezone = 'UTC'");
});
