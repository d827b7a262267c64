/** What nobody has classified is seen all the same: a card number in a free text is hidden, recorded, and suggested for a label. */
import { expect } from '@playwright/test';
import { test } from './people.ts';
import { developer, picture } from './world.ts';

test('a card number in a note is hidden, shown with its statement, and suggested; accepting it masks the column', async ({
  as,
}) => {
  const client = await developer('shop-dev');
  await client.query("update orders set delivery_note = 'pay with 4111 1111 1111 1111 at the door' where id = 1");
  const note = async () => {
    const { rows } = await client.query<{ delivery_note: string }>('select delivery_note from orders where id = 1');
    return rows[0]?.delivery_note;
  };
  expect(await note()).toBe(`pay with ${'*'.repeat(19)} at the door`);

  const admin = await as('admin@example.com');
  const statement = admin.getByRole('link', { name: /delivery_note/ }).first();
  // The proxy tells of it a moment after the client has its answer.
  await expect(async () => {
    await admin.goto('/sessions?view=statements&q=detected:card');
    await expect(statement).toBeVisible({ timeout: 3_000 });
  }).toPass();
  await statement.click();
  const sheet = admin.getByRole('dialog');
  await expect(sheet.getByRole('heading', { name: 'What was found in its values' })).toBeVisible();
  await expect(sheet.getByText('public.orders.delivery_note')).toBeVisible();
  await expect(sheet.getByText(/in 1 of 1 values looked at/)).toBeVisible();
  await picture(admin, 'statement-values');
  await expect(admin.getByText('4111')).toHaveCount(0);

  await admin.goto('/catalog/suggestions?q=basis:values');
  const suggestion = admin.getByRole('row', { name: /public\.orders\.delivery_note.*shop-dev/ });
  await expect(suggestion.getByText(/1 of 1 looked at/)).toBeVisible();
  await picture(admin, 'suggestions-values');
  await suggestion.getByRole('button', { name: /^Accept pci\.pan/ }).click();
  await expect(suggestion).toHaveCount(0);
  await expect.poll(note).toBe('************1111');
  await client.end();
});
