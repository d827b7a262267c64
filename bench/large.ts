/** Large results: the same rows as they are and with two of ten columns masked, read by SELECT and by COPY. */
import type { Rig } from '#scripts/rig/rig.ts';
import type { Endpoint } from './pgbench.ts';
import { cpuSeconds, memoryDuring } from './process.ts';
import { RawClient } from './raw-client.ts';
import { printTable } from './table.ts';
import { wideRows } from './target.ts';

/** The best of some rounds, each endpoint once per round. */
export type Interleaved = (
  endpoints: readonly Endpoint[],
  measure: (at: Endpoint) => Promise<number>,
) => Promise<Map<string, number>>;

const reads = [
  { name: 'select', masked: 'no', text: 'select * from wide' },
  { name: 'select', masked: '2 of 10', text: 'select * from wide_masked' },
  { name: 'copy', masked: 'no', text: 'copy wide to stdout' },
  { name: 'copy', masked: '2 of 10', text: 'copy wide_masked to stdout' },
] as const;

const ratio = (value: number, to: number | undefined): string => (to ? (value / to).toFixed(2) : '-');

/** Seconds it takes on a connection of its own. */
async function readAll({ url }: Endpoint, text: string): Promise<number> {
  const client = await RawClient.connect(url);
  const startedAt = performance.now();
  await client.query(text);
  const seconds = (performance.now() - startedAt) / 1000;
  client.close();
  return seconds;
}

export async function largeReads(endpoints: readonly Endpoint[], rig: Rig, interleaved: Interleaved): Promise<void> {
  const rows: string[][] = [];
  let unmasked = 0;
  for (const { text } of reads) for (const at of endpoints) await readAll(at, text);
  for (const { name, masked, text } of reads) {
    const cpu: number[] = [];
    const read = async ({ name: endpoint, url }: Endpoint) => {
      const before = cpuSeconds(rig.proxy.pid());
      const seconds = await readAll({ name: endpoint, url }, text);
      if (endpoint === 'weir') cpu.push(cpuSeconds(rig.proxy.pid()) - before);
      return wideRows / seconds;
    };
    const { value: perSecond, growthBytes } = await memoryDuring(rig.proxy.pid(), () => interleaved(endpoints, read));
    const [direct = 0, bouncer, weir = 0] = ['direct', 'pgbouncer', 'weir'].map(endpoint => perSecond.get(endpoint));
    const isMasked = masked !== 'no';
    rows.push([
      name,
      masked,
      ...[direct, bouncer, weir].map(value => (value === undefined ? '-' : `${(value / 1000).toFixed(0)} k`)),
      ratio(weir, direct),
      ratio(weir, bouncer),
      isMasked ? ratio(weir, unmasked) : '-',
      ((Math.min(...cpu) / wideRows) * 1e6).toFixed(1),
      `${(growthBytes / 1024 / 1024).toFixed(1)} MiB`,
    ]);
    if (!isMasked) unmasked = weir;
  }
  printTable(`Large reads, rows per second (${wideRows.toLocaleString('en')} rows of 10 text columns)`, [
    [
      'read by',
      'masked',
      'direct',
      'pgbouncer',
      'weir',
      'weir/direct',
      'weir/pgbouncer',
      'masked/unmasked',
      'cpu µs per row',
      'memory growth',
    ],
    ...rows,
  ]);
}
