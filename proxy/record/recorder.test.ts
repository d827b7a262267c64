/** What the recorder writes is what was drafted, whichever way it came; literals can be read by the control plane alone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyChain } from '#core/event/chain.ts';
import { eventSchema } from '#core/event/schema.ts';
import { openContentKey, openSealed, openSealedFor } from '#core/event/seal.ts';
import { serialize } from '#core/event/serialize.ts';
import { generateSealingKey } from '#core/identity/key.ts';
import { type EventDraft, RecordingError } from '../ports.ts';
import { realDisk } from './disk.ts';
import { faultyRealDisk } from './disk-testing.ts';
import { SpoolRecorder } from './recorder.ts';
import { Spool, spoolDefaults } from './spool.ts';
import { verifyDirectory, independentHash as verifyHash } from './spool-testing.ts';

const proxyId = '11111111-2222-4333-8444-555555555555';
const session = '99999999-2222-4333-8444-555555555555';
let directory: string;
let spool: Spool;
let recorder: SpoolRecorder;

const start = (disk = realDisk) => {
  spool = new Spool({ ...spoolDefaults, directory, disk, flushIntervalMs: 1 });
  const clock = { nowMs: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678), nowUs: () => 0 };
  recorder = new SpoolRecorder({ spool, clock, proxyId });
};
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-recorder-'));
  start();
});
afterEach(async () => {
  await spool.close().catch(() => {});
  rmSync(directory, { recursive: true, force: true });
});

const written = () => verifyDirectory(realDisk, directory).bodies.map(body => JSON.parse(body) as unknown);

describe('recorder', () => {
  it('numbers, stamps and chains events that the schema accepts', () => {
    recorder.append({ type: 'proxy.start', version: '1', host: 'h' });
    recorder.append({ type: 'proxy.stop', reason: 'SIGTERM' });
    recorder.commit();
    expect(written()).toEqual([
      { v: 1, proxy: proxyId, seq: 1, time: '2026-01-02T03:04:05.678Z', type: 'proxy.start', version: '1', host: 'h' },
      { v: 1, proxy: proxyId, seq: 2, time: '2026-01-02T03:04:05.678Z', type: 'proxy.stop', reason: 'SIGTERM' },
    ]);
    for (const event of written()) expect(() => eventSchema.parse(event)).not.toThrow();
  });

  it('gives the same bytes for a draft and for its fragment with a tail', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1 }), (text, statement) => {
        const draft = { type: 'session.end', reason: text, session, statements: statement } as unknown as EventDraft;
        const { statements: _, ...rest } = draft as unknown as Record<string, unknown>;
        const before = spool.next.seq;
        recorder.append(draft);
        const fragment = `"type":"session.end","reason":${JSON.stringify(text)},"session":"${session}"`;
        recorder.appendFragment(fragment, `"statements":${statement}`);
        recorder.appendFragment(`${fragment},"statements":${statement}`, '');
        const tail = `"reason":${JSON.stringify(text)},"session":"${session}","statements":${statement}`;
        recorder.appendFragment('"type":"session.end"', tail);
        recorder.commit();
        const [one, two, three, four] = verifyDirectory(realDisk, directory).bodies.slice(before);
        const neutral = (body: string | undefined) => body?.replace(/"seq":\d+/, '"seq":0');
        expect(neutral(two)).toBe(neutral(one));
        expect(neutral(three)).toBe(neutral(one));
        expect(neutral(four)).toBe(neutral(one));
        expect(rest).toBeDefined();
      }),
      { numRuns: 50 },
    );
  });

  it('writes the same text as core does for an event', () => {
    recorder.append({ type: 'proxy.fault', code: 'x', message: 'y "z" \n', session: null });
    recorder.append({
      type: 'statement.completed',
      session,
      statement: 7,
      outcome: 'ok',
      tag: 'SELECT "1"',
      rows: 1,
      bytes: 2,
      maskedCells: 3,
      durationUs: 4,
      sqlstate: null,
    });
    recorder.commit();
    const { bodies } = verifyDirectory(realDisk, directory);
    for (const body of bodies) expect(serialize(eventSchema.parse(JSON.parse(body)))).toBe(body);
    expect(verifyChain(spoolLines())).toMatchObject({ ok: true, count: 2 });
  });

  it('refuses what it cannot write, and an event too large to be sent', () => {
    expect(() => recorder.append({ type: 'proxy.stop', reason: 'x'.repeat(4_000_000) })).toThrow(RecordingError);
    const disk = faultyRealDisk();
    directory = mkdtempSync(join(tmpdir(), 'weir-recorder-'));
    start(disk);
    disk.faults = { failAt: disk.calls + 1, failures: Number.POSITIVE_INFINITY, code: 'ENOSPC' };
    recorder.append({ type: 'proxy.stop', reason: '' });
    expect(() => recorder.commit()).toThrow(RecordingError);
    expect(recorder.healthy).toBe(false);
    disk.faults = {};
  });

  const print = 'f'.repeat(64);

  it('seals literals to the key of the control plane, which it introduces once', async () => {
    expect(() => recorder.seal(['x'], print)).toThrow(RecordingError);
    const key = await generateSealingKey();
    await recorder.useLiteralsKey(key.public);
    await recorder.useLiteralsKey({ ...key.public });
    expect(recorder.seal([], print)).toBeNull();
    const sealed = recorder.seal(['secret@example.com', '4711'], print);
    const events = written() as { type: string; key: string; jwe: string }[];
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ type: 'proxy.key', key: sealed?.key, jwe: recorder.contentKeyJwe });
    expect(JSON.stringify(sealed)).not.toContain('secret');
    const opened = await openContentKey(events[0]?.jwe ?? '', key.private);
    if (!opened.ok || !sealed) throw new Error('not opened');
    expect(openSealed(sealed, opened.value).ok).toBe(false);
    expect(openSealedFor(sealed, opened.value, '0'.repeat(64)).ok).toBe(false);
    expect(openSealedFor(sealed, opened.value, print)).toMatchObject({
      ok: true,
      value: { literals: ['secret@example.com', '4711'] },
    });
    const next = await generateSealingKey();
    await recorder.useLiteralsKey(next.public);
    expect(recorder.seal(['x'], print)?.key).not.toBe(sealed.key);
  });
});

function spoolLines() {
  let prev = '0'.repeat(64);
  return verifyDirectory(realDisk, directory).bodies.map(body => {
    const line = { prev, hash: verifyHash(prev, body), body };
    prev = line.hash;
    return line;
  });
}
