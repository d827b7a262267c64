/** One generic OpenID Connect provider. People are known by issuer and subject; groups and roles follow its claims. */
import 'server-only';
import { and, eq, inArray, isNull } from 'drizzle-orm';
import type { OAuthConfig } from 'next-auth/providers/oauth';
import { z } from 'zod';
import { type Role, roles } from '#core/identity/role.ts';
import type { Tx } from '#db/client.ts';
import { groupMember, identity, identityGroup } from '#db/schema/identity.ts';
import { env } from '#lib/env.ts';
import { loginSchema } from '#lib/identity/schema.ts';
import { writtenText } from '#lib/orpc/list.ts';
import { publish, recordEvent, transact } from '#lib/transaction.ts';
import { openSession, refuse, type SignInResult, type SigningIn } from './sign-in.ts';

export const groupsMax = 200;

export const claimsSchema = z.looseObject({
  iss: z.string().max(500),
  sub: z.string().min(1).max(255),
  email: z.string().max(320).optional(),
  // Some providers send it as text.
  email_verified: z.preprocess(
    value => (value === 'true' ? true : value === 'false' ? false : value),
    z.boolean().optional(),
  ),
  name: z.string().max(200).optional(),
});
export type Claims = z.infer<typeof claimsSchema>;

export const isOidcConfigured = (): boolean => Boolean(env().WEIR_OIDC_ISSUER && env().WEIR_OIDC_CLIENT_ID);

export function oidcProvider(): OAuthConfig<Claims> | null {
  const { WEIR_OIDC_ISSUER: issuer, WEIR_OIDC_CLIENT_ID: clientId } = env();
  if (!issuer || !clientId) return null;
  return {
    id: 'oidc',
    name: env().WEIR_OIDC_NAME,
    type: 'oauth',
    issuer,
    wellKnown: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    clientId,
    clientSecret: env().WEIR_OIDC_CLIENT_SECRET,
    authorization: { params: { scope: env().WEIR_OIDC_SCOPE } },
    idToken: true,
    checks: ['pkce', 'state', 'nonce'],
    profile: claims => ({ id: claims.sub, name: claims.name ?? claims.sub }),
  };
}

/** Claims hold whatever the provider's administrators typed; group names here are a small alphabet. */
export function groupNamesOf(claims: Claims): string[] {
  const claim = claims[env().WEIR_OIDC_GROUPS_CLAIM];
  if (!Array.isArray(claim)) return [];
  const names = claim
    .filter(name => typeof name === 'string')
    .map(name =>
      name
        .toLowerCase()
        .replaceAll(/[^a-z0-9._-]+/g, '-')
        .replace(/^[._-]+/, '')
        .slice(0, 100),
    )
    .filter(name => name !== '');
  return [...new Set(names)].slice(0, groupsMax);
}

/** Roles by WEIR_OIDC_ROLES; null when it is not set, and roles are then given in the console. */
export function rolesOf(groups: readonly string[]): Role[] | null {
  const pairs = env()
    .WEIR_OIDC_ROLES.split(',')
    .filter(pair => pair.includes('='));
  if (pairs.length === 0) return null;
  const mapped = pairs.map(pair => pair.split('=').map(part => part.trim()) as [string, string]);
  return roles.filter(role => mapped.some(([group, name]) => name === role && groups.includes(group)));
}

type Row = typeof identity.$inferSelect;

/**
 * The address as a login, if it is one and is known to be the person's: with many providers anybody may claim any address, and
 * policies, owners and reviewers go by logins. A provider that verifies addresses without saying so is vouched for in the environment.
 */
function loginOf(claims: Claims): string | null {
  const isVerified = claims.email_verified ?? env().WEIR_OIDC_EMAIL_VERIFIED === 'assume';
  const login = loginSchema.safeParse(claims.email ?? '');
  return isVerified && login.success && login.data.includes('@') ? login.data : null;
}

/**
 * By issuer and subject. An identity that an administrator made beforehand, without any way to sign in, is taken over by the
 * first verified e-mail address that equals its login; nothing else is ever linked by e-mail.
 */
