/** Without a mouse: getting about, reading a list, deciding a request; and no shortcut fires while somebody types. */
import { expect } from '@playwright/test';
import type pg from 'pg';
import { test } from './people.ts';
import { developer } from './world.ts';

test('the command menu goes to pages and finds objects', async ({ as }) => {
  const page = await as('admin@example.com');
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  await page.keyboard.press('ControlOrMeta+k');
  await expect(page.getByPlaceholder(/Go to a page/)).toBeFocused();
  await page.keyboard.type('polic');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/policies$/);
  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.type('payment_methods');
  await page
    .getByRole('option', { name: /public\.payment_methods/ })
    .first()
    .waitFor();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/catalog\/[0-9a-f-]{36}\/\d+$/);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: /shortcuts/i })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('typing in a field runs no shortcut', async ({ as }) => {
  const page = await as('admin@example.com');
  await page.goto('/sessions');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('adrnxgpg?./[jk');
  await expect(page.getByRole('combobox').first()).toHaveValue('adrnxgpg?./[jk');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page).toHaveURL(/\/sessions/);
});

test('a reviewer decides from the list to the verdict with keys alone', async ({ as }) => {
  const client = await developer();
  let held = false;
  client.on('notice', () => {
    held = true;
  });
  const updating = client
    .query(`update customers set city = 'Porto' where id = 8`)
    .catch((error: pg.DatabaseError) => error);
  await expect.poll(() => held).toBe(true);

  const owner = await as('owner@example.com');
  await owner.goto('/access');
  await expect(owner.getByRole('heading', { level: 1, name: 'Access' })).toBeVisible();
  await owner.keyboard.press('g');
  await owner.keyboard.press('a');
  await expect(owner).toHaveURL(/\/approvals/);
  await owner
    .getByRole('link', { name: /wants to update public\.customers/ })
    .first()
    .waitFor();
  await owner.keyboard.press('j');
  await expect(owner.getByRole('link', { name: /wants to update public\.customers/ }).first()).toBeFocused();
  await owner.keyboard.press('Enter');
  await expect(owner.getByRole('complementary', { name: 'Decision' })).toBeVisible();
  await owner.keyboard.press('d');
  await expect(owner.getByLabel('Reason')).toBeFocused();
  // Opening the form decided nothing.
  await owner.keyboard.press('Escape');
  await owner.keyboard.press('d');
  await owner.keyboard.type('Which customer, and why?');
  await owner.keyboard.press('ControlOrMeta+Enter');
  expect((await updating) as pg.DatabaseError).toMatchObject({
    message: 'the request was denied by owner@example.com',
    detail: expect.stringContaining('Which customer, and why?'),
  });
  await expect(owner.getByText('Denied', { exact: true }).first()).toBeVisible();
  await client.end();
});
