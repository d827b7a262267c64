/** The console's production build: made when what it is made of has changed, once at a time per checkout. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../root.ts';
import { isAlive } from '../wait.ts';

export const nextProgram = path.join(root, 'node_modules/next/dist/bin/next');
const output = path.join(root, '.next');
const stampFile = path.join(output, 'weir-sources.sha256');

const folders = ['app', 'components', 'core', 'db', 'lib'];
const singles = /^(package-lock\.json|tsconfig\.json|(next|postcss)\.config\.\w+|instrumentation.*\.ts|proxy\.ts)$/;

type Building = { signal: AbortSignal; onBuild(): void };

export async function buildConsole({ signal, onBuild }: Building): Promise<void> {
  if (process.env.WEIR_PREBUILT) return;
  const wanted = sourcesHash();
  if (builtHash() === wanted) return;
  const release = await lock(signal);
  try {
    if (builtHash() === wanted) return;
    onBuild();
    // Sources that change will change again: from the second build on a cache is worth its 130 MB and a third more time.
    const isAgain = builtHash() !== null;
    fs.rmSync(stampFile, { force: true });
    await runBuild(signal, { WEIR_BUILD_CACHE: isAgain ? '1' : '0' });
    fs.writeFileSync(stampFile, wanted);
  } finally {
    release();
  }
}

function builtHash(): string | null {
  if (!fs.existsSync(path.join(output, 'BUILD_ID'))) return null;
  return fs.existsSync(stampFile) ? fs.readFileSync(stampFile, 'utf8') : null;
}

function sourcesHash(): string {
  const inFolders = folders.flatMap(folder =>
    fs
      .readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
      .map(entry => path.join(entry.parentPath, entry.name)),
  );
  const atRoot = fs.readdirSync(root).filter(name => singles.test(name));
  const hash = createHash('sha256').update(process.version);
  for (const file of [...inFolders, ...atRoot.map(name => path.join(root, name))].sort()) {
    hash.update(path.relative(root, file)).update(fs.readFileSync(file));
  }
  return hash.digest('hex');
}

async function lock(signal: AbortSignal): Promise<() => void> {
  fs.mkdirSync(output, { recursive: true });
  const file = path.join(output, 'weir-build.lock');
  for (;;) {
    signal.throwIfAborted();
    try {
      fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => fs.rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = Number(fs.readFileSync(file, 'utf8'));
      if (holder > 0 && !isAlive(holder)) fs.rmSync(file, { force: true });
      else await sleep(200);
    }
  }
}

function runBuild(signal: AbortSignal, env: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [nextProgram, 'build'], {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C must not leave half a build that looks like a whole one: it is stopped here, without the stamp.
      detached: true,
      signal,
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-20_000);
      });
    }
    child.once('error', reject);
    child.once('exit', code =>
      code === 0 ? resolve() : reject(new Error(`The console could not be built:\n${said.trim()}`)),
    );
  });
}
