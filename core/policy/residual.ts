/** A policy set narrowed to one session: who acts, for whom, on which connection. Made once per session and bundle. */

import type { Labels } from '../catalog/labels.ts';
import type { Principal } from '../identity/principal.ts';
import type { Connection } from './bundle.ts';
import type { CompiledRule, CompiledSet } from './compile.ts';
import type { ConditionFacts } from './condition.ts';
import { connectionMatches, identityMatches } from './match.ts';

export type Subject = {
  principal: Principal;
  /** The person an agent or service account acts for. */
  onBehalfOf: Principal | null;
  connection: Connection;
  session?: { application: string; address: string };
};

/** The rules one identity is subject to. */
export type Side = {
  readonly login: string;
  readonly identity: ConditionFacts['identity'];
  readonly deny: readonly CompiledRule[];
  readonly approve: readonly CompiledRule[];
  readonly allow: readonly CompiledRule[];
  readonly mask: readonly CompiledRule[];
  readonly limit: readonly CompiledRule[];
  readonly detect: readonly CompiledRule[];
};

/**
 * Whoever acts for somebody else has the intersection of both rights: each side decides alone, and the stricter answer holds. So
 * an agent can do nothing that its person could not, and nothing that agents may not.
 */
export type Residual = {
  readonly policyVersion: number;
  readonly subject: Subject;
  readonly sides: readonly Side[];
  /** A condition asks for the time: a decision holds for the minute it was made in. */
  readonly timed: boolean;
};

function sideOf(set: CompiledSet, subject: Subject, principal: Principal): Side {
  const rules = set.policies
    .filter(({ policy }) => connectionMatches(policy.connections, subject.connection))
    .filter(({ policy }) => identityMatches(policy.identities, principal))
    .filter(({ policy }) => policy.except === undefined || !identityMatches(policy.except, principal))
    .flatMap(({ rules }) => rules);
  const of = (effect: CompiledRule['rule']['effect']) => rules.filter(({ rule }) => rule.effect === effect);
  const isActor = principal === subject.principal;
  return {
    login: principal.login,
    identity: {
      id: principal.id,
      kind: principal.kind,
      login: principal.login,
      groups: principal.groups,
      roles: principal.roles,
      on_behalf_of: isActor ? (subject.onBehalfOf?.login ?? '') : '',
      agent: isActor ? '' : subject.principal.login,
    },
    deny: of('deny'),
    approve: of('approve'),
    allow: of('allow'),
    mask: of('mask'),
    limit: of('limit'),
    detect: of('detect'),
  };
}

export function residual(set: CompiledSet, subject: Subject): Residual {
  const principals = subject.onBehalfOf === null ? [subject.principal] : [subject.principal, subject.onBehalfOf];
  const sides = principals.map(principal => sideOf(set, subject, principal));
  const timed = sides
    .flatMap(side => [...side.deny, ...side.approve, ...side.allow, ...side.mask, ...side.limit, ...side.detect])
    .some(({ when }) => when !== null && 'timed' in when && when.timed);
  return { policyVersion: set.version, subject, sides, timed };
}

/**
 * Whether the session has an owner's rights over an object. Whoever acts for a person has that person's, since the token says so;
 * an agent that acts for nobody has none, whatever groups it is in: ownership is a duty of people and of the services they run.
 */
export function ownsObject(subject: Subject, labels: Labels, object: { schema: string | null; name: string }): boolean {
  const { principal, onBehalfOf } = subject;
  const holder = onBehalfOf ?? (principal.kind === 'agent' ? null : principal);
  if (holder === null) return false;
  return labels
    .ownersOf(object)
    .some(owner => ('identity' in owner ? owner.identity === holder.id : holder.groups.includes(owner.group)));
}
