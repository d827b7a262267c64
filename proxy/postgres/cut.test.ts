/** Sessions that are cut at any moment: told so, rolled back, recorded to the end, and gone from the server. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Failure } from '#core/contract/error.ts';
import { targetDatabase } from '#db/testing.ts';
import { until } from '#scripts/wait.ts';
import { RawSocket, startTestProxy, type TestProxy } from './proxy-testing.ts';
import { cellsOf, fieldsOf, say, WireClient } from './wire-testing.ts';

let proxy: TestProxy;
let direct: WireClient;

beforeAll(async () => {
  const { url } = await targetDatabase({
    sql: 'create table t (a text); create table big as select repeat(md5(n::text), 50) as a from generate_series(1, 40000) n',
  });
  proxy = await startTestProxy({ upstreamUrl: url });
  direct = await WireClient.direct(url);
});
afterAll(async () => {
  direct.close();
  await proxy.close();
});

const patience = { timeoutMs: 10_000, everyMs: 2 };
const failure: Failure = { code: 'session_revoked', message: 'your access has ended' };
const numberOf = async (sql: string) =>
  Number(cellsOf((await direct.ask(say.query(sql))).find(({ type }) => type === 'D')?.body as Buffer)[0]);
const runs = (client: WireClient, wait: string) => async () =>
  (await numberOf(
    `select count(*) from pg_stat_activity where pid = ${client.key.processId} and wait_event = '${wait}'`,
  )) === 1;

type Moment = (client: WireClient) => Promise<unknown>;
const moments: Record<string, Moment> = {
  'at once': async () => undefined,
  'in a transaction that has written': async client => {
    await client.ask(say.query('begin'));
    await client.ask(say.query("insert into t values ('x')"));
  },
  'in a transaction that has failed': async client => {
    await client.ask(say.query('begin'));
    await client.ask(say.query("insert into t values ('x'); select 1 / 0"));
  },
  'while COPY is received': async client => {
    client.send(say.query('copy t from stdin'));
    await client.until('G');
    client.send(say.copyData('one\ntwo\n'), say.copyData('three\n'));
  },
  'in the middle of a line of COPY': async client => {
    client.send(say.query('copy t from stdin'));
    await client.until('G');
    client.send(say.copyData('x'.repeat(100_000)).subarray(0, 50_000));
  },
  'while COPY is sent to who does not read': async client => {
    client.pause();
    client.send(say.query('copy big to stdout'));
    await until('the server waits', runs(client, 'ClientWrite'), patience);
    client.resume();
  },
  'while rows are sent': async client => {
    client.send(say.query('select * from big, generate_series(1, 10)'));
    await client.until('D', 10);
  },
  'between Parse and Bind': async client => {
    client.send(say.parse("insert into t values ('x')"), say.flush);
    await client.until('1');
  },
  'between Bind and Execute': async client => {
    client.send(say.parse("insert into t values ('x')"), say.bind(), say.flush);
    await client.until('2');
  },
  'between Execute and Sync': async client => {
    client.send(say.parse("insert into t values ('x')"), say.bind(), say.execute(), say.flush);
    await client.until('C');
  },
  'in an open portal': async client => {
    client.send(say.parse('select a from big'), say.bind(), say.execute('', 3), say.flush);
    await client.until('s');
  },
  'in the middle of the parameters': async client => {
    client.send(say.parse('insert into t values ($1)'), say.flush);
    await client.until('1');
    client.send(say.bind(['x'.repeat(1_000_000)]).subarray(0, 500_000));
  },
  'while a statement runs, with more behind it': async client => {
    client.send(say.query("insert into t values ('x'); select pg_sleep(30)"), say.query("insert into t values ('y')"));
    await until('the server sleeps', runs(client, 'PgSleep'), patience);
  },
  'behind a cancelled statement': async client => {
    client.send(say.query('select pg_sleep(30)'));
    await until('the server sleeps', runs(client, 'PgSleep'), patience);
    const request = new RawSocket(proxy.port);
    request.send(say.cancel(client.key.processId, client.key.secret));
    client.send(say.query("insert into t values ('y')"));
  },
};

it.each(Object.entries(moments))('%s', async (_, moment) => {
  const client = await WireClient.through(proxy.port);
  const link = [...proxy.listener.list()].at(-1);
  client.clear();
  await moment(client);
  const decided = proxy.recorder.of('statement.decided').length;
  link?.cut(failure);
  await until('the end', () => client.isClosed, patience);
  const told = client.heard().findLast(({ type }) => type === 'E');
  expect(fieldsOf(told?.body as Buffer)).toMatchObject({ S: 'FATAL', C: '57P01', M: failure.message });
  await until(
    'the end on the server',
    async () => (await numberOf(`select count(*) from pg_stat_activity where pid = ${client.key.processId}`)) === 0,
    patience,
  );
  expect(await numberOf('select count(*) from t')).toBe(0);
  expect(proxy.listener.sessionCount).toBe(0);
  expect(proxy.crashes).toEqual([]);
  expect(proxy.recorder.of('session.end').at(-1)).toMatchObject({ session: link?.id, reason: 'session_revoked' });
  expect(proxy.recorder.of('statement.decided')).toHaveLength(decided);
  const keyOf = (event: Record<string, unknown>) => `${event.session} ${event.statement}`;
  const ends = proxy.recorder.of('statement.completed').map(keyOf);
  expect(ends).toHaveLength(new Set(ends).size);
  expect(new Set(ends)).toEqual(new Set(proxy.recorder.of('statement.decided').map(keyOf)));
});
