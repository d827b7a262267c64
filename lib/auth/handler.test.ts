/** What goes to next-auth is bounded, declared or not. */
import { NextRequest } from 'next/server';
import { expect, it } from 'vitest';
import { boundedForm, handleAuth, signInBytesMax } from './handler.ts';

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
