/** Where nothing is refused or masked, a client gets the very bytes that the server would have sent it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { targetDatabase } from '#db/testing.ts';
import { startTestProxy, type TestProxy } from './proxy-testing.ts';
import { comparable, itemsSql, play, scripts } from './scripts-testing.ts';
import { WireClient } from './wire-testing.ts';

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
