/** What people do to pages and what happens under open ones: double clicks, endless words, a database that goes away, a session that ends. */
import { expect } from '@playwright/test';
import { test } from './people.ts';
import { signIn } from './world.ts';

test('a double click adds one person, however long the name, and the list still fits a phone', async ({ as }) => {
  const admin = await as('admin@example.com');
  await admin.goto('/identities');
  await admin.getByRole('button', { name: /^Add person/ }).click();
  const login = `${`${Date.now()}`.padEnd(180, 'x')}@example.com`;
  const form = admin.getByRole('dialog');
  await form.getByLabel('E-mail address').fill(login);
  await form.getByLabel('Name').fill('<img src=x onerror=alert(1)>');
  let posts = 0;
  admin.on('request', request => {
    if (request.url().includes('/identities/create')) posts++;
  });
  await form.getByRole('button', { name: /^Add person/ }).dblclick();
  await expect(form.getByLabel('E-mail address')).toHaveCount(0);
  expect(posts).toBe(1);
  await expect(form.getByText('Taken.')).toHaveCount(0);

  await admin.setViewportSize({ width: 390, height: 844 });
  await admin.goto(`/identities?q=${login.slice(0, 40)}`);
  await expect(admin.getByRole('link', { name: login.slice(0, 40) })).toBeVisible();
  expect(await admin.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
});

test('an open page says that the database is away, and goes on by itself when it is back', async ({ as }) => {
  const admin = await as('admin@example.com');
  await admin.goto('/policies');
  await expect(admin.getByRole('link', { name: 'mask-classified' })).toBeVisible();
  const away = { code: 'unavailable', status: 503, message: 'the console cannot reach its database at the moment' };
  const json = JSON.stringify({ json: { defined: false, ...away } });
  await admin.route('**/api/health', route => route.fulfill({ status: 503, json: { status: 'unavailable' } }));
  await admin.route('**/api/rpc/**', route =>
    route.fulfill({ status: 503, contentType: 'application/json', body: json }),
  );
  await admin.getByRole('link', { name: 'Proxies' }).click();
  await expect(admin.getByText('The console cannot reach its database', { exact: true })).toBeVisible();
  await expect(admin.getByText('Not available at the moment').first()).toBeVisible();
  await admin.unrouteAll({ behavior: 'ignoreErrors' });
  await expect(admin.getByText('The console cannot reach its database', { exact: true })).toHaveCount(0);
  await expect(admin.getByRole('link', { name: /local/ })).toBeVisible();
});

test('a session that was ended takes its open page along to the sign-in', async ({ browser }) => {
  const context = await browser.newContext();
  const reviewer = await context.newPage();
  await signIn(reviewer, 'reviewer@example.com');
  await reviewer.goto('/approvals?tab=decided');
  await expect(reviewer.getByRole('button', { name: 'Live updates: Live' })).toBeVisible();
  const otherTab = await context.newPage();
  await otherTab.goto('/profile');
  await otherTab.getByRole('button', { name: /^Signed in as/ }).click();
  await otherTab.getByRole('menuitem', { name: 'Sign out' }).click();
  // Whoever signs in next does not land on the address of a page that there is not.
  await expect(otherTab).toHaveURL(/\/signin$/);
  await expect(reviewer).toHaveURL(/\/signin\?callbackUrl=%2Fapprovals%3Ftab%3Ddecided/, { timeout: 70_000 });
  await context.close();
});
