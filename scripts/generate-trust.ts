/**
 * Writes core/sql/trust/functions.json from the system catalogs of the given servers (one URL per major version):
 * `npx tsx scripts/generate-trust.ts postgres://…15 postgres://…18`. Where versions differ the worse class wins.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { type FunctionFacts, type Judgement, judge, type TrustClass } from './trust-rules.ts';

const output = path.join(path.dirname(fileURLToPath(import.meta.url)), '../core/sql/trust/functions.json');

/** Functions of pg_catalog and information_schema as initdb made them, with whether they are a total order's comparison or the opposite of one. */
const query = `
  SELECT p.proname AS name, p.proargtypes::text AS types, p.provolatile AS volatility, p.proleakproof AS leakproof,
    p.prokind AS kind, p.proretset AS "returnsSet", EXISTS (SELECT FROM pg_amop a JOIN pg_operator o
      ON a.amopopr IN (o.oid, o.oprnegate) JOIN pg_am m ON m.oid = a.amopmethod
      WHERE o.oprcode = p.oid AND m.amname IN ('btree', 'hash')) AS comparison
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE p.oid < 16384 AND n.nspname IN ('pg_catalog', 'information_schema')`;

type Row = Omit<FunctionFacts, 'types'> & { types: string };

const rank: readonly TrustClass[] = ['pure', 'raises', 'reads', 'effects'];

const worse = (one: Judgement, other: Judgement): Judgement => {
  if (one.trust !== other.trust) return rank.indexOf(one.trust) > rank.indexOf(other.trust) ? one : other;
  const faultArguments = one.faultArguments && other.faultArguments ? one.faultArguments : null;
  return { trust: one.trust, faultArguments };
};

async function readServer(url: string, table: Map<string, Map<string, Judgement>>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  const rows = await sql.unsafe<Row[]>(query);
  await sql.end();
  for (const row of rows) {
    const types = row.types === '' ? [] : row.types.split(' ').map(Number);
    const judgement = judge({ ...row, types });
    const overloads = table.get(row.name) ?? new Map<string, Judgement>();
    table.set(row.name, overloads);
    const key = types.join(',');
    const known = overloads.get(key);
    overloads.set(key, known ? worse(known, judgement) : judgement);
  }
}

const encode = ({ trust, faultArguments }: Judgement): string =>
  faultArguments ? `${trust}:${faultArguments.join(',')}` : trust;

const sorted = <V>(map: Map<string, V>): [string, V][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

async function main(urls: readonly string[]): Promise<void> {
  const table = new Map<string, Map<string, Judgement>>();
  for (const url of urls) await readServer(url, table);
  const lines = sorted(table).map(([name, overloads]) => {
    const entries = sorted(overloads).map(([types, judgement]) => `${JSON.stringify(types)}:"${encode(judgement)}"`);
    return `${JSON.stringify(name)}:{${entries.join(',')}}`;
  });
  fs.writeFileSync(output, `{\n${lines.join(',\n')}\n}\n`);
  console.log(`${table.size} names written to ${path.relative(process.cwd(), output)}`);
}

await main(process.argv.slice(2));
