/** The demo target: complete, the same every time, owned by a role without special rights. */
import postgres from 'postgres';
import { expect, it } from 'vitest';
import { runSql, testServer, urlOf } from '#db/testing.ts';
import { ensureShop } from './shop.ts';
import { shopRows } from './shop-rows.ts';

it('generates the same rows every time, in reserved ranges only', () => {
  const [customers] = shopRows(50);
  expect(JSON.stringify(shopRows(50))).toBe(JSON.stringify(shopRows(50)));
  for (const row of customers!.rows) {
    expect(row[1]).toMatch(/^[a-z.]+\d+@example\.(com|org|net)$/);
    expect(row[3] ?? '+1-202-555-0100').toMatch(/^\+1-\d{3}-555-01\d\d$/);
    expect(row[4]).toMatch(/^9\d\d-\d\d-\d{4}$/);
  }
});

it('makes the databases once and leaves the role without special rights', async () => {
  const adminUrl = await testServer();
  const options = { adminUrl, database: 'shop_trial', role: 'shop_trial', password: "it's secret", customers: 40 };
  expect(await ensureShop(options)).toBe(true);
  expect(await ensureShop(options)).toBe(false);
  const sql = postgres(urlOf(adminUrl, 'shop_trial', { user: 'shop_trial', password: "it's secret" }), { max: 1 });
  try {
    const [row] = await sql`
      select (select count(*)::int from customers) as customers, (select count(*)::int from events_log_2026_h2) > 0 as spread,
             (select count(*)::int from revenue_by_customer) > 0 as refreshed, rolsuper as superuser,
             (select count(*)::int from pg_class c join pg_namespace n on n.oid = relnamespace
              where nspname in ('public', 'analytics', 'audit_private') and relowner <> r.oid) as foreign_owned
      from pg_roles r where rolname = current_user`;
    expect(row).toEqual({ customers: 40, spread: true, refreshed: true, superuser: false, foreign_owned: 0 });
    const [inserted] =
      await sql`insert into products (sku, name, category, price_cents) values ('SKU-1', 'x', 'y', 1) returning id`;
    expect(inserted?.id).toBe(241);
  } finally {
    await sql.end({ timeout: 2 });
    const admin = postgres(adminUrl, { max: 1, onnotice: () => {} });
    await admin`drop database shop_trial with (force)`;
    await admin`drop role shop_trial`;
    await admin.end();
  }
});

it('needs no superuser to make them', async () => {
  const server = await testServer();
  await runSql(server, `create role shop_maker login createrole createdb password 'maker'`);
  const adminUrl = urlOf(server, 'postgres', { user: 'shop_maker', password: 'maker' });
  try {
    const made = { adminUrl, database: 'shop_made', role: 'shop_made', password: 'made', customers: 20 };
    expect(await ensureShop(made)).toBe(true);
    expect(await ensureShop({ ...made, database: 'shop_made_too' })).toBe(true);
  } finally {
    await runSql(server, 'drop database if exists shop_made with (force)');
    await runSql(server, 'drop database if exists shop_made_too with (force)');
    await runSql(server, 'drop role if exists shop_made');
    await runSql(server, 'drop role shop_maker');
  }
});
