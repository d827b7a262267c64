/** Lists of names, split as a real server splits them. */
import fc from 'fast-check';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testServer } from '#db/testing.ts';
import { joinSearchPath, splitIdentifiers, splitSearchPath } from './search-path.ts';

let sql: postgres.Sql;
beforeAll(async () => {
  sql = postgres(await testServer(), { max: 1, onnotice: () => {} });
});
afterAll(() => sql.end());

/** A schema that the server finds along the path is a name that it read there; null where it does not take the path. */
async function schemasAlong(path: string, candidates: readonly string[]): Promise<string[] | null> {
  return await sql
    .begin(async tx => {
      for (const name of new Set(candidates)) await tx.unsafe(`create schema "${name.replaceAll('"', '""')}"`);
      await tx`select set_config('search_path', ${path}, true)`;
      const [row] = await tx<{ found: string[] }[]>`select pg_catalog.current_schemas(false)::text[] as found`;
      const found = row?.found ?? [];
      throw Object.assign(new Error('enough'), { found });
    })
    .catch((error: { found?: string[] }) => error.found ?? null);
}

const odd = [
  'lab\u00a0',
  'lab\u3000',
  'lab',
  'Éa',
  'éa',
  'x"y',
  'a,b',
  'a b',
  `${'n'.repeat(63)}`,
  `${'é'.repeat(31)}`,
  '\u212aab',
  'kab',
];

it.each([
  'lab\u00a0, lab',
  'lab\u3000,lab',
  'ÉA, "Éa", éa',
  '"a,b", a b',
  '"x""y", lab',
  'x"y',
  `${'n'.repeat(80)}, lab`,
  `"${'é'.repeat(40)}"`,
  '\u212aab, lab',
  'lab,',
  ',lab',
  '"lab',
  ' \t\r\n\f lab \n,\r "lab" ',
  '',
  ' ',
  'lab lab',
  '"lab"lab',
])('are read like this: %j', async path => {
  const found = await schemasAlong(path, odd);
  const names = splitIdentifiers(path, ',');
  expect(
    names?.filter(name => odd.includes(name)).filter((name, index, all) => all.indexOf(name) === index) ?? null,
  ).toEqual(found);
});

it('come back from what they are joined to', () => {
  const isName = (text: string): boolean => !/[\v\0]/.test(text) && Buffer.byteLength(text) <= 63;
  const name = fc.string({ unit: 'grapheme', maxLength: 12 }).filter(isName);
  fc.assert(
    fc.property(fc.array(name), names => {
      expect(splitSearchPath(joinSearchPath(names))).toEqual(names);
    }),
  );
});
