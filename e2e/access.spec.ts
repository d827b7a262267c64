/** Access for a time: asked for, approved, used, and revoked, which cuts the session that lives on it. */
import { expect } from '@playwright/test';
import { decide, issueToken, test } from './people.ts';
import { connect, developerToken, refusal } from './world.ts';

/** The demo's policies give nobody standing access to it. */
const connection = 'shop-staging';

test('a grant opens a connection that was closed, and revoking it cuts what is open', async ({ as }) => {
  const developer = await as('dev@example.com');
  const before = await refusal(connect({ login: 'dev@example.com', token: developerToken(), connection }));
  expect(before.code).toBe('28000');

  await developer.goto('/connect');
  await developer.getByRole('button', { name: new RegExp(connection) }).click();
  await developer.getByLabel('For how long').selectOption({ index: 0 });
  await developer.getByLabel('Reason').fill('Looking for a slow query, SHOP-17');
  await developer.getByRole('button', { name: `Request access to ${connection}` }).click();
  await expect(developer.getByText('Your request waits for a decision')).toBeVisible();

  const reviewer = await as('reviewer@example.com');
  await reviewer.goto('/approvals');
  await reviewer.getByRole('link', { name: new RegExp(`dev@example\\.com .*${connection}`) }).click();
  await expect(reviewer.getByText('Looking for a slow query, SHOP-17').first()).toBeVisible();
  await decide(reviewer, 'Approve', 'Named ticket, one hour');

  const token = await issueToken(developer, connection);
  const client = await connect({ login: 'dev@example.com', token, connection });
  expect((await client.query('select count(*)::int as rows from orders')).rows[0].rows).toBeGreaterThan(0);

  const admin = await as('admin@example.com');
  await admin.goto('/access');
  const row = admin.getByRole('row', { name: new RegExp(`dev@example\\.com.*${connection}`) });
  await row.getByRole('button', { name: /^Revoke/ }).click();
  await admin.getByLabel('Reason').fill('Found it');
  const ended = new Promise<void>(resolve => client.once('end', resolve));
  const revokedAtMs = Date.now();
  await admin
    .getByRole('dialog')
    .getByRole('button', { name: /^Revoke/ })
    .click();
  await ended;
  // From the click, so with the console's own time; the promise is one second from the acknowledgement.
  expect(Date.now() - revokedAtMs).toBeLessThan(10_000);
  await expect(row).toHaveCount(0);
  expect((await refusal(connect({ login: 'dev@example.com', token, connection }))).code).toBe('28000');
});
