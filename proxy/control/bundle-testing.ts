/** A small installation for tests: keys, identities, one connection, and bundles and tokens signed by them. */
import { randomUUID } from 'node:crypto';
import { generateSealingKey, generateSigningKey } from '#core/identity/key.ts';
import type { Principal, TokenClaims } from '#core/identity/principal.ts';
import { issueToken } from '#core/identity/token.ts';
import type { Bundle, Jwk, SignedBundle } from '#core/policy/bundle.ts';
import { policySchema } from '#core/policy/schema.ts';
import { signBundle } from '#core/policy/sign.ts';

export const ids = {
  dev: 'd0000000-0000-4000-8000-000000000001',
  other: 'd0000000-0000-4000-8000-000000000002',
  agent: 'a0000000-0000-4000-8000-000000000001',
  shop: 'c0000000-0000-4000-8000-000000000001',
  vault: 'c0000000-0000-4000-8000-000000000002',
};

const principal = (id: string, kind: Principal['kind'], login: string, more: Partial<Principal> = {}): Principal => ({
  id,
  kind,
  login,
  displayName: login,
  groups: [],
  roles: ['developer'],
  ownerId: null,
  enabled: true,
  ...more,
});

const connection = (id: string, name: string) => ({
  id,
  name,
  engine: 'postgresql' as const,
  environment: 'prod',
  region: 'local',
  tags: {},
});

/** Everybody may connect to shop-prod; vault-prod needs a grant. */
const policies = [
  policySchema.parse({
    name: 'shop',
    connections: { names: ['shop-prod'] },
    rules: [{ id: 'all', effect: 'allow' }],
  }),
];

export type Installation = Awaited<ReturnType<typeof makeInstallation>>;

export async function makeInstallation(nowMs = Date.now()) {
  const bundleKey = await generateSigningKey();
  const tokenKey = await generateSigningKey();
  const literals = await generateSealingKey();
  let version = 0;
  const bundle = (more: Partial<Bundle> = {}): Bundle => {
    version += 1;
    return {
      schema: 1,
      version,
      policyVersion: 3,
      issuedAt: nowMs,
      expiresAt: nowMs + 3_600_000,
      connections: [connection(ids.shop, 'shop-prod'), connection(ids.vault, 'vault-prod')],
      policies,
      identities: [
        principal(ids.dev, 'user', 'dev@example.com'),
        principal(ids.other, 'user', 'reviewer@example.com'),
        principal(ids.agent, 'agent', 'report-agent', { ownerId: ids.dev }),
      ],
      labels: {},
      owners: {},
      grants: [],
      revokedTokens: [],
      keys: { tokens: [tokenKey.public as Jwk], literals: literals.public as Jwk, mask: 'A'.repeat(43) },
      consoleUrl: 'http://127.0.0.1:3000',
      ...more,
    };
  };
  const token = (claims: Partial<TokenClaims> = {}) =>
    issueToken(
      {
        sub: ids.dev,
        login: 'dev@example.com',
        jti: randomUUID(),
        iat: Math.floor(nowMs / 1000),
        exp: Math.floor(nowMs / 1000) + 3600,
        ...claims,
      },
      tokenKey.private,
    );
  return {
    bundleKeys: [bundleKey.public as Jwk],
    literalsKey: literals,
    bundle,
    sign: (value: Bundle): Promise<SignedBundle> => signBundle(value, bundleKey.private),
    token,
  };
}
