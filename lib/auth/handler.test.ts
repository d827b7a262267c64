/** What goes to next-auth is bounded, declared or not. */
import { NextRequest } from 'next/server';
import { expect, it } from 'vitest';
import { forgetEnv } from '#lib/env.ts';
import { boundedForm, handleAuth, settleOrigin, signInBytesMax } from './handler.ts';

const address = 'http://127.0.0.1/api/auth/callback/password?x=1';
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const route = { params: Promise.resolve({ nextauth: ['callback', 'password'] }) };

it('refuses a form that says it is too long before it is read', async () => {
  const body = 'x'.repeat(signInBytesMax + 1);
  const headers = { ...form, 'content-length': String(body.length) };
  expect((await handleAuth(new Request(address, { method: 'POST', headers, body }), route)).status).toBe(413);
});

it('stops reading a form without end', async () => {
  let given = 0;
  const endless = new ReadableStream({
    pull(controller) {
      given += 1024;
      controller.enqueue(new Uint8Array(1024));
    },
  });
  const request = new Request(address, { method: 'POST', headers: form, body: endless, duplex: 'half' } as RequestInit);
  await expect(boundedForm(request).text()).rejects.toMatchObject({ status: 413 });
  expect(given).toBeLessThan(2 * signInBytesMax);
});

it('passes on what fits, with its address', async () => {
  const asked = new NextRequest(address);
  expect(boundedForm(asked)).toBe(asked);
  const request = boundedForm(new Request(address, { method: 'POST', headers: form, body: 'login=a&password=b' }));
  expect(await request.text()).toBe('login=a&password=b');
  expect((request as Request & { nextUrl: URL }).nextUrl.searchParams.get('x')).toBe('1');
});

it.each([
  ['http://127.0.0.1:3000', 'localhost:3000', undefined],
  ['http://127.0.0.1:3000', '127.0.0.1:3000', undefined],
  ['http://127.0.0.1:3000', 'evil.example', 'http://127.0.0.1:3000'],
  ['http://127.0.0.1:3000', 'localhost.evil.example', 'http://127.0.0.1:3000'],
  ['http://127.0.0.1:3000', null, 'http://127.0.0.1:3000'],
  ['http://weir.example', 'evil.example', 'http://weir.example'],
  ['https://weir.example', 'localhost', 'https://weir.example'],
])('at %s, asked as %s, is at the address that was set', (url, host, fixed) => {
  const { NEXTAUTH_URL, WEIR_CONSOLE_URL, WEIR_SECRET } = process.env;
  try {
    Object.assign(process.env, { WEIR_CONSOLE_URL: url, WEIR_SECRET: 'a secret that only tests have, 32+' });
    forgetEnv();
    settleOrigin(host);
    expect(process.env.NEXTAUTH_URL).toBe(fixed);
  } finally {
    for (const [name, value] of Object.entries({ NEXTAUTH_URL, WEIR_CONSOLE_URL, WEIR_SECRET }))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    forgetEnv();
  }
});
