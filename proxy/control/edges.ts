/**
 * Where data goes inside a database: what views and functions are made of, found by the analyser. In a parser thread of its own that
 * ends afterwards, because definitions are texts that people wrote.
 */
import { Worker } from 'node:worker_threads';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import type { Lineage } from '#core/sql/lineage.ts';
import type { FromWorker, ToWorker } from '../enforce/parser-protocol.ts';
import { parserWorkerEntry } from '../enforce/parser-worker-entry.ts';

const timeoutDefaultMs = 60_000;
const limits = { maxOldGenerationSizeMb: 512, stackSizeMb: 8 };

/** Rejects when the analyser broke or took too long: then the catalog is told without lineage. */
export async function lineageOfCatalog(data: CatalogData, timeoutMs = timeoutDefaultMs): Promise<Lineage> {
  const worker = new Worker(await parserWorkerEntry(), { resourceLimits: limits, stdout: false, stderr: false });
  worker.unref();
  const send = (message: ToWorker) => worker.postMessage(message);
  const ask = () => {
    send({ type: 'catalog', id: 1, base: null, json: JSON.stringify(data) });
    send({ type: 'lineage', job: 1, catalog: 1 });
  };
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Lineage>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('the lineage of the catalog took too long')), timeoutMs);
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('the parser thread ended')));
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'lineage') resolve(message.lineage);
        else if (message.type === 'failure') reject(new Error(message.message));
        else if (message.type === 'ready') ask();
      });
    });
  } finally {
    clearTimeout(timer);
    void worker.terminate();
  }
}
