/** Databases for tests: a clone of the migrated schema per test file, on one real server per run. Never imported by the product. */
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import postgres from 'postgres';
import { inject } from 'vitest';
import { migrate, migrationsFolder } from './migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Who starts the run's server when the first test asks for it, and the prefix of every database the run makes. */
    testServer: { brokerPort: number; prefix: string };
  }
}

export type TestDatabase = {
  name: string;
  /** Superuser. */
  url: string;
  /** Not needed at the end of a file: what is left is dropped then. */
  drop(): Promise<void>;
};

/** What the broker answers, as one line of JSON. */
export type BrokerAnswer = { url: string } | { error: string };

let server: Promise<string> | undefined;
let cloned: Promise<TestDatabase> | undefined;

/** Superuser URL of the run's PostgreSQL: the one TEST_DATABASE_URL names, else an embedded one that ends with the run. */
export function testServer(): Promise<string> {
  server ??= askBroker();
  return server;
}

/** The test file's own control database, migrated. The same one each time the file asks. */
export function testDatabase(): Promise<TestDatabase> {
  cloned ??= freshDatabase();
  return cloned;
}

/** Another migrated control database. */
export async function freshDatabase(): Promise<TestDatabase> {
  const url = await testServer();
  return create(url, await template(url));
}

/**
 * An empty database, e.g. a proxy's target, after the SQL (a text, or the path of a file) ran in it. `like` starts from another
 * database that nobody is connected to: its objects keep their OIDs.
 */
export async function targetDatabase(
  source: { sql?: string; file?: string; like?: TestDatabase } = {},
): Promise<TestDatabase> {
  const database = await create(await testServer(), source.like?.name ?? 'template0');
  const text = source.sql ?? (source.file === undefined ? '' : fs.readFileSync(source.file, 'utf8'));
  await runSql(database.url, text);
  return database;
}

/** Runs a script of any number of statements in one session. */
export async function runSql(url: string, text: string): Promise<void> {
  await withSession(url, sql => sql.unsafe(text).simple());
}

/** The same server, another database, and another role where one is given. */
export function urlOf(base: string, database: string, role?: { user: string; password: string }): string {
  const url = new URL(base);
  url.pathname = `/${encodeURIComponent(database)}`;
  if (role)
    Object.assign(url, { username: encodeURIComponent(role.user), password: encodeURIComponent(role.password) });
  return url.toString();
}

async function withSession<T>(url: string, work: (sql: postgres.Sql) => PromiseLike<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function askBroker(): Promise<string> {
  const { brokerPort } = inject('testServer');
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = net.connect(brokerPort, '127.0.0.1');
    socket.on('data', chunk => {
      text += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('end', () => {
      const answer = JSON.parse(text) as BrokerAnswer;
      if ('url' in answer) resolve(answer.url);
      else reject(new Error(answer.error));
    });
  });
}

async function create(url: string, from: string): Promise<TestDatabase> {
  const name = `${inject('testServer').prefix}${randomBytes(6).toString('hex')}`;
  await withSession(url, sql => sql.unsafe(`create database ${name} template ${from}`));
  let dropped: Promise<unknown> | undefined;
  const drop = async () => {
    dropped ??= withSession(url, sql => sql.unsafe(`drop database if exists ${name} with (force)`));
    await dropped;
  };
  cleanups().push(drop);
  return { name, url: urlOf(url, name), drop };
}

/** Read by scripts/test-file-setup.ts, which does not load this module for tests that need no database. */
function cleanups(): (() => Promise<void>)[] {
  const holder = globalThis as { weirTestCleanups?: (() => Promise<void>)[] };
  holder.weirTestCleanups ??= [];
  return holder.weirTestCleanups;
}

/** Name of the migrated database that clones are made of; made by whoever comes first, again when a migration changes. */
async function template(url: string): Promise<string> {
  const name = `weir_template_${migrationsHash()}`;
  await withSession(url, async sql => {
    await sql`select pg_advisory_lock(hashtext(${name}))`;
    const [found] = await sql`select 1 from pg_database where datname = ${name}`;
    if (found) return;
    // Named as the template only when complete, so that a run that is cut off leaves nothing half migrated behind.
    const partial = `${name}_partial`;
    await sql.unsafe(`drop database if exists ${partial} with (force)`);
    await sql.unsafe(`create database ${partial} template template0`);
    await migrate(urlOf(url, partial));
    await sql.unsafe(`alter database ${partial} rename to ${name}`);
  });
  return name;
}

function migrationsHash(): string {
  const hash = createHash('sha256');
  const names = fs.readdirSync(migrationsFolder, { recursive: true, encoding: 'utf8' }).sort();
  for (const name of names) {
    const file = path.join(migrationsFolder, name);
    if (fs.statSync(file).isFile()) hash.update(name).update(fs.readFileSync(file));
  }
  return hash.digest('hex').slice(0, 12);
}
