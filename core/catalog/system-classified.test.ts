import postgres from 'postgres';
import { expect, test } from 'vitest';
import { testServer } from '#db/testing.ts';
import { systemClassified } from './system-classified.ts';

/** Of other versions than the embedded server's. */
const elsewhere = ['range_length_histogram', 'range_empty_frac', 'range_bounds_histogram', 'file_name'];

test('every column is one that the server has, under that very name', async () => {
  const sql = postgres(await testServer(), { max: 1 });
  try {
    const rows = await sql<{ name: string }[]>`
      select n.nspname || '.' || c.relname || '.' || a.attname as name
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('pg_catalog', 'information_schema') and a.attnum > 0`;
    const known = new Set(rows.map(row => row.name));
    const unknown = systemClassified
      .filter(({ schema }) => schema === 'pg_catalog' || schema === 'information_schema')
      .map(({ schema, relation, column }) => `${schema}.${relation}.${column}`)
      .filter(name => !known.has(name) && !elsewhere.some(column => name.endsWith(`.${column}`)));
    expect(unknown).toEqual([]);
  } finally {
    await sql.end({ timeout: 5 });
  }
});
