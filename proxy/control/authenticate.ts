/**
 * Signs clients in: the token is verified offline, everything else is looked up in the bundle in force, so that what changed since
 * the token was issued counts. The same check is made again for live sessions with every new bundle.
 */
import { fail, ok, type Result } from '#core/contract/error.ts';
import type { Principal } from '#core/identity/principal.ts';
import { tokenOpens, verifyToken } from '#core/identity/token.ts';
import { mayConnect } from '#core/policy/connect.ts';
import type { AppliedBundle, Authenticate, Clock, SessionIdentity } from '../ports.ts';

export type AuthenticateOptions = {
  current: () => Result<AppliedBundle>;
  /** Whether this proxy is configured with an upstream of that name. */
  serves: (connection: string) => boolean;
  clock: Clock;
};

export function authenticator(options: AuthenticateOptions): Authenticate {
  return async attempt => {
    const current = options.current();
    if (!current.ok) return current;
    const applied = current.value;
    const nowMs = options.clock.nowMs();
    const verified = await verifyToken(attempt.password, applied.bundle.keys.tokens, { nowMs });
    if (!verified.ok) return withHint(verified, applied);
    const claims = verified.value;
    if (claims.login !== attempt.login) {
      return fail('unauthenticated', `the token is not for "${attempt.login}"`, {
        hint: `connect as "${claims.login}", which the token was issued to`,
      });
    }
    if (!tokenOpens(claims, attempt.database)) {
      return fail('forbidden', `the token is not good for "${attempt.database}"`, { hint: tokenHint(applied) });
    }
    if (applied.connectionByName(attempt.database) && !options.serves(attempt.database)) {
      return fail('unknown_connection', `connection "${attempt.database}" is not served by this proxy`, {
        hint: 'the console shows which proxy serves it',
      });
    }
    return admit(applied, {
      identityId: claims.sub,
      onBehalfOfId: claims.on_behalf_of ?? null,
      tokenId: claims.jti,
      tokenExpiresAt: claims.exp * 1000,
      connection: attempt.database,
      session: { application: attempt.application, address: attempt.address },
      nowMs,
    });
  };
}

export type Admission = {
  identityId: string;
  onBehalfOfId: string | null;
  tokenId: string;
  tokenExpiresAt: number;
  /** Name of the connection. */
  connection: string;
  session: { application: string; address: string };
  nowMs: number;
};

/** Whether somebody whose token is genuine may be in a session on this connection now. */
export function admit(applied: AppliedBundle, asking: Admission): Result<SessionIdentity> {
  if (applied.isRevoked(asking.tokenId)) {
    return fail('token_revoked', 'the token was revoked', { hint: tokenHint(applied) });
  }
  const principal = present(applied, asking.identityId);
  if (!principal.ok) return principal;
  const onBehalfOf = asking.onBehalfOfId === null ? ok(null) : behalf(applied, principal.value, asking.onBehalfOfId);
  if (!onBehalfOf.ok) return onBehalfOf;
  const answerable = ownerPresent(applied, principal.value);
  if (!answerable.ok) return answerable;
  const connection = applied.connectionByName(asking.connection);
  if (!connection) {
    return fail('unknown_connection', `there is no connection "${asking.connection}"`, {
      hint: `${applied.bundle.consoleUrl} lists the connections you may open`,
    });
  }
  const subject = { principal: principal.value, onBehalfOf: onBehalfOf.value, connection, session: asking.session };
  const access = mayConnect(applied.policies, subject, { grants: applied.bundle.grants, nowMs: asking.nowMs });
  if (!access.ok) return access;
  const { tokenId, tokenExpiresAt } = asking;
  return ok({
    principal: principal.value,
    onBehalfOf: onBehalfOf.value,
    tokenId,
    tokenExpiresAt,
    connection,
    grant: access.value.grant,
  });
}

/** Whether who is in a session, or about to be, may be in it by now. */
export function admitAgain(
  applied: AppliedBundle,
  identity: SessionIdentity,
  { session, nowMs }: Pick<Admission, 'session' | 'nowMs'>,
): Result<SessionIdentity> {
  const admitted = admit(applied, {
    identityId: identity.principal.id,
    onBehalfOfId: identity.onBehalfOf?.id ?? null,
    tokenId: identity.tokenId,
    tokenExpiresAt: identity.tokenExpiresAt,
    connection: identity.connection.name,
    session,
    nowMs,
  });
  if (!admitted.ok) return admitted;
  const { principal, connection } = admitted.value;
  if (connection.id !== identity.connection.id)
    return fail('unknown_connection', `the connection "${identity.connection.name}" is another one by now`);
  // Who had the token was the former owner, who may decide on what is asked for from now on; and it may be too old to be revoked.
  if (principal.ownerId !== identity.principal.ownerId)
    return fail('token_revoked', `"${principal.login}" answers to somebody else by now`, { hint: tokenHint(applied) });
  return admitted;
}

function present(applied: AppliedBundle, id: string): Result<Principal> {
  const principal = applied.principalById(id);
  if (!principal) return fail('identity_disabled', 'the identity of this token does not exist any more');
  if (!principal.enabled) return fail('identity_disabled', `"${principal.login}" is disabled`);
  return ok(principal);
}

function behalf(applied: AppliedBundle, actor: Principal, id: string): Result<Principal> {
  if (actor.kind === 'user') return fail('forbidden', 'a person does not act on behalf of another');
  const person = present(applied, id);
  if (person.ok && person.value.kind !== 'user') return fail('forbidden', 'only a person can be acted for');
  return person;
}

/** Agents and service accounts answer to a person; without one who is enabled they may do nothing. */
function ownerPresent(applied: AppliedBundle, principal: Principal): Result<null> {
  if (principal.kind === 'user') return ok(null);
  const owner = principal.ownerId === null ? null : applied.principalById(principal.ownerId);
  if (owner?.enabled) return ok(null);
  return fail('identity_disabled', `the owner of "${principal.login}" is disabled or gone`);
}

const tokenHint = (applied: AppliedBundle): string =>
  `get a new token on the Connect page of ${applied.bundle.consoleUrl}, or run: weir login`;

function withHint(failed: Result<never>, applied: AppliedBundle): Result<never> {
  return failed.ok ? failed : { ok: false, error: { hint: tokenHint(applied), ...failed.error } };
}
