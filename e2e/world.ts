/** The Weir under test as specs see it: addresses, people, and clients that speak to the proxy. */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
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
  await client.connect();
  return client;
}

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
