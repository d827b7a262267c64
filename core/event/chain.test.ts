import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chainStart, controlSource, nextLine, verifyChain } from './chain.ts';
import { type Event, type EventLine, eventSchema, zeroHash } from './schema.ts';
import { serialize, stableJson } from './serialize.ts';

const proxy = '33333333-3333-4333-8333-333333333333';
const event = (seq: number, reason = 'done'): Event => ({
  v: 1,
  proxy,
  seq,
  time: '2026-11-21T00:00:00.000Z',
  type: 'proxy.stop',
  reason,
});

function chain(length: number): EventLine[] {
  const lines: EventLine[] = [];
  let prev = zeroHash;
  for (let seq = 1; seq <= length; seq += 1) {
    const line = nextLine(prev, serialize(event(seq, `é ${seq}`)));
    lines.push(line);
    prev = line.hash;
  }
  return lines;
}

test('the hash is SHA-256 over the previous one in hex and the body', () => {
  const line = nextLine(zeroHash, '{"é":1}');
  expect(line.hash).toBe(createHash('sha256').update(`${zeroHash}{"é":1}`, 'utf8').digest('hex'));
});

test('a whole chain and each of its continuations verify', () => {
  const lines = chain(8);
  expect(verifyChain(lines)).toEqual({ ok: true, count: 8, head: { hash: lines[7]!.hash, seq: 8 } });
  expect(verifyChain([])).toEqual({ ok: true, count: 0, head: chainStart });
  for (let at = 1; at < lines.length; at += 1) {
    const from = { hash: lines[at - 1]!.hash, seq: at };
    expect(verifyChain(lines.slice(at), { from, writer: proxy })).toMatchObject({ ok: true, count: 8 - at });
  }
});

test('every change is found, at the first place it can be', () => {
  const lines = chain(6);
  const broken = (change: (lines: EventLine[]) => EventLine[], index: number) => {
    const result = verifyChain(change(structuredClone(lines)), { writer: proxy });
    expect(result).toMatchObject({ ok: false, index });
  };
  for (let at = 0; at < 6; at += 1) {
    broken(all => all.with(at, { ...all[at]!, body: all[at]!.body.replace('é', 'e') }), at);
    broken(all => all.with(at, { ...all[at]!, hash: all[at]!.hash.replace(/^./, c => (c === '0' ? '1' : '0')) }), at);
    broken(all => [...all.slice(0, at), all[at]!, ...all.slice(at)], at + 1);
    if (at < 5) broken(all => all.toSpliced(at, 1), at);
    if (at < 5) broken(all => all.with(at, all[at + 1]!).with(at + 1, all[at]!), at);
  }
  // Rewritten with right hashes, but with a gap in the numbers or by another proxy.
  const skipped = nextLine(lines[5]!.hash, serialize(event(8)));
  broken(all => [...all, skipped], 6);
  const foreign = nextLine(lines[5]!.hash, serialize({ ...event(7), proxy: '44444444-4444-4444-8444-444444444444' }));
  broken(all => [...all, foreign], 6);
  expect(verifyChain([...lines, foreign])).toMatchObject({ ok: false, index: 6 });
  expect(verifyChain([{ nonsense: true }])).toMatchObject({ ok: false, index: 0 });
});

test('the control plane’s own chain names its source, and is a chain like others', () => {
  const line = (seq: number, prev: string, source: string) =>
    nextLine(prev, JSON.stringify({ v: 1, source, seq, type: 'identity.sign_in' }));
  const first = line(1, chainStart.hash, controlSource);
  const second = line(2, first.hash, controlSource);
  expect(verifyChain([first, second])).toMatchObject({ ok: true, count: 2 });
  expect(verifyChain([first, second], { writer: controlSource })).toMatchObject({ ok: true, count: 2 });
  const elses = line(2, first.hash, '44444444-4444-4444-8444-444444444444');
  expect(verifyChain([first, elses])).toMatchObject({ ok: false, index: 1 });
});

test('serialising is independent of the order of members and loses nothing', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), value => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      expect(stableJson(reversed)).toBe(stableJson(value));
      expect(JSON.parse(stableJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  const text = serialize(event(3));
  expect(text.startsWith('{"v":1,"proxy":"')).toBe(true);
  expect(eventSchema.parse(JSON.parse(text))).toEqual(event(3));
});
