/** The spool under failing disks, dying processes and lost power: what was acknowledged is there, once, and the chain verifies. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RecordingError } from '../ports.ts';
import { type Disk, realDisk } from './disk.ts';
import { Died, FaultyDisk, MemoryDisk } from './disk-testing.ts';
import { SpoolDamage } from './recovery.ts';
import { Spool, type SpoolOptions } from './spool.ts';
import { appendEvent, verifyDirectory } from './spool-testing.ts';

const proxyId = '11111111-2222-4333-8444-555555555555';
const directories: string[] = [];
const spools: Spool[] = [];

const directory = () => {
  const path = mkdtempSync(join(tmpdir(), 'weir-spool-'));
  directories.push(path);
  return path;
};
const open = (path: string, disk: Disk = realDisk, more: Partial<SpoolOptions> = {}) => {
  const spool = new Spool({
    directory: path,
    disk,
    mode: 'async',
    segmentBytesMax: 1500,
    limitBytes: 1_000_000,
    reserveBytes: 100_000,
    flushIntervalMs: 1,
    retryMs: 1,
    ...more,
  });
  spools.push(spool);
  return spool;
};
const append = (spool: Spool, payload: string) =>
  appendEvent(
    spool,
    seq =>
      `{"v":1,"proxy":"${proxyId}","seq":${seq},"time":"2026-01-01T00:00:00.000Z","payload":${JSON.stringify(payload)}}`,
  );
const dispose = async (spool: Spool) => {
  await spool.close().catch(() => {});
};

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 5 });

afterEach(async () => {
  for (const spool of spools.splice(0)) await dispose(spool);
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
});

describe('spool', () => {
  it('continues the chain across segments and restarts', async () => {
    const path = directory();
    for (let run = 0; run < 3; run++) {
      const spool = open(path);
      for (let index = 0; index < 20; index++) {
        append(spool, `run ${run} event ${index} żółć \u2028 "quoted"`);
        if (index % 3 === 0) spool.commit();
      }
      await spool.close();
    }
    expect(readdirSync(path).filter(name => name.endsWith('.ndjson')).length).toBeGreaterThan(5);
    expect(verifyDirectory(realDisk, path)).toMatchObject({ first: 1, last: 60 });
  });

  it('writes and flushes what nobody commits', async () => {
    for (const mode of ['async', 'sync'] as const) {
      const path = directory();
      const spool = open(path, realDisk, { mode });
      append(spool, 'the end of the last statement');
      await eventually(() => expect(spool.state.durableSeq).toBe(1));
      expect(verifyDirectory(realDisk, path).last).toBe(1);
    }
  });

  it('has written what it committed before commit returns, and flushes it without being asked', async () => {
    const path = directory();
    const spool = open(path);
    append(spool, 'one');
    spool.commit();
    expect(verifyDirectory(realDisk, path).last).toBe(1);
    await eventually(() => expect(spool.state.durableSeq).toBe(1));
  });

  it('in mode sync has flushed before commit returns', () => {
    const disk = new FaultyDisk(realDisk);
    const spool = open(directory(), disk, { mode: 'sync' });
    append(spool, 'one');
    disk.log = [];
    spool.commit();
    expect(disk.log).toEqual(['write', 'flush']);
    expect(spool.state.durableSeq).toBe(1);
  });

  it('writes everything of one commit at once', () => {
    const disk = new FaultyDisk(realDisk);
    const spool = open(directory(), disk);
    for (let index = 0; index < 5; index++) append(spool, `${index}`);
    disk.log = [];
    spool.commit();
    expect(disk.log).toEqual(['write']);
  });

  it('removes only whole acknowledged segments, and never the one being written', async () => {
    const path = directory();
    const spool = open(path);
    for (let index = 0; index < 40; index++) {
      append(spool, `event ${index}`);
      spool.commit();
    }
    await eventually(() => expect(spool.state.durableSeq).toBe(40));
    const second = spool.state.segments[2]?.before.seq ?? 0;
    spool.acknowledge(second + 1);
    expect(verifyDirectory(realDisk, path)).toMatchObject({ first: second + 1, last: 40 });
    spool.acknowledge(40);
    expect(spool.state.segments).toHaveLength(1);
    await spool.close();
    const again = open(path);
    expect(again.state).toMatchObject({ acknowledgedSeq: 40, head: { seq: 40 } });
    append(again, 'after');
    again.commit();
    expect(verifyDirectory(realDisk, path).last).toBe(41);
  });

  it('is not healthy when full, still takes the ends of what had begun, and recovers when acknowledged', async () => {
    const path = directory();
    const spool = open(path, realDisk, { limitBytes: 10_000, reserveBytes: 2_000 });
    while (spool.healthy) {
      append(spool, 'x'.repeat(100));
      spool.commit();
    }
    append(spool, 'the end of a statement');
    spool.commit();
    expect(() => {
      for (let index = 0; index < 20; index++) {
        append(spool, 'x'.repeat(100));
        spool.commit();
      }
    }).toThrow(RecordingError);
    await eventually(() => expect(spool.state.durableSeq).toBeGreaterThan(20));
    spool.acknowledge(spool.state.durableSeq);
    await eventually(() => expect(spool.healthy).toBe(true));
    await spool.close();
    expect(verifyDirectory(realDisk, path).last).toBe(spool.state.head.seq);
  });

  it('refuses further events when the disk takes nothing for long', () => {
    const disk = new FaultyDisk(realDisk);
    const spool = open(directory(), disk, { retryMs: 60_000 });
    disk.faults = { failAt: disk.calls + 1, failures: Number.POSITIVE_INFINITY, code: 'ENOSPC' };
    append(spool, 'x');
    expect(() => spool.commit()).toThrow(RecordingError);
    expect(spool.healthy).toBe(false);
    expect(() => {
      for (let index = 0; index < 100; index++) append(spool, 'x'.repeat(1_000_000));
    }).toThrow(RecordingError);
  });
});

describe('recovery', () => {
  const filled = async (events: number) => {
    const path = directory();
    const spool = open(path, realDisk, { segmentBytesMax: 100_000 });
    for (let index = 0; index < events; index++) append(spool, `event ${index}`);
    spool.commit();
    await spool.close();
    const name = readdirSync(path).find(file => file.endsWith('.ndjson'));
    return { path, file: join(path, name as string), bytes: readFileSync(join(path, name as string)) };
  };

  it('cuts off a torn last line, wherever it is torn, and nothing else', async () => {
    const { path, file, bytes } = await filled(3);
    const start = bytes.lastIndexOf(10, bytes.length - 2) + 1;
    for (let length = start + 1; length < bytes.length; length += 7) {
      writeFileSync(file, bytes.subarray(0, length));
      const spool = open(path);
      expect(spool.tornBytes).toBe(length - start);
      expect(spool.next.seq).toBe(2);
      await spool.close();
      expect(readFileSync(file)).toEqual(bytes.subarray(0, start));
    }
  });

  it('takes a hole of zeros for what was never flushed', async () => {
    const { path, file, bytes } = await filled(5);
    const lines = bytes.toString().split('\n');
    const hole = Buffer.concat([
      Buffer.from(`${lines.slice(0, 3).join('\n')}\n`),
      Buffer.alloc(100),
      Buffer.from(`${lines[3]?.slice(100)}\n${lines[4]}\n`),
    ]);
    writeFileSync(file, hole);
    expect(open(path).next.seq).toBe(3);
  });

  it('refuses a spool in which anything was changed, and leaves it alone', async () => {
    const { path, file, bytes } = await filled(4);
    const text = bytes.toString();
    const lines = text.trimEnd().split('\n');
    const changed = [
      text.replace('event 1', 'event 9'),
      text.replace('event 3', 'event 9'),
      `${[lines[0], lines[2], lines[3]].join('\n')}\n`,
      `${[lines[0], lines[2], lines[1], lines[3]].join('\n')}\n`,
      `${lines[1]}\n${lines[2]}\n`,
      `{}\n${text}`,
    ];
    for (const content of changed) {
      writeFileSync(file, content);
      expect(() => open(path)).toThrow(SpoolDamage);
      expect(readFileSync(file, 'utf8')).toBe(content);
    }
  });

  it('refuses a spool that ends before what was acknowledged', async () => {
    const { path, file, bytes } = await filled(4);
    const spool = open(path);
    spool.acknowledge(4);
    await spool.close();
    writeFileSync(file, bytes.subarray(0, bytes.indexOf(10) + 1));
    expect(() => open(path)).toThrow(/ends at 1/);
    rmSync(file);
    expect(() => open(path)).toThrow(SpoolDamage);
  });

  it('refuses a missing segment that was not acknowledged', async () => {
    const path = directory();
    const spool = open(path);
    for (let index = 0; index < 30; index++) {
      append(spool, `event ${index}`);
      spool.commit();
    }
    await spool.close();
    const names = readdirSync(path)
      .filter(name => name.endsWith('.ndjson'))
      .sort();
    rmSync(join(path, names[1] as string));
    expect(() => open(path)).toThrow(/events are missing/);
  });
});

/** One run of a fixed workload; returns what was promised before the disk made trouble. */
async function workload(disk: Disk, path: string) {
  const promised = { committed: 0, durable: 0 };
  let spool: Spool | null = null;
  try {
    spool = open(path, disk, { segmentBytesMax: 900 });
    for (let index = 0; index < 12; index++) {
      append(spool, `event ${index}`);
      const last = append(spool, 'b'.repeat(index * 20));
      try {
        spool.commit();
        promised.committed = last;
      } catch (error) {
        if (!(error instanceof RecordingError)) throw error;
        if (error.cause instanceof Died) throw error;
      }
      if (index % 3 === 2) {
        for (let wait = 0; wait < 30 && spool.state.durableSeq < spool.state.head.seq; wait++) {
          await new Promise(resolve => setTimeout(resolve, 1));
        }
        promised.durable = Math.max(promised.durable, spool.state.durableSeq);
        spool.acknowledge(spool.state.durableSeq - 1);
      }
    }
    await spool.close();
    promised.durable = Math.max(promised.durable, spool.state.durableSeq);
  } catch {
    await spool?.close().catch(() => {});
  }
  return promised;
}

