/** What is asked every day and touches nothing masked: refusing it is what makes people switch a proxy off. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { say, WireClient } from '../postgres/wire-testing.ts';
import { type Attack, readAttacks } from './attack-file.ts';
import { Attacker, simply, startTwins, type Twins } from './attack-testing.ts';

const everyday = readAttacks('everyday');
const kinds = [...new Set(everyday.map(each => each.construct))];

let twins: Twins;
beforeAll(async () => {
  twins = await startTwins();
}, 120_000);
afterAll(() => twins.close());

/** Of temporary relations, which are numbered as they come. */
const isNumbered = (each: Attack): boolean => each.messages.some(text => /\b(create|temp)\b/.test(text));

async function wrongWith(each: Attack): Promise<string | null> {
  const [proxy] = twins.proxies[each.as];
  const [database] = twins.databases;
  if (!proxy || !database) throw new Error('there are two');
  const governed = await Attacker.of(proxy);
  const { outcome, bytes, problem } = await governed.attempt(simply(each.messages));
  await governed.end();
  if (outcome !== each.expected) return `${each.place} ${each.messages.join('; ')}\nis ${outcome}: ${problem}`;
  if (isNumbered(each)) return null;
  const direct = await WireClient.direct(database.url);
  const answers: Buffer[] = [];
  for (const text of each.messages) {
    await direct.ask(say.query(text));
    answers.push(direct.received);
  }
  direct.close();
  return Buffer.concat(answers).equals(bytes)
    ? null
    : `${each.place} ${each.messages.join('; ')}\nis answered otherwise`;
}

describe.each(kinds)('%s', kind => {
  it('are answered as the server answers', async () => {
    const problems: string[] = [];
    for (const each of everyday.filter(({ construct }) => construct === kind)) {
      const problem = await wrongWith(each);
      if (problem !== null) problems.push(problem);
    }
    expect(problems).toEqual([]);
  }, 120_000);
});

it('are many', () => {
  expect(everyday.length).toBeGreaterThan(150);
  expect(everyday.every(({ expected }) => expected === 'open')).toBe(true);
});

it.each([
  ['select id, status from orders where id = $1', ['5'], []],
  ['select id from orders where id = any($1::int[]) order by id', ['{1,2}'], []],
  ['select count(*) from products where price_cents > $1 and name like $2', ['1000', 'P%'], [23, 25]],
  ["select $1::text, $2::jsonb -> 'a', $3::timestamptz is null", ['x', '{"a": 1}', null], []],
  ['select id, facts from products where facts @> $1 order by id limit $2', ['{"colour": "red"}', '2'], [3802, 20]],
  ['select * from lower($1,$2) as result', [null, 'ABC'], [2278, 25]],
] as const)('%s, with parameters', async (text, values, types) => {
  const [proxy] = twins.proxies.reader;
  const [database] = twins.databases;
  if (!proxy || !database) throw new Error('there are two');
  const messages = [
    say.parse(text, '', [...types]),
    say.describeStatement(),
    say.bind([...values], { results: [1] }),
    say.execute(),
    say.sync,
  ];
  const [governed, direct] = [await WireClient.through(proxy.port), await WireClient.direct(database.url)];
  await governed.ask(...messages);
  await direct.ask(...messages);
  expect(governed.received.equals(direct.received)).toBe(true);
  expect(governed.received.includes('SELECT')).toBe(true);
  governed.close();
  direct.close();
});
