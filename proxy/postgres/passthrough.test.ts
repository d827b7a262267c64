/** Where nothing is refused or masked, a client gets the very bytes that the server would have sent it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { targetDatabase } from '#db/testing.ts';
import { until } from '#scripts/wait.ts';
import { startTestProxy, type TestProxy } from './proxy-testing.ts';
import { comparable, itemsSql, play, scripts } from './scripts-testing.ts';
import { say, WireClient } from './wire-testing.ts';

let url: string;
let proxy: TestProxy;
let slow: TestProxy;

beforeAll(async () => {
  url = (await targetDatabase({ sql: itemsSql })).url;
  proxy = await startTestProxy({ upstreamUrl: url });
  slow = await startTestProxy({ upstreamUrl: url, rules: { isSlow: true } });
});

afterAll(async () => {
  await proxy.close();
  await slow.close();
});

describe.each(Object.entries(scripts))('%s', (_, script) => {
  it.each([
    ['with rulings at hand', () => proxy],
    ['with rulings that come later', () => slow],
  ])('are as direct %s', async (_name, which) => {
    const direct = await WireClient.direct(url);
    const governed = await WireClient.through(which().port);
    const expected = (await play(direct, script)).map(comparable);
    const got = (await play(governed, script)).map(comparable);
    for (const [index, answer] of expected.entries())
      expect({ step: index, answer: got[index] }).toEqual({ step: index, answer });
    expect(which().crashes).toEqual([]);
    direct.close();
    governed.close();
  });
});

it('reports the parameters of the server as they are', async () => {
  const parameters = { application_name: 'reporter', TimeZone: 'Asia/Tokyo' };
  const direct = await WireClient.direct(url, parameters);
  const governed = await WireClient.through(proxy.port, { parameters: Object.entries(parameters) });
  expect(governed.parameters).toEqual({
    ...direct.parameters,
    session_authorization: governed.parameters.session_authorization,
  });
  direct.close();
  governed.close();
});

it('keeps what a client that stops reading has not taken yet', async () => {
  const rows = say.query('select n, repeat(md5(n::text), 128) from generate_series(1, 5000) n -- in its own time');
  const direct = await WireClient.direct(url);
  const expected = await direct.ask(rows);
  const governed = await WireClient.through(proxy.port);
  governed.clear();
  governed.pause();
  governed.send(rows);
  const waits = say.query("select from pg_stat_activity where query like '%own time' and wait_event = 'ClientWrite'");
  await until('the server to wait', async () => (await direct.ask(waits)).some(({ type }) => type === 'D'), {
    timeoutMs: 15_000,
  });
  governed.resume();
  const got = await governed.until('Z');
  expect(got.length).toBe(expected.length);
  expect(got.findIndex(({ body }, index) => !body.equals(expected[index]?.body ?? Buffer.alloc(0)))).toBe(-1);
  direct.close();
  governed.close();
});
