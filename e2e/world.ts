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

/** What a refused query or connection says. */
export const refusal = (work: Promise<unknown>): Promise<pg.DatabaseError> =>
  work.then(
    () => Promise.reject(new Error('It was not refused.')),
    (error: unknown) => error as pg.DatabaseError,
  );

/** A connected client of the proxy, with the token as its password; over TLS, whose authority is the installation's own. */
export async function connect(options: {
  login: string;
  token: string;
  connection: string;
  application?: string;
}): Promise<pg.Client> {
  const { host, port } = world().proxy;
  const client = new pg.Client({
    host,
    port,
    user: options.login,
    password: options.token,
    database: options.connection,
    application_name: options.application,
    ssl: { rejectUnauthorized: false },
  });
  // A session that is cut says so in the query under way, or in the next one.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The demo's developer, connected with the token that was made at start. `application`: what the session is known by in lists. */
export const developer = (connection = 'shop-prod', application = ''): Promise<pg.Client> =>
  connect({ login: 'dev@example.com', token: developerToken(), connection, application });

/** The demo developer's token that was made at start. */
export const developerToken = (): string => fs.readFileSync(String(world().tokenFile), 'utf8').trim();

const documented = path.join(root, 'docs/screenshots');
const pictures = path.join(root, 'test-results/pages');

export const themes = ['light', 'dark'] as const;

/** What the page looks like now, in one theme. `WEIR_SCREENSHOTS=docs` also renews it where the documentation shows it. */
export async function picture(page: Page, name: string, theme: (typeof themes)[number] = 'light'): Promise<void> {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  const file = `${name}-${theme}.png`;
  await page.screenshot({ path: path.join(pictures, file) });
  const inDocuments = path.join(documented, file);
  if (process.env.WEIR_SCREENSHOTS === 'docs' && fs.existsSync(inDocuments))
    fs.copyFileSync(path.join(pictures, file), inDocuments);
}
