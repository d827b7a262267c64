/** Where policy lets masked columns be copied: whether the copy is NULL must not tell what the value was. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { cellsOf, fieldsOf, type Heard, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const masking = policySchema.parse({
  name: 'masking',
  rules: [
    {
      id: 'all',
      effect: 'mask',
      objects: { level: 'confidential' },
      mask: { kind: 'redact' },
      uses: { write: 'allow' },
    },
  ],
});
const sql = `
  create table people (id int primary key, ssn text);
  insert into people values (1, 'amber%'), (2, 'basalt'), (3, null);
  create table copy (id int primary key, t text, g text generated always as (upper(t)) stored);
  create table fired (id int, t text);
  create function fire() returns trigger language plpgsql as
    'begin new.t := nullif((select ssn from people where id = new.id), ''basalt''); return new; end';
  create trigger fire before insert on fired for each row execute function fire();`;

let proxy: Governed;
let client: WireClient;
beforeAll(async () => {
  const labels = { 'public.people.ssn': 'pii.free_text' };
  proxy = await startGoverned({
    upstreamUrl: (await targetDatabase({ sql })).url,
    policies: [allowAll, masking],
    labels,
  });
  client = await WireClient.through(proxy.port);
});
afterAll(async () => {
  client.close();
  await proxy.close();
});

const errorOf = (heard: Heard[]) => fieldsOf(heard.find(each => each.type === 'E')?.body ?? Buffer.from([0])).M;
const shown = (heard: Heard[]) => heard.filter(({ type }) => type === 'D').map(({ body }) => cellsOf(body)[0]);
const ask = (text: string) => client.ask(say.query(text));

it.each([
  "insert into copy (id, t) select id, nullif(ssn, 'basalt') from people",
  "insert into copy (id, t) select id, substring(ssn from '%') from people",
  "insert into copy (id, t) values (1, (select nullif(ssn, 'basalt') from people where id = 2))",
  "update copy c set t = nullif(p.ssn, 'basalt') from people p where p.id = c.id",
  "update copy c set (t) = (select nullif(ssn, 'basalt') from people p where p.id = c.id)",
  "merge into copy c using people p on p.id = c.id when not matched then insert (id, t) values (p.id, substring(p.ssn from '%'))",
  "create table other as select id, nullif(ssn, 'basalt') as t from people",
  "create materialized view other as select id, nullif(ssn, 'basalt') as t from people",
  "alter table people add column other text generated always as (nullif(ssn, 'basalt')) stored",
  'insert into fired values (2)',
])('is not copied: %s', async text => {
  expect(errorOf(await ask(text))).toContain('may not be used in');
});

it('is copied as it is, or so that NULL comes of NULL alone', async () => {
  expect(errorOf(await ask('insert into copy (id, t) select id, upper(ssn) from people'))).toBeUndefined();
  for (const column of ['t', 'g'])
    expect(shown(await ask(`select ${column} from copy order by id`))).toEqual(['***', '***', null]);
  const given = "update copy c set t = coalesce(nullif(p.ssn, 'basalt'), 'none') from people p where p.id = c.id";
  expect(errorOf(await ask(given))).toBeUndefined();
  expect(shown(await ask('select t from copy order by id'))).toEqual(['***', '***', '***']);
});
