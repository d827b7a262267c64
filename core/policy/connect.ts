/** Whether an identity may open a connection: by standing access, which policy gives, or by a grant, which a request gave. */
import { type Failure, fail, ok, type Result } from '../contract/error.ts';
import type { Principal } from '../identity/principal.ts';
import { permissionsOf } from '../identity/role.ts';
import type { Grant } from './bundle.ts';
import type { CompiledRule, CompiledSet } from './compile.ts';
import type { ConditionFacts } from './condition.ts';
import { type Residual, residual, type Side, type Subject } from './residual.ts';

const noStatement: ConditionFacts['statement'] = {
  kind: '',
  actions: ['connect'],
  verbs: [],
  relations: [],
  schemas: [],
  functions: [],
  hazards: [],
  labels: [],
  level: 'public',
  rows: 0n,
};

/** A rule about objects or hazards says nothing about a session as a whole. */
function concernsSession({ rule, observed }: CompiledRule): boolean {
  return !observed && rule.hazards === undefined && rule.objects === undefined && rule.onlyOwner !== true;
}

const concernsConnect = (compiled: CompiledRule): boolean =>
  concernsSession(compiled) && (compiled.rule.actions === undefined || compiled.rule.actions.includes('connect'));

function holds(compiled: CompiledRule, facts: ConditionFacts): boolean {
  const { when, rule } = compiled;
  if (when === null) return true;
  if ('broken' in when) return rule.effect !== 'allow';
  const outcome = when.evaluate(facts);
  return outcome.ok ? outcome.value : rule.effect !== 'allow';
}

type Standing = { access: 'standing' } | { access: 'grant' } | { access: 'denied'; by: CompiledRule };

function factsOf({ subject }: Residual, { identity }: Side, nowMs: number): ConditionFacts {
  const { session, connection } = subject;
  return {
    identity,
    connection,
    statement: noStatement,
    session: {
      application: session?.application ?? '',
      address: session?.address ?? '',
      time: new Date(Math.floor(nowMs / 60_000) * 60_000),
    },
  };
}

/** Those of the rules that are about sessions as a whole and hold for this one now. */
export function rulesForSession(
  residual: Residual,
  { side, rules, nowMs }: { side: Side; rules: readonly CompiledRule[]; nowMs: number },
): readonly CompiledRule[] {
  if (rules.length === 0) return [];
  const facts = factsOf(residual, side, nowMs);
  return rules.filter(rule => concernsSession(rule) && holds(rule, facts));
}

function standingOf(residual: Residual, side: Side, nowMs: number): Standing {
  const facts = factsOf(residual, side, nowMs);
  const find = (rules: readonly CompiledRule[]) => rules.find(rule => concernsConnect(rule) && holds(rule, facts));
  const denied = find(side.deny);
  if (denied !== undefined) return { access: 'denied', by: denied };
  if (find(side.approve) !== undefined) return { access: 'grant' };
  return find(side.allow) === undefined ? { access: 'grant' } : { access: 'standing' };
}

/** The grant that holds longest, of those that hold now. */
function activeGrant(grants: readonly Grant[], holder: { identityId: string; connectionId: string }, nowMs: number) {
  return grants
    .filter(grant => grant.identityId === holder.identityId && grant.connectionId === holder.connectionId)
    .filter(grant => grant.startsAt <= nowMs && nowMs < grant.expiresAt)
    .reduce<Grant | null>((best, grant) => (best === null || grant.expiresAt > best.expiresAt ? grant : best), null);
}

/**
 * `grant` is null where access is standing; otherwise the session may last until it expires. Whoever acts for a person needs the
 * right twice, and the grant that ends first counts. A deny rule holds against a grant too.
 */
export function mayConnect(
  set: CompiledSet,
  subject: Subject,
  { grants, nowMs }: { grants: readonly Grant[]; nowMs: number },
): Result<{ grant: Grant | null }, Failure> {
  const narrowed = residual(set, subject);
  const { principal, onBehalfOf, connection } = subject;
  const holders: readonly Principal[] = onBehalfOf === null ? [principal] : [principal, onBehalfOf];
  let shortest: Grant | null = null;
  for (const [index, holder] of holders.entries()) {
    if (!holder.enabled) return fail('identity_disabled', `identity \`${holder.login}\` is disabled`);
    if (!permissionsOf(holder.roles).has('connection:use')) {
      return fail('forbidden', `\`${holder.login}\` has no role that may use connections`, {
        hint: 'ask an administrator for a role with the permission connection:use, such as developer',
      });
    }
    const side = narrowed.sides[index];
    const standing = side === undefined ? { access: 'grant' as const } : standingOf(narrowed, side, nowMs);
    if (standing.access === 'denied') {
      return fail('forbidden', `\`${holder.login}\` may not connect to \`${connection.name}\``, {
        detail: [`rule ${standing.by.id}`, standing.by.rule.reason].filter(Boolean).join(': '),
      });
    }
    if (standing.access === 'standing') continue;
    const grant = activeGrant(grants, { identityId: holder.id, connectionId: connection.id }, nowMs);
    if (grant === null) {
      return fail('forbidden', `\`${holder.login}\` has no access to \`${connection.name}\``, {
        hint: `request access to \`${connection.name}\` in the console, under Access`,
      });
    }
    if (shortest === null || grant.expiresAt < shortest.expiresAt) shortest = grant;
  }
  return ok({ grant: shortest });
}
