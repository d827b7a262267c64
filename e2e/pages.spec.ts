/** Every page of the console: opens without an error, asks nobody outside, has no accessibility violation, light and dark. */
import fs from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { root } from '../scripts/root.ts';
import { picture, signIn, themes, world } from './world.ts';

/** Pages without parameters, as the folders of app/ say. */
const routes = fs
  .readdirSync(path.join(root, 'app/(console)'), { recursive: true, encoding: 'utf8' })
  .filter(file => path.basename(file) === 'page.tsx' && !file.includes('['))
  .map(file =>
    path.posix.join(
      '/',
      path
        .dirname(file)
        .split(path.sep)
        .filter(part => !part.startsWith('('))
        .join('/'),
    ),
  )
  .sort();

/** What went wrong while the page was open: errors it printed, answers that failed, requests to anybody else. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  const own = new URL(world().consoleUrl).origin;
  page.on('console', message => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', error => complaints.push(`thrown: ${error.message}`));
  page.on('request', request => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== own) complaints.push(`outside: ${request.url()}`);
  });
  page.on('response', response => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
  });
  return complaints;
}

async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  // Streams stay open, so the network is never idle; what is loading says so.
  await expect(page.getByRole('status', { name: /loading/i })).toHaveCount(0);
}

async function look(page: Page, name: string): Promise<void> {
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(
      violations.map(({ id, nodes }) => `${theme} ${id}: ${nodes.map(node => node.target.join(' ')).slice(0, 3)}`),
    ).toEqual([]);
    await picture(page, name, theme);
  }
}

for (const route of routes) {
  test(`${route} is whole`, async ({ page }) => {
    await signIn(page, 'admin@example.com');
    const complaints = complaintsOf(page);
    await page.goto(route);
    await settled(page);
    await look(page, route === '/' ? 'overview' : route.slice(1).replaceAll('/', '-'));
    expect(complaints).toEqual([]);
  });
}

test('the sign-in page is whole', async ({ page }) => {
  const complaints = complaintsOf(page);
  await page.goto('/signin');
  await settled(page);
  await look(page, 'signin');
  expect(complaints).toEqual([]);
});
