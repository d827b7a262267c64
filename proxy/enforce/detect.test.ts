/** Values of unclassified columns through a governed proxy: every type, format and way out, what is recorded of finds, and for whom. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Detected } from '#core/event/schema.ts';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

const detecting = policySchema.parse({
  name: 'detect',
  rules: [
    {
      id: 'values',
      effect: 'detect',
      detectors: { '*': 'mask', email: 'alert', phone: 'alert' },
      when: 'session.application != "exempt"',
    },
  ],
});

const card = '4111111111111111';
const stars = '*'.repeat(card.length);

const manyRows = 20_000;
const manyFinds = Math.floor(manyRows / 7);
const timesIn = (text: string, part: string): number => text.split(part).length - 1;

let url: string;
let proxy: Governed;

beforeAll(async () => {
  const sql = `
    create table tickets (id int primary key, body text, short varchar(80), fixed char(40), doc json, docb jsonb, page xml,
      tags text[], docs jsonb[], n bigint, labelled text);
    insert into tickets values (1, 'pay with ${card} please', 'IBAN DE89 3704 0044 0532 0130 00', '123-45-6789',
      '{"pan": "\\u0034111111111111111", "n": ${card}}', '{"pan": "line\\n${card}"}', '<t a="${card}">me&#64;example.com</t>',
      array['a "quoted"', '${card}'], array['{"pan": "${card}"}'::jsonb], ${card}, 'labelled ${card}');
    insert into tickets (id, body) values (2, 'write to me@example.com or +1 212-555-0123'), (3, null), (4, 'nothing here');
    create view shown as select id, body as text from tickets;
    create table large (id int, body text);
    insert into large values (1, repeat('harmless words ', 200000) || '${card}' || repeat(' and more', 200000));
    create table many as select n,
      repeat('word, ', n % 23) || case when n % 7 = 0 then '${card}' else 'none, of it' end || repeat(' x', n % 11) as body
      from generate_series(1, ${manyRows}) n;`;
  url = (await targetDatabase({ sql })).url;
  proxy = await startGoverned({
    upstreamUrl: url,
    policies: [allowAll, detecting],
    labels: { 'public.tickets.labelled': 'pii.free_text' },
  });
});

afterAll(() => proxy.close());

async function connected<T>(run: (client: pg.Client) => Promise<T>, application = 'test'): Promise<T> {
  const client = new pg.Client({ connectionString: proxy.url, application_name: application });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}

const rows = (text: string, values: unknown[] = []) =>
  connected(async client => (await client.query<Record<string, unknown>>(text, values)).rows);

/** Of the last statement that was completed. */
function lastDetected(): Detected[] {
  const completed = proxy.recorder.events.filter(event => event.type === 'statement.completed');
  return (completed.at(-1)?.detected ?? []) as Detected[];
}

const masked = {
  body: `pay with ${stars} please`,
  short: `IBAN ${'*'.repeat(27)}`,
  fixed: `${'*'.repeat(11)}${' '.repeat(29)}`,
  doc: { pan: '*'.repeat(21), n: 0 },
  docb: { pan: `line\n${stars}` },
  page: `<t a="${stars}">me&#64;example.com</t>`,
  tags: ['a "quoted"', stars],
  n: card,
  labelled: `labelled ${card}`,
};

describe('rows', () => {
  it('show finds as asterisks, in every type', async () => {
    const text = 'select body, short, fixed, doc, docb, page, tags, n, labelled from tickets where id = 1';
    expect(await rows(text)).toEqual([masked]);
    expect(await rows(`${text} and $1`, [true])).toEqual([masked]);
    expect(
      lastDetected().map(({ column, detector, values, looked }) => [column?.column, detector, values, looked]),
    ).toEqual([
      ['body', 'card', 1, 1],
      ['short', 'iban', 1, 1],
      ['fixed', 'ssn', 1, 1],
      ['doc', 'card', 1, 1],
      ['docb', 'card', 1, 1],
      ['page', 'card', 1, 1],
      ['page', 'email', 1, 1],
      ['tags', 'card', 1, 1],
    ]);
  });

  it('in binary', async () => {
    const client = await WireClient.through(proxy.port);
    const heard = await client.ask(
      say.parse('select body, short, docb, tags from tickets where id = 1'),
      say.bind([], { results: [1] }),
      say.execute(),
      say.sync,
    );
    client.close();
    const bytes = heard.filter(each => each.type === 'D').map(each => Buffer.from(each.body).toString('latin1'));
    expect(bytes.join()).toContain(masked.body);
    expect(bytes.join()).not.toContain(card);
  });

  it('through views, functions, cursors and prepared statements', async () => {
    const texts = [
      'select text from shown where id = 1',
      'select upper(body) from tickets where id = 1',
      'select string_agg(body, $$,$$) from tickets where id = 1',
      'select t from tickets t where id = 1',
      'select to_jsonb(body) from tickets where id = 1',
      'with t as (select body from tickets where id = 1) select * from t union all select body from t',
      `select * from (values ('x')) v (a) join tickets t on t.id = 1`,
    ];
    for (const text of texts) expect(JSON.stringify(await rows(text)), text).not.toContain(`with ${card}`);
    const fetched = await connected(async client => {
      await client.query('begin');
      await client.query('declare c cursor for select body from tickets where id = 1');
      const answer = await client.query('fetch all from c');
      await client.query('prepare p as select body from tickets where id = 1');
      return [...answer.rows, ...(await client.query('execute p')).rows] as object[];
    });
    expect(fetched).toEqual([{ body: masked.body }, { body: masked.body }]);
  });

  it('of several megabytes', async () => {
    const [row] = await rows('select body from large');
    expect(String(row?.body)).toContain(`words ${stars} and`);
    expect(String(row?.body)).not.toContain(card);
  });

  it('of many chunks, wherever in one a find stands', async () => {
    const found = (await rows('select n, body from many')).map(row => String(row.body)).join('\n');
    expect([timesIn(found, card), timesIn(found, stars)]).toEqual([0, manyFinds]);
    expect(lastDetected()).toMatchObject([{ detector: 'card', values: manyFinds }]);
  });

  it('without a find pass as they are, and nothing is recorded', async () => {
    expect(await rows('select id, body from tickets where id in (3, 4) order by id')).toEqual([
      { id: 3, body: null },
      { id: 4, body: 'nothing here' },
    ]);
    expect(lastDetected()).toEqual([]);
  });

  it('with what only alerts pass, and it is recorded', async () => {
    expect(await rows('select body from tickets where id = 2')).toEqual([
      { body: 'write to me@example.com or +1 212-555-0123' },
    ]);
    expect(lastDetected()).toMatchObject([
      { detector: 'email', verdict: 'alert', rule: 'detect/values', values: 1, output: 1, attnum: 2 },
      { detector: 'phone', verdict: 'alert' },
    ]);
  });

  it('count values as masked cells', async () => {
    await rows('select body, short from tickets order by id');
    const completed = proxy.recorder.events.filter(event => event.type === 'statement.completed').at(-1);
    expect(completed).toMatchObject({ maskedCells: 2, rows: 4 });
    expect(lastDetected()[0]).toMatchObject({ detector: 'card', values: 1, looked: 3 });
  });
});

