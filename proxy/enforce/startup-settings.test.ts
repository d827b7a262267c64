/** What drivers ask for while they connect: it is decided on like SET, holds from the start, and RESET comes back to it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { RawSocket } from '../postgres/proxy-testing.ts';
import { cellsOf, cut, fieldsOf, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const sql = `
  create schema lab;
  create table people (id int, ssn text);
  create table lab.people (id int, ssn text);
  insert into people values (1, 'secret');
  insert into lab.people values (1, 'open');`;
const masking = policySchema.parse({
  name: 'masking',
  rules: [{ id: 'confidential', effect: 'mask', objects: { level: 'confidential' }, mask: { kind: 'redact' } }],
});
const reading = policySchema.parse({
  name: 'reading',
  rules: [{ id: 'reads', effect: 'allow', actions: ['connect', 'read', 'session'] }],
});
const limits = policySchema.parse({
  name: 'limits',
  rules: [{ id: 'kept', effect: 'deny', hazards: ['set_limits'], reason: 'limits stay' }],
});
const asking = policySchema.parse({
  name: 'asking',
  rules: [{ id: 'asked', effect: 'approve', actions: ['session'], approvers: { roles: ['reviewer'] } }],
});

let url: string;
let proxy: Governed;
beforeAll(async () => {
  url = (await targetDatabase({ sql })).url;
  proxy = await startGoverned({
    upstreamUrl: url,
    policies: [allowAll, masking],
    labels: { 'public.people.ssn': 'pii.free_text' },
  });
});
afterAll(() => proxy.close());

type Parameters = [string, string][];
const through = (parameters: Parameters) => WireClient.through(proxy.port, { parameters });
const refusalOf = (parameters: Parameters): Promise<Record<string, string>> =>
  through(parameters).then(
    () => Promise.reject(new Error('it was let in')),
    (error: { fields: Record<string, string> }) => error.fields,
  );

async function answer(client: WireClient, text: string): Promise<(string | null)[]> {
  const heard = await client.ask(say.query(text));
  for (const { type, body } of heard) if (type === 'E') throw new Error(fieldsOf(body).M);
  return heard.flatMap(({ type, body }) => (type === 'D' ? cellsOf(body) : []));
}

it.each<[string, Parameters]>([
  ['a parameter', [['search_path', 'lab,public']]],
  ['an option', [['options', '-c search_path=lab,public']]],
  ['another option', [['options', '--search-path="lab",\\ public']]],
])('a path given as %s is the one that names are looked up along', async (_, parameters) => {
  const client = await through(parameters);
  const look = 'select ssn, upper(ssn) from people';
  expect(await answer(client, look)).toEqual(['open', 'OPEN']);
  expect(await answer(client, 'set search_path = public')).toEqual([]);
  expect(await answer(client, look)).toEqual(['***', null]);
  for (const back of ['reset search_path', 'reset all', 'discard all']) {
    await answer(client, 'set search_path = public');
    await answer(client, back);
    expect(await answer(client, look)).toEqual(['open', 'OPEN']);
  }
  client.close();
});

it.each<[string, Parameters, string]>([
  ['statement_timeout', [['statement_timeout', '7000']], '7s'],
  ['lock_timeout', [['options', '-c lock_timeout=2s -c jit=off']], '2s'],
  ['jit', [['jit', 'off']], 'off'],
  ['app.tenant', [['options', "-c app.tenant=o'neil"]], "o'neil"],
  ['app.user', [['app.user', 'dev']], 'dev'],
  ['default_transaction_read_only', [['default_transaction_read_only', 'on']], 'on'],
  [
    'default_transaction_isolation',
    [['options', '-c default_transaction_isolation=repeatable\\ read']],
    'repeatable read',
  ],
  ['search_path', [['search_path', '']], '""'],
])('%s is as it was asked for, also after RESET ALL', async (name, parameters, expected) => {
  const client = await through(parameters);
  const direct = await WireClient.direct(url, Object.fromEntries(parameters));
  expect(Object.keys(client.parameters).sort()).toEqual(Object.keys(direct.parameters).sort());
  const ask = `select current_setting('${name}')`;
  if (name !== 'search_path') expect(await answer(client, ask)).toEqual([expected]);
  await answer(client, 'reset all');
  const [value] = await answer(direct, ask);
  expect(await answer(client, ask)).toEqual([value]);
  client.close();
  direct.close();
});

it('has a terminal without a locale talk in UTF-8', async () => {
  const client = await through([['client_encoding', 'SQL_ASCII']]);
  expect(client.parameters.client_encoding).toBe('UTF8');
  expect(await answer(client, 'show client_encoding')).toEqual(['UTF8']);
  client.close();
});

it('answers what is sent behind the password after the settings', async () => {
  const raw = new RawSocket(proxy.port);
  raw.send(
    say.startup([
      ['user', 'dev@example.com'],
      ['database', 'shop'],
      ['search_path', 'lab'],
    ]),
  );
  await raw.until(({ received }) => received.length >= 9);
  raw.send(Buffer.concat([say.password('good'), say.query('select ssn from people')]));
  const types = () => cut(raw.received).map(({ type }) => type);
  await raw.until(() => types().filter(type => type === 'Z').length === 2);
  expect(types().join('')).toMatch(/^RRS+KZTDCZ$/);
  raw.destroy();
});

it('is recorded as the statement that it stands for', async () => {
  const since = proxy.recorder.events.length;
  const client = await through([['search_path', 'lab']]);
  const recorded = proxy.recorder.events.slice(since).filter(({ type }) => type !== 'session.end');
  expect(recorded).toMatchObject([
    { type: 'session.start' },
    { type: 'statement.decided', effect: 'allow' },
    { type: 'statement.completed' },
  ]);
  expect(JSON.stringify(recorded[1])).toContain('set_search_path');
  client.close();
});

it('refuses what policy refuses, before the client is in', async () => {
  proxy.apply([allowAll, masking, limits]);
  const since = proxy.recorder.events.length;
  const fields = await refusalOf([['statement_timeout', '0']]);
  expect(fields).toMatchObject({ S: 'FATAL', V: 'FATAL', C: '42501', M: expect.stringContaining('limits stay') });
  expect(proxy.recorder.events.slice(since).map(({ type }) => type)).toContain('session.end');
  const client = await through([['search_path', 'lab']]);
  expect(await answer(client, 'select 1')).toEqual(['1']);
  client.close();
  proxy.apply([allowAll, masking, asking]);
  expect(await refusalOf([['jit', 'off']])).toMatchObject({ S: 'FATAL', M: expect.stringContaining('approval') });
  proxy.apply([allowAll, masking]);
});

it('keeps what a masked identity may not set', async () => {
  proxy.apply([reading, masking]);
  const fields = await refusalOf([['client_min_messages', 'debug5']]);
  expect(fields).toMatchObject({ S: 'FATAL', C: '42501' });
  proxy.apply([allowAll, masking]);
});

it('refuses them where the database runs code at sign-in, which would run with them undecided', async () => {
  const own = await targetDatabase({
    sql: `${sql}
      create table seen (path text);
      create function note() returns event_trigger language plpgsql as
        $$ begin insert into public.seen values (current_setting('search_path')); end $$;
      do $$ begin
        if current_setting('server_version_num')::int >= 170000 then
          create event trigger noting on login execute function note();
        end if;
      end $$;`,
  });
  const governed = await startGoverned({ upstreamUrl: own.url, policies: [allowAll] });
  const first = await WireClient.through(governed.port, { parameters: [['search_path', 'lab']] }).catch(error => error);
  const client = await WireClient.through(governed.port);
  expect(await answer(client, "select path from public.seen where path ~ 'lab'")).toEqual([]);
  const [triggers] = await answer(client, 'select count(*) from pg_event_trigger');
  if (triggers === '0') first.close();
  else expect(first.fields).toMatchObject({ S: 'FATAL', C: '0A000', H: expect.stringContaining('Leave search_path') });
  client.close();
  await governed.close();
  await own.drop();
});

it('says which setting may be what the server objects to', async () => {
  const fields = await refusalOf([['statement_timeout', 'soon']]);
  expect(fields.H).toContain('statement_timeout');
});
