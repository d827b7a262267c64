/** Names that hold dots and quotes are found like any other, and not mistaken for schema and relation. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { qualifiedName } from '#core/policy/match.ts';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { ingestEvents } from './ingest.ts';
import { decided, facts, pen, sessionStart } from './testing.ts';

let plane: TestPlane;
let auditor: TestIdentity;
const session = randomUUID();
const names = [
  ['public', 'customers'],
  ['public', 'my.table'],
  ['my', 'table'],
  ['odd.schema', 'plain'],
  ['public', 'say "hi"'],
] as const;

beforeAll(async () => {
  plane = await testPlane();
  auditor = await plane.identity({ roles: ['auditor'] });
  const proxy = pen(plane.clock);
  proxy.write(sessionStart(session));
  for (const [at, [schema, name]] of names.entries()) {
    const access = { action: 'read' as const, verb: 'select', kind: 'relation', object: qualifiedName(schema, name) };
    proxy.write(decided(session, at + 1, { facts: facts({ accesses: [access] }) }));
  }
  await ingestEvents({ db: plane.database.db, clock: plane.clock }, proxy.proxyId, proxy.lines);
});
afterAll(() => plane.close());

it.each([
  ['customers', [1]],
  ['public.customers', [1]],
  ['my.table', [2, 3]],
  ['"my.table"', [2]],
  ['public."my.table"', [2]],
  ['table', [3]],
  ['plain', [4]],
  ['"odd.schema".plain', [4]],
  ['odd.schema', []],
  ['schema".plain', []],
  ['say "hi"', [5]],
  ['"say ""hi"""', [5]],
])('%s', async (table, numbers) => {
  const answer = await plane.rest('GET', `/statements?table=${encodeURIComponent(table)}`, { as: auditor });
  const found = (answer.body.items as { number: number }[]).map(item => item.number);
  expect(found.sort()).toEqual(numbers);
});
