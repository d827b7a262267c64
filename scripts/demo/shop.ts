/** Makes the demo target databases, each owned by an upstream role that is not a superuser. */
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import postgres from 'postgres';
import { postgresUrl } from '../postgres.ts';
import { root } from '../root.ts';
import { type Cell, shopRows, type TableRows } from './shop-rows.ts';

export type ShopOptions = {
  /** Superuser, or a role that may create roles and databases. */
  adminUrl: string;
  database: string;
  role: string;
  password: string;
  /** Number of customers; the rest follows. */
  customers: number;
};

/** Creates role and database where they are missing, fills a new database. True when it made the database. */
export async function ensureShop(options: ShopOptions): Promise<boolean> {
  const admin = session(options.adminUrl);
  try {
    await ensureRole(admin, options.role, options.password);
    const [found] = await admin`select 1 from pg_database where datname = ${options.database}`;
    if (found) return false;
    // Named as it should be only when it is complete, so that a start that is cut off is begun again by the next.
    const partial = `${options.database}_partial`;
    await admin`drop database if exists ${admin(partial)} with (force)`;
    await admin`create database ${admin(partial)} template template0 owner ${admin(options.role)}`;
    const url = new URL(postgresUrl(options.adminUrl, partial));
    Object.assign(url, { username: encodeURIComponent(options.role), password: encodeURIComponent(options.password) });
    await fill(url.toString(), shopRows(options.customers));
    await admin`alter database ${admin(partial)} rename to ${admin(options.database)}`;
    return true;
  } finally {
    await admin.end({ timeout: 5 });
  }
}

const session = (url: string) => postgres(url, { max: 1, onnotice: () => {} });

async function ensureRole(admin: postgres.Sql, role: string, password: string): Promise<void> {
  const [found] = await admin`
    select rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls as is_special
    from pg_roles where rolname = ${role}`;
  const attributes = 'login nosuperuser nocreatedb nocreaterole noreplication nobypassrls';
  // A password in CREATE ROLE cannot be a parameter.
  const quoted = `'${password.replaceAll("'", "''")}'`;
  // Only a superuser may so much as name some of them in ALTER ROLE.
  const given = found && !found.is_special ? '' : attributes;
  await admin.unsafe(`${found ? 'alter' : 'create'} role "${role}" ${given} password ${quoted}`);
  // Needed to hand a database over to the role where the administrator is not a superuser (PostgreSQL 16).
  await admin.unsafe(`grant "${role}" to current_user`).catch(() => {});
}

async function fill(url: string, tables: readonly TableRows[]): Promise<void> {
  const sql = session(url);
  try {
    await sql.unsafe(fs.readFileSync(path.join(root, 'scripts/demo/shop.sql'), 'utf8')).simple();
    for (const table of tables) await copy(sql, table);
    for (const { table } of tables.filter(({ columns }) => columns[0] === 'id')) {
      await sql.unsafe(
        `select setval(pg_get_serial_sequence('${table}', 'id'), (select max(id) from ${table}))
         where pg_get_serial_sequence('${table}', 'id') is not null`,
      );
    }
    await sql.unsafe(`
      insert into analytics.daily_revenue
        select created_at::date, count(*), sum(total_cents) from public.orders where status <> 'refunded' group by 1;
      refresh materialized view public.revenue_by_customer;
      analyze;`);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function copy(sql: postgres.Sql, { table, columns, rows }: TableRows): Promise<void> {
  const target = await sql.unsafe(`copy ${table} (${columns.join(', ')}) from stdin`).writable();
  const lines = function* () {
    for (let at = 0; at < rows.length; at += 500) {
      yield rows
        .slice(at, at + 500)
        .map(row => `${row.map(text).join('\t')}\n`)
        .join('');
    }
  };
  await pipeline(Readable.from(lines()), target);
}

/** COPY's text format. */
function text(cell: Cell): string {
  if (cell === null) return '\\N';
  if (cell instanceof Date) return cell.toISOString();
  return String(cell).replace(
    /[\\\t\n\r]/g,
    found => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[found] ?? found,
  );
}
