/** Random pipelines in which statements are held, fail, are cancelled and decided in any order: what runs was approved itself. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { RawSocket } from '../postgres/proxy-testing.ts';
import { cellsOf, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const approvals = policySchema.parse({
  name: 'ask',
  rules: [
    { id: 'few', effect: 'approve', actions: ['write'], approvers: { roles: ['reviewer'] } },
    { id: 'many', effect: 'approve', affectedRowsOver: 1, approvers: { roles: ['admin'] } },
  ],
});

let proxy: Governed;
let reader: WireClient;
beforeAll(async () => {
  const sql = 'create table marks (mark int); create table others (mark int)';
  proxy = await startGoverned({ upstreamUrl: (await targetDatabase({ sql })).url, policies: [allowAll, approvals] });
  // A request says which mark it is about.
  Object.assign(proxy.recorder, {
    contentKeyJwe: 'key',
    seal: (literals: readonly string[]) => ({ key: literals.join(' '), iv: '', data: '' }),
  });
  reader = await WireClient.through(proxy.port);
});
afterAll(async () => {
  reader.close();
  proxy.recorder.events.length = 0;
  await proxy.close();
});

const steps = [
  'write',
  'write by parameters',
  'write by Query',
  'two by Query',
  'read',
  'fail',
  'fail late',
  'sync',
  'flush',
  'wait',
  'cancel',
  'begin',
  'commit',
] as const;
/** What takes a decision away from what it was for. */
const frequent = ['write', 'fail late', 'sync'] as const;
const verdicts = ['approved', 'denied', 'expired', 'late', 'never'] as const;
type Step = (typeof steps)[number];
type Verdict = (typeof verdicts)[number];

const pipelined = (text: string, values: string[] = []) => [say.parse(text), say.bind(values), say.execute()];
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
let lastMark = 0;

function messagesOf(step: Step, mark: number): Uint8Array[] {
  switch (step) {
    case 'write':
      return pipelined(`insert into marks values (${mark})`);
    case 'write by parameters':
      return pipelined(`insert into marks select $1::int + ${mark}`, ['0']);
    case 'write by Query':
      return [say.query(`insert into marks values (${mark})`)];
    case 'two by Query':
      return [say.query(`insert into marks values (${mark}), (${mark})`)];
    case 'read':
      return pipelined('select 1');
    case 'fail':
      return pipelined('select 1 / (select 0)');
    case 'fail late':
      return [...pipelined('select pg_sleep(0.03), 1 / (select 0)'), say.flush];
    case 'sync':
      return [say.sync];
    case 'flush':
      return [say.flush];
    case 'begin':
    case 'commit':
      return [say.query(step)];
    default:
      return [];
  }
}

/** Decides on whatever is filed, as it comes. */
function decider(verdictOf: readonly Verdict[], approved: Set<number>): () => void {
  let seen = 0;
  const look = setInterval(() => {
    for (const { held, decide } of proxy.desk.filed.slice(seen)) {
      const verdict = verdictOf[seen % verdictOf.length] ?? 'denied';
      seen += 1;
      if (verdict === 'never') continue;
      if (verdict === 'approved' || verdict === 'late')
        for (const mark of held.literals?.key.split(' ') ?? []) approved.add(Number(mark));
      const outcome = verdict === 'late' ? 'approved' : verdict;
      setTimeout(() => decide({ outcome, by: [], reason: '' }), verdict === 'late' ? 60 : 0);
    }
  }, 2);
  return () => clearInterval(look);
}

async function run(script: readonly Step[], verdictOf: readonly Verdict[]): Promise<void> {
  proxy.desk.filed.length = 0;
  const approved = new Set<number>();
  const client = await WireClient.through(proxy.port);
  const stop = decider(verdictOf, approved);
  const sent: string[] = [];
  for (const step of script) {
    lastMark += 1;
    sent.push(`${step} ${lastMark}`);
    if (step === 'wait') await pause(40);
    if (step === 'cancel') {
      const own = new RawSocket(proxy.port);
      own.send(say.cancel(client.key.processId, client.key.secret));
      await own.until(({ isClosed }) => isClosed);
    }
    const messages = messagesOf(step, lastMark);
    if (messages.length > 0) client.send(...messages);
    await pause(1);
  }
  client.send(say.sync, say.query('commit'), say.query('select 42'));
  const isOver = () => client.heard().some(({ type, body }) => type === 'D' && cellsOf(body)[0] === '42');
  // What nobody decides is cancelled, as often as it takes.
  for (let tries = 0; !isOver() && !client.isClosed; tries += 1) {
    if (tries > 150)
      throw new Error(
        `${sent.join(', ')}; ${verdictOf.join(', ')}: no answer behind ${client
          .heard()
          .map(({ type }) => type)
          .join('')}`,
      );
    await pause(80);
    const own = new RawSocket(proxy.port);
    own.send(say.cancel(client.key.processId, client.key.secret));
    await own.until(({ isClosed }) => isClosed);
  }
  stop();
  const isClosed = client.isClosed;
  client.close();
  const heard = await reader.ask(say.query('select distinct mark from marks'));
  const marks = heard.filter(({ type }) => type === 'D').map(({ body }) => Number(cellsOf(body)[0]));
  const first = lastMark - script.length;
  const own = marks.filter(mark => mark > first);
  expect({ sent, isClosed, unapproved: own.filter(mark => !approved.has(mark)) }).toEqual({
    sent,
    isClosed: false,
    unapproved: [],
  });
}

it('runs nothing else than what was approved', async () => {
  const { RANDOM_RUNS: runs = 25, RANDOM_SEED: seed = 20_261_122 } = process.env;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constantFrom(...steps), fc.constantFrom(...frequent)), { minLength: 2, maxLength: 14 }),
      fc.array(fc.oneof(fc.constantFrom(...verdicts), fc.constant('late' as const)), { minLength: 1, maxLength: 6 }),
      run,
    ),
    { numRuns: Number(runs), seed: Number(seed), endOnFailure: true },
  );
  expect(proxy.crashes).toEqual([]);
}, 3_600_000);
