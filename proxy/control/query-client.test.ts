/** The proxy's own queries against a real server. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { targetDatabase } from '#db/testing.ts';
import type { UpstreamTarget } from '../config.ts';
import { QueryClient, QueryError } from './query-client.ts';
import { targetOf } from './target-testing.ts';

let target: UpstreamTarget;
const clients: QueryClient[] = [];
const connect = async (more: Partial<UpstreamTarget> = {}) => {
  const client = await QueryClient.connect({ ...target, ...more }, { timeoutMs: 10_000 });
  clients.push(client);
  return client;
};
beforeAll(async () => {
  target = targetOf(
    (await targetDatabase({ sql: "create table t (a int, b text); insert into t values (1, 'ż'), (2, null)" })).url,
  );
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

describe('query client', () => {
  it('gives rows as text', async () => {
    const client = await connect();
    expect(await client.query('select a, b, 1.50, true from t order by a')).toEqual([
      ['1', 'ż', '1.50', 't'],
      ['2', null, '1.50', 't'],
    ]);
    expect(await client.query('')).toEqual([]);
    expect(await client.query(`select repeat('x', 3000000)`)).toEqual([['x'.repeat(3_000_000)]]);
  });

  it('gives the rows of several statements apart, and none where one of them fails', async () => {
    const client = await connect();
    const asked = [
      'select a from t order by a',
      'set local work_mem = 65536',
      'select 1 where false',
      'select 2, null',
    ];
    expect(await client.queryAll(asked)).toEqual([[['1'], ['2']], [], [], [['2', null]]]);
    await expect(client.queryAll(['select 1', 'select 1 / 0', 'select 2'])).rejects.toMatchObject({
      sqlstate: '22012',
    });
    expect(await client.query('select 3')).toEqual([['3']]);
  });

  it('answers what it is asked again and again from one plan each', async () => {
    const client = await connect();
    const names = async () => (await client.query('select name from pg_prepared_statements order by name')).flat();
    const asked = ['select a from t order by a', 'select count(*) from t'];
    for (let n = 0; n < 3; n += 1) expect(await client.queryAllKept(asked)).toEqual([[['1'], ['2']], [['2']]]);
    expect(await client.queryAllKept(['select 7', ...asked.slice(1), 'select 7'])).toEqual([[['7']], [['2']], [['7']]]);
    expect(await names()).toHaveLength(3);

    await expect(client.queryAllKept(['select 1', 'select a / 0 from t', 'select 2'])).rejects.toMatchObject({
      sqlstate: '22012',
    });
    await expect(client.queryAllKept(['select 1', 'select from nowhere'])).rejects.toMatchObject({ sqlstate: '42P01' });
    expect(await client.queryAllKept(['select 2', ...asked])).toEqual([[['2']], [['1'], ['2']], [['2']]]);

    for (let n = 0; n < 200; n += 1) expect(await client.queryAllKept([`select ${n}`])).toEqual([[[String(n)]]]);
    expect((await names()).length).toBeLessThanOrEqual(64);
  });

  it('passes parameters on as they were bound, text and binary', async () => {
    const client = await connect();
    const four = Buffer.from([0, 0, 0, 2]);
    const rows = await client.queryBound('select b is null, $2::text from t where a = $1', {
      types: [23, 25],
      formats: [1, 0],
      values: [four, Buffer.from('hello')],
    });
    expect(rows).toEqual([['t', 'hello']]);
  });

  it('rejects with the SQLSTATE and goes on', async () => {
    const client = await connect();
    const failed = await client.query('select 1/0').catch(error => error);
    expect(failed).toBeInstanceOf(QueryError);
    expect(failed.sqlstate).toBe('22012');
    const bound = { types: [], formats: [], values: [] };
    await expect(client.queryBound('select nope', bound)).rejects.toMatchObject({ sqlstate: '42703' });
    expect(await client.query('select 1')).toEqual([['1']]);
  });

  it('runs one after the other, in order', async () => {
    const client = await connect();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => client.query(`select ${index} from pg_sleep(${0.02 / (index + 1)})`)),
    );
    expect(answers.map(rows => rows[0]?.[0])).toEqual(answers.map((_, index) => String(index)));
  });

  it('rejects what waits when the connection is lost, and everything after', async () => {
    const [client, other] = [await connect(), await connect()];
    const pid = (await client.query('select pg_backend_pid()'))[0]?.[0];
    const waiting = client.query('select pg_sleep(60)').catch(error => error);
    await other.query(`select pg_terminate_backend(${pid})`);
    expect(await waiting).toBeInstanceOf(Error);
    await expect.poll(() => client.isOpen).toBe(false);
    await expect(client.query('select 1')).rejects.toThrow();
  });

  it('cannot be asked into COPY', async () => {
    const client = await connect();
    await expect(client.query('copy t to stdout')).rejects.toThrow(/COPY/);
    expect(client.isOpen).toBe(false);
  });

  it('says why it cannot connect, without the password', async () => {
    await expect(connect({ port: 1 })).rejects.toThrow(/cannot be reached/);
    const refused = await connect({ password: () => 'wr0ng-s3cret' }).catch(error => error);
    expect(refused.message).toMatch(/28P01/);
    expect(refused.message).not.toContain('wr0ng');
    await expect(connect({ tls: { mode: 'verify-full', ca: null, serverName: 'x' } })).rejects.toThrow(/TLS/);
  });
});