describe('COPY', () => {
  const copied = async (text: string): Promise<string> => {
    const client = await WireClient.through(proxy.port);
    const heard = await client.ask(say.query(text));
    client.close();
    return heard
      .filter(each => each.type === 'd')
      .map(each => Buffer.from(each.body).toString('latin1'))
      .join('');
  };

  it('in text leaves everything but the find as it was', async () => {
    const text = await copied('copy (select id, body, docb, tags from tickets order by id) to stdout');
    expect(text.split('\n')).toEqual([
      `1\t${masked.body}\t{"pan": "line\\\\n${stars}"}\t{"a \\\\"quoted\\\\"",${stars}}`,
      '2\twrite to me@example.com or +1 212-555-0123\t\\N\t\\N',
      '3\t\\N\t\\N\t\\N',
      '4\tnothing here\t\\N\t\\N',
      '',
    ]);
    expect(lastDetected().map(({ column, detector }) => `${column?.column} ${detector}`)).toEqual([
      'body card',
      'body email',
      'body phone',
      'docb card',
      'tags card',
    ]);
  });

  it('in csv and binary', async () => {
    const csv = await copied('copy tickets (body, docb) to stdout with (format csv, header)');
    expect(csv.split('\n')[1]).toBe(`${masked.body},"{""pan"": ""line\\n${stars}""}"`);
    const binary = await copied('copy tickets (id, body, docb) to stdout with (format binary)');
    expect(binary).toContain(masked.body);
    expect(binary).not.toContain(card);
  });

  it.each(['text', 'csv', 'binary'])('of many chunks in %s, wherever in one a find stands', async format => {
    const found = await copied(`copy many to stdout (format ${format})`);
    expect([timesIn(found, card), timesIn(found, stars)]).toEqual([0, manyFinds]);
  });

  it('of a large value', async () => {
    const text = await copied('copy large to stdout');
    expect(text).toContain(`words ${stars} and`);
    expect(text).not.toContain(card);
  });
});

describe('messages of the server', () => {
  const message = (text: string) =>
    rows(text).then(String, (error: pg.DatabaseError) => `${error.message} ${error.detail ?? ''}`);

  it('hide finds in the values they quote', async () => {
    expect(await message('select body::int from tickets where id = 1')).toBe(
      `invalid input syntax for type integer: "pay with ${stars} please" `,
    );
    expect(await message('update tickets set n = body::bigint where id = 1')).toContain(stars);
    expect(await message('select body::int from tickets where id = 4')).toContain('"nothing here"');
  });

  it('also when they are not errors', async () => {
    const heard = await connected(async client => {
      const notices: string[] = [];
      client.on('notice', notice => notices.push(notice.message ?? ''));
      await client.query(`do $$ begin raise notice 'it is %', (select body from tickets where id = 1); end $$`);
      return notices;
    });
    expect(heard).toEqual([`it is pay with ${stars} please`]);
  });
});

it('nothing is looked at for whoever is exempt', async () => {
  const text = 'select body from tickets where id = 1';
  const seen = await connected(async client => (await client.query(text)).rows as object[], 'exempt');
  expect(seen).toEqual([{ body: `pay with ${card} please` }]);
  expect(lastDetected()).toEqual([]);
});

it('records no value', () => {
  const recorded = JSON.stringify(proxy.recorder.events.filter(event => event.type === 'statement.completed'));
  for (const value of [card, 'me@example.com', '123-45-6789', '555-0123']) expect(recorded).not.toContain(value);
});
