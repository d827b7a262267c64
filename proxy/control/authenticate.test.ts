/** Who may open which connection, with the SQLSTATE and the sentence that each refusal gives. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { errorTable, ok } from '#core/contract/error.ts';
import type { TokenClaims } from '#core/identity/principal.ts';
import type { Bundle } from '#core/policy/bundle.ts';
import { admitAgain, authenticator } from './authenticate.ts';
import { appliedBundle } from './bundle.ts';
import { type Installation, ids, makeInstallation } from './bundle-testing.ts';

let here: Installation;
let nowMs: number;
beforeAll(async () => {
  nowMs = Date.now();
  here = await makeInstallation(nowMs);
});

type Attempt = {
  claims?: Partial<TokenClaims>;
  login?: string;
  database?: string;
  password?: string;
  bundle?: Partial<Bundle>;
};
const attempt = async ({ claims = {}, login = claims.login ?? 'dev@example.com', ...more }: Attempt) => {
  const applied = appliedBundle(here.bundle(more.bundle), 1);
  const authenticate = authenticator({
    current: () => ok(applied),
    serves: name => name !== 'elsewhere',
    clock: { nowMs: () => nowMs, nowUs: () => 0 },
  });
  const result = await authenticate({
    login,
    password: more.password ?? (await here.token(claims)),
    database: more.database ?? 'shop-prod',
    address: '127.0.0.1',
    application: 'psql',
  });
  return result.ok ? result : { ...result, sqlstate: errorTable[result.error.code].sqlstate };
};

const agent = { sub: ids.agent, login: 'report-agent' };
const identities = (change: (identity: Bundle['identities'][number]) => object) =>
  here.bundle().identities.map(identity => ({ ...identity, ...change(identity) }));

describe('sign-in', () => {
  it('lets in whom policy lets in, with what the bundle knows of them', async () => {
    const jti = randomUUID();
    expect(await attempt({ claims: { jti } })).toMatchObject({
      ok: true,
      value: { principal: { id: ids.dev, roles: ['developer'] }, onBehalfOf: null, tokenId: jti, grant: null },
    });
    expect(await attempt({ claims: { ...agent, on_behalf_of: ids.other } })).toMatchObject({
      ok: true,
      value: { principal: { kind: 'agent' }, onBehalfOf: { id: ids.other } },
    });
  });

  it.each<[string, () => Attempt, string, RegExp]>([
    ['no token', () => ({ password: '' }), '28P01', /token/],
    ['a password', () => ({ password: 'hunter2' }), '28P01', /token/],
    ['an expired token', () => ({ claims: { exp: Math.floor(nowMs / 1000) - 60, iat: 1 } }), '28P01', /expired/],
    ["somebody else's token", () => ({ login: 'reviewer@example.com' }), '28P01', /not for "reviewer@example.com"/],
    ['an identity that is gone', () => ({ claims: { sub: randomUUID() } }), '28000', /does not exist/],
    ['another connection than the token is for', () => ({ claims: { connections: ['x'] } }), '28000', /not good for/],
    ['an unknown database', () => ({ database: 'nope' }), '3D000', /no connection "nope"/],
    ['a connection without access', () => ({ database: 'vault-prod' }), '28000', /has no access/],
    ['a person for another person', () => ({ claims: { on_behalf_of: ids.other } }), '28000', /on behalf/],
    ['an agent for an agent', () => ({ claims: { ...agent, on_behalf_of: ids.agent } }), '28000', /only a person/],
  ])('refuses %s', async (_, make, sqlstate, message) => {
    const result = await attempt(make());
    expect(result).toMatchObject({ ok: false, sqlstate });
    if (!result.ok) expect(result.error.message).toMatch(message);
    if (!result.ok && ['28P01'].includes(sqlstate)) expect(result.error.hint).toBeTruthy();
  });

  it('refuses a revoked token', async () => {
    const jti = randomUUID();
    expect(await attempt({ claims: { jti }, bundle: { revokedTokens: [jti] } })).toMatchObject({
      error: { code: 'token_revoked' },
    });
  });

  it('refuses a token signed by another installation', async () => {
    const stranger = await makeInstallation(nowMs);
    expect(await attempt({ password: await stranger.token() })).toMatchObject({ sqlstate: '28P01' });
  });

  it('refuses whoever is disabled: the identity, the owner of an agent, the person acted for', async () => {
    const without = (id: string) => ({ identities: identities(identity => ({ enabled: identity.id !== id })) });
    expect(await attempt({ bundle: without(ids.dev) })).toMatchObject({ error: { code: 'identity_disabled' } });
    expect(await attempt({ claims: agent, bundle: without(ids.dev) })).toMatchObject({ sqlstate: '28000' });
    expect(await attempt({ claims: { ...agent, on_behalf_of: ids.other }, bundle: without(ids.other) })).toMatchObject({
      sqlstate: '28000',
    });
    expect(
      await attempt({ claims: agent, bundle: { identities: identities(() => ({ ownerId: null })) } }),
    ).toMatchObject({ sqlstate: '28000' });
  });

  it('lets a grant in, while it lasts', async () => {
    const grant = { id: randomUUID(), identityId: ids.dev, connectionId: ids.vault };
    const during = { ...grant, startsAt: nowMs - 1000, expiresAt: nowMs + 1000 };
    const over = { ...grant, startsAt: nowMs - 1000, expiresAt: nowMs };
    expect(await attempt({ database: 'vault-prod', bundle: { grants: [during] } })).toMatchObject({
      ok: true,
      value: { grant: { id: grant.id } },
    });
    expect(await attempt({ database: 'vault-prod', bundle: { grants: [over] } })).toMatchObject({ sqlstate: '28000' });
  });

  it('says that the connection is elsewhere when this proxy has no way to it', async () => {
    const [shop] = here.bundle().connections;
    const elsewhere = { ...shop, id: randomUUID(), name: 'elsewhere' } as Bundle['connections'][number];
    expect(await attempt({ database: 'elsewhere', bundle: { connections: [elsewhere] } })).toMatchObject({
      sqlstate: '3D000',
      error: { message: expect.stringContaining('not served by this proxy') },
    });
  });
});

describe('a session that is open', () => {
  const again = async (claims: Partial<TokenClaims>, bundle: Partial<Bundle>) => {
    const opened = await attempt({ claims });
    if (!opened.ok) throw new Error(opened.error.message);
    const session = { application: 'psql', address: '127.0.0.1' };
    // Long after its token has expired.
    return admitAgain(appliedBundle(here.bundle(bundle), 2), opened.value, { session, nowMs: nowMs + 1e9 });
  };

  it('goes on, whatever becomes of the groups', async () => {
    const bundle = { identities: identities(() => ({ groups: ['new'] })) };
    expect(await again(agent, bundle)).toMatchObject({ ok: true, value: { principal: { groups: ['new'] } } });
    expect(await again({}, bundle)).toMatchObject({ ok: true });
  });

  it.each<[string, Partial<TokenClaims>]>([
    ['for nobody', agent],
    ['for its former owner', { ...agent, on_behalf_of: ids.dev }],
  ])('ends when its agent answers to somebody else, acting %s', async (_, claims) => {
    const moved = identities(({ id }) => (id === ids.agent ? { ownerId: ids.other } : {}));
    expect(await again(claims, { identities: moved })).toMatchObject({
      error: { code: 'token_revoked', message: expect.stringContaining('answers to somebody else') },
    });
  });
});
