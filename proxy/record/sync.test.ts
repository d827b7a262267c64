/** Sending the spool: in order, at least once, through failures, restarts and a control plane that forgot. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { realDisk } from './disk.ts';
import { Spool } from './spool.ts';
import { appendEvent, EventStore } from './spool-testing.ts';
import { type Push, type PushOutcome, Sync } from './sync.ts';

let directory: string;
let store: EventStore;
let calls: number[];
let answers: (PushOutcome | 'lost')[];
let states: string[];
const closing: (() => Promise<void>)[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-sync-'));
  store = new EventStore();
  calls = [];
  answers = [];
  states = [];
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  rmSync(directory, { recursive: true, force: true });
});

const push: Push = async compressed => {
  const text = gunzipSync(compressed).toString();
  const answer = answers.shift();
  if (answer && answer !== 'lost') return answer;
  const acknowledged = store.ingest(text);
  calls.push(text.split('\n').length - 1);
  // The events arrived, the answer did not.
  if (answer === 'lost') return { ok: false, reason: 'unavailable', message: 'connection reset' };
  return { ok: true, acknowledged };
};

const start = (more: Partial<ConstructorParameters<typeof Sync>[0]> = {}) => {
  const spool = new Spool({
    directory,
    disk: realDisk,
    mode: 'async',
    segmentBytesMax: 4_000,
    limitBytes: 10_000_000,
    reserveBytes: 1_000,
    flushIntervalMs: 1,
    retryMs: 5,
  });
  const sync = new Sync({
    spool,
    disk: realDisk,
    push,
    onState: state => states.push(`${state.ok} ${state.message}`),
    lingerMs: 1,
    retryMs: { first: 1, most: 5 },
    ...more,
  });
  sync.start();
  const stop = async () => {
    await sync.stop();
    await spool.close();
  };
  closing.push(stop);
  const crash = async () => {
    closing.splice(closing.indexOf(stop), 1);
    await sync.stop();
    await spool.close();
  };
  return { spool, sync, crash };
};

const record = (spool: Spool, count: number, payload = 'x') => {
  for (let index = 0; index < count; index++) {
    appendEvent(
      spool,
      seq => `{"v":1,"proxy":"11111111-2222-4333-8444-555555555555","seq":${seq},"payload":"${payload}"}`,
    );
    spool.commit();
  }
};

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 5 });

describe('sync', () => {
  it('sends everything once, in batches, and removes acknowledged segments', async () => {
    const { spool, sync } = start({ limits: { events: 50, bytes: 1_000_000 } });
    record(spool, 333);
    await eventually(() => expect(store.last).toBe(333));
    await eventually(() => expect(sync.behind).toBe(false));
    expect(Math.max(...calls)).toBeLessThanOrEqual(50);
    expect(store.repeated).toBe(0);
    expect(spool.state.segments).toHaveLength(1);
    record(spool, 2);
    await eventually(() => expect(store.last).toBe(335));
  });

  it('sends again what was not acknowledged, and says once that it cannot send', async () => {
    answers = ['lost', { ok: false, reason: 'unavailable', message: 'ECONNREFUSED' }, 'lost'];
    const { spool } = start({ limits: { events: 10, bytes: 1_000_000 } });
    record(spool, 25);
    await eventually(() => expect(store.last).toBe(25));
    await eventually(() => expect(states).toHaveLength(2));
    expect(states).toEqual(['false connection reset', 'true events are being sent again']);
    expect(store.repeated).toBeGreaterThan(0);
  });

  it('resumes after a restart from what was acknowledged', async () => {
    const first = start();
    record(first.spool, 120);
    await eventually(() => expect(first.sync.behind).toBe(false));
    await first.crash();
    answers = [];
    const before = store.repeated;
    const second = start();
    record(second.spool, 30);
    await eventually(() => expect(store.last).toBe(150));
    expect(store.repeated).toBe(before);
  });

  it('goes back when the control plane has less than it acknowledged, as far as the spool still reaches', async () => {
    const { spool } = start();
    record(spool, 40);
    await eventually(() => expect(store.last).toBe(40));
    store.forgetAfter(38);
    record(spool, 1);
    await eventually(() => expect(store.last).toBe(41));
  });

  it('makes smaller batches when told that they are too large', async () => {
    const tooLarge = { ok: false, reason: 'split', message: 'too large' } as const;
    answers = [tooLarge, tooLarge];
    const { spool } = start({ limits: { events: 1000, bytes: 1_000_000 }, lingerMs: 20 });
    record(spool, 100);
    await eventually(() => expect(store.last).toBe(100));
    expect(calls[0]).toBeLessThanOrEqual(26);
  });

  it('sends a line larger than a batch alone', async () => {
    const { spool } = start({ limits: { events: 1000, bytes: 2_000 } });
    record(spool, 3);
    record(spool, 1, 'y'.repeat(1_500_000));
    record(spool, 3);
    await eventually(() => expect(store.last).toBe(7));
  });

  it('keeps asking while another chain is on the other side, and loses nothing', async () => {
    answers = Array.from({ length: 5 }, () => ({ ok: false, reason: 'conflict', message: 'another chain' }) as const);
    const { spool } = start();
    record(spool, 5);
    await eventually(() => expect(store.last).toBe(5));
    expect(states[0]).toBe('false another chain');
  });
});
