/** What an uncached analysis of ordinary SQL costs. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { analysisThreadLimits, defaultPoolOptions } from '#proxy/enforce/parser-pool.ts';
import { bundle } from '#scripts/bundle.mjs';
import { startPostgres } from '#scripts/postgres.ts';
import { throwAwayDir } from '#scripts/throw-away.ts';
import type { Analysed } from './analysis-thread.ts';
import { readBenchCatalog } from './catalog.ts';
import { printTable } from './table.ts';

export async function analysis(): Promise<void> {
  const server = await startPostgres({ dir: throwAwayDir('weir-bench-analyze-'), durable: false });
  const workerData = await readBenchCatalog(server.url).finally(() => server.stop());
  const resourceLimits = analysisThreadLimits(defaultPoolOptions.heapMaxMb);
  const [program = ''] = await bundle(['bench-analysis']);
  const worker = new Worker(program, { workerData, resourceLimits });
  const [{ rows, rounds, repeats }] = (await once(worker, 'message')) as [Analysed];
  printTable(`Uncached analysis, microseconds (of ${repeats} runs of ${rounds} texts the one disturbed least)`, [
    ['statement', 'parse p50', 'shape p50', 'all p50', 'all p99'],
    ...rows,
  ]);
}
