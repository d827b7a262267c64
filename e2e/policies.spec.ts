/** A policy from the first wrong draft to its end: what is wrong is said at its place, publishing decides at once, removing undoes it. */
import { expect, type Page } from '@playwright/test';
import { test } from './people.ts';
import { developer, refusal } from './world.ts';

const document = (effect: string) => `name: no-products
description: The prices are being renewed.
mode: enforce
connections: { environments: [production] }
rules:
  - id: closed-for-renewal
    effect: ${effect}
    actions: [read]
    objects: { relations: [public.products] }
    reason: Prices are being renewed until Monday.
`;

async function write(page: Page, yaml: string): Promise<void> {
  await page.getByLabel('Policy document').click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(yaml);
}

test('a policy with a mistake cannot be published; mended, it decides; removed, it does not', async ({ as }) => {
  const client = await developer();
  const read = () => client.query('select count(*)::int as rows from products');
  expect((await read()).rows).toEqual([{ rows: 240 }]);

  const admin = await as('admin@example.com');
  await admin.goto('/policies/new');
  const publish = admin.getByRole('button', { name: /^Publish…/ });
  await write(admin, document('forbid'));
  await expect(admin.getByText('1 error, 0 warnings')).toBeVisible();
  await expect(admin.getByText('7:13')).toBeVisible();
  await expect(publish).toBeDisabled();
  // From the list of what is wrong straight to its place.
  await admin.getByRole('button', { name: /7:13/ }).click();
  await expect(admin.getByLabel('Policy document')).toBeFocused();
  await expect(admin.locator('.cm-activeLineGutter').filter({ hasText: '7' })).toBeVisible();
  await write(admin, document('deny'));
  await expect(admin.getByText('The document is valid.')).toBeVisible();
  await publish.click();
  await admin.getByLabel('What changes, in a sentence').fill('Close the products while prices change');
  await admin.getByRole('button', { name: 'Publish no-products' }).click();
  await expect(admin.getByText('no-products version 1 published', { exact: true })).toBeVisible();
  await expect
    .poll(() =>
      read().then(
        () => 'read',
        (error: Error) => error.message,
      ),
    )
    .toContain('refused by policy');
  expect((await refusal(read())).detail).toContain('Prices are being renewed until Monday.');

  // The top bar says on how many proxies the version is live, so an admin need not guess.
  await expect(admin.getByRole('link', { name: /live on 1\/1/ })).toBeVisible();

  await admin.goto('/policies/no-products');
  await admin.getByRole('button', { name: 'Remove…' }).click();
  await admin.getByLabel(/Reason|sentence/).fill('Prices are new');
  await admin
    .getByRole('dialog')
    .getByRole('button', { name: /^Remove/ })
    .click();
  await expect
    .poll(() =>
      read().then(
        () => 'read',
        (error: Error) => error.message,
      ),
    )
    .toBe('read');
  await client.end();
});
