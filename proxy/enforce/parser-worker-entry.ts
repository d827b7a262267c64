/** Where the worker's program is: beside the bundle, or (running from sources) bundled on the spot into the cache. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

async function bundleFromSource(): Promise<URL> {
  const root = path.resolve(here, '../..');
  const { build } = await import('esbuild');
  const result = await build({
    absWorkingDir: root,
    entryPoints: [path.join(here, 'parser-worker.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['libpg-query'],
    logLevel: 'error',
  });
  const text = result.outputFiles[0]?.text ?? '';
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const folder = path.join(root, 'node_modules/.cache/weir');
  const file = path.join(folder, `parser-worker-${hash}.mjs`);
  if (!fs.existsSync(file)) {
    fs.mkdirSync(folder, { recursive: true });
    const draft = `${file}.${process.pid}.${Date.now()}`;
    fs.writeFileSync(draft, text);
    fs.renameSync(draft, file);
  }
  return pathToFileURL(file);
}

export async function parserWorkerEntry(): Promise<URL> {
  const bundled = path.join(here, 'parser-worker.mjs');
  return fs.existsSync(bundled) ? pathToFileURL(bundled) : bundleFromSource();
}
