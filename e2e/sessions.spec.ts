/** Looking back and cutting off: a session is killed with a reason, and exports hold what the filter shows and nothing else. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, type Page } from '@playwright/test';
import { root } from '../scripts/root.ts';
import { test } from './people.ts';
import { developer, refusal } from './world.ts';

test('killing a session ends the client, and says so in the list', async ({ as }) => {
  const client = await developer('shop-prod', 'to be killed');
  await client.query('select count(*) from order_items');
  const admin = await as('admin@example.com');
  await admin.goto('/sessions?q=live:true');
  const own = admin.getByRole('row', { name: /to be killed/ });
  await own.getByRole('link', { name: 'dev@example.com' }).click();
  const killed = new Promise<void>(resolve => client.once('end', resolve));
  // With the keyboard alone: the form opens with the focus where the reason goes.
  await expect(admin.getByRole('button', { name: /Kill session/ })).toBeVisible();
  await admin.keyboard.press('Shift+K');
  await expect(admin.getByLabel('Reason')).toBeFocused();
  await admin.keyboard.type('Left open over lunch');
  await admin.keyboard.press('ControlOrMeta+Enter');
  await killed;
  await expect(admin.getByText(/^Ended: /)).toBeVisible();
  await expect(admin.getByRole('button', { name: /Kill session/ })).toHaveCount(0);
});

test('what is misspelt is a mistake, and does not stand among what policy refused', async ({ as }) => {
  const client = await developer();
  expect(await refusal(client.query('select emial from customers'))).toMatchObject({ code: '42703' });
  expect(await refusal(client.query('drop table customers'))).toMatchObject({ code: '42501' });
  await client.end();
  const auditor = await as('auditor@example.com');
  const statements = auditor.getByRole('table', { name: 'Statements' });
  const misspelt = statements.getByRole('row', { name: /emial/ });
  const refused = statements.getByRole('row', { name: /drop table customers/i });
  await auditor.goto('/sessions?view=statements&q=decision:deny');
  await expect(refused.first()).toBeVisible();
  await expect(misspelt).toHaveCount(0);
  await auditor.goto('/sessions?view=statements&q=decision:mistake');
  await expect(misspelt.first()).toContainText('Mistake');
  await expect(refused).toHaveCount(0);
  await misspelt.first().getByRole('link').first().click();
  await expect(auditor.getByText('the database would have refused it as well')).toBeVisible();
  await auditor.keyboard.press('Escape');
  // In the session the one is found among many, and the other is out of the way.
  const own = auditor.getByRole('table', { name: 'Statements of the session' });
  await auditor.getByRole('group', { name: 'Decided as' }).getByRole('button', { name: 'Denied 1' }).click();
  await expect(own.getByRole('row', { name: /drop table customers/i })).toBeVisible();
  await expect(own.getByRole('row', { name: /emial/ })).toHaveCount(0);
  await auditor.goto('/');
  await expect(auditor.getByText(/denied by policy, .* that the database would have refused/)).toBeVisible();
});

test('the log says which session somebody looked at, and leads there', async ({ as }) => {
  const client = await developer();
  await client.query('select count(*) from products');
  await client.end();
  const auditor = await as('auditor@example.com');
  await auditor.goto('/sessions');
  await auditor.getByRole('link', { name: 'dev@example.com' }).first().click();
  await expect(auditor).toHaveURL(/\/sessions\/[0-9a-f-]{36}/);
  const { pathname } = new URL(auditor.url());
  const id = String(pathname.split('/').at(-1));
  // Once more: who looked before is shown, and where that is written.
  await auditor.reload();
  await auditor
    .getByText(/looking is recorded/)
    .getByRole('link', { name: 'audit log' })
    .click();
  const row = auditor.getByRole('table', { name: 'Events' }).getByRole('row', { name: /looked at a session/ });
  await expect(row.first()).toContainText(id);
  await row.first().getByRole('button').click();
  const sheet = auditor.getByRole('dialog', { name: 'Looked at a session' });
  await expect(sheet.getByRole('heading', { name: 'What was asked for' })).toBeVisible();
  await sheet.getByRole('link', { name: id }).click();
  await expect(auditor).toHaveURL(new RegExp(pathname));
});

async function download(page: Page, format: 'CSV' | 'NDJSON'): Promise<string[]> {
  await page.getByRole('button', { name: 'Export' }).click();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: new RegExp(`^${format}`) }).click(),
  ]);
  expect(file.suggestedFilename()).toMatch(new RegExp(`\\.${format.toLowerCase()}$`));
  return fs
    .readFileSync(await file.path(), 'utf8')
    .split('\n')
    .filter(line => line.trim() !== '');
}

test('an export of the audit log is what the filter shows, as CSV and as NDJSON', async ({ as }) => {
  const auditor = await as('auditor@example.com');
  await auditor.goto('/audit?q=action:catalog.set_owner');
  const table = auditor.getByRole('table', { name: 'Events' });
  await expect(table.getByRole('row', { name: /catalog\.set_owner/ }).first()).toBeVisible();
  await expect(table.getByRole('row', { name: /identity\.sign_in/ })).toHaveCount(0);

  const objects = (await download(auditor, 'NDJSON')).map(line => JSON.parse(line) as { action: string });
  expect(objects.length).toBeGreaterThan(0);
  expect(new Set(objects.map(each => each.action))).toEqual(new Set(['catalog.set_owner']));
  const [header = '', ...rows] = await download(auditor, 'CSV');
  expect(header.split(',')).toContain('action');
  expect(rows).toHaveLength(objects.length);
  for (const row of rows) expect(row).toContain('catalog.set_owner');

  // That somebody took a copy is on record itself.
  await auditor.goto('/audit?q=actor:auditor@example.com');
  await expect(table.getByRole('row', { name: /export/ }).first()).toBeVisible();
});

test('the chain of the log is downloaded and verified without the console', async ({ as }) => {
  const auditor = await as('auditor@example.com');
  await auditor.goto('/audit');
  const [file] = await Promise.all([
    auditor.waitForEvent('download'),
    auditor.getByRole('link', { name: 'Download the chain of control plane' }).click(),
  ]);
  const events = await file.path();
  const weir = (target: string) =>
    spawnSync(process.execPath, [path.join(root, 'scripts/weir.mjs'), 'verify', target], { encoding: 'utf8' });
  expect(weir(events)).toMatchObject({ status: 0 });
  // One letter of one event, and it is found.
  const forged = `${events}.forged`;
  fs.writeFileSync(forged, fs.readFileSync(events, 'utf8').replace('identity.sign_in', 'identity.sign_it'));
  const verdict = weir(forged);
  expect([verdict.status, verdict.stdout]).toEqual([1, expect.stringContaining('BROKEN')]);
});
