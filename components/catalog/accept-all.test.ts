import { describe, expect, it } from 'vitest';
import { type AcceptAllPorts, acceptAll, type Progress } from './accept-all.ts';

const early = '2026-01-01T00:00:00.000Z';
const late = '2026-01-02T00:00:00.000Z';
const item = (id: string, createdAt = early) => ({ id, createdAt });

/** Pages one after the other, as the server would give them; what was accepted and told of. */
function desk(pages: readonly ReturnType<typeof item>[][], change: Partial<AcceptAllPorts> = {}) {
  const accepted: string[][] = [];
  const told: Progress[] = [];
  const ports: AcceptAllPorts = {
    list: async ({ cursor }) => {
      const at = Number(cursor ?? 0);
      return { items: pages[at] ?? [], nextCursor: at + 1 < pages.length ? String(at + 1) : null };
    },
    accept: async ids => {
      accepted.push([...ids]);
      return { accepted: ids.length, skipped: [] };
    },
    progress: so => told.push(so),
    ...change,
  };
  return { ports, accepted, told };
}

const nobodyStops = new AbortController().signal;

describe('accepting all suggestions of a filter', () => {
  it('goes through every page and tells how far it is', async () => {
    const { ports, accepted, told } = desk([[item('a'), item('b')], [item('c')]]);
    expect(await acceptAll(early, ports, nobodyStops)).toEqual({ accepted: 3, skipped: 0 });
    expect(accepted).toEqual([['a', 'b'], ['c']]);
    expect(told).toEqual([
      { accepted: 2, skipped: 0 },
      { accepted: 3, skipped: 0 },
    ]);
  });

  it('leaves out what the reader was not told of, and goes on behind it', async () => {
    const { ports, accepted } = desk([[item('new', late)], [item('a'), item('newer', late)], [item('b')]]);
    await acceptAll(early, ports, nobodyStops);
    expect(accepted).toEqual([['a'], ['b']]);
  });

  it('counts what others decided meanwhile', async () => {
    const { ports } = desk([[item('a'), item('b')]], {
      accept: async () => ({ accepted: 1, skipped: [{ id: 'b' }] }),
    });
    expect(await acceptAll(early, ports, nobodyStops)).toEqual({ accepted: 1, skipped: 1 });
  });

  it('accepts no further page once it was stopped', async () => {
    const stop = new AbortController();
    const { ports, accepted } = desk([[item('a')], [item('b')]], { progress: () => stop.abort() });
    expect(await acceptAll(early, ports, stop.signal)).toEqual({ accepted: 1, skipped: 0 });
    expect(accepted).toEqual([['a']]);
  });

  it('accepts nothing of a page that came after it was stopped', async () => {
    const stop = new AbortController();
    const { ports, accepted } = desk([[item('a')]], {
      list: async () => {
        stop.abort();
        return { items: [item('a')], nextCursor: null };
      },
    });
    await acceptAll(early, ports, stop.signal);
    expect(accepted).toEqual([]);
  });

  it('fails with what was refused, and has told of what was done before', async () => {
    const { ports, told } = desk([[item('a')], [item('b')]]);
    const first = ports.accept;
    ports.accept = async ids => {
      if (ids.includes('b')) throw new Error('not now');
      return first(ids);
    };
    await expect(acceptAll(early, ports, nobodyStops)).rejects.toThrow('not now');
    expect(told).toEqual([{ accepted: 1, skipped: 0 }]);
  });
});
