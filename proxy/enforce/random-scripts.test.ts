/**
 * Non-interference of what is written and defined: random scripts of several steps on two databases that differ in masked values
 * alone. Whatever a client hears, step by step and in either of its sessions, is the same on both.
 */
import fc from 'fast-check';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import type { Outcome } from './attack-file.ts';
import { placesIn } from './attack-testing.ts';
import { type Governed, startGoverned } from './governed-testing.ts';
import { producersOf } from './random/producers-testing.ts';
import { type Script, Scripter, scriptLabels, scriptOf, scriptRows, scriptSchema } from './random/script-testing.ts';
import { RandomStatements } from './random/statement-testing.ts';
import { maskedColumn, oddRows, oddSchema, types } from './random/values-testing.ts';

const labels = Object.fromEntries(
  [...types.map(type => `odd.${maskedColumn(type)}`), ...scriptLabels].map(name => [`public.${name}`, 'pii.free_text']),
);
const everywhere = { schemas: ['public', 'lab*', 'pg_temp*'] };
/** Copies are refused, or followed by their labels. */
const policies = (write: 'refuse' | 'allow') => [
  policySchema.parse({
    name: 'masking',
    rules: [
      {
        id: 'all',
        effect: 'mask',
        objects: { level: 'confidential' },
        mask: { kind: 'redact' },
        uses: { join: 'refuse', write },
      },
    ],
  }),
  policySchema.parse({
    name: 'writer',
    rules: [
      { id: 'connects', effect: 'allow', actions: ['connect', 'session'] },
      {
        id: 'works',
        effect: 'allow',
        actions: ['read', 'write', 'define', 'drop', 'maintain', 'lock', 'call'],
        objects: everywhere,
      },
      { id: 'calls', effect: 'allow', actions: ['call', 'privilege'] },
      { id: 'catalogs', effect: 'allow', actions: ['read'], objects: { system: true } },
    ],
  }),
];

const verdicts = ['refuse', 'allow'] as const;
let random: RandomStatements;
let proxies: Record<(typeof verdicts)[number], Governed[]>;

beforeAll(async () => {
  const base = await targetDatabase({ sql: oddSchema + scriptSchema });
  const sql = postgres(base.url, { max: 1, onnotice: () => {} });
  random = new RandomStatements(await producersOf(sql));
  await sql.end({ timeout: 5 });
  const places = await placesIn(base);
  const twins = await Promise.all(
    ([0, 1] as const).map(twin => targetDatabase({ like: base, sql: oddRows(twin) + scriptRows(twin) })),
  );
  const governed = (write: (typeof verdicts)[number]) =>
    Promise.all(twins.map(({ url }) => startGoverned({ upstreamUrl: url, policies: policies(write), labels, places })));
  proxies = { refuse: await governed('refuse'), allow: await governed('allow') };
}, 60_000);
afterAll(async () => {
  for (const proxy of verdicts.flatMap(verdict => proxies[verdict])) await proxy.close();
});

const timeoutMs = 3_600_000;
const ends: Record<Outcome, number> = { masked: 0, open: 0, failed: 0, refused: 0 };
async function check(script: Script, pair: readonly Governed[]): Promise<void> {
  const scripters = pair.map(proxy => new Scripter(proxy));
  const done: string[] = [];
  await Promise.all(scripters.map(scripter => scripter.begin(script)));
  try {
    for (const step of script.steps) {
      const [one, other] = await Promise.all(scripters.map(scripter => scripter.step(script, step)));
      if (!one || !other) throw new Error('there are two');
      done.push(`${step.session} ${step.text}   -- ${one.outcome} ${one.problem}`);
      if (one.said !== other.said)
        throw new Error(`${done.join('\n')}\nis answered differently:\n${one.said}\n${other.said}`);
      ends[one.outcome]++;
    }
  } finally {
    await Promise.all(scripters.map(scripter => scripter.end()));
    for (const { recorder } of pair) recorder.events.length = 0;
  }
}

it(
  'tells nothing, whatever is written and defined',
  async () => {
    const { RANDOM_RUNS: runs = 16, RANDOM_SEED: seed = 20_261_121 } = process.env;
    const numbers = fc.array(fc.nat(1_000_000), { minLength: 20, maxLength: 60 });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...verdicts),
        fc.array(numbers, { minLength: 4, maxLength: 14 }),
        (verdict, steps) => check(scriptOf(random, steps, ++run), proxies[verdict]),
      ),
      // What was found is said before the test runs out of time, however small it could still be made.
      { numRuns: Number(runs), seed: Number(seed), interruptAfterTimeLimit: timeoutMs - 300_000 },
    );
    if (process.env.RANDOM_RUNS) console.log(ends);
    expect(ends.masked + ends.open).toBeGreaterThan((ends.refused + ends.failed) / 2);
  },
  timeoutMs,
);
