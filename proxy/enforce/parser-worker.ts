/** The body of a disposable parser thread: holds catalogs, analyses one text at a time, and ends at the first sign of damage. */
import { parentPort } from 'node:worker_threads';
import { type Catalog, catalogOf } from '#core/catalog/lookup.ts';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import { must } from '#core/contract/assert.ts';
import { analyze } from '#core/sql/analyze.ts';
import { lineageOf } from '#core/sql/lineage.ts';
import { loadParser } from '#core/sql/parse.ts';
import type { FromWorker, ToWorker } from './parser-protocol.ts';

const port = must(parentPort, 'the parser worker runs in a worker thread');
const catalogs = new Map<number, Catalog>();

const send = (message: FromWorker): void => port.postMessage(message);

function addCatalog(message: Extract<ToWorker, { type: 'catalog' }>): void {
  const data = JSON.parse(message.json) as CatalogData;
  const base = message.base === null ? undefined : catalogs.get(message.base);
  catalogs.set(message.id, base ? base.withUser(data) : catalogOf(data));
}

function run(message: Extract<ToWorker, { type: 'analyze' | 'lineage' }>): void {
  const { job } = message;
  try {
    const catalog = must(catalogs.get(message.catalog), 'the catalog was sent before the job');
    if (message.type === 'lineage') send({ type: 'lineage', job, lineage: lineageOf(catalog) });
    else send({ type: 'analysis', job, analysis: analyze(message.text, catalog, message.settings, message.limits) });
  } catch (error) {
    // Whatever it was, this thread's parser is not to be trusted with another statement.
    send({ type: 'failure', job, message: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown' });
    port.close();
  }
}

port.on('message', (message: ToWorker) => {
  if (message.type === 'catalog') addCatalog(message);
  else if (message.type === 'forget') catalogs.delete(message.id);
  else run(message);
});

await loadParser();
send({ type: 'ready' });
