/**
 * Every page of the console, of the list and of the object, with the dialogs that matter: opens without an error, asks nobody
 * outside, has no accessibility violation in either theme, and fits a phone and a screen at 200 %.
 */
import fs from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import type pg from 'pg';
import { root } from '../scripts/root.ts';
import { test } from './people.ts';
import { developer, picture, themes, world } from './world.ts';

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

type Opening = {
  /** Of the picture. */
  name: string;
  /** The page that has a link to it. */
  from: string;
  /** The link in that page, by a part of its address. */
  link?: RegExp;
  /** What else is opened there. */
  open?: (page: Page) => Promise<void>;
};

const press = (name: RegExp) => (page: Page) => page.getByRole('button', { name }).first().click();
const firstRow = (page: Page) => page.locator('[data-row-action]').first().click();

const details: readonly Opening[] = [
  { name: 'approval', from: '/approvals?tab=team', link: /^\/approvals\/[0-9a-f-]{36}/ },
  { name: 'connection', from: '/catalog', link: /^\/catalog\/[0-9a-f-]{36}$/ },
  { name: 'relation', from: '/catalog?q=customers', link: /^\/catalog\/[0-9a-f-]{36}\/\d+/ },
  { name: 'person', from: '/identities?q=dev', link: /^\/identities\/[0-9a-f-]{36}/ },
  { name: 'agent', from: '/identities?tab=agents', link: /^\/identities\/[0-9a-f-]{36}/ },
  { name: 'group', from: '/identities?tab=groups', link: /^\/identities\/groups\// },
  { name: 'policy', from: '/policies', link: /^\/policies\/mask-classified/ },
  { name: 'policy-versions', from: '/policies/mask-classified?tab=versions' },
  { name: 'proxy', from: '/proxies', link: /^\/proxies\/[0-9a-f-]{36}/ },
  { name: 'session-live', from: '/sessions?q=live:true', link: /^\/sessions\/[0-9a-f-]{36}/ },
  { name: 'statements', from: '/sessions?view=statements' },
  { name: 'tokens', from: '/identities?tab=tokens' },
  { name: 'nothing-there', from: '/sessions/00000000-0000-4000-8000-000000000000' },
  { name: 'no-results', from: '/sessions?q=table:no_such_table' },
];

const dialogs: readonly Opening[] = [
  { name: 'dialog-request-access', from: '/access', open: press(/^Request access/) },
  { name: 'dialog-add-connection', from: '/catalog', open: press(/^Add connection/) },
  { name: 'dialog-add-person', from: '/identities', open: press(/^Add person/) },
  { name: 'dialog-enrol-proxy', from: '/proxies', open: press(/^Enrol a proxy/) },
  { name: 'dialog-audit-event', from: '/audit', open: firstRow },
  { name: 'dialog-statement', from: '/sessions?view=statements', open: firstRow },
  { name: 'dialog-kill', from: '/sessions?q=live:true', link: /^\/sessions\/[0-9a-f-]{36}/, open: press(/^Kill/) },
  { name: 'dialog-revoke-proxy', from: '/proxies', link: /^\/proxies\/[0-9a-f-]{36}/, open: press(/^Revoke/) },
  { name: 'dialog-commands', from: '/', open: page => page.keyboard.press('ControlOrMeta+k') },
  { name: 'dialog-shortcuts', from: '/', open: page => page.keyboard.press('?') },
];

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
  await expect(page.locator('[data-skeleton]')).toHaveCount(0);
  // A filter that is not understood is said, and would show the wrong object.
  await expect(page.getByText('Not applied')).toHaveCount(0);
}

