/** What others do while a page is open: requests that move on under a form, double clicks, and a proxy that goes silent. */
import { execFileSync } from 'node:child_process';
import { expect, type Page } from '@playwright/test';
import type pg from 'pg';
import { decide, test } from './people.ts';
import { developer, world } from './world.ts';

type Held = { client: pg.Client; url: string; ended: Promise<unknown> };

/** An update that waits for the owner. */
async function heldUpdate(id: number): Promise<Held> {
  const client = await developer();
  let hint = '';
  client.on('notice', notice => {
    hint = notice.hint ?? '';
  });
  const ended = client.query(`update customers set city = 'Faro' where id = ${id}`).catch((error: unknown) => error);
  await expect.poll(() => hint).toContain('/approvals/');
  return { client, url: String(/http\S+\/approvals\/[0-9a-f-]{36}/.exec(hint)), ended };
}

/** Counts what is sent to a procedure from now on. */
function sentTo(page: Page, procedure: string): () => number {
  let sent = 0;
  page.on('request', request => {
    if (request.method() === 'POST' && request.url().includes(`/api/rpc/${procedure}`)) sent += 1;
  });
  return () => sent;
}

test('a form about a request that was withdrawn meanwhile says so and keeps what was written; a double click withdraws once', async ({
  as,
}) => {
  const held = await heldUpdate(21);
  const owner = await as('owner@example.com');
  await owner.goto(held.url);
  const decisions = sentTo(owner, 'approvals/requests/decide');
  await owner.getByRole('button', { name: /^Approve/ }).click();
  await owner.getByLabel('Reason').fill('Agreed with support, ticket 4711');

  const requester = await as('dev@example.com');
  const withdrawals = sentTo(requester, 'approvals/requests/withdraw');
  await requester.goto(held.url);
  await requester.getByRole('button', { name: 'Withdraw request' }).dblclick();
  await expect(requester.getByText('Withdrawn', { exact: true }).first()).toBeVisible();
  expect(withdrawals()).toBe(1);

  const news = owner.getByRole('dialog').getByRole('alert');
  await expect(news).toContainText('Withdrawn by dev@example.com');
  await expect(news).toContainText('Nothing of yours was sent. Your text is still here.');
  await expect(owner.getByLabel('Reason')).toHaveValue('Agreed with support, ticket 4711');
  await expect(owner.getByRole('button', { name: 'Copy your text' })).toBeVisible();
  await expect(owner.getByRole('dialog').getByRole('button', { name: /^Approve/ })).toHaveCount(0);
  await owner.getByLabel('Reason').press('ControlOrMeta+Enter');
  await owner.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await expect(owner.getByRole('dialog')).toHaveCount(0);
  expect(decisions()).toBe(0);
  await held.ended;
  await held.client.end();
});

test('approving from a page that missed the news ends in a sentence, with what was written', async ({ as }) => {
  const held = await heldUpdate(22);
  const owner = await as('owner@example.com');
  await owner.route('**/api/rpc/approvals/requests/watch**', route => route.abort());
  await owner.goto(held.url);
  await owner.getByRole('button', { name: /^Approve/ }).click();
  await owner.getByLabel('Reason').fill('Fine with me');
  // The client gives up; the page hears nothing of it.
  await held.client.end();
  await held.ended;
  const requester = await as('dev@example.com');
  await requester.goto(held.url);
  await expect(requester.getByText('Withdrawn', { exact: true }).first()).toBeVisible();

  await owner
    .getByRole('dialog')
    .getByRole('button', { name: /^Approve/ })
    .click();
  await expect(owner.getByText(/^The request is withdrawn already/)).toBeVisible();
  await expect(owner.getByLabel('Reason')).toHaveValue('Fine with me');
});

test('a dialog whose row goes away says so, with what was written, and leaves the page usable', async ({ as }) => {
  const connection = 'shop-staging';
  const developer = await as('dev@example.com');
  await developer.goto('/connect');
  await developer.getByRole('button', { name: new RegExp(connection) }).click();
  await developer.getByLabel('Reason').fill('Looking at an index');
  await developer.getByRole('button', { name: `Request access to ${connection}` }).click();
  await expect(developer.getByText('Your request waits for a decision')).toBeVisible();
  const reviewer = await as('reviewer@example.com');
  await reviewer.goto('/approvals');
  await reviewer.getByRole('link', { name: new RegExp(`dev@example\\.com .*${connection}`) }).click();
  await decide(reviewer, 'Approve', 'For an hour');

  const admin = await as('admin@example.com');
  const rowOf = (page: Page) => page.getByRole('row', { name: new RegExp(`dev@example\\.com.*${connection}`) });
  const revocations = sentTo(admin, 'approvals/grants/revoke');
  await admin.goto('/access');
  await rowOf(admin)
    .getByRole('button', { name: /^Revoke/ })
    .click();
  await admin.getByLabel('Reason').fill('Nobody needs it any more, SHOP-21');
  await reviewer.goto('/access');
  await rowOf(reviewer)
    .getByRole('button', { name: /^Revoke/ })
    .click();
  await reviewer.getByLabel('Reason').fill('Done early');
  await reviewer
    .getByRole('dialog')
    .getByRole('button', { name: /^Revoke/ })
    .click();
  await expect(rowOf(reviewer)).toHaveCount(0);

  // The page is looked at again, and asks again.
  await expect(async () => {
    await admin.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
    await expect(admin.getByRole('dialog')).toHaveCount(0, { timeout: 500 });
  }).toPass();
  await expect(admin.getByText('Revoke this grant: not done', { exact: true })).toBeVisible();
  await expect(admin.getByText('You had written: “Nobody needs it any more, SHOP-21”').first()).toBeVisible();
  expect(revocations()).toBe(0);
  await admin.getByRole('link', { name: /^Ended/ }).click();
  await expect(rowOf(admin).first()).toContainText('Revoked');
});

/** The data plane's process, a child of the one that started everything. */
const proxyPid = (): number => {
  const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(world().pid)], { encoding: 'utf8' });
  return Number(/^\s*(\d+) .*proxy\.mjs/m.exec(children)?.[1]);
};

test('sessions of a proxy that is not heard from are unknown, not live, and live again when it is', async ({ as }) => {
  const client = await developer();
  await client.query('select 1');
  const admin = await as('admin@example.com');
  await admin.goto('/sessions?q=live:true');
  await admin.getByRole('link', { name: 'dev@example.com' }).first().click();
  await expect(admin.getByTitle('The client is connected')).toBeVisible();
  const overview = await as('admin@example.com');
  const pid = proxyPid();
  process.kill(pid, 'SIGSTOP');
  try {
    await expect(admin.getByText('Unknown', { exact: true })).toBeVisible({ timeout: 90_000 });
    await expect(admin.getByText(/^Unknown since .* was last heard from/)).toBeVisible();
    await overview.goto('/');
    const tile = overview.getByRole('link', { name: /^Live sessions/ });
    await expect(tile).toContainText(/^Live sessions0and [1-9]\d* unknown/);
    await tile.click();
    const list = overview.getByRole('table', { name: 'Sessions' });
    await expect(list.getByText('Unknown', { exact: true }).first()).toBeVisible();
    await expect(list.getByText('Live', { exact: true })).toHaveCount(0);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await expect(admin.getByTitle('The client is connected')).toBeVisible({ timeout: 60_000 });
  await client.end();
});
