/** Under a policy that allows everything, with the real analysis in between, a client gets what the server would have sent. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { targetDatabase } from '#db/testing.ts';
import { comparable, itemsSql, play, scripts } from '../postgres/scripts-testing.ts';
import { cut, fieldsOf, say, WireClient } from '../postgres/wire-testing.ts';
import { allowAll, type Governed, startGoverned } from './governed-testing.ts';

let url: string;
let proxy: Governed;

beforeAll(async () => {
  url = (await targetDatabase({ sql: itemsSql })).url;
  proxy = await startGoverned({ upstreamUrl: url, policies: [allowAll] });
});

afterAll(() => proxy.close());

/** Our own errors have no place in the server's source; everything else is the same. */
const withoutOrigin = (answer: string): string[] =>
  cut(Buffer.from(answer, 'latin1')).map(({ type, body }) => {
    if (type !== 'E') return type + body.toString('latin1');
    const { F, L, R, H, ...rest } = fieldsOf(body);
    return `E${JSON.stringify(rest)}`;
  });

describe.each(Object.entries(scripts))('%s', (_, script) => {
  it('are as direct', async () => {
    const direct = await WireClient.direct(url);
    const governed = await WireClient.through(proxy.port);
    const expected = (await play(direct, script)).map(comparable).map(withoutOrigin);
    const got = (await play(governed, script)).map(comparable).map(withoutOrigin);
    for (const [index, answer] of expected.entries())
      expect({ step: index, answer: got[index] }).toEqual({ step: index, answer });
    expect(proxy.crashes).toEqual([]);
    direct.close();
    governed.close();
  });
});

it.each([
  'select 1 from items order by 7',
  'select 1 from items i, items i',
  'with a as (select 1), a as (select 2) select 1',
  'select 1 union select 1, 2',
  'call no_such_procedure(1)',
  'insert into items (id) values (1, 2)',
])('%s has the state and the words of the server', async text => {
  const [direct, governed] = [await WireClient.direct(url), await WireClient.through(proxy.port)];
  const [expected, got] = await Promise.all(
    [direct, governed].map(async client => {
      const { C, M, H } = fieldsOf((await client.ask(say.query(text)))[0]?.body as Buffer);
      return { C, M, H };
    }),
  );
  expect(got).toEqual(expected);
  direct.close();
  governed.close();
});

it.each([
  'select no_such_function(1, $$x$$)',
  'select lower(1)',
  "select 1 + 'a'::text",
  'select - date $$2026-01-01$$',
  'select * from generate_series(true)',
  'select relnam from pg_class',
  'select pg_class.relname from pg_class c',
])('%s is explained as the server explains it', async text => {
  const [direct, governed] = [await WireClient.direct(url), await WireClient.through(proxy.port)];
  const [expected, got] = await Promise.all(
    [direct, governed].map(async client => {
      const heard = await client.ask(say.query(text));
      const { F, L, R, ...rest } = fieldsOf(heard[0]?.body as Buffer);
      return rest;
    }),
  );
  expect(expected?.H).toMatch(/You might need to add|Perhaps you meant/);
  expect(got).toEqual(expected);
  direct.close();
  governed.close();
});
