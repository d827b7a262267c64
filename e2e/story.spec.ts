/** The main story in one go: a token, a masked read, a refused DROP, an UPDATE that a reviewer lets run, and what the auditor finds. */
import { expect } from '@playwright/test';
import { decide, issueToken, test } from './people.ts';
import { connect, developerToken, picture, refusal, themes } from './world.ts';

const connection = 'shop-prod';

test('a developer reads masked, cannot drop, and updates what the owner approves; the auditor finds all of it', async ({
  as,
}) => {
  const developer = await as('dev@example.com');
  const client = await connect({
    login: 'dev@example.com',
    token: await issueToken(developer, connection),
    connection,
  });

  const read = await client.query('select id, email, full_name, ssn, city from customers order by id limit 5');
  expect(read.rows).toHaveLength(5);
  for (const row of read.rows) {
    expect(row.email).toMatch(/^[a-z*]+\*+@[a-z*]+\.[a-z]+$/);
    expect(row.full_name).toBe('***');
    expect(row.ssn).toBe('***');
    expect(row.city).toMatch(/^[A-Z][a-z]+$/);
  }

  const dropped = await refusal(client.query('drop table order_items'));
  expect(dropped.code).toBe('42501');
  expect(dropped.message).toContain('refused by policy');
  expect((await client.query('select count(*)::int as rows from order_items')).rows[0].rows).toBeGreaterThan(0);

  // It waits on the wire; the notice says where.
  let noticed: string | undefined;
  client.on('notice', notice => {
    noticed = notice.hint;
  });
  const updating = client.query(`update customers set city = 'Lisbon' where id = 7 returning id, city`);
  await expect.poll(() => noticed).toContain('/approvals/');
  const url = String(/http\S+\/approvals\/[0-9a-f-]{36}/.exec(String(noticed)));

  const owner = await as('owner@example.com');
  await owner.goto('/approvals');
  await owner.getByRole('link', { name: /dev@example\.com wants to update public\.customers/ }).click();
  await expect(owner).toHaveURL(new RegExp(new URL(url).pathname));
  await expect(owner.getByRole('region', { name: 'Downstream' }).getByText('public.orders').first()).toBeVisible();
  await expect(owner.getByText('1 of 2,000')).toBeVisible();
  for (const theme of themes) await picture(owner, 'request', theme);

  // Whoever asked cannot decide.
  await developer.goto(url);
  await expect(developer.getByRole('complementary', { name: 'Decision' })).toBeVisible();
  await expect(developer.getByRole('button', { name: /^Approve/ })).toHaveCount(0);

  await decide(owner, 'Approve', 'The customer moved');
  expect((await updating).rows).toEqual([{ id: 7, city: 'Lisbon' }]);
  await expect(owner.getByText('It ran: 1 row, counted before: 1.')).toBeVisible();
  await client.end();

  const auditor = await as('auditor@example.com');
  await auditor.goto('/sessions');
  await auditor.getByRole('link', { name: 'dev@example.com' }).first().click();
  const statements = auditor.getByRole('table', { name: 'Statements of the session' });
  await expect(statements.getByRole('row', { name: /drop table order_items .*Denied/i })).toBeVisible();
  await expect(
    statements.getByRole('row', { name: /update customers set city = :text .*Needs approval/i }),
  ).toBeVisible();
  for (const theme of themes) await picture(auditor, 'session', theme);
  await auditor.goto('/audit');
  await expect(auditor.getByRole('table', { name: 'Events' }).getByText('owner@example.com').first()).toBeVisible();
});

test('an agent writes in analytics and nowhere else, although its person may', async ({ as }) => {
  const developer = await as('dev@example.com');
  const token = await issueToken(developer, 'shop-dev', /reporting-agent/);
  const client = await connect({ login: 'reporting-agent', token, connection: 'shop-dev' });
  const inserted = await client.query(`insert into analytics.scratch (note) values ('from the agent') returning note`);
  expect(inserted.rows).toEqual([{ note: 'from the agent' }]);
  const elsewhere = await refusal(client.query(`update products set stock = 0 where id = 1`));
  expect(elsewhere.message).toContain('reporting-agent');
  expect((await refusal(client.query('drop table analytics.scratch'))).code).toBe('42501');
  expect((await client.query('select count(*)::int as rows from products')).rows).toEqual([{ rows: 240 }]);
  await client.end();
});

test('a token that is wrong, for somebody else, or for an unknown database is refused in PostgreSQL’s words', async ({
  as,
}) => {
  const token = await issueToken(await as('dev@example.com'), connection);
  const failing = async (login: string, secret: string, database: string) =>
    (await refusal(connect({ login, token: secret, connection: database }))).code;
  expect(await failing('dev@example.com', 'not a token', connection)).toBe('28P01');
  expect(await failing('owner@example.com', token, connection)).toBe('28P01');
  // Issued for the one connection; the developer's other token is for any.
  expect(await failing('dev@example.com', token, 'shop-dev')).toBe('28000');
  expect(await failing('dev@example.com', developerToken(), 'no-such-database')).toBe('3D000');
});
