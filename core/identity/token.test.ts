import fc from 'fast-check';
import { SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { generateSigningKey, importKey, type PrivateSigningKey, type SigningKey } from './key.ts';
import {
  claimedProxyId,
  clientTokenType,
  issueProxyToken,
  issueToken,
  tokenOpens,
  verifyProxyToken,
  verifyToken,
} from './token.ts';

const nowMs = Date.UTC(2026, 10, 21, 12);
const iat = nowMs / 1000;
const id = '11111111-1111-4111-8111-111111111111';
const claims = { sub: id, login: 'dev@example.com', jti: id, iat, exp: iat + 3600 };

type Pair = { public: SigningKey; private: PrivateSigningKey };
let key: Pair;
let other: Pair;
beforeAll(async () => {
  key = await generateSigningKey();
  other = await generateSigningKey();
});

const codeOf = async (token: string, at = nowMs, keys = [key.public]) => {
  const result = await verifyToken(token, keys, { nowMs: at });
  return result.ok ? 'ok' : result.error.code;
};
const forge = async (payload: object, header: object = {}, by = key) =>
  new SignJWT({ ...payload })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.public.kid, typ: clientTokenType, ...header })
    .sign(await importKey(by.private, 'EdDSA'));

describe('client tokens', () => {
  test('what was issued is what is verified', async () => {
    const token = await issueToken({ ...claims, connections: ['shop-prod'] }, key.private);
    const verified = await verifyToken(token, [other.public, key.public], { nowMs });
    expect(verified).toEqual({
      ok: true,
      value: { ...claims, connections: ['shop-prod'], iss: 'weir', aud: 'weir-proxy' },
    });
  });

  test('expire, with 30 s for the difference of clocks', async () => {
    const token = await issueToken(claims, key.private);
    expect(await codeOf(token, nowMs + 3_629_000)).toBe('ok');
    expect(await codeOf(token, nowMs + 3_631_000)).toBe('token_expired');
    expect(await codeOf(token, nowMs - 29_000)).toBe('ok');
    expect(await codeOf(token, nowMs - 31_000)).toBe('unauthenticated');
  });

  test('revoked ones are told apart', async () => {
    const token = await issueToken(claims, key.private);
    const result = await verifyToken(token, [key.public], { nowMs, revoked: new Set([id]) });
    expect(result).toMatchObject({ ok: false, error: { code: 'token_revoked' } });
  });

  test('are refused when anything about them is wrong', async () => {
    const full = { ...claims, iss: 'weir', aud: 'weir-proxy' };
    expect(await codeOf(await forge(full))).toBe('ok');
    expect(await codeOf(await forge(full, {}, other))).toBe('unauthenticated');
    expect(await codeOf(await forge(full, { kid: other.public.kid }), nowMs, [key.public])).toBe('unauthenticated');
    expect(await codeOf(await forge(full, { typ: 'JWT' }))).toBe('unauthenticated');
    expect(await codeOf(await forge({ ...full, aud: 'weir-control' }))).toBe('unauthenticated');
    expect(await codeOf(await forge({ ...full, iss: 'else' }))).toBe('unauthenticated');
    expect(await codeOf(await forge({ ...full, exp: undefined }))).toBe('unauthenticated');
    expect(await codeOf(await forge({ ...full, sub: 'not-an-id' }))).toBe('unauthenticated');
    const unsigned = `${btoa(JSON.stringify({ alg: 'none', kid: key.public.kid, typ: clientTokenType }))}.${btoa(JSON.stringify(full))}.`;
    expect(await codeOf(unsigned)).toBe('unauthenticated');
    expect(await codeOf('x'.repeat(1_000_000))).toBe('unauthenticated');
  });

  test('no change of a single character is accepted, and no text throws', async () => {
    const token = await issueToken(claims, key.private);
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...'AZaz09-_.='), async (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        // The last character of a signature carries bits that base64url ignores.
        if (changed === token || at === token.length - 1) return;
        expect(await codeOf(changed)).toBe('unauthenticated');
      }),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(fc.string(), async text => {
        expect(await codeOf(text)).toBe('unauthenticated');
      }),
    );
  });

  test('open only the connections they name', () => {
    expect(tokenOpens({}, 'shop-prod')).toBe(true);
    expect(tokenOpens({ connections: ['shop-dev'] }, 'shop-prod')).toBe(false);
    expect(tokenOpens({ connections: ['shop-prod'] }, 'shop-prod')).toBe(true);
  });
});

describe("proxies' request tokens", () => {
  const proxyId = '22222222-2222-4222-8222-222222222222';

  test('verify for the proxy that signed them, for 60 s', async () => {
    const token = await issueProxyToken({ proxyId, id, nowMs }, key.private);
    const proxy = { id: proxyId, key: key.public };
    expect(claimedProxyId(token)).toBe(proxyId);
    expect(await verifyProxyToken(token, proxy, nowMs)).toEqual({
      ok: true,
      value: { proxyId, tokenId: id, expiresAtMs: nowMs + 60_000 },
    });
    expect(await verifyProxyToken(token, proxy, nowMs + 91_000)).toMatchObject({ error: { code: 'token_expired' } });
    expect(await verifyProxyToken(token, { id, key: key.public }, nowMs)).toMatchObject({ ok: false });
    expect(await verifyProxyToken(token, { id: proxyId, key: other.public }, nowMs)).toMatchObject({ ok: false });
    expect(await codeOf(token)).toBe('unauthenticated');
  });

  test('may not live longer than agreed', async () => {
    const payload = { iss: proxyId, sub: proxyId, aud: 'weir-control', jti: id, iat, exp: iat + 61 };
    const token = await forge(payload, { typ: 'weir-proxy+jwt' });
    expect(await verifyProxyToken(token, { id: proxyId, key: key.public }, nowMs)).toMatchObject({ ok: false });
  });

  test('nothing that is not a token has an issuer', () => {
    fc.assert(fc.property(fc.string(), text => claimedProxyId(text) === null));
  });
});
