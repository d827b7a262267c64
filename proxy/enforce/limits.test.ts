/** Limits and budgets on the wire: where a result ends, what the error says, and what it leaves behind. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Policy, policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const limited = (name: string, rule: object): Policy =>
  policySchema.parse({ name, rules: [{ id: 'limit', effect: 'limit', ...rule }] });

/** Only the hours matter: windows begin when a test says so. */
const clock = { ms: Date.UTC(2026, 0, 1, 10), nowMs: () => clock.ms, nowUs: () => performance.now() * 1000 };

let proxy: Governed;
let client: WireClient;

beforeAll(async () => {
  const sql = `
    create table people (id int primary key, email text, filler text);
    insert into people select n, 'p' || n || '@example.com', repeat('x', 100) from generate_series(1, 5000) n;
    create table log (id int generated always as identity, note text);
    create function slow() returns int language sql volatile as 'select 1 from pg_sleep(30)';`;
  proxy = await startGoverned({
    upstreamUrl: (await targetDatabase({ sql })).url,
    policies: [allowAll],
    labels: { 'public.people.email': 'pii.email' },
    clock,
  });
});

afterAll(() => proxy.close());

beforeEach(async () => {
  client?.close();
  // Another window for every test: none finds what another one has used.
  clock.ms += 24 * 3_600_000;
  client = await WireClient.through(proxy.port);
});

const types = (heard: Heard[]): string => heard.map(each => each.type).join('');
const counted = (heard: Heard[], type: string): number => heard.filter(each => each.type === type).length;
const errorOf = (heard: Heard[]) => fieldsOf(heard.find(each => each.type === 'E')?.body ?? Buffer.from([0]));
const statusOf = (heard: Heard[]) => heard.at(-1)?.body.toString();
const ended = () => proxy.recorder.of('statement.completed').findLast(event => event.endedBy !== undefined);

const all = 'select id, email, filler from people order by id';

