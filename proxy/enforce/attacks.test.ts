/** Attacks on masked columns, each tried on twins through the real proxy: what can be told apart is a leak. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cellsOf, fieldsOf, say, WireClient } from '../postgres/wire-testing.ts';
import { type Attack, readAttacks } from './attack-file.ts';
import { Attacker, canaries, detours, simply, startTwins, type Twins } from './attack-testing.ts';

const attacks = readAttacks('attacks');
const constructs = [...new Set(attacks.map(attack => attack.construct))];
const words = canaries();

let twins: Twins;
beforeAll(async () => {
  twins = await startTwins();
}, 120_000);
afterAll(() => twins.close());

type Pair = readonly Attacker[];

/** What both twins answer, when they answer alike and show nothing. */
async function answers(pair: Pair, messages: Uint8Array[][], at: string) {
  const [one, other] = await Promise.all(pair.map(attacker => attacker.attempt(messages)));
  if (!one || !other) throw new Error('there are two');
  const shown = one.bytes.toString('latin1');
  // What the attack itself says may come back, in a plan for instance.
  const leaked = words.filter(word => shown.includes(word) && !at.includes(word));
  if (leaked.length > 0) throw new Error(`${at}\nshows ${leaked.join(', ')}`);
  if (!one.bytes.equals(other.bytes))
    throw new Error(`${at}\nis answered differently:\n${shown}\n${other.bytes.toString('latin1')}`);
  return one;
}

/** What is wrong with the defence, if anything. */
async function tryOne(attack: Attack): Promise<string[]> {
  const pair = await Promise.all(twins.proxies[attack.as].map(proxy => Attacker.of(proxy)));
  const problems: string[] = [];
  const ways: [string, Uint8Array[][]][] = [['simple', simply(attack.messages)], ...detours(attack)];
  for (const [way, messages] of ways) {
    const at = `${attack.place} (${way})\n${attack.messages.join('\n')}`;
    try {
      const { outcome, problem } = await answers(pair, messages, at);
      if (way === 'simple' && outcome !== attack.expected)
        problems.push(`${at}\nis ${outcome}, not ${attack.expected}: ${problem}`);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
      break;
    }
  }
  await Promise.all(pair.map(attacker => attacker.end()));
  return problems;
}

describe.each(constructs)('%s', construct => {
  it('tells nothing', async () => {
    const problems: string[] = [];
    for (const attack of attacks.filter(each => each.construct === construct)) problems.push(...(await tryOne(attack)));
    expect(problems).toEqual([]);
  }, 120_000);
});

it('runs nothing else through a portal than what it was bound to', async () => {
  const [proxy] = twins.proxies.writer;
  if (!proxy) throw new Error('there are two');
  const client = await WireClient.through(proxy.port);
  const define = (column: string) =>
    say.query(
      `create or replace function lab.one() returns text language sql as 'select ${column} from people where id = 1'`,
    );
  await client.ask(say.query('begin'));
  await client.ask(define('city'));
  const bound = [
    say.parse('select lab.one() from generate_series(1, 3)', 's'),
    say.bind([], { statement: 's', portal: 'p' }),
  ];
  await client.ask(...bound, say.execute('p', 1), say.sync);
  expect(client.received.includes('Lisbon')).toBe(true);
  await client.ask(define('ssn'));
  const heard = await client.ask(say.execute('p', 1), say.sync);
  expect(heard.map(({ type }) => type)).toEqual(['E', 'Z']);
  expect(client.received.includes('bind it again')).toBe(true);
  client.close();
});

it.each([
  ['a table', 'create temp table people (id int, ssn text)'],
  ['a function', "create function lab.f(text) returns text language sql as $$ select 'x' $$"],
])(
  'runs a statement of the protocol, and one by EXECUTE, by the names there are since %s was made',
  async (_, text) => {
    const [proxy] = twins.proxies.writer;
    if (!proxy) throw new Error('there are two');
    const client = await WireClient.through(proxy.port);
    const person = "create function lab.f(int) returns text language sql as 'select ssn from people where id = $1'";
    for (const each of ['begin', 'create temp table other (id int)', person]) await client.ask(say.query(each));
    const prepared = say.parse('select left(ssn, 20), lab.f($1) from people where id = 1', 's');
    const run = [say.bind(['1'], { statement: 's' }), say.execute(), say.sync];
    await client.ask(prepared, ...run);
    expect(client.received.includes('900-55')).toBe(false);
    await client.ask(say.query(text));
    for (const again of [run, [say.query("execute s('1')")], run]) {
      const heard = await client.ask(...again);
      expect(heard.map(({ type }) => type)).not.toContain('E');
      expect(client.received.includes('900-55')).toBe(false);
    }
    client.close();
  },
);

it('runs nothing that was planned before by the names that somebody else makes while a transaction has failed', async () => {
  const [proxy] = twins.proxies.writer;
  if (!proxy) throw new Error('there are two');
  const [client, other] = [await WireClient.through(proxy.port), await WireClient.through(proxy.port)];
  for (const each of [
    'set search_path = lab, public',
    'prepare q as select left(ssn, 20) from people where id = 1',
    'execute q',
    'begin',
    'select 1 / 0',
  ])
    await client.ask(say.query(each));
  await other.ask(say.query('create table lab.people (id int, ssn text)'));
  await client.ask(say.query('rollback; execute q'));
  expect(client.received.includes('900-55')).toBe(false);
  await other.ask(say.query('drop table lab.people'));
  for (const each of [client, other]) each.close();
});

it.each(['rollback to a', 'rollback', 'rollback and chain'])(
  'reads names as they are after %s, sent together',
  async end => {
    const [proxy] = twins.proxies.writer;
    if (!proxy) throw new Error('there are two');
    const client = await WireClient.through(proxy.port);
    for (const text of [
      'begin',
      'savepoint a',
      'create temp table people (id int, ssn text)',
      'select ssn from people',
    ])
      await client.ask(say.query(text));
    const run = (text: string) => [say.parse(text), say.bind(), say.execute()];
    await client.ask(...run(end), ...run("select count(*) from people where ssn like '1%'"), say.sync);
    expect(client.received.includes('refused by policy')).toBe(true);
    client.close();
  },
);

it.each(['lab.wiped', 'lab.wiped[]', 'lab.crate'])(
  'makes no value of %s for a parameter that is declared so',
  async name => {
    const [proxy] = twins.proxies.reader;
    if (!proxy) throw new Error('there are two');
    const client = await WireClient.through(proxy.port);
    const asked = await client.ask(say.query(`select '${name}'::regtype::oid::int8`));
    const oid = Number(cellsOf(asked.find(({ type }) => type === 'D')?.body as Buffer)[0]);
    for (const text of ['select $1', 'select 1', 'explain select $1 is null']) {
      const heard = await client.ask(say.parse(text, '', [oid]), say.bind(['5']), say.execute(), say.sync);
      expect(heard.map(({ type }) => type)).toEqual(['E', 'Z']);
      expect(fieldsOf(heard[0]?.body as Buffer).M).toContain('refused by policy');
    }
    client.close();
  },
);
