/**
 * Three nets, each shown to catch what the others miss: the same attacks through proxies with all nets up, with one down, and with
 * one alone. Names cannot be found in values, expressions have no origin for the server to tell, and nobody has labelled tickets.
 */
import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { loadConfig } from '../config.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';
import { allNets, type Nets } from './nets.ts';

const policies = [
  allowAll,
  policySchema.parse({ name: 'mask', rules: [{ id: 'pii', effect: 'mask', mask: { kind: 'redact' } }] }),
  policySchema.parse({ name: 'detect', rules: [{ id: 'values', effect: 'detect', detectors: { '*': 'mask' } }] }),
];

const secret = 'Zq7 Hidden';
const card = '4111 1111 1111 1111';
const kinds = ['lineage', 'origins', 'values'] as const;
type Net = (typeof kinds)[number];
const none: Nets = { lineage: false, origins: false, values: false };
const trials: readonly { name: string; nets: Nets }[] = [
  { name: 'all', nets: allNets },
  ...kinds.map(net => ({ name: `without ${net}`, nets: { ...allNets, [net]: false } })),
  ...kinds.map(net => ({ name: `${net} alone`, nets: { ...none, [net]: true } })),
];

let url: string;
const proxies: Governed[] = [];

/** One pair of tables per trial, because swapping them behind a proxy is for everybody. */
const pair = (index: number) => `
  create table notes_${index} (id int, body text);
  insert into notes_${index} values (1, 'harmless');
  create table names_${index} (id int, body text);
  insert into names_${index} values (1, '${secret}');
  create table sources_${index} (id int, note text, pan text);
  insert into sources_${index} values (1, 'harmless', '${card}');
  create view shown_${index} as select id, note as text from sources_${index};`;

beforeAll(async () => {
  const sql = `
    create table people (id int primary key, name text, city text);
    insert into people values (1, '${secret}', 'here');
    create table tickets (id int primary key, body text, doc jsonb);
    insert into tickets values (1, 'my card ${card}', '{"pan": "${card}"}');
    ${trials.map((_, index) => pair(index)).join('')}`;
  url = (await targetDatabase({ sql })).url;
  const perTrial = trials.flatMap((_, index) => [
    [`public.names_${index}.body`, 'pii.name'],
    [`public.sources_${index}.pan`, 'pci.pan'],
  ]);
  const labels = { 'public.people.name': 'pii.name', ...Object.fromEntries(perTrial) };
  for (const { nets } of trials) proxies.push(await startGoverned({ upstreamUrl: url, policies, labels, nets }));
}, 120_000);

afterAll(async () => {
  for (const proxy of proxies) await proxy.close();
});

type Attack = {
  name: string;
  only: Net;
  reveals: string;
  run: (ask: (text: string) => Promise<unknown>, index: number) => Promise<unknown>;
};

async function directly(text: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(text);
  await client.end();
}

const asking = (name: string, only: Net, reveals: string, text: string): Attack => ({
  name,
  only,
  reveals,
  run: ask => ask(text),
});

const attacks: readonly Attack[] = [
  asking('a function of a masked column', 'lineage', secret, 'select upper(lower(name)) || city from people'),
  asking('a whole row', 'lineage', secret, 'select to_jsonb(p) from people p'),
  asking(
    'a scalar subquery under an alias',
    'lineage',
    secret,
    'select (select x.n from (select name as n from people) x) as city',
  ),
  asking(
    'a CTE that renames',
    'lineage',
    secret,
    'with t(city) as materialized (select name from people) select city from t',
  ),
  asking('a set operation', 'lineage', secret, 'select city from people union all select name from people'),
  {
    name: 'a table that was swapped behind the proxy',
    only: 'origins',
    reveals: secret,
    async run(ask, index) {
      const text = `select body from notes_${index}`;
      expect(await ask(text)).toEqual([{ body: 'harmless' }]);
      await directly(
        `alter table notes_${index} rename to was_${index}; alter table names_${index} rename to notes_${index}`,
      );
      return ask(text);
    },
  },
  asking('a column that nobody has labelled', 'values', card, 'select body from tickets'),
  asking('a document that nobody has labelled', 'values', card, 'select doc from tickets'),
  {
    name: 'a view that was redefined behind the proxy',
    only: 'values',
    reveals: card,
    async run(ask, index) {
      const text = `select text from shown_${index}`;
      expect(await ask(text)).toEqual([{ text: 'harmless' }]);
      await directly(`create or replace view shown_${index} as select id, pan as text from sources_${index}`);
      return ask(text);
    },
  },
];

/** What came back, with whatever was refused; upper case counts as well. */
async function outcome(attack: Attack, index: number): Promise<'caught' | 'leaked'> {
  const client = new pg.Client(proxies[index]?.url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    const shown = await attack.run(async text => (await client.query(text)).rows as unknown, index);
    return JSON.stringify(shown).toLowerCase().includes(attack.reveals.toLowerCase()) ? 'leaked' : 'caught';
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return error.message.toLowerCase().includes(attack.reveals.toLowerCase()) ? 'leaked' : 'caught';
  } finally {
    await client.end().catch(() => undefined);
  }
}

it('cannot be taken down by a configuration', () => {
  const config = loadConfig({ WEIR_CONTROL_URL: 'http://127.0.0.1:3000' });
  expect(config.ok && Object.keys(config.value)).not.toContain('nets');
  expect(fs.readFileSync(path.resolve(import.meta.dirname, '../proxy-service.ts'), 'utf8')).not.toMatch(/\bnets\b/);
});

describe.each(attacks)('$name', attack => {
  it.each(trials.map(({ name, nets }, index) => ({ name, index, expected: nets[attack.only] ? 'caught' : 'leaked' })))(
    '$name: $expected',
    async ({ index, expected }) => expect(await outcome(attack, index)).toBe(expected),
  );
});
