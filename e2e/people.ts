/** People at their browsers, as specs speak of them: signed in, issuing tokens, deciding. Every spec takes its `test` from here. */
import { test as base, expect, type Page } from '@playwright/test';
import { signIn } from './world.ts';

type Cookies = Awaited<ReturnType<ReturnType<Page['context']>['cookies']>>;

/** Signing in costs a password hash and leaves a session, so each person does it once per worker. */
const sessions = new Map<string, Cookies>();

type People = {
  /** A browser of its own in which that person is signed in; closed with the test, and its live streams with it. */
  as: (login: string) => Promise<Page>;
};

export const test = base.extend<People>({
  as: async ({ browser }, use) => {
    const contexts: { close(): Promise<void> }[] = [];
    await use(async login => {
      const context = await browser.newContext();
      contexts.push(context);
      const page = await context.newPage();
      const cookies = sessions.get(login);
      if (cookies) {
        await context.addCookies(cookies);
        return page;
      }
      await signIn(page, login);
      sessions.set(login, await context.cookies());
      return page;
    });
    await Promise.all(contexts.map(context => context.close()));
  },
});

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

/** Approves or denies the request that the page shows. */
export async function decide(page: Page, verdict: 'Approve' | 'Deny', reason: string): Promise<void> {
  const verb = new RegExp(`^${verdict}`);
  await page.getByRole('button', { name: verb }).click();
  await page.getByLabel('Reason').fill(reason);
  await page.getByRole('dialog').getByRole('button', { name: verb }).click();
}