describe('rows and bytes of one statement', () => {
  const rows = limited('small', { limits: { rows: 10 }, reason: 'aggregate instead' });
  beforeAll(() => proxy.apply([allowAll, rows]));

  it('end a simple query at the limit; the session goes on', async () => {
    const heard = await client.ask(say.query(all));
    expect(types(heard)).toBe(`T${'D'.repeat(10)}EZ`);
    expect(errorOf(heard)).toMatchObject({ C: '54000', S: 'ERROR', D: 'aggregate instead' });
    expect(errorOf(heard).M).toContain('rule small/limit lets one statement return at most 10 rows');
    expect(statusOf(heard)).toBe('I');
    expect(ended()).toMatchObject({
      outcome: 'cancelled',
      rows: 10,
      sqlstate: '54000',
      endedBy: { rule: 'small/limit', limit: 'rows', max: 10 },
    });
    expect(types(await client.ask(say.query('select 1')))).toBe('TDCZ');
  });

  it('let a result of just that size pass', async () => {
    expect(types(await client.ask(say.query(`${all} limit 10`)))).toBe(`T${'D'.repeat(10)}CZ`);
  });

  it('fail the transaction, as any error does', async () => {
    await client.ask(say.query('begin'));
    expect(statusOf(await client.ask(say.query(all)))).toBe('E');
    expect(errorOf(await client.ask(say.query('select 1'))).C).toBe('25P02');
    expect(statusOf(await client.ask(say.query('rollback')))).toBe('I');
  });

  it('let nothing with effects stand behind a result they may end', async () => {
    const behind = "insert into log (note) values ('behind')";
    const cut = `T${'D'.repeat(10)}EZ`;
    for (const [text, answer] of [
      [`${all}; ${behind}`, cut],
      [`${behind}; ${all}`, `C${cut}`],
      [`${behind}; ${all}; commit`, `C${cut}`],
      [`begin; ${behind}; ${all}; commit`, `CC${cut}`],
      [`begin; ${behind}; ${all}; commit; ${behind}`, `CC${cut}`],
    ] as const) {
      const heard = await client.ask(say.query(text));
      expect(types(heard)).toBe(answer);
      expect(errorOf(heard).C).toBe('54000');
      expect(statusOf(heard)).toBe(text.startsWith('begin') ? 'E' : 'I');
      await client.ask(say.query('rollback'));
    }
    expect(statusOf(await client.ask(say.query(`begin; ${behind}; ${all}`)))).toBe('E');
    await client.ask(say.query('rollback'));
    expect(types(await client.ask(say.query('begin; select 1; commit')))).toBe('CTDCCZ');
    const twoPortals = [
      say.parse(all),
      say.bind([], { portal: 'a' }),
      say.parse(behind),
      say.bind([], { portal: 'b' }),
    ];
    expect(errorOf(await client.ask(...twoPortals, say.execute('a'), say.execute('b'), say.sync)).C).toBe('54000');
    const inUnit = [say.parse(behind), say.bind(), say.execute(), say.parse(all), say.bind(), say.execute(), say.sync];
    expect(errorOf(await client.ask(...inUnit)).C).toBe('54000');
    const [row] = (await client.ask(say.query("select count(*) from log where note = 'behind'"))).filter(
      each => each.type === 'D',
    );
    expect(row?.body.toString('latin1').at(-1)).toBe('0');
  });

  it('let what is within them stand beside what has effects', async () => {
    const beside = "insert into log (note) values ('beside')";
    const few = `${all} limit 3`;
    expect(types(await client.ask(say.query(`${beside}; ${few}; ${beside}`)))).toBe('CTDDDCCZ');
    expect(types(await client.ask(say.query(`begin; ${beside}; ${few}; commit; ${few}`)))).toBe('CCTDDDCCTDDDCZ');
    expect(types(await client.ask(say.query(`${beside}; ${few}; select 1 / 0`)))).toBe('CTDDDCEZ');
    const [row] = (await client.ask(say.query("select count(*) from log where note = 'beside'"))).filter(
      each => each.type === 'D',
    );
    expect(row?.body.toString('latin1').at(-1)).toBe('3');
  });

  it('let a copy of the client stand beside nothing they may end', async () => {
    const heard = await client.ask(say.query(`${all} limit 3; copy log (note) from stdin`));
    expect(types(heard)).toBe('EZ');
    expect(errorOf(heard).M).toContain('send them one by one');
  });

  it('hold in the extended protocol, over all Executes of a portal', async () => {
    const open = [say.parse(all), say.bind([], { portal: 'p' }), say.execute('p', 4)];
    const heard = await client.ask(...open, say.execute('p', 4), say.execute('p', 4), say.sync);
    expect(counted(heard, 'D')).toBe(10);
    expect(counted(heard, 's')).toBe(2);
    expect(errorOf(heard).C).toBe('54000');
    expect(statusOf(heard)).toBe('I');
    expect(types(await client.ask(say.query('select 1')))).toBe('TDCZ');
  });

  it('hold over all FETCHes of a cursor, also by an Execute of its name', async () => {
    await client.ask(say.query(`begin; declare c cursor for ${all}`));
    expect(counted(await client.ask(say.query('fetch 6 from c')), 'D')).toBe(6);
    expect(counted(await client.ask(say.query('fetch 3 from c')), 'D')).toBe(3);
    const heard = await client.ask(say.query('fetch 6 from c'));
    expect(counted(heard, 'D')).toBe(1);
    expect(errorOf(heard).C).toBe('54000');
    expect(statusOf(heard)).toBe('E');
    await client.ask(say.query('rollback'));
    expect(counted(await client.ask(say.query(`begin; declare c cursor for ${all}`)), 'E')).toBe(0);
    const byName = await client.ask(say.execute('c', 20), say.sync);
    expect([counted(byName, 'D'), statusOf(byName)]).toEqual([10, 'E']);
  });

  it('end COPY', async () => {
    const heard = await client.ask(say.query('copy people to stdout'));
    expect(types(heard)).toBe(`H${'d'.repeat(10)}EZ`);
    expect(errorOf(heard).C).toBe('54000');
    expect(types(await client.ask(say.query('select 1')))).toBe('TDCZ');
  });

  it('say so when a write had finished before it could be stopped', async () => {
    const text = "insert into log (note) select 'late' from generate_series(1, 11) returning id";
    const heard = await client.ask(say.query(text));
    expect(counted(heard, 'D')).toBe(10);
    const kept = await client.ask(say.query("select count(*) from log where note = 'late'"));
    const count = kept
      .find(each => each.type === 'D')
      ?.body.toString('latin1')
      .slice(6);
    const isLate = errorOf(heard).D?.includes('is changed') ?? false;
    expect(count).toBe(isLate ? '11' : '0');
    // Of a unit of the extended protocol nothing is kept, because its end waits for the result; nor of a transaction block.
    const unit = [say.parse(text.replace('late', 'unit')), say.bind(), say.execute(), say.sync];
    expect(errorOf(await client.ask(...unit)).C).toBe('54000');
    const ofUnit = await client.ask(say.query("select count(*) from log where note = 'unit'"));
    expect(
      ofUnit
        .find(each => each.type === 'D')
        ?.body.toString('latin1')
        .slice(6),
    ).toBe('0');
    // Within a transaction block nothing is kept either way.
    await client.ask(say.query('begin'));
    expect(statusOf(await client.ask(say.query(text)))).toBe('E');
    await client.ask(say.query('rollback'));
  });

  it('count bytes of rows', async () => {
    proxy.apply([allowAll, limited('bytes', { limits: { bytes: 2000 } })]);
    const heard = await client.ask(say.query(all));
    const bytes = heard.filter(each => each.type === 'D').reduce((sum, each) => sum + each.body.length + 4, 0);
    expect(bytes).toBeLessThanOrEqual(2000);
    expect(bytes).toBeGreaterThan(1800);
    expect(errorOf(heard)).toMatchObject({ C: '54000' });
  });

  it('hold where rows are masked', async () => {
    const mask = policySchema.parse({ name: 'mask', rules: [{ id: 'pii', effect: 'mask', mask: { kind: 'redact' } }] });
    proxy.apply([allowAll, mask, rows]);
    for (const text of ['select email from people', 'copy people (email) to stdout']) {
      const heard = await client.ask(say.query(text));
      expect(counted(heard, 'D') + counted(heard, 'd')).toBe(10);
      expect(errorOf(heard).C).toBe('54000');
    }
  });
});

