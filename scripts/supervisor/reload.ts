/** `npm run dev`: bundles the proxy again and restarts it when its sources change. Next reloads the console by itself. */
import fs from 'node:fs';
import path from 'node:path';
import { bundle } from '../bundle.mjs';
import { root } from '../root.ts';
import type { Service } from './service.ts';

/** Editors write a file in several steps. */
const settleMs = 300;

/** Answers how to end it. */
export function watchProxy(proxy: Service, say: (sentence: string) => void): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const reload = async () => {
    try {
      await bundle(['proxy', 'parser-worker']);
      await proxy.restart();
      say('The proxy runs the changed sources');
    } catch (error) {
      say(`The changed proxy does not start: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const watchers = ['core', 'proxy'].map(folder =>
    fs.watch(path.join(root, folder), { recursive: true }, (_, name) => {
      if (!name || /\.test\.ts$/.test(name) || !/\.(ts|json)$/.test(name)) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        last = last.then(reload);
      }, settleMs);
    }),
  );
  return async () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
    await last;
  };
}
