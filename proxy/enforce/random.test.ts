/**
 * Non-interference from end to end: two databases that differ in masked values alone answer through the proxy with the same bytes,
 * whatever is asked and however. Statements are random, made of every function and operator that the server has.
 */
import fc from 'fast-check';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { Draw } from '#core/sql/query-testing.ts';
import { targetDatabase } from '#db/testing.ts';
import type { Outcome } from './attack-file.ts';
import { Attacker, placesIn, routes, simply } from './attack-testing.ts';
import { type Governed, startGoverned } from './governed-testing.ts';
import { statements } from './random/forms-testing.ts';
import { type TypeIds, typeIdsOf, withParameters } from './random/parameters-testing.ts';
import { producersOf } from './random/producers-testing.ts';
import { shapes } from './random/shapes-testing.ts';
import { type Parameter, RandomStatements } from './random/statement-testing.ts';
import { maskedColumn, oddRows, oddSchema, types } from './random/values-testing.ts';

const labels = Object.fromEntries(types.map(type => [`public.odd.${maskedColumn(type)}`, 'pii.free_text']));
const policies = [
  policySchema.parse({
    name: 'masking',
    rules: [
      // Joins of masked columns with each other are allowed otherwise, and their result shows.
      {
        id: 'all',
        effect: 'mask',
        objects: { level: 'confidential' },
        mask: { kind: 'redact' },
        uses: { join: 'refuse' },
      },
    ],
  }),
  policySchema.parse({
    name: 'reader',
    rules: [
      { id: 'connects', effect: 'allow', actions: ['connect'] },
      { id: 'reads', effect: 'allow', actions: ['read'], objects: { schemas: ['public'] } },
      { id: 'settings', effect: 'allow', actions: ['session'] },
    ],
  }),
];

let random: RandomStatements;
let typeIds: TypeIds;
let proxies: Governed[];
let attackers: Attacker[];

beforeAll(async () => {
  const base = await targetDatabase({ sql: oddSchema });
  const sql = postgres(base.url, { max: 1, onnotice: () => {} });
  random = new RandomStatements(await producersOf(sql));
  typeIds = await typeIdsOf(sql);
  await sql.end({ timeout: 5 });
  const places = await placesIn(base);
  const twins = await Promise.all(([0, 1] as const).map(twin => targetDatabase({ like: base, sql: oddRows(twin) })));
  proxies = await Promise.all(twins.map(({ url }) => startGoverned({ upstreamUrl: url, policies, labels, places })));
  attackers = await Promise.all(proxies.map(proxy => Attacker.of(proxy)));
  for (const attacker of attackers) await attacker.attempt(simply(["SET statement_timeout = '3s'"]));
}, 60_000);
afterAll(async () => {
  for (const attacker of attackers) await attacker.end();
  for (const proxy of proxies) await proxy.close();
});

const messagesOf = (draw: Draw, text: string, parameters: readonly Parameter[]): Uint8Array[][] => {
  if (parameters.length > 0) return withParameters(draw, typeIds, { text, parameters });
  // A plan can be asked for in a message of its own alone.
  return text.startsWith('EXPLAIN') || draw.chance(60) ? simply([text]) : draw.of(Object.values(routes))(text);
};

const check = async (draw: Draw): Promise<Outcome> => {
  const form = draw.of(draw.chance(50) ? shapes : statements);
  const parameters: Parameter[] = [];
  const text = random.draw(draw, [form], {
    depthMax: 1 + draw.below(3),
    maskedPercent: draw.of([50, 25]),
    ...(!form.startsWith('EXPLAIN') && draw.chance(25) && { parameters }),
  });
  const messages = messagesOf(draw, text, parameters);
  const answers = await Promise.all(attackers.map(attacker => attacker.attempt(messages)));
  const [one, other] = answers.map(({ bytes }) => bytes.toString('latin1'));
  for (const { recorder } of proxies) recorder.events.length = 0;
  expect({ text, messages: messages.flat().map(String), answer: one }).toMatchObject({ answer: other });
  return answers[0]?.outcome ?? 'failed';
};

it('answers alike, whatever the masked values are', async () => {
  const ends: Record<Outcome, number> = { masked: 0, open: 0, failed: 0, refused: 0 };
  const { RANDOM_RUNS: runs = 800, RANDOM_SEED: seed = 20_261_121 } = process.env;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(1_000_000), { minLength: 40, maxLength: 160 }), async numbers => {
      ends[await check(new Draw(numbers))]++;
    }),
    { numRuns: Number(runs), seed: Number(seed) },
  );
  if (process.env.RANDOM_RUNS) console.log(ends);
  // Where all is refused or wrong, nothing is shown.
  expect(ends.masked).toBeGreaterThan(Number(runs) / 10);
  expect(ends.failed).toBeLessThan(Number(runs) / 4);
}, 3_600_000);
