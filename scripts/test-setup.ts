/** Vitest's global set-up: hands out one PostgreSQL per run, started only when a test asks, and takes it away at the end. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import type { BrokerAnswer } from '#db/testing.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { throwAwayDir } from './throw-away.ts';

type Held = { url: string; server: PostgresServer | null; dir: string | null };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const prefix = `weir_test_${randomBytes(4).toString('hex')}_`;
  let held: Promise<Held> | undefined;
  const broker = net.createServer(socket => {
    held ??= hold();
    held
      .then(({ url }): BrokerAnswer => ({ url }))
      .catch((error: unknown): BrokerAnswer => ({ error: error instanceof Error ? error.message : String(error) }))
      .then(answer => socket.end(JSON.stringify(answer)));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve, reject) => broker.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = broker.address();
  if (!address || typeof address !== 'object') throw new Error('The broker has no address.');
  project.provide('testServer', { brokerPort: address.port, prefix });
  return async () => {
    broker.close();
    const current = await held?.catch(() => undefined);
    if (!current) return;
    if (current.server) await current.server.stop();
    else await dropDatabases(current.url, prefix);
    if (current.dir) fs.rmSync(current.dir, { recursive: true, force: true });
  };
}

async function hold(): Promise<Held> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, server: null, dir: null };
  const dir = throwAwayDir('weir-test-');
  // Databases that are compared must not be planned for differently, because one of them was analysed meanwhile.
  const settings = { max_connections: '400', autovacuum: 'off' };
  const server = await startPostgres({ dir, durable: false, settings });
  return { url: server.url, server, dir };
}

async function dropDatabases(url: string, prefix: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const rows = await sql`select datname from pg_database where starts_with(datname, ${prefix})`;
    for (const row of rows) await sql.unsafe(`drop database if exists ${row.datname} with (force)`);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
