/** Random conversations, held with a real server directly and through the proxy: the answers are the same, byte by byte. The server is the model. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { targetDatabase } from '#db/testing.ts';
import { allowAll, startGoverned } from '../enforce/governed-testing.ts';
import { startTestProxy, type TestProxy } from './proxy-testing.ts';
import { itemsSql } from './scripts-testing.ts';
import { cut, fieldsOf, say, WireClient } from './wire-testing.ts';

let url: string;
const proxies: Record<string, TestProxy> = {};

beforeAll(async () => {
  url = (await targetDatabase({ sql: `${itemsSql} insert into parent values (1);` })).url;
  proxies.open = await startTestProxy({ upstreamUrl: url });
  proxies.slow = await startTestProxy({ upstreamUrl: url, rules: { isSlow: true } });
  proxies.governed = await startGoverned({ upstreamUrl: url, policies: [allowAll] });
});

afterAll(async () => {
  for (const proxy of Object.values(proxies)) await proxy.close();
});

const texts = [
  'select 1',
  'select g, null from generate_series(1, 3) g',
  'select 1/0',
  'selekt',
  '',
  'begin',
  'commit',
  'rollback',
  'savepoint a',
  'rollback to a',
  'release a',
  "set timezone = 'Asia/Tokyo'",
  'set local search_path = pg_catalog',
  'show search_path',
  'declare c cursor for select generate_series(1, 5)',
  'fetch 2 from c',
  'close c',
  'prepare sp as select 7',
  'execute sp',
  'deallocate sp',
  'copy (select 1) to stdout',
  "do $$ begin raise notice 'seen'; end $$",
  'insert into parent values (1) on conflict do nothing',
  'insert into child values (99)',
] as const;

/** What changes the catalog, which the test gate does not follow. */
const defining = ['create temp table made (a int)', 'drop table if exists made', 'select count(a) from made'] as const;

/** PostgreSQL looks for these names when it runs a statement; the analyser has to know them when it is parsed. */
const early = /^(execute|fetch)/;

const statement = fc.constantFrom('', 's', 'sp');
const portal = fc.constantFrom('', 'p', 'c');
const chunkOf = (text: fc.Arbitrary<string>) =>
  fc.array(
    fc.oneof(
      { weight: 4, arbitrary: text.map(sql => say.query(sql)) },
      { weight: 4, arbitrary: fc.tuple(text, statement).map(([sql, name]) => say.parse(sql, name)) },
      {
        weight: 4,
        arbitrary: fc
          .record({ portal, statement, results: fc.constantFrom([], [1]) })
          .map(options => say.bind([], { ...options, results: [...options.results] })),
      },
      { weight: 2, arbitrary: statement.map(name => say.describeStatement(name)) },
      { weight: 2, arbitrary: portal.map(name => say.describePortal(name)) },
      {
        weight: 4,
        arbitrary: fc.tuple(portal, fc.constantFrom(0, 1, 2)).map(([name, rows]) => say.execute(name, rows)),
      },
      { weight: 1, arbitrary: statement.map(name => say.closeStatement(name)) },
      { weight: 1, arbitrary: portal.map(name => say.closePortal(name)) },
      { weight: 4, arbitrary: fc.constant(say.sync) },
      { weight: 1, arbitrary: fc.constantFrom(say.flush, say.copyData('x'), say.copyDone) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(text, statement, portal)
          .map(([sql, name, to]) =>
            Buffer.concat([
              say.parse(sql, name),
              say.bind([], { statement: name, portal: to }),
              say.describePortal(to),
              say.execute(to),
              say.sync,
            ]),
          ),
      },
    ),
    { minLength: 1, maxLength: 6 },
  );

const marker = 'the end of it';

/** Sends chunk by chunk, each once something came for the last or nothing will, and then something that ends it all. */
async function hold(client: WireClient, chunks: readonly Buffer[][]): Promise<string> {
  for (const messages of chunks) {
    client.send(...messages);
    await new Promise(resolve => setImmediate(resolve));
  }
  client.send(say.sync, say.query('rollback'), say.query(`select '${marker}'`));
  const deadline = Date.now() + 20_000;
  const isOver = () =>
    client.received.includes(marker) && client.received.subarray(-6, -1).toString('latin1') === 'Z\0\0\0\x05';
  while (!isOver() && !client.isClosed) {
    if (Date.now() > deadline) break;
    await new Promise(resolve => setTimeout(resolve, 1));
  }
  client.close();
  return readable(client.received);
}

/** Our own errors do not come from a line of the server's source. */
function readable(received: Buffer): string {
  return cut(received)
    .map(({ type, body }) => {
      if (type !== 'E') return `${type} ${body.toString('latin1')}`;
      const { F, L, R, H, ...rest } = fieldsOf(body);
      return `E ${JSON.stringify(rest)}`;
    })
    .join('\n');
}

/** A unit without Sync, at a moment at which the server has to be asked something; and a portal that failed while it was bound. */
const examples: [Buffer[][]][] = [
  [
    [
      [say.query('begin'), say.parse('select 1/0'), say.bind([]), say.sync],
      [say.describePortal(''), say.execute('', 0), say.execute('', 1), say.closePortal('')],
    ],
  ],
  [
    [
      [say.query('begin'), say.parse('select 1/0'), say.bind([], { portal: 'p' }), say.sync],
      [say.describePortal('p'), say.execute('p', 0), say.execute('c', 0)],
    ],
  ],
  [[[say.query(texts[21]), say.closePortal('p'), say.query('select 1')]]],
  [[[say.query(texts[21]), say.parse('select 1', 's'), say.bind([], { statement: 's' }), say.query('select 1')]]],
];

describe.each([
  // The gate of these tests does not know what EXECUTE will answer.
  ['open', 150, texts.filter(each => each !== 'execute sp')],
  ['slow', 60, texts.filter(each => each !== 'execute sp')],
  ['governed', 120, [...texts.filter(each => !early.test(each)), ...defining]],
] as const)('%s', (name, numRuns, said) => {
  const chunk = chunkOf(fc.constantFrom(...said));
  it('answers as the server does', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { minLength: 1, maxLength: 6 }), async chunks => {
        const proxy = proxies[name] as TestProxy;
        const direct = await WireClient.direct(url);
        const through = await WireClient.through(proxy.port);
        direct.clear();
        through.clear();
        const expected = await hold(direct, chunks);
        const got = await hold(through, chunks);
        expect(got).toBe(expected);
        expect(proxy.crashes).toEqual([]);
      }),
      { numRuns, examples },
    );
  });
});