describe('faults', () => {
  it('survives the failure of every single call', async () => {
    const clean = new FaultyDisk(new MemoryDisk());
    await workload(clean, '/spool');
    for (const code of ['EIO', 'ENOSPC'] as const) {
      for (let failAt = 1; failAt <= clean.calls; failAt++) {
        const memory = new MemoryDisk();
        const disk = new FaultyDisk(memory, { failAt, code, partial: (failAt % 4) / 4 });
        const promised = await workload(disk, '/spool');
        const { next } = open('/spool', memory);
        expect(next.seq, `${code} at call ${failAt} (${disk.log[failAt - 1]})`).toBeGreaterThanOrEqual(
          promised.committed,
        );
        expect(verifyDirectory(memory, '/spool').last).toBe(next.seq);
      }
    }
  }, 60_000);

  it('survives the death of the process at every single call', async () => {
    const clean = new FaultyDisk(new MemoryDisk());
    await workload(clean, '/spool');
    for (let dieAt = 1; dieAt <= clean.calls; dieAt++) {
      const memory = new MemoryDisk();
      const disk = new FaultyDisk(memory, { dieAt, partial: (dieAt % 5) / 4 });
      const promised = await workload(disk, '/spool');
      const spool = open('/spool', memory);
      expect(spool.next.seq, `died at call ${dieAt}`).toBeGreaterThanOrEqual(promised.committed);
      append(spool, 'life goes on');
      spool.commit();
      expect(verifyDirectory(memory, '/spool').last).toBe(spool.next.seq);
    }
  }, 60_000);

  it('survives loss of power at every single call: what was flushed is there', async () => {
    const clean = new FaultyDisk(new MemoryDisk());
    await workload(clean, '/spool');
    for (let dieAt = 1; dieAt <= clean.calls; dieAt++) {
      for (let seed = 1; seed <= 4; seed++) {
        const memory = new MemoryDisk();
        const disk = new FaultyDisk(memory, { dieAt, partial: 0.5 });
        const promised = await workload(disk, '/spool');
        let state = dieAt * 7919 + seed * 104_729;
        memory.losePower(() => {
          state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
          return state / 2_147_483_648;
        });
        const { next } = open('/spool', memory);
        expect(next.seq, `power lost at call ${dieAt}, seed ${seed}`).toBeGreaterThanOrEqual(promised.durable);
        expect(verifyDirectory(memory, '/spool').last).toBe(next.seq);
      }
    }
  }, 120_000);

  it('verifies after any interleaving of append, commit, acknowledge, failure and crash', async () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('append' as const),
          text: fc.string({ maxLength: 300, unit: 'grapheme' }),
        }),
      },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('commit' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), back: fc.nat(10) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), calls: fc.integer({ min: 1, max: 3 }) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant('crash' as const),
          randoms: fc.array(fc.nat(999), { minLength: 20, maxLength: 20 }),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
        const memory = new MemoryDisk();
        let disk = new FaultyDisk(memory);
        let spool = open('/p', disk, { segmentBytesMax: 800 });
        for (const one of steps) {
          if (one.do === 'append') append(spool, one.text);
          else if (one.do === 'fail') disk.faults = { failAt: disk.calls + 1, failures: one.calls, partial: 0.4 };
          else if (one.do === 'wait') await new Promise(resolve => setTimeout(resolve, 2));
          else if (one.do === 'acknowledge') {
            try {
              spool.acknowledge(spool.state.durableSeq - one.back);
            } catch {}
          } else if (one.do === 'commit') {
            try {
              spool.commit();
            } catch (error) {
              expect(error).toBeInstanceOf(RecordingError);
            }
          } else {
            const { durableSeq } = spool.state;
            disk.faults = { dieAt: disk.calls + 1 };
            await dispose(spool);
            let index = 0;
            memory.losePower(() => (one.randoms[index++ % one.randoms.length] ?? 0) / 1000);
            disk = new FaultyDisk(memory);
            spool = open('/p', disk, { segmentBytesMax: 800 });
            expect(spool.next.seq).toBeGreaterThanOrEqual(durableSeq);
          }
        }
        disk.faults = {};
        await spool.close();
        expect(verifyDirectory(memory, '/p').last).toBe(spool.next.seq);
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