async function findOrCreate(tx: Tx, claims: Claims): Promise<Row | null> {
  const { iss, sub } = claims;
  const [known] = await tx
    .select()
    .from(identity)
    .where(and(eq(identity.oidcIssuer, iss), eq(identity.oidcSubject, sub)))
    .for('update');
  if (known) return known;
  const login = loginOf(claims);
  if (login === null) return null;
  const unclaimed = and(
    eq(identity.login, login),
    eq(identity.kind, 'user'),
    isNull(identity.passwordHash),
    isNull(identity.oidcSubject),
  );
  const link = { oidcIssuer: iss, oidcSubject: sub };
  const [taken] = await tx.update(identity).set(link).where(unclaimed).returning();
  if (taken) return taken;
  const values = {
    kind: 'user' as const,
    login,
    displayName: writtenText(200).parse(claims.name ?? '') || login,
    ...link,
  };
  const [made] = await tx.insert(identity).values(values).onConflictDoNothing().returning();
  return made ?? null;
}

/** Makes the memberships of provider groups equal to the claim; local groups stay. True when something changed. */
async function followGroups(tx: Tx, identityId: string, names: readonly string[]): Promise<boolean> {
  if (names.length > 0)
    await tx
      .insert(identityGroup)
      .values(names.map(name => ({ name, source: 'oidc' as const })))
      .onConflictDoNothing();
  const held = await tx
    .select({ id: identityGroup.id, name: identityGroup.name })
    .from(groupMember)
    .innerJoin(identityGroup, eq(identityGroup.id, groupMember.groupId))
    .where(and(eq(groupMember.identityId, identityId), eq(identityGroup.source, 'oidc')));
  const leaving = held.filter(group => !names.includes(group.name)).map(group => group.id);
  const joining = names.filter(name => !held.some(group => group.name === name));
  if (leaving.length > 0)
    await tx
      .delete(groupMember)
      .where(and(eq(groupMember.identityId, identityId), inArray(groupMember.groupId, leaving)));
  let joined = 0;
  if (joining.length > 0) {
    // A local group of the same name is not the provider's to hand out.
    const groups = await tx
      .select({ groupId: identityGroup.id })
      .from(identityGroup)
      .where(and(inArray(identityGroup.name, joining), eq(identityGroup.source, 'oidc')));
    joined = groups.length;
    if (joined > 0) await tx.insert(groupMember).values(groups.map(({ groupId }) => ({ groupId, identityId })));
  }
  return leaving.length + joined > 0;
}

async function followRoles(tx: Tx, row: Row, names: readonly string[]): Promise<boolean> {
  const mapped = rolesOf(names);
  if (mapped === null || mapped.join() === row.roles.join()) return false;
  await tx
    .update(identity)
    .set({ roles: mapped, version: row.version + 1 })
    .where(eq(identity.id, row.id));
  return true;
}

export async function signInWithOidc(on: SigningIn, profile: unknown): Promise<SignInResult> {
  const claims = claimsSchema.parse(profile);
  const label = claims.email ?? claims.sub;
  const result = await transact(on, async tx => {
    const row = await findOrCreate(tx, claims);
    if (!row) return { ok: false, code: 'bad_credentials' } as const;
    if (!row.enabled) return { ok: false, code: 'disabled' } as const;
    const names = groupNamesOf(claims);
    const hasNewGroups = await followGroups(tx, row.id, names);
    const hasNewRoles = await followRoles(tx, row, names);
    if (hasNewGroups || hasNewRoles) {
      const { id, via, address } = on.request;
      recordEvent(tx, {
        action: 'identity.follow_provider',
        actor: { type: 'system', id: null, login: 'oidc' },
        request: { id, via, address },
        target: { type: 'identity', id: row.id, label: row.login },
        before: { roles: row.roles },
        after: { groups: names, roles: rolesOf(names) ?? row.roles },
      });
      publish(tx, { topic: 'bundle', key: '', payload: { reason: 'identity' } });
      publish(tx, { topic: 'signout', key: row.id, payload: { sessionId: null } });
    }
    return openSession(tx, on, { id: row.id, login: row.login, method: 'oidc' });
  });
  return result.ok ? result : refuse(on, { login: label, identityId: null }, result);
}
