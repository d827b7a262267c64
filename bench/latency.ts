/** Latency of one client that has nobody beside it. */
import type { Endpoint } from './pgbench.ts';
import { RawClient } from './raw-client.ts';
import { printTable } from './table.ts';

const blocks = 20;

/** Microseconds, by percentile. */
export async function latency(endpoints: readonly Endpoint[], samplesEach: number): Promise<void> {
  const samples = new Map<string, number[]>(endpoints.map(({ name }) => [name, []]));
  const clients = await Promise.all(
    endpoints.map(async ({ name, url }) => ({ name, client: await RawClient.connect(url) })),
  );
  const once = async (client: RawClient, aid: number) => {
    const startedAt = process.hrtime.bigint();
    await client.query(`SELECT abalance FROM pgbench_accounts WHERE aid = ${aid};`);
    return Number(process.hrtime.bigint() - startedAt) / 1000;
  };
  for (let block = 0; block < blocks; block += 1) {
    for (const { name, client } of clients) {
      for (let n = 0; n < samplesEach / blocks; n += 1)
        samples.get(name)?.push(await once(client, 1 + ((block * 7919 + n * 31) % 90_000)));
    }
  }
  for (const { client } of clients) client.close();
  const at = (name: string, share: number) => {
    const sorted = [...(samples.get(name) ?? [])].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  };
  const row = (name: string) => [
    name,
    ...[0.5, 0.95, 0.99].map(share => at(name, share).toFixed(0)),
    name === 'direct' ? '-' : (at(name, 0.5) - at('direct', 0.5)).toFixed(0),
  ];
  printTable('Latency of one client, microseconds', [
    ['', 'p50', 'p95', 'p99', 'added p50'],
    ...endpoints.map(({ name }) => row(name)),
  ]);
}
