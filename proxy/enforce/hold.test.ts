/** Statements that wait for somebody: approved, denied, expired, cancelled, left behind; never run otherwise than shown. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fail } from '#core/contract/error.ts';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { RawSocket } from '../postgres/proxy-testing.ts';
import { cellsOf, fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const approvals = policySchema.parse({
  name: 'ask',
  rules: [
    {
      id: 'writes',
      effect: 'approve',
      actions: ['write'],
      approvers: { roles: ['reviewer'] },
      reason: 'writes are looked at',
    },
  ],
});

let proxy: Governed;
let client: WireClient;

beforeAll(async () => {
  const sql = `create table stock (id int primary key, count int); insert into stock values (1, 10), (2, 20), (3, 30);
    create schema lab; create table lab.stock (like stock)`;
  proxy = await startGoverned({ upstreamUrl: (await targetDatabase({ sql })).url, policies: [allowAll, approvals] });
});

afterAll(() => proxy.close());

beforeEach(async () => {
  client?.close();
  client = await WireClient.through(proxy.port);
});

const types = (heard: Heard[]): string => heard.map(each => each.type).join('');
const last = () => proxy.desk.filed.at(-1);
const errorOf = (heard: Heard[]) => fieldsOf(heard.find(each => each.type === 'E')?.body ?? Buffer.from([0]));

async function until<T>(probe: () => T | undefined | false): Promise<T> {
  for (let tries = 0; tries < 2000; tries += 1) {
    const found = probe();
    if (found !== undefined && found !== false) return found;
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  throw new Error('nothing came of it');
}

async function held(...messages: Uint8Array[]) {
  const before = proxy.desk.filed.length;
  client.clear();
  client.send(...messages);
  const filed = await until(() => proxy.desk.filed[before]);
  await client.until('N');
  return filed;
}

const countOf = async (id: number): Promise<string | null> =>
  cellsOf(
    (await client.ask(say.query(`select count from stock where id = ${id}`))).find(each => each.type === 'D')
      ?.body as Buffer,
  )[0] ?? null;

const approve = { outcome: 'approved', by: ['reviewer@example.com'], reason: 'fine' } as const;

describe('waiting on the wire', () => {
  it('runs the very statement once it is approved, and says so before', async () => {
    const filed = await held(say.query('update stock set count = 11 where id = 1'));
    const notice = fieldsOf(client.heard()[0]?.body as Buffer);
    expect(notice.M).toContain(filed.held.id);
    expect(notice.H).toContain(`/approvals/${filed.held.id}`);
    expect(filed.held).toMatchObject({ rule: 'ask/writes', waiting: true, statement: 1 });
    filed.decide(approve);
    expect(types(await client.until('Z'))).toBe('NCZ');
    expect(await countOf(1)).toBe('11');
    expect(proxy.desk.reports.at(-1)).toMatchObject({ requestId: filed.held.id, outcome: 'ok', rows: 1 });
    const decided = proxy.recorder.of('statement.decided').find(event => event.requestId === filed.held.id);
    expect(decided).toMatchObject({ effect: 'approve' });
  });

  it.each([
    ['denied', { outcome: 'denied', by: ['reviewer@example.com'], reason: 'not today' }, '42501'],
    ['expired', { outcome: 'expired', by: [], reason: '' }, '42501'],
    ['unavailable', { outcome: 'unavailable', by: [], reason: '' }, '57P03'],
  ] as const)('%s is an ordinary error, and the transaction fails', async (_, outcome, sqlstate) => {
    await client.ask(say.query('begin'));
    const filed = await held(say.query('update stock set count = 99 where id = 2'));
    filed.decide(outcome);
    const heard = await client.until('Z');
    expect(errorOf(heard).C).toBe(sqlstate);
    expect(heard.at(-1)?.body.toString()).toBe('E');
    await client.ask(say.query('rollback'));
    expect(await countOf(2)).toBe('20');
  });

  it('is withdrawn by a cancel request with the right key only', async () => {
    const filed = await held(say.query('update stock set count = 99 where id = 2'));
    const guess = new RawSocket(proxy.port);
    guess.send(say.cancel(client.key.processId, client.key.secret ^ 1));
    await guess.until(({ isClosed }) => isClosed);
    expect(filed.aborted).toBe(false);
    const own = new RawSocket(proxy.port);
    own.send(say.cancel(client.key.processId, client.key.secret));
    const heard = await client.until('Z');
    expect(filed.aborted).toBe(true);
    expect(errorOf(heard).C).toBe('57014');
    expect(await countOf(2)).toBe('20');
    own.destroy();
    guess.destroy();
  });

  it('is withdrawn when the client is gone', async () => {
    const filed = await held(say.query('update stock set count = 99 where id = 2'));
    client.close();
    await until(() => filed.aborted);
  });

  it('keeps the statement, its parameters and what follows together in the extended protocol', async () => {
    const batch = [
      say.parse('update stock set count = $1 where id = $2 returning count'),
      say.bind(['31', '3']),
      say.describePortal(),
      say.execute(),
      say.sync,
      say.query('select 7'),
    ];
    const filed = await held(...batch);
    expect(types(client.heard())).toBe('N');
    filed.decide(approve);
    expect(types(await client.until('Z', 2))).toBe('N12TDCZTDCZ');
    const other = await held(...batch.slice(0, 5));
    expect(other.held.hash).toBe(filed.held.hash);
    other.decide({ outcome: 'denied', by: [], reason: '' });
    expect(types(await client.until('Z'))).toBe('N12TEZ');
    const changed = await held(batch[0] as Buffer, say.bind(['32', '3']), say.execute(), say.sync);
    expect(changed.held.hash).not.toBe(filed.held.hash);
    changed.decide({ outcome: 'denied', by: [], reason: '' });
    await client.until('Z');
  });

  it('is decided again under the policy of the moment', async () => {
    const filed = await held(say.query('update stock set count = 99 where id = 2'));
    const frozen = policySchema.parse({ name: 'freeze', rules: [{ id: 'no', effect: 'deny', actions: ['write'] }] });
    proxy.apply([allowAll, approvals, frozen]);
    filed.decide(approve);
    expect(errorOf(await client.until('Z')).D).toContain('freeze/no');
    proxy.apply([allowAll, approvals]);
    expect(await countOf(2)).toBe('20');
  });

  it.each(['weir refused', 'weir internal'])(
    'is not run by the name %s, which the proxy might use itself',
    async name => {
      const portal = [say.parse('update stock set count = 99 where id = 2'), say.bind([], { portal: name })];
      client.send(...portal, say.execute('nothing'), say.sync);
      await until(() => client.isClosed || client.heard().some(({ type }) => type === 'Z'));
      const other = await WireClient.through(proxy.port);
      client.close();
      client = other;
      expect(await countOf(2)).toBe('20');
    },
  );

  it('does not run on another table than the one that was asked about', async () => {
    const filed = await held(say.query('update stock set count = 99 where id = 2'));
    const other = await WireClient.through(proxy.port);
    await other.ask(say.query('alter table stock rename to stock_before'));
    await other.ask(say.query('create table stock (like stock_before including all)'));
    filed.decide(approve);
    expect(errorOf(await client.until('Z')).M).toContain('policy or tables changed while the statement waited');
    await other.ask(say.query('drop table stock'));
    await other.ask(say.query('alter table stock_before rename to stock'));
    other.close();
    expect(await countOf(2)).toBe('20');
  });
});

describe('not waiting', () => {
  it('answers with the request, and lets the same statement through once when it is approved', async () => {
    await client.ask(say.query("set weir.wait = 'off'"));
    const text = 'update stock set count = 21 where id = 2';
    const heard = await client.ask(say.query(text));
    const filed = last();
    expect(errorOf(heard)).toMatchObject({ C: '42501' });
    expect(errorOf(heard).M).toContain(filed?.held.id);
    expect(filed?.held.waiting).toBe(false);
    proxy.desk.claimable.set(String(filed?.held.hash), String(filed?.held.id));
    expect(types(await client.ask(say.query('update stock set count = 22 where id = 2')))).toBe('EZ');
    expect(types(await client.ask(say.query(text)))).toBe('CZ');
    expect(types(await client.ask(say.query(text)))).toBe('EZ');
    expect(await countOf(2)).toBe('21');
  });

  it('takes no approval that was given for another table, or by others than policy names now', async () => {
    await client.ask(say.query("set weir.wait = 'off'; set search_path = lab"));
    const text = 'delete from stock where id = 1';
    await client.ask(say.query(text));
    const harmless = last();
    await client.ask(say.query('reset search_path'));
    proxy.desk.claimable.set(String(harmless?.held.hash), String(harmless?.held.id));
    expect(types(await client.ask(say.query(text)))).toBe('EZ');
    proxy.desk.claimable.set(String(last()?.held.hash), String(last()?.held.id));
    const [rule] = approvals.rules;
    const stricter = policySchema.parse({ name: 'ask', rules: [{ ...rule, approvers: { roles: ['admin'] } }] });
    proxy.apply([allowAll, stricter]);
    expect(types(await client.ask(say.query(text)))).toBe('EZ');
    proxy.apply([allowAll, approvals]);
    expect(types(await client.ask(say.query(text)))).toBe('CZ');
    await client.ask(say.query('set search_path = lab'));
    expect(types(await client.ask(say.query(text)))).toBe('CZ');
  });

  it('takes no approval for what stands behind a name, which may come to be something else', async () => {
    const prepare = (id: number) => client.ask(say.query(`prepare q as delete from stock where id = ${id}`));
    await prepare(7);
    const waiting = await held(say.query('execute q'));
    waiting.decide({ outcome: 'denied', by: [], reason: '' });
    await client.until('Z');
    proxy.desk.claimable.set(waiting.held.hash, waiting.held.id);
    await client.ask(say.query("deallocate q; set weir.wait = 'off'"));
    await prepare(2);
    for (const messages of [[say.query('execute q')], [say.bind([], { statement: 'q' }), say.execute(), say.sync]]) {
      const filed = proxy.desk.filed.length;
      expect(errorOf(await client.ask(...messages)).M).toContain('this session alone knows by name');
      expect(proxy.desk.filed).toHaveLength(filed);
    }
    proxy.desk.claimable.clear();
    expect(await countOf(2)).not.toBeNull();
  });

  it('can be chosen at the start, and undone by a rollback', async () => {
    client.close();
    client = await WireClient.through(proxy.port, { parameters: [['options', '-c weir.wait=off']] });
    expect(types(await client.ask(say.query('delete from stock')))).toBe('EZ');
    await client.ask(say.query("begin; set weir.wait = 'on'"));
    await client.ask(say.query('rollback'));
    expect(types(await client.ask(say.query('delete from stock')))).toBe('EZ');
  });

  it('waits as long as it was told to', async () => {
    await client.ask(say.query("set weir.wait = '50ms'"));
    const heard = await client.ask(say.query('delete from stock'));
    expect(types(heard)).toBe('NEZ');
    expect(errorOf(heard).M).toContain('pending');
  });

  it('says so when nobody can be asked', async () => {
    proxy.desk.refusal = fail('unavailable', 'nobody answers');
    expect(errorOf(await client.ask(say.query('delete from stock'))).C).toBe('57P03');
    proxy.desk.refusal = fail('rate_limited', 'this identity has 100 requests waiting already');
    expect(errorOf(await client.ask(say.query('delete from stock')))).toMatchObject({
      C: '53400',
      M: expect.stringContaining('100 requests waiting already'),
    });
    proxy.desk.refusal = null;
  });
});

describe('what an approval came to is reported', () => {
  const end = () => proxy.desk.reports.at(-1);
  const slow = say.query("update stock set count = 77 where id = 3 and pg_sleep(30)::text = ''");
  const session = () => [...proxy.listener.list()].at(-1);

  it('when the session is cut while it runs, and nothing of it stays', async () => {
    const filed = await held(slow);
    filed.decide(approve);
    const link = session();
    const { processId } = client.key;
    const other = await WireClient.through(proxy.port);
    const sleeping = say.query(
      `select count(*) from pg_stat_activity where pid = ${processId} and wait_event = 'PgSleep'`,
    );
    const countSleeping = async () =>
      cellsOf((await other.ask(sleeping)).find(each => each.type === 'D')?.body as Buffer);
    await expect.poll(countSleeping, { timeout: 10_000 }).toEqual(['1']);
    other.close();
    link?.cut({ code: 'session_revoked', message: 'revoked' });
    expect(errorOf(await client.until('E'))).toMatchObject({ S: 'FATAL', C: '57P01' });
    await until(() => end()?.requestId === filed.held.id);
    expect(end()).toMatchObject({ outcome: 'error', rows: 0, sqlstate: '08007' });
    client = await WireClient.through(proxy.port);
    expect(await countOf(3)).not.toBe('77');
  });

  it('when policy has come to refuse it', async () => {
    const filed = await held(say.query('update stock set count = 78 where id = 3'));
    const stricter = {
      ...approvals,
      rules: approvals.rules.map(rule => ({ ...rule, approvers: { roles: ['reviewer'], count: 2 } })),
    };
    proxy.apply([allowAll, policySchema.parse(stricter)]);
    filed.decide(approve);
    expect(errorOf(await client.until('Z')).C).toBe('42501');
    proxy.apply([allowAll, approvals]);
    expect(end()).toMatchObject({ requestId: filed.held.id, outcome: 'error' });
  });

  it('when the client is gone before it could run', async () => {
    const filed = await held(say.query('update stock set count = 79 where id = 3'));
    const link = session();
    filed.decide(approve);
    link?.cut({ code: 'session_revoked', message: 'revoked' });
    await until(() => end()?.requestId === filed.held.id);
    expect(end()).toMatchObject({ outcome: 'cancelled', rows: 0 });
  });
});

it('leaves no crash and no statement without an outcome', async () => {
  client.close();
  await until(() => proxy.listener.sessionCount === 0);
  const keyOf = (event: Record<string, unknown>) => `${event.session} ${event.statement}`;
  const completed = new Set(proxy.recorder.of('statement.completed').map(keyOf));
  expect(proxy.recorder.of('statement.decided').filter(event => !completed.has(keyOf(event)))).toEqual([]);
  expect(proxy.crashes).toEqual([]);
});

describe('what one request cannot carry', () => {
  it('refuses where more people would have to agree than a request can name', async () => {
    const asks = (group: string) =>
      policySchema.parse({
        name: group,
        rules: [{ id: 'w', effect: 'approve', actions: ['write'], approvers: { groups: [group] } }],
      });
    const filed = proxy.desk.filed.length;
    proxy.apply([allowAll, ...Array.from({ length: 22 }, (_, index) => asks(`group-${index}`))]);
    const heard = await client.ask(say.query('update stock set count = 5 where id = 1'));
    expect(errorOf(heard)).toMatchObject({ C: '54001' });
    expect(errorOf(heard).M).toContain('22 different groups of people');
    expect(proxy.desk.filed).toHaveLength(filed);
    proxy.apply([allowAll, ...Array.from({ length: 21 }, (_, index) => asks(`group-${index}`))]);
    const carried = await held(say.query('update stock set count = 5 where id = 1'));
    expect(carried.held.further).toHaveLength(20);
    carried.decide({ outcome: 'denied', by: [], reason: '' });
    await client.until('Z');
  });

  it('refuses where the owner alone is asked and there is none, unless administrators stand in', async () => {
    const owners = (ownerless?: 'admins') =>
      policySchema.parse({
        name: 'owners',
        rules: [
          {
            id: 'w',
            effect: 'approve',
            actions: ['write'],
            approvers: { owners: true, ...(ownerless && { ownerless }) },
          },
        ],
      });
    proxy.apply([allowAll, owners()]);
    const heard = await client.ask(say.query('update stock set count = 5 where id = 1'));
    expect(errorOf(heard).M).toContain('needs approval by its owner, and it has none');
    expect(errorOf(heard).H).toContain('ask an administrator to name an owner of `public.stock`');
    proxy.apply([allowAll, owners('admins')]);
    const asked = await held(say.query('update stock set count = 5 where id = 1'));
    expect(asked.held).toMatchObject({ ownerOf: [], approvers: { owners: false, roles: ['admin'] } });
    asked.decide({ outcome: 'denied', by: [], reason: '' });
    await client.until('Z');
  });
});