async function violationsOf(axe: AxeBuilder): Promise<string[]> {
  const { violations } = await axe.analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.target.join(' ')).slice(0, 3)}`);
}

/** The themes differ in colours alone, so that in the dark one only those are judged again. */
async function look(page: Page, name: string): Promise<void> {
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const axe = new AxeBuilder({ page });
    expect(await violationsOf(theme === 'dark' ? axe.withRules(['color-contrast']) : axe)).toEqual([]);
    await picture(page, name, theme);
  }
}

/** What scrolls sideways within the page; code and pictures may (WCAG 1.4.10). */
const sideways = () =>
  [...document.querySelectorAll('main *, [role=dialog] *')]
    .filter(each => ['auto', 'scroll'].includes(getComputedStyle(each).overflowX) && !each.closest('pre, code, figure'))
    .filter(each => each.scrollWidth > each.clientWidth + 1 && !each.matches('.cm-scroller'))
    .map(each => each.getAttribute('aria-label') ?? each.className);

/** At the width of a phone nothing sticks out, so that the page scrolls one way only (WCAG 1.4.10). */
async function lookAtPhone(page: Page, name: string): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  const excess = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await expect.poll(excess).toBeLessThanOrEqual(0);
  await expect.poll(() => page.evaluate(sideways)).toEqual([]);
  await picture(page, `${name}-phone`);
  if (before) await page.setViewportSize(before);
}

/** Controls that something else lies upon when the focus comes to them (WCAG 2.4.11). */
function coveredControls(): string[] {
  const within = document.querySelector('[role=dialog]') ?? document.querySelector('main') ?? document.body;
  const controls = [...within.querySelectorAll<HTMLElement>('a[href], button, input, textarea, select')];
  const isShown = (each: HTMLElement) =>
    each.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    !each.matches(':disabled, .sr-only, [tabindex="-1"]') &&
    each.getBoundingClientRect().width > 1;
  const isCovered = (each: HTMLElement) => {
    each.focus();
    const { x, y, width, height } = each.getBoundingClientRect();
    const upon = document.elementFromPoint(x + width / 2, y + height / 2);
    return upon === null || !(each.contains(upon) || upon.contains(each));
  };
  return controls
    .filter(isShown)
    .filter(isCovered)
    .map(each => each.getAttribute('aria-label') ?? each.textContent?.trim() ?? each.outerHTML);
}

/** A screen of 1280 × 720 at 200 %: lower than a phone is wide, with everything still there and within reach (WCAG 1.4.4). */
async function lookZoomed(page: Page): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 640, height: 360 });
  const excess = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await expect.poll(excess).toBeLessThanOrEqual(0);
  await expect.poll(() => page.evaluate(coveredControls)).toEqual([]);
  if (before) await page.setViewportSize(before);
}

async function goTo(page: Page, { from, link }: Opening): Promise<void> {
  await page.goto(from);
  await settled(page);
  if (!link) return;
  const found = async () => {
    const addresses = await page.locator('main a[href]').evaluateAll(all => all.map(each => each.getAttribute('href')));
    return addresses.find(address => address !== null && link.test(address)) ?? '';
  };
  await expect.poll(found).toMatch(link);
  await page.goto(await found());
  await settled(page);
}

let held: pg.Client;
let waiting: Promise<unknown>;

/** Something of everything: a session that is live, one that ended, a refusal, masked cells, and a request that waits. */
test.beforeAll(async () => {
  const short = await developer();
  await short.query('select id, email, city from customers order by id limit 20');
  for (let day = 1; day <= 24; day++) {
    await short.query('select status, count(*), sum(total_cents) from orders where created_at >= $1 group by status', [
      `2026-01-${String(day).padStart(2, '0')}`,
    ]);
    if (day % 3 === 0) await short.query('select email, phone from customers where id = $1', [day]);
    if (day % 8 === 0) await short.query('delete from order_items').catch(() => undefined);
  }
  await short.query('truncate orders').catch(() => undefined);
  await short.end();
  held = await developer();
  const noticed = new Promise(resolve => held.once('notice', resolve));
  waiting = held.query(`update customers set region = 'north' where id = 9`).catch(() => undefined);
  await noticed;
});

test.afterAll(async () => {
  await held.end();
  await waiting;
});

for (const route of routes) {
  test(`${route} is whole`, async ({ as }) => {
    const page = await as('admin@example.com');
    const complaints = complaintsOf(page);
    const name = route === '/' ? 'overview' : route.slice(1).replaceAll('/', '-');
    await page.goto(route);
    await settled(page);
    await look(page, name);
    await lookAtPhone(page, name);
    await lookZoomed(page);
    expect(complaints).toEqual([]);
  });
}

for (const detail of details) {
  test(`${detail.name} is whole`, async ({ as }) => {
    const page = await as('admin@example.com');
    const complaints = complaintsOf(page);
    await goTo(page, detail);
    await look(page, detail.name);
    await lookAtPhone(page, detail.name);
    await lookZoomed(page);
    // What is not there answers so; everything else has to work.
    if (detail.name !== 'nothing-there') expect(complaints).toEqual([]);
  });
}

for (const dialog of dialogs) {
  test(`${dialog.name} is whole`, async ({ as }) => {
    const page = await as('admin@example.com');
    const complaints = complaintsOf(page);
    await goTo(page, dialog);
    await dialog.open?.(page);
    const opened = page.getByRole('dialog');
    await expect(opened).toBeVisible();
    await expect(opened.locator('[aria-busy="true"]')).toHaveCount(0);
    await look(page, dialog.name);
    await lookAtPhone(page, dialog.name);
    await lookZoomed(page);
    // One layer at a time, and the focus goes back to where it came from.
    await page.keyboard.press('Escape');
    await expect(opened).toHaveCount(0);
    expect(complaints).toEqual([]);
  });
}

test('the sign-in page is whole', async ({ page }) => {
  const complaints = complaintsOf(page);
  await page.goto('/signin');
  await settled(page);
  await look(page, 'signin');
  await lookAtPhone(page, 'signin');
  await lookZoomed(page);
  expect(complaints).toEqual([]);
});

test('a page says what fails, and works again when it does', async ({ as }) => {
  const page = await as('admin@example.com');
  await page.route('**/api/rpc/audit/**', route => route.abort());
  await page.goto('/sessions');
  await expect(page.getByRole('alert').getByText('No connection to the console')).toBeVisible({ timeout: 30_000 });
  await picture(page, 'no-connection');
  await page.unroute('**/api/rpc/audit/**');
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect(page.getByRole('table', { name: 'Sessions' }).getByRole('row').nth(1)).toBeVisible();
});
