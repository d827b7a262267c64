/** Streams end when their client leaves, when their caller may no longer have them, and when the process stops. */
import { afterEach, expect, it, vi } from 'vitest';
import type { BaseContext, Caller } from './context.ts';
import { closeAllStreams, openStreamCount, streamLifetime, streamsPerCallerMax, until } from './streams.ts';
import { recheckIntervalMs } from './watch-caller.ts';

afterEach(() => vi.useRealTimers());

const nobody: Caller = { type: 'anonymous', reason: null };
const proxy: Caller = { type: 'proxy', id: 'p', name: 'edge' };
const context = (authenticate: () => Promise<Caller>) => ({ caller: proxy, authenticate }) as unknown as BaseContext;

/** Never yields, like a stream on which nothing happens; says when it was told to return. */
function quiet() {
  const returned = vi.fn();
  const source: AsyncIterator<number> = {
    next: () => new Promise(() => undefined),
    return: async () => {
      returned();
      return { done: true, value: undefined };
    },
  };
  return { source, returned };
}

const open = (caller: () => Promise<Caller> = async () => proxy, request?: AbortSignal) => {
  const { source, returned } = quiet();
  const lifetime = streamLifetime({ context: context(caller), request, permits: who => who.type === 'proxy' });
  return { ended: until(source, lifetime).next(), returned };
};
const isOver = { done: true, value: undefined };

it('gives one caller only so many, and others theirs', async () => {
  const streams = Array.from({ length: streamsPerCallerMax }, () => open());
  expect(() => open()).toThrow('streams open already');
  const other = { caller: { ...proxy, id: 'q' }, authenticate: async () => proxy } as unknown as BaseContext;
  const { release } = streamLifetime({ context: other, request: undefined, permits: () => true });
  expect(openStreamCount()).toBe(streams.length + 1);
  release();
  closeAllStreams();
  await Promise.all(streams.map(stream => stream.ended));
});

it('ends with its client', async () => {
  const client = new AbortController();
  const { ended, returned } = open(undefined, client.signal);
  client.abort();
  expect(await ended).toEqual(isOver);
  expect(returned).toHaveBeenCalledOnce();
  expect(openStreamCount()).toBe(0);
});

it('ends for a caller who was signed out meanwhile, and for one of whom nothing can be learnt', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const signedOut = open(async () => nobody);
  const unknown = open(() => Promise.reject(new Error('no database')));
  const fine = open();
  vi.advanceTimersByTime(recheckIntervalMs);
  expect(await signedOut.ended).toEqual(isOver);
  expect(await unknown.ended).toEqual(isOver);
  expect(openStreamCount()).toBe(1);
  closeAllStreams();
  expect(await fine.ended).toEqual(isOver);
});

it('ends with the process', async () => {
  const streams = [open(), open()];
  closeAllStreams();
  expect(await Promise.all(streams.map(stream => stream.ended))).toEqual([isOver, isOver]);
  expect(openStreamCount()).toBe(0);
});

it('passes on what happens, then the end of the source', async () => {
  async function* source() {
    yield 1;
    yield 2;
  }
  const lifetime = streamLifetime({ context: context(async () => proxy), request: undefined, permits: () => true });
  const seen: number[] = [];
  for await (const item of until(source(), lifetime)) seen.push(item);
  expect([seen, openStreamCount()]).toEqual([[1, 2], 0]);
});
