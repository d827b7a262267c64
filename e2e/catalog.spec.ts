/** Classifying is deciding: what the catalog says masks open sessions, without anybody connecting anew. */
import { expect } from '@playwright/test';
import type pg from 'pg';
import { test } from './people.ts';
import { developer, picture } from './world.ts';

const onlyValue = async (client: pg.Client, sql: string): Promise<unknown> =>
  Object.values((await client.query(sql)).rows[0] ?? {})[0];

test('a classification that a person sets masks at once, and taking it off unmasks', async ({ as }) => {
  const client = await developer();
  const name = () => onlyValue(client, 'select name from products where id = 1');
  const clear = await name();
  expect(clear).not.toBe('***');

  const admin = await as('admin@example.com');
  await admin.goto('/catalog');
  await admin.getByRole('link', { name: 'shop-prod' }).click();
  await admin.getByRole('link', { name: 'products' }).first().click();
  const classify = async () => admin.getByRole('button', { name: 'Classify name' }).click();
  await classify();
  await admin.getByLabel('Classification of name').fill('commercial.product');
  await admin.getByLabel('Level').selectOption({ label: 'Confidential' });
  await admin.getByRole('button', { name: 'Classify column' }).click();
  await expect(admin.getByRole('row', { name: /name.*commercial\.product/ })).toBeVisible();
  await expect.poll(name).toBe('***');
  // What was done elsewhere may be seen before its answer has closed the form: its button would then close it.
  await expect(admin.getByRole('button', { name: 'Classify column' })).toBeHidden();

  await classify();
  await admin.getByRole('button', { name: 'Take off' }).click();
  await expect.poll(name).toBe(clear);
  await client.end();
});

test('an accepted suggestion masks at once, and one that is rejected stays away', async ({ as }) => {
  const client = await developer();
  const email = () => onlyValue(client, 'select email from employees order by id limit 1');
  expect(await email()).not.toContain('***');

  const admin = await as('admin@example.com');
  await admin.goto('/catalog/suggestions?q=employees');
  const inProduction = admin.getByRole('row', { name: /public\.employees\.email.*shop-prod/ });
  await inProduction.getByRole('button', { name: /^Accept/ }).click();
  await expect(inProduction).toHaveCount(0);
  await expect.poll(email).toContain('***');
  await client.end();

  const inStaging = admin.getByRole('row', { name: /public\.employees\.email.*shop-staging/ });
  await inStaging.getByRole('button', { name: /^Reject/ }).click();
  await admin.getByLabel('Reason').fill('Addresses of the test set');
  await admin
    .getByRole('dialog')
    .getByRole('button', { name: /^Reject/ })
    .click();
  await expect(inStaging).toHaveCount(0);
  await admin.goto('/catalog/suggestions?state=rejected');
  await expect(admin.getByText('“Addresses of the test set”')).toBeVisible();
});

test('all suggestions that a filter finds are accepted together', async ({ as }) => {
  const client = await developer('shop-dev');
  await client.query('create table mailing_lists (id int primary key, email text, phone text, iban text)');
  await client.query("insert into mailing_lists values (1, 'reader@example.org', '+49 30 5550100', 'none')");

  const admin = await as('admin@example.com');
  const all = admin.getByRole('button', { name: 'Accept all 3…' });
  await expect(async () => {
    await admin.goto('/catalog/suggestions?q=mailing_lists');
    await expect(all).toBeVisible({ timeout: 3_000 });
  }).toPass();
  await all.click();
  const dialog = admin.getByRole('dialog', { name: 'Accept all suggestions that the filter finds' });
  await expect(dialog.getByRole('listitem')).toHaveText([/1 column/, /1 column/, /1 column/]);
  await picture(admin, 'suggestions-accept-all');
  await dialog.getByRole('button', { name: 'Accept 3 suggestions' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(admin.getByText('3 columns classified', { exact: true })).toBeVisible();
  await expect(admin.getByRole('row', { name: /mailing_lists/ })).toHaveCount(0);

  await expect.poll(() => onlyValue(client, 'select email from mailing_lists')).toMatch(/^r\*+@/);
  await client.query('drop table mailing_lists');
  await client.end();
});
