/** The Weir under test as specs see it: addresses, people, and clients that speak to the proxy. */
import fs from 'node:fs';
import path from 'node:path';
import { type Browser, expect, type Page } from '@playwright/test';
import pg from 'pg';
import { root } from '../scripts/root.ts';
import { type Running, readRunning } from '../scripts/supervisor/running.ts';

/** Null until the set-up has started it. */
export function running(): Running | null {
  const state = process.env.WEIR_E2E_STATE;
  return state ? readRunning(state) : null;
}

export function world(): Running {
  const found = running();
  if (!found) throw new Error('Weir is not running.');
  return found;
}

/** The password of all people of the demo. */
export const password = (): string => fs.readFileSync(world().passwordFile, 'utf8').trim();

/** Signs in on the sign-in page, as anybody would. */
export async function signIn(page: Page, login: string): Promise<void> {
  await page.goto('/signin');
  await page.getByLabel(/e-mail/i).fill(login);
  await page.getByLabel(/password/i).fill(password());
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.waitForURL(url => url.pathname !== '/signin');
}

type Cookies = Awaited<ReturnType<ReturnType<Page['context']>['cookies']>>;
const signedInAs = new Map<string, Cookies>();

/** A page of its own, in which somebody is signed in; by the form the first time, with the same session afterwards. */
export async function signedIn(browser: Browser, login: string): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const cookies = signedInAs.get(login);
  if (cookies) {
    await context.addCookies(cookies);
    return page;
  }
  await signIn(page, login);
  signedInAs.set(login, await context.cookies());
  return page;
}

/** Issues a token on the Connect page, as its user reads it there. */
export async function issueToken(page: Page, to: string, forWhom?: RegExp): Promise<string> {
  await page.goto('/connect');
  await page.getByRole('button', { name: new RegExp(to) }).click();
  if (forWhom) {
    const whom = page.getByLabel('For', { exact: true });
    const option = await whom.getByRole('option', { name: forWhom }).textContent();
    await whom.selectOption({ label: option ?? '' });
  }
  await page.getByRole('button', { name: 'Issue token' }).click();
  const line = await page.getByText(/PGPASSWORD='/).textContent();
  const token = /PGPASSWORD='([^']+)'/.exec(line ?? '')?.[1];
  expect(token).toBeTruthy();
  return String(token);
}

/** What a refused query or connection says. */
export const refusal = (work: Promise<unknown>): Promise<pg.DatabaseError> =>
  work.then(
    () => Promise.reject(new Error('It was not refused.')),
    (error: unknown) => error as pg.DatabaseError,
  );

/** Approves or denies the request that the page shows. */
export async function decide(page: Page, verdict: 'Approve' | 'Deny', reason: string): Promise<void> {
  const verb = new RegExp(`^${verdict}`);
  await page.getByRole('button', { name: verb }).click();
  await page.getByLabel('Reason').fill(reason);
  await page.getByRole('dialog').getByRole('button', { name: verb }).click();
}

/** A connected client of the proxy, with the token as its password; over TLS, whose authority is the installation's own. */
export async function connect(options: { login: string; token: string; connection: string }): Promise<pg.Client> {
  const { host, port } = world().proxy;
  const client = new pg.Client({
    host,
    port,
    user: options.login,
    password: options.token,
    database: options.connection,
    ssl: { rejectUnauthorized: false },
  });
  // A session that is cut says so in the query under way, or in the next one.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The demo's developer, connected with the token that was made at start. */
export const developer = (connection = 'shop-prod'): Promise<pg.Client> =>
  connect({ login: 'dev@example.com', token: developerToken(), connection });

/** The demo developer's token that was made at start. */
export const developerToken = (): string => fs.readFileSync(String(world().tokenFile), 'utf8').trim();

/** `WEIR_SCREENSHOTS=docs` renews the pictures of the documentation. */
const pictures = path.join(root, process.env.WEIR_SCREENSHOTS === 'docs' ? 'docs/screenshots' : 'test-results/pages');

export const themes = ['light', 'dark'] as const;

/** What the page looks like now, in one theme or as it is. */
export async function picture(page: Page, name: string, theme: (typeof themes)[number] = 'light'): Promise<void> {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  await page.screenshot({ path: path.join(pictures, `${name}-${theme}.png`) });
}
