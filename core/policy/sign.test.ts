import { FlattenedSign } from 'jose';
import { expect, test } from 'vitest';
import { generateSealingKey, generateSigningKey, importKey } from '../identity/key.ts';
import type { Bundle } from './bundle.ts';
import { bundleType, signBundle, verifyBundle } from './sign.ts';
import { connection, policy } from './testing.ts';

const nowMs = Date.UTC(2026, 10, 21);
const key = await generateSigningKey();
const stranger = await generateSigningKey();
const bundle: Bundle = {
  schema: 1,
  version: 5,
  policyVersion: 3,
  issuedAt: nowMs,
  expiresAt: nowMs + 60_000,
  connections: [connection],
  policies: [policy({ name: 'p', rules: [{ id: 'r', effect: 'allow' }] })],
  identities: [],
  labels: {},
  owners: {},
  grants: [],
  revokedTokens: [],
  keys: { tokens: [key.public], literals: (await generateSealingKey()).public, mask: 'A'.repeat(43) },
  consoleUrl: 'http://127.0.0.1:3000',
};
const trust = { keys: [stranger.public, key.public], nowMs, versionMin: 0 };
const verified = async (signed: unknown, more: Partial<typeof trust> = {}) => {
  const result = await verifyBundle(signed, { ...trust, ...more });
  return result.ok ? 'ok' : result.error.code;
};

test('a bundle survives signing unchanged', async () => {
  expect(await verifyBundle(await signBundle(bundle, key.private), trust)).toEqual({ ok: true, value: bundle });
});

test('only pinned keys count, and only for the very same bytes', async () => {
  const signed = await signBundle(bundle, key.private);
  expect(await verified(signed, { keys: [stranger.public] })).toBe('unauthenticated');
  expect(await verified(await signBundle(bundle, { ...stranger.private, kid: key.public.kid }))).toBe(
    'unauthenticated',
  );
  const altered = btoa(JSON.stringify({ ...bundle, version: 6 })).replace(/=+$/, '');
  expect(await verified({ ...signed, payload: altered })).toBe('unauthenticated');
  expect(await verified({ ...signed, signature: `${signed.signature.slice(2)}AA` })).toBe('unauthenticated');
  expect(await verified({ payload: signed.payload })).toBe('invalid_input');
  expect(await verified(null)).toBe('invalid_input');
});

test('an expired or older bundle is refused, the same version is not', async () => {
  const signed = await signBundle(bundle, key.private);
  expect(await verified(signed, { nowMs: bundle.expiresAt })).toBe('bundle_expired');
  expect(await verified(signed, { versionMin: 6 })).toBe('conflict');
  expect(await verified(signed, { versionMin: 5 })).toBe('ok');
});

test('a genuine signature over something else is not a bundle', async () => {
  const sign = async (payload: object, typ: string) =>
    new FlattenedSign(new TextEncoder().encode(JSON.stringify(payload)))
      .setProtectedHeader({ alg: 'EdDSA', kid: key.public.kid, typ })
      .sign(await importKey(key.private, 'EdDSA'));
  expect(await verified(await sign({ ...bundle, schema: 2 }, bundleType))).toBe('invalid_input');
  expect(await verified(await sign(bundle, 'weir-client+jwt'))).toBe('unauthenticated');
});
