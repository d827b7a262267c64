/**
 * What deciding and recording cost where the decision is at hand: session, gate and recorder of the proxy with its spool on disk,
 * in this process, between the bytes of a client and the captured answers of a real server. No sockets: nothing but the
 * proxy's own work is measured.
 */
import { randomUUID } from 'node:crypto';
import { SessionGate } from '#proxy/enforce/session-gate.ts';
import { fromClient } from '#proxy/postgres/session/client.ts';
import { fromServer } from '#proxy/postgres/session/server.ts';
import { Settings } from '#proxy/postgres/session/settings.ts';
import { Session } from '#proxy/postgres/session/state.ts';
import { ruled } from '#proxy/postgres/session/statement.ts';
import { encodeDescribe, encodeExecute, encodeParse, encodeQuery, syncMessage } from '#proxy/postgres/wire/encode.ts';
import { frontend } from '#proxy/postgres/wire/message.ts';
import { Writer } from '#proxy/postgres/wire/writer.ts';
import { startPostgres } from '#scripts/postgres.ts';
import { throwAwayDir } from '#scripts/throw-away.ts';
import { readBenchCatalog } from './catalog.ts';
import { type Governor, makeGovernor } from './governor.ts';
import { RawClient } from './raw-client.ts';
import { printTable } from './table.ts';

const warmUp = 20_000;
const blocks = 20;
const perBlock = 2_000;

type Exchange = { name: string; first: (n: number) => Uint8Array; later: (n: number) => Uint8Array };

const concat = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

/** One parameter as text; results as text. */
const bindOne = (statement: string, value: string): Uint8Array =>
  new Writer(64)
    .begin(frontend.bind)
    .cstring('')
    .cstring(statement)
    .int16(0)
    .int16(1)
    .int32(value.length)
    .text(value)
    .int16(0)
    .end()
    .finish();

const read = 'SELECT id, sku, price FROM products WHERE id = ';
const id = (n: number): string => String(100 + (n % 900));
/** What libpq sends for PQsendQueryPrepared. */
const run = (statement: string, n: number) =>
  concat(bindOne(statement, id(n)), encodeDescribe('P', ''), encodeExecute('', 0), syncMessage);

const exchanges: readonly Exchange[] = [
  { name: 'simple', first: n => encodeQuery(read + id(n)), later: n => encodeQuery(read + id(n)) },
  {
    name: 'extended',
    first: n => concat(encodeParse('', `${read}$1`), run('', n)),
    later: n => concat(encodeParse('', `${read}$1`), run('', n)),
  },
  { name: 'prepared', first: n => concat(encodeParse('p', `${read}$1`), run('p', n)), later: n => run('p', n) },
];

/** A session whose client and server are the caller. */
function openSession(governor: Governor): { session: Session; settle: () => Promise<void> } {
  const settings = new Settings();
  settings.searchPathReported('"$user", public');
  const sessionId = randomUUID();
  const gate = new SessionGate(governor.gate, {
    id: sessionId,
    identity: governor.identity,
    application: 'bench',
    address: '127.0.0.1',
    settings,
    state: () => session,
    internal: () => Promise.resolve(null),
  });
  const asked: string[] = [];
  const session: Session = new Session(sessionId, {
    settings,
    gate,
    parameters: new Map(),
    ports: {
      recorder: governor.recorder,
      clock: governor.clock,
      toClient: () => true,
      toServer: () => true,
      resolve: key => asked.push(key),
      hold: () => {},
      withdraw: () => {},
      cancelUpstream: () => {},
      report: () => {},
      fault: (code, message) => {
        throw new Error(`${code}: ${message}`);
      },
      end: reason => {
        throw new Error(`the session ended: ${reason}`);
      },
    },
  });
  const settle = async () => {
    for (let key = asked.shift(); key !== undefined; key = asked.shift()) {
      ruled(session, await gate.resolve(key));
      fromClient(session, new Uint8Array(0));
    }
  };
  return { session, settle };
}

async function measure(governor: Governor, client: RawClient, exchange: Exchange): Promise<string[]> {
  const { session, settle } = openSession(governor);
  const answers = { first: await client.exchange(exchange.first(0)), later: await client.exchange(exchange.later(1)) };
  fromClient(session, exchange.first(0));
  await settle();
  fromServer(session, answers.first);
  const messages = Array.from({ length: 1000 }, (_, n) => exchange.later(n));
  const round = (count: number) => {
    for (let n = 0; n < count; n += 1) {
      fromClient(session, messages[n % messages.length] as Uint8Array);
      fromServer(session, answers.later);
    }
  };
  for (let n = 0; n < warmUp / perBlock; n += 1) {
    round(perBlock);
    await new Promise(resolve => setImmediate(resolve));
  }
  if (session.journal.totals.statements !== warmUp + 1 || session.queue.length > 0) throw new Error('out of step');
  const bytesBefore = governor.spoolBytes();
  const costs: { user: number; system: number }[] = [];
  for (let block = 0; block < blocks; block += 1) {
    const before = process.cpuUsage();
    round(perBlock);
    const { user, system } = process.cpuUsage(before);
    costs.push({ user: user / perBlock, system: system / perBlock });
    await new Promise(resolve => setImmediate(resolve));
  }
  const bytes = (governor.spoolBytes() - bytesBefore) / (blocks * perBlock);
  costs.sort((a, b) => a.user + a.system - b.user - b.system);
  const total = ({ user, system }: { user: number; system: number }) => (user + system).toFixed(1);
  const [least = { user: 0, system: 0 }] = costs;
  const median = costs[Math.floor(blocks / 2)] ?? least;
  return [exchange.name, total(median), total(least), least.user.toFixed(1), least.system.toFixed(1), bytes.toFixed(0)];
}

/** Of a dedicated machine this is what a cached decision adds; the sockets are in the end-to-end tables. */
export async function statements(): Promise<void> {
  const dir = throwAwayDir('weir-bench-statement-');
  const server = await startPostgres({ dir: `${dir}/postgres`, durable: false });
  try {
    const governor = await makeGovernor(`${dir}/spool`, await readBenchCatalog(server.url));
    const rows: string[][] = [];
    for (const exchange of exchanges) {
      const client = await RawClient.connect(server.url);
      rows.push(await measure(governor, client, exchange));
      client.close();
    }
    await governor.close();
    printTable('Decided from the cache and recorded, microseconds of processor time per statement, without sockets', [
      ['protocol', 'median', 'least', 'user', 'system', 'spool bytes'],
      ...rows,
    ]);
  } finally {
    await server.stop();
  }
}