describe('duration', () => {
  beforeAll(() => proxy.apply([allowAll, limited('short', { limits: { durationSeconds: 1 } })]));

  it('is ended on the server, not only for the client', async () => {
    const heard = await client.ask(say.query('select slow()'));
    expect(errorOf(heard)).toMatchObject({ C: '57014' });
    expect(errorOf(heard).M).toContain('rule short/limit lets a statement run for at most 1 s');
    expect(ended()).toMatchObject({ outcome: 'cancelled', endedBy: { limit: 'durationSeconds', max: 1 } });
    // The same connection upstream answers again: it does not sleep on.
    expect(types(await client.ask(say.query('select 1')))).toBe('TDCZ');
  });

  it('holds in the extended protocol, and for what returns nothing', async () => {
    const heard = await client.ask(say.parse('select slow()'), say.bind(), say.execute(), say.sync);
    expect(errorOf(heard).C).toBe('57014');
    expect(errorOf(await client.ask(say.query('insert into log (note) select slow()::text'))).C).toBe('57014');
  });

  it('does not depend on the client reading', async () => {
    client.clear();
    client.pause();
    client.send(say.query('select repeat(filler, 100) from people a cross join generate_series(1, 100)'));
    await expect.poll(() => ended()?.endedBy, { timeout: 10_000 }).toMatchObject({ limit: 'durationSeconds' });
    client.resume();
    expect(errorOf(await client.until('Z')).C).toBe('57014');
  });

  it('leaves what is quick alone', async () => {
    for (let times = 0; times < 20; times += 1) {
      expect(types(await client.ask(say.query('select pg_sleep(0.06)')))).toBe('TDCZ');
    }
  });
});

describe('a transaction left idle', () => {
  beforeAll(() => proxy.apply([allowAll, limited('idle', { limits: { idleInTransactionSeconds: 1 } })]));

  it.each([
    ['a block', [say.query('begin')]],
    ['a failed block', [say.query('begin'), say.query('select nothing')]],
    ['a unit that was not ended', [say.parse('select 1'), say.flush]],
  ])('in %s ends the session', async (_, messages) => {
    client.clear();
    for (const message of messages) client.send(message);
    await expect.poll(() => client.isClosed, { timeout: 5_000 }).toBe(true);
    const fatal = fieldsOf(client.heard().findLast(each => each.type === 'E')?.body ?? Buffer.from([0]));
    expect(fatal).toMatchObject({ S: 'FATAL', C: '25P03' });
    expect(fatal.M).toContain('rule idle/limit allows 1 s');
    expect(proxy.recorder.of('session.end').at(-1)).toMatchObject({ reason: 'idle_in_transaction' });
  });

  it('is not one that is used, nor a session without one', async () => {
    await client.ask(say.query('begin'));
    for (let times = 0; times < 4; times += 1) await client.ask(say.query('select pg_sleep(0.5)'));
    await client.ask(say.query('commit'));
    await new Promise(resolve => setTimeout(resolve, 1_500));
    expect(types(await client.ask(say.query('select 1')))).toBe('TDCZ');
  });
});

