/** `npm run corpus`: the attack and compatibility corpus against a throw-away Weir. Ends with the runner's table and code. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { corpusLogins } from './corpus/installation.ts';
import { postgresUrl, startPostgres } from './postgres.ts';
import { startRig } from './rig/rig.ts';
import { root } from './root.ts';
import { Stoppers, stopOnEnd } from './supervisor/stoppers.ts';
import { throwAwayDir } from './throw-away.ts';

/** Beside the checkout, unless WEIR_CORPUS_DIR says otherwise. */
const folder = process.env.WEIR_CORPUS_DIR ?? path.join(root, '../shared/corpus');
const database = 'shop';
const template = 'shop_tmpl';
const role = 'shop_owner';

type Arguments = { corpus: string[]; shop: string; canaries: string; postgres: string | null; rest: string[] };

function readArguments(argv: readonly string[]): Arguments {
  const read: Arguments = {
    corpus: [],
    shop: path.join(folder, 'shop.sql'),
    canaries: path.join(folder, 'canaries.json'),
    postgres: null,
    rest: [],
  };
  for (let at = 0; at < argv.length; at += 1) {
    const [name, value] = [argv[at] ?? '', argv[at + 1]];
    if (!['--corpus', '--shop', '--canaries', '--postgres'].includes(name)) {
      read.rest.push(name);
      continue;
    }
    if (value === undefined) throw new Error(`${name} needs a value`);
    if (name === '--corpus') read.corpus.push(path.resolve(value));
    else if (name === '--shop') read.shop = path.resolve(value);
    else if (name === '--canaries') read.canaries = path.resolve(value);
    else read.postgres = value;
    at += 1;
  }
  if (read.corpus.length === 0) read.corpus.push(path.join(folder, 'corpus-dev.jsonl'));
  return read;
}

async function serverOf(given: string | null, dir: string, stoppers: Stoppers): Promise<string> {
  if (given) return given;
  const settings = { shared_preload_libraries: 'pg_stat_statements', max_connections: '400' };
  const server = await startPostgres({ dir: path.join(dir, 'postgres'), durable: false, settings });
  stoppers.add(() => server.stop());
  return server.url;
}

/** The target and its pristine copy, which the runner goes back to. */
async function loadShop(adminUrl: string, file: string, stoppers: Stoppers): Promise<void> {
  const run = async (url: string, ...texts: string[]) => {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    try {
      for (const text of texts) await sql.unsafe(text).simple();
    } finally {
      await sql.end({ timeout: 5 });
    }
  };
  await run(adminUrl, `create database ${database} template template0`);
  stoppers.add(() =>
    run(
      adminUrl,
      `drop database if exists ${database} with (force)`,
      `drop database if exists ${template} with (force)`,
    ),
  );
  await run(postgresUrl(adminUrl, database), fs.readFileSync(file, 'utf8'));
  await run(adminUrl, `create database ${template} template ${database}`);
}

async function main(): Promise<number> {
  const given = readArguments(process.argv.slice(2));
  const runner = path.join(folder, 'run_corpus.mjs');
  if (!fs.existsSync(runner)) {
    console.error(`There is no corpus runner at ${runner}; WEIR_CORPUS_DIR may name its directory.`);
    return 2;
  }
  const dir = throwAwayDir('weir-corpus-');
  const stoppers = new Stoppers();
  stopOnEnd(stoppers);
  try {
    return await run(given, { runner, dir, stoppers });
  } finally {
    await stoppers.stopAll();
    if (process.env.WEIR_CORPUS_KEEP) console.error(`Logs are in ${dir}`);
    else fs.rmSync(dir, { recursive: true, force: true });
  }
}

async function run(given: Arguments, at: { runner: string; dir: string; stoppers: Stoppers }): Promise<number> {
  const adminUrl = await serverOf(given.postgres, at.dir, at.stoppers);
  await loadShop(adminUrl, given.shop, at.stoppers);
  const direct = new URL(postgresUrl(adminUrl, database));
  Object.assign(direct, { username: role, password: role });
  const rig = await startRig({
    dir: at.dir,
    adminUrl,
    controlDatabase: `weir_corpus_${randomBytes(4).toString('hex')}`,
    world: { kind: 'corpus', canaries: given.canaries },
    upstreams: { [database]: { url: direct.toString() } },
    stoppers: at.stoppers,
  });
  const identities = path.join(at.dir, 'identities.json');
  const urls = Object.entries(corpusLogins).map(([name, login]) => [name, rig.urlOf(login, database)]);
  fs.writeFileSync(identities, JSON.stringify(Object.fromEntries(urls)), { mode: 0o600 });
  const child = spawn(
    process.execPath,
    [
      at.runner,
      ...given.corpus.flatMap(file => ['--corpus', file]),
      ...['--canaries', given.canaries, '--identities', identities, '--template', template],
      ...['--admin-url', postgresUrl(adminUrl, database), '--direct-url', direct.toString()],
      ...given.rest,
    ],
    { stdio: 'inherit', env: { ...process.env, CORPUS_PG_FROM: root } },
  );
  at.stoppers.add(async () => {
    child.kill('SIGTERM');
  });
  return new Promise(resolve => child.once('exit', code => resolve(code ?? 1)));
}

process.exit(
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }),
);
