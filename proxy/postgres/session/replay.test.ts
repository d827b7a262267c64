/** Conversations recorded between real clients and a real server, cut in every way TCP may cut them: the session makes the same of them. */
import fs from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bench, bench, pieces } from './session-testing.ts';

type Piece = { from: 'client' | 'server'; bytes: Buffer };

const folder = new URL('../wire/cases/', import.meta.url);
const cases = fs.readdirSync(folder).map((file): [string, Piece[]] => {
  const recorded = JSON.parse(fs.readFileSync(new URL(file, folder), 'utf8')) as {
    from: Piece['from'];
    bytes: string;
  }[];
  return [
    file.replace('.json', ''),
    recorded.map(({ from, bytes }) => ({ from, bytes: Buffer.from(bytes, 'base64') })),
  ];
});

async function replay(
  conversation: readonly Piece[],
  cutsOf: (piece: Piece, index: number) => number[],
  isSlow = false,
) {
  const one = bench({ isSlow });
  for (const [index, piece] of conversation.entries()) {
    for (const part of pieces(piece.bytes, cutsOf(piece, index))) {
      one[piece.from](part);
      if (isSlow) await one.settle();
    }
  }
  return one;
}

const said = (conversation: readonly Piece[], from: Piece['from']): Buffer =>
  Buffer.concat(conversation.filter(piece => piece.from === from).map(piece => piece.bytes));

/** What a server must see of the client: all of it but the good-bye, which the proxy says itself. */
function expectFaithful(one: Bench, conversation: readonly Piece[]): void {
  const fromClient = said(conversation, 'client');
  const isTerminated = fromClient.subarray(-5).equals(Buffer.from('X\0\0\0\x04'));
  expect(one.sent.server().toString('latin1')).toBe(
    fromClient.subarray(0, isTerminated ? -5 : undefined).toString('latin1'),
  );
  expect(one.sent.client().toString('latin1')).toBe(said(conversation, 'server').toString('latin1'));
  expect(one.faults).toEqual([]);
  expect(one.session.queue.length).toBe(0);
}

describe.each(cases)('%s', (_, conversation) => {
  it('passes whole', async () => {
    expectFaithful(await replay(conversation, () => []), conversation);
    expectFaithful(await replay(conversation, () => [], true), conversation);
  });

  it('passes byte by byte', async () => {
    expectFaithful(await replay(conversation, ({ bytes }) => [...bytes.keys()]), conversation);
  });

  it('passes with any one cut', async () => {
    // Every cut of every piece is tried, one of each piece at a time.
    const longest = Math.max(...conversation.map(({ bytes }) => bytes.length));
    for (let cut = 1; cut < longest; cut += 1) {
      expectFaithful(await replay(conversation, ({ bytes }) => [cut % bytes.length]), conversation);
    }
  });

  it('passes with any cuts, whether rulings are at hand or not', async () => {
    const cuts = fc.array(fc.array(fc.nat(400), { maxLength: 8 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.boolean(), async (given, isSlow) => {
        expectFaithful(await replay(conversation, (__, at) => given[at % given.length] ?? [], isSlow), conversation);
      }),
      { numRuns: 60 },
    );
  });
});

it('every statement of them is recorded once, and completed once', async () => {
  for (const [, conversation] of cases) {
    const { recorder } = await replay(conversation, () => []);
    const numbers = (type: string) => recorder.of(type).map(event => event.statement);
    expect(numbers('statement.completed').sort()).toEqual(numbers('statement.decided').sort());
    expect(new Set(numbers('statement.decided')).size).toBe(numbers('statement.decided').length);
  }
});
