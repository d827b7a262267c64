/** The ways in: a command line through the browser, an identity provider, and what is said to whom keeps guessing. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect } from '@playwright/test';
import { root } from '../scripts/root.ts';
import { throwAwayDir } from '../scripts/throw-away.ts';
import { until } from '../scripts/wait.ts';
import { test } from './people.ts';
import { password, world } from './world.ts';

type Said = { child: ChildProcess; text: () => string; code: Promise<number | null> };

/** The command line as somebody has it who installed nothing else: no psql, and a home of its own. */
function weir(home: string, args: readonly string[]): Said {
  const child = spawn(process.execPath, [path.join(root, 'scripts/run.mjs'), 'weir', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '', HOME: home, XDG_CONFIG_HOME: home, NODE_ENV: 'production' },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, text: () => text, code: new Promise(resolve => child.once('close', resolve)) };
}

test('weir login is approved in the browser, and weir connect reads with it', async ({ as }) => {
  const home = throwAwayDir('weir-home-');
  try {
    const login = weir(home, ['login', '--control', world().consoleUrl]);
    await until('the command line to show its address', () => /Open\s+http\S+/.test(login.text()), {
      timeoutMs: 30_000,
    });
    const url = String(/Open\s+(http\S+)/.exec(login.text())?.[1]);
    const code = String(/Code\s+(\S+)/.exec(login.text())?.[1]);

    const developer = await as('dev@example.com');
    await developer.goto(url);
    await expect(developer.getByText(code, { exact: true })).toBeVisible();
    await developer.getByRole('button', { name: 'Approve sign-in' }).click();
    await expect(developer.getByText('The command line is signed in')).toBeVisible();
    expect(await login.code, login.text()).toBe(0);
    expect(login.text()).toContain('Signed in as dev@example.com');

    const sql = 'select full_name, city from customers order by id limit 2';
    const connected = weir(home, ['connect', 'shop-prod', '-c', sql]);
    expect(await connected.code, connected.text()).toBe(0);
    expect(connected.text()).toContain('***');
    const refused = weir(home, ['connect', 'shop-prod', '-c', 'drop table orders']);
    expect(await refused.code).toBe(1);
    expect(refused.text()).toContain('refused by policy');
  } finally {
    fs.rmSync(home, { recursive: true, force: true });
  }
});

test('the identity provider signs people in, and who has no role yet is told what to do', async ({ page }) => {
  await page.goto('/signin');
  await page.getByRole('button', { name: 'Continue with Example Login' }).click();
  await page.getByPlaceholder('Enter any login').fill('newcomer');
  await page.getByPlaceholder('and password').fill('whatever');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page
    .getByRole('button', { name: /newcomer@example\.com|account|profile/i })
    .first()
    .click();
  await expect(page.getByText('newcomer@example.com').first()).toBeVisible();
});

test('wrong passwords are told apart from too many of them', async ({ page }) => {
  const attempt = async (secret: string) => {
    await page.getByLabel(/e-mail/i).fill('operator@example.com');
    await page.getByLabel(/password/i).fill(secret);
    const answer = page.waitForResponse(response => response.url().includes('/api/auth/callback/password'));
    await page.getByRole('button', { name: /sign in/i }).click();
    await answer;
  };
  await page.goto('/signin');
  await attempt('not the password');
  await expect(page.getByRole('alert').getByText('The e-mail address or the password is wrong.')).toBeVisible();
  for (let guess = 0; guess < 9; guess++) await attempt(`guess ${guess}`);
  // Even the right one, or else an attacker would learn it by being let in.
  await attempt(password());
  await expect(page.getByRole('alert').getByText(/Too many attempts/)).toBeVisible();
});
