/** For tests: conversations that a proxy which allows everything must carry as if it were not there. */
import { say, type WireClient } from './wire-testing.ts';

/** What the conversations are about. */
export const itemsSql = `
    create table items (id int primary key, name text not null, price numeric(8,2), made date, extra jsonb);
    insert into items select i, 'item ' || i, i * 1.5, date '2024-01-01' + i, jsonb_build_object('n', i)
      from generate_series(1, 500) i;
    create table parent (id int primary key);
    create table child (id int references parent deferrable initially deferred);
    create function shout() returns int language plpgsql as $$ begin raise notice 'careful'; raise warning 'more'; return 1; end $$;`;

/** Each step is sent at once; the number says how many ReadyForQuery end it. */
export type Script = [Buffer[], number?][];

const q = (sql: string): [Buffer[]] => [[say.query(sql)]];
const run = (sql: string, values: string[] = []): Buffer[] => [
  say.parse(sql),
  say.bind(values),
  say.describePortal(),
  say.execute(),
];

export const scripts: Record<string, Script> = {
  'simple queries': [
    q("select 1 as a, null, 'x'::text"),
    q('select * from items order by id'),
    q('select 1; select 2'),
    q(''),
  ],
  'empty and comment': [q(';'), q('-- nothing'), q(' ')],
  errors: [q('select 1/0'), q('select nothing from items'), q('selekt'), q('select 1')],
  'error in the middle of a string': [q('select 1; select 1/0; select 3'), q('select 4')],
  'messages that make what they name': [
    q(
      "create type shade as enum ('red'); create table paints (id serial, shade shade); insert into paints (shade) values ('red') returning id + 0, shade::text; alter table paints add column note text; update paints set note = 'é'; select id + 0, note || '!', 1.5 from paints; drop table paints; drop type shade",
    ),
    q("create type shade as enum ('é'); create table paints (shade shade); select 1 as one, nothing from paints"),
    q("create type shade as enum ('é'); create table paints (shade shade); select 1 / 0 from paints; selekt"),
    q("create type shade as enum ('red'); insert into nowhere values ('é', 1 / 0); select 2"),
    q(
      "begin; create type shade as enum ('red'); create table paints (shade shade); commit; select shade::text from paints",
    ),
    q(
      'drop table paints cascade; select 1 as one; drop type shade; select no_such_function(one) from (select 1 as one) x',
    ),
    [[say.query('drop table paints cascade; drop type shade;'), say.query('select 3')], 2],
  ],
  'what is only allowed in a transaction block, or never there, in messages that make what they name': [
    ...[
      'set local lock_timeout = 1000',
      'lock table items',
      'declare c cursor for select 1',
      'savepoint s',
      'vacuum items',
      'discard all',
      'create index concurrently on items (id)',
      'do $$ begin commit; end $$',
      'begin; begin',
      'abort',
    ].map(text =>
      q(
        `${text}; create type shade as enum ('é'); create table paints (shade shade); select 1 as one, nothing from paints`,
      ),
    ),
    q('rollback'),
    q(
      "create type shade as enum ('red'); create table paints (shade shade); commit; begin isolation level serializable; show transaction_isolation; select shade::text from paints; commit and chain; savepoint s; drop table paints; rollback to s; select count(*) from paints; end",
    ),
    q('drop table paints; drop type shade; select count(*) from items; commit; vacuum items; select 1'),
  ],
  notices: [q('select shout()'), q('commit'), q('begin; begin'), q('rollback')],
  'transaction blocks': [
    q('begin'),
    q("insert into items values (9001, 'n') returning id"),
    q('select 1/0'),
    q('select 1'),
    q('rollback'),
    q('select count(*) from items where id = 9001'),
  ],
  savepoints: [
    q('begin'),
    q('savepoint a'),
    q('select 1/0'),
    q('rollback to a'),
    q('select 5'),
    q('release a'),
    q('commit'),
  ],
  'extended, one at a time': [
    [[...run('select id, name from items where id = $1', ['7']), say.sync]],
    [[say.parse('select $1::int + 1', 's1'), say.describeStatement('s1'), say.sync]],
    [[say.bind(['41'], { statement: 's1', results: [1] }), say.execute(), say.sync]],
    [
      [
        say.bind([Buffer.from([0, 0, 0, 5])], { statement: 's1', formats: [1] }),
        say.describePortal(),
        say.execute(),
        say.sync,
      ],
    ],
    [[say.closeStatement('s1'), say.sync]],
    [[say.bind(['1'], { statement: 's1' }), say.execute(), say.sync]],
  ],
  'row limits and suspended portals': [
    [[say.query('begin')]],
    [[say.parse('select id from items order by id'), say.bind([], { portal: 'p' }), say.execute('p', 10), say.sync]],
    [[say.execute('p', 10), say.flush, say.execute('p', 5), say.sync]],
    [[say.execute('p'), say.sync]],
    [[say.execute('p'), say.closePortal('p'), say.sync]],
    q('commit'),
    [[say.execute('p'), say.sync]],
  ],
  pipelines: [
    [[...run('select 1'), say.sync, ...run('select 2'), say.sync, say.query('select 3')], 3],
    [[...run('select 1'), ...run('select 1/0'), ...run('select 3'), say.sync, ...run('select 4'), say.sync], 2],
    [[say.query('select 1'), say.query('select 1/0'), say.query('select 3')], 3],
    [[...run('select 1/0'), say.query('select skipped'), say.sync, say.query('select 2')], 2],
    [
      [
        ...run('begin'),
        ...run('insert into child values (77)'),
        say.sync,
        ...run('commit'),
        say.sync,
        say.query('select 1'),
      ],
      3,
    ],
    [[say.sync, say.sync, say.flush, say.sync], 3],
  ],
  'many messages at once': [
    [Array.from({ length: 1500 }, (_, index) => [...run(`select ${index}`), say.sync]).flat(), 1500],
    [[...Array.from({ length: 3000 }, (_, index) => run(`select ${index}`)).flat(), say.sync]],
  ],
  'unknown names and malformed messages': [
    [[say.execute('nope'), say.sync]],
    [[say.describeStatement('nope'), say.sync]],
    [[say.describePortal('nope'), say.sync]],
    [[say.bind([], { statement: 'nope' }), say.sync]],
    [[say.closePortal('nope'), say.closeStatement('nope'), say.sync]],
    [[say.parse('select 1', 'twice'), say.parse('select 2', 'twice'), say.sync]],
    [[say.parse('select 1; select 2'), say.sync]],
    [[...run('')], 0],
    [[say.sync]],
  ],
  'statements by SQL': [
    q('prepare named as select id, name from items where id = $1'),
    q('execute named(3)'),
    [[say.bind(['4'], { statement: 'named' }), say.describePortal(), say.execute(), say.sync]],
    q('deallocate named'),
    [[say.bind(['4'], { statement: 'named' }), say.sync]],
    [[say.parse('select 2 as two', 'byParse'), say.sync]],
    q('execute "byParse"'),
    q('deallocate all'),
    [[say.bind([], { statement: 'byParse' }), say.sync]],
  ],
  cursors: [
    q('begin'),
    q('declare c cursor for select id from items order by id'),
    q('fetch 3 from c'),
    [[say.execute('c', 2), say.sync]],
    q('move 2 in c'),
    q('fetch 1 from c'),
    q('close c'),
    q('fetch 1 from c'),
    q('rollback'),
  ],
  copies: [
    q('copy (select id, name from items order by id limit 20) to stdout'),
    [[say.query('copy items (id, name) from stdin'), say.copyData('9100\tcopied\n9101\tcopied\n'), say.copyDone]],
    [[say.query('copy items (id, name) from stdin'), say.copyData('bad\tdata\n'), say.copyDone]],
    [[say.query('copy items (id, name) from stdin'), say.copyFail('no')]],
    [[...run('copy items (id, name) from stdin'), say.sync, say.copyData('9102\tx\n'), say.copyDone, say.sync]],
    [[...run('copy (select 1) to stdout'), say.sync]],
    q('delete from items where id > 9000'),
    [[say.copyData('ignored'), say.copyDone, say.query('select 1')]],
    [
      [
        say.query('copy items (id, name) from stdin; copy items (id, name) from stdin; select 5'),
        ...['9110\tfirst\n', '9111\tsecond\n'].flatMap(rows => [say.copyData(rows), say.copyDone]),
        say.query('select 6'),
      ],
      2,
    ],
    [
      [
        say.query('copy items (id, name) from stdin; copy items (id, name) from stdin'),
        say.copyFail('no'),
        say.copyData('9112\tnobody wants it\n'),
        say.copyDone,
        say.query('select 7'),
      ],
      2,
    ],
    q('delete from items where id >= 9110'),
  ],
  'settings and reports': [
    q("set application_name = 'renamed'"),
    q("set timezone = 'Asia/Tokyo'"),
    q('show timezone'),
    q('reset all'),
    q('discard all'),
  ],
  notifications: [q('listen ch'), q("notify ch, 'payload'"), q('unlisten ch')],
};

export async function play(client: WireClient, script: Script): Promise<string[]> {
  const heard: string[] = [];
  for (const [messages, readies = 1] of script) {
    client.clear();
    client.send(...messages);
    if (readies > 0) await client.until('Z', readies);
    heard.push(client.received.toString('latin1'));
  }
  return heard;
}

/** The process that notifies is another one for each connection, and so is the number of an error's line in another build. */
export const comparable = (text: string): string => text.replace(/A\0\0\0.(....)(?=ch\0)/gs, 'A');
