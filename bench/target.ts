/** What is measured against: pgbench's tables, and two tables of 100,000 rows by ten text columns. */
import { execFileSync } from 'node:child_process';
import postgres from 'postgres';

export const wideRows = 100_000;

export async function loadTarget(adminUrl: string, url: string, scale: number): Promise<void> {
  const target = new URL(url);
  const [database, role, password] = [target.pathname.slice(1), target.username, target.password];
  const run = async (on: string, ...texts: string[]) => {
    const sql = postgres(on, { max: 1, onnotice: () => {} });
    try {
      for (const text of texts) await sql.unsafe(text).simple();
    } finally {
      await sql.end({ timeout: 5 });
    }
  };
  await run(adminUrl, `create role ${role} login password '${password}'`, `create database ${database} owner ${role}`);
  execFileSync('pgbench', ['--initialize', '--quiet', '--scale', String(scale), url], { stdio: 'ignore' });
  const columns = Array.from({ length: 10 }, (_, index) => `c${index + 1}`);
  const values = columns.map((_, index) => `'column ${index + 1} of row ' || n || ' with some text to carry'`);
  const fill = (table: string) => [
    `create table ${table} (${columns.map(column => `${column} text not null`).join(', ')})`,
    `insert into ${table} select ${values.join(', ')} from generate_series(1, ${wideRows}) n`,
  ];
  await run(url, ...fill('wide'), ...fill('wide_masked'), 'analyze');
}
