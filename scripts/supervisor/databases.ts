/** The PostgreSQL behind the installation: embedded, or the one DATABASE_URL names; and the control database in it. */
import path from 'node:path';
import postgres from 'postgres';
import { type PostgresServer, postgresUrl, startPostgres } from '../postgres.ts';
import { secret } from './state.ts';

export type Databases = {
  /** Of the console: owner of the control database, nothing more. */
  controlUrl: string;
  /** May create roles and databases, for the demo's targets; null where there is no such right. */
  adminUrl: string | null;
  embedded: PostgresServer | null;
};

const serverVersionMin = 150_000;
const controlName = 'weir';

export async function openDatabases(state: string): Promise<Databases> {
  const given = process.env.DATABASE_URL;
  return given ? existing(given) : embedded(state);
}

async function embedded(state: string): Promise<Databases> {
  const server = await startPostgres({
    dir: path.join(state, 'postgres'),
    settings: { shared_preload_libraries: '', max_wal_size: '512MB' },
  });
  const password = secret(state, 'control-password');
  await session(server.url, async sql => {
    const [role] = await sql`select 1 from pg_roles where rolname = ${controlName}`;
    if (!role) await sql.unsafe(`create role ${controlName} login nosuperuser nocreatedb nocreaterole`);
    // Generated from a base64url alphabet, so it needs no escaping; set each time, because the two files can be restored apart.
    await sql.unsafe(`alter role ${controlName} password '${password}'`);
    const [database] = await sql`select 1 from pg_database where datname = ${controlName}`;
    if (!database) await sql.unsafe(`create database ${controlName} template template0 owner ${controlName}`);
  });
  const url = new URL(postgresUrl(server.url, controlName));
  Object.assign(url, { username: controlName, password });
  return { controlUrl: url.toString(), adminUrl: server.url, embedded: server };
}

async function existing(given: string): Promise<Databases> {
  const name = decodeURIComponent(new URL(given).pathname.slice(1));
  if (!name) throw new Error('DATABASE_URL names no database: postgres://user:password@host:5432/weir');
  await ensureDatabase(given, name);
  return session(given, async sql => {
    const [row] = await sql`
      select current_setting('server_version_num')::int as version, current_setting('server_version') as label,
             rolsuper or (rolcreaterole and rolcreatedb) as may_create
      from pg_roles where rolname = current_user`;
    if (Number(row?.version) < serverVersionMin) {
      throw new Error(`DATABASE_URL is a PostgreSQL ${row?.label}; Weir needs 15 or newer.`);
    }
    return { controlUrl: given, adminUrl: row?.may_create ? given : null, embedded: null };
  });
}

async function ensureDatabase(url: string, name: string): Promise<void> {
  const missing = await session(url, sql => sql`select 1`).then(
    () => false,
    (error: { code?: string }) => {
      if (error.code === '3D000') return true;
      throw new Error(`DATABASE_URL does not lead to a database: ${(error as Error).message}`);
    },
  );
  if (missing) await session(postgresUrl(url, 'postgres'), sql => sql`create database ${sql(name)} template template0`);
}

async function session<T>(url: string, work: (sql: postgres.Sql) => PromiseLike<T>): Promise<T> {
  const sql = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