describe('budgets', () => {
  const budget = (name: string, given: object) => limited(name, { budget: { windowMinutes: 60, ...given } });
  const emails = (rows: number) => say.query(`select id, email from people limit ${rows}`);

  const usedNow = () => proxy.budgets.takeChanged(100).findLast(({ startsAt }) => startsAt <= clock.ms);

  it('are drawn from by all sessions, end a result in the middle, and refuse what would add', async () => {
    proxy.apply([allowAll, budget('cells', { sensitiveCells: 25 })]);
    const second = await WireClient.through(proxy.port);
    expect(counted(await client.ask(emails(10)), 'D')).toBe(10);
    expect(counted(await second.ask(emails(10)), 'D')).toBe(10);
    const heard = await client.ask(emails(10));
    expect(counted(heard, 'D')).toBe(5);
    expect(errorOf(heard)).toMatchObject({ C: '53400' });
    expect(errorOf(heard).M).toContain('rule cells/limit gives 25 classified values every hour');
    expect(errorOf(heard).H).toMatch(/begins anew at \d{4}-\d\d-\d\d 11:00 UTC/);
    expect(ended()).toMatchObject({ rows: 5, endedBy: { rule: 'cells/limit', limit: 'budget', max: 25 } });
    const refused = await second.ask(emails(1));
    expect(types(refused)).toBe('EZ');
    expect(errorOf(refused).C).toBe('53400');
    expect(proxy.recorder.of('statement.decided').at(-1)).toMatchObject({
      effect: 'deny',
      reasons: [{ rule: 'cells/limit', effect: 'deny' }],
    });
    second.close();
  });

  it('leave alone what does not draw from them', async () => {
    proxy.apply([allowAll, budget('cells', { sensitiveCells: 1 })]);
    await client.ask(emails(5));
    expect(counted(await client.ask(say.query('select id from people limit 50')), 'D')).toBe(50);
    expect(counted(await client.ask(say.query('select count(email) from people')), 'D')).toBe(1);
    expect(errorOf(await client.ask(emails(1))).C).toBe('53400');
  });

  it('begin anew with the window, also for a statement that was prepared in the last', async () => {
    proxy.apply([allowAll, budget('rows', { rows: 3 })]);
    await client.ask(say.parse('select id from people limit 3', 's'), say.sync);
    const run = () => client.ask(say.bind([], { statement: 's' }), say.execute(), say.sync);
    expect(counted(await run(), 'D')).toBe(3);
    expect(errorOf(await run()).C).toBe('53400');
    clock.ms += 3_600_000;
    expect(counted(await run(), 'D')).toBe(3);
  });

  it('count what others have used', async () => {
    proxy.apply([allowAll, budget('rows', { rows: 10 })]);
    await client.ask(say.query('select id from people limit 1'));
    const use = usedNow();
    if (use === undefined) throw new Error('nothing was counted');
    proxy.budgets.heard([{ ...use, used: 7 }], clock.ms);
    expect(counted(await client.ask(say.query('select id from people limit 5')), 'D')).toBe(2);
  });

  it('are of bytes, too', async () => {
    proxy.apply([allowAll, budget('bytes', { bytes: 10_000 })]);
    const heard = await client.ask(say.query('select filler from people'));
    expect(errorOf(heard).C).toBe('53400');
    const use = usedNow();
    expect(use?.used).toBeGreaterThan(9_800);
    expect(use?.used).toBeLessThanOrEqual(10_000);
  });
});

it('lets an identity have so many sessions at a time', async () => {
  proxy.apply([allowAll, limited('two', { limits: { sessions: 2 } })]);
  const second = await WireClient.through(proxy.port);
  const third = WireClient.through(proxy.port);
  await expect(third).rejects.toMatchObject({ fields: { C: '53300', S: 'FATAL' } });
  await expect(WireClient.through(proxy.port)).rejects.toThrow('rule two/limit allows no more');
  expect(proxy.recorder.of('session.refused').at(-1)).toMatchObject({ code: 'too_many_connections' });
  second.close();
  await expect.poll(() => WireClient.through(proxy.port).then(each => each.close())).toBeUndefined();
});
