/** One statement as one identity's rules see it: its targets, its condition facts, and which rules hold for it. */
import { type Level, levelRank, levels } from '../catalog/classification.ts';
import type { Labels } from '../catalog/labels.ts';
import type { Action, Hazard, StatementAnalysis } from '../sql/analysis.ts';
import type { CompiledRule } from './compile.ts';
import type { ConditionFacts } from './condition.ts';
import { hazardTarget, ownershipMatches, type Target, targetOf } from './match.ts';
import { ownsObject, type Residual, type Side } from './residual.ts';
import { isImplicit, opaqueHazards } from './words.ts';

export type StatementView = {
  statement: StatementAnalysis;
  labels: Labels;
  /** With what the message itself copies: for what masks say of columns. Rules about objects are about what they are before. */
  flowing: Labels;
  residual: Residual;
  /**
   * One per access, in order. `needsAllow` is false for what no rule has to allow; `implicit` is control of the transaction, which
   * only a rule about everything touches.
   */
  accesses: readonly { target: Target; needsAllow: boolean; implicit: boolean }[];
  hazards: readonly { hazard: Hazard; target: Target }[];
  /** Made when a condition first asks. */
  statementFacts: () => ConditionFacts['statement'];
  sessionFacts: ConditionFacts['session'];
  /** Rows that the message would change: absent while nobody has counted, null when they cannot be counted. */
  affectedRows: number | null | undefined;
};

export type Scope = {
  view: StatementView;
  side: Side;
  /** Rules that touched this statement and whose condition holds, by rule; the value is why a broken condition counts. */
  held: Map<CompiledRule, { applies: boolean; note: string | null }>;
};

const distinct = <T>(values: readonly T[]): readonly T[] => [...new Set(values)].sort();

function factsOfStatement(statement: StatementAnalysis, targets: readonly Target[]): ConditionFacts['statement'] {
  const tags = targets.flatMap(target => target.tags);
  const rank = Math.max(0, ...tags.map(tag => levelRank(tag.level)));
  const level: Level = levels[rank] ?? 'restricted';
  return {
    kind: statement.kind,
    actions: distinct(targets.map(target => target.action)),
    verbs: distinct(targets.map(target => target.verb)),
    relations: distinct(targets.filter(target => target.kind === 'relation').map(target => target.qualified)),
    schemas: distinct(targets.flatMap(target => (target.schema === null ? [] : [target.schema]))),
    functions: distinct(statement.functions.map(each => `${each.schema}.${each.name}`)),
    hazards: distinct(statement.hazards.map(hazard => hazard.code)),
    labels: distinct(tags.map(tag => tag.label)),
    level,
    ...(typeof statement.tableRows === 'number' && { rows: BigInt(Math.round(statement.tableRows)) }),
  };
}

/** A view's own reads are made with its owner's rights, so the view alone has to be allowed; what restricts still sees them. */
export function viewStatement(
  residual: Residual,
  statement: StatementAnalysis,
  more: { labels: Labels; flowing: Labels; nowMs: number | undefined; affectedRows: number | null | undefined },
): StatementView {
  const { labels, flowing, nowMs, affectedRows } = more;
  const owned = (object: { schema: string | null; name: string }) => ownsObject(residual.subject, labels, object);
  const accesses = statement.accesses.map(access => ({
    target: targetOf(access, labels, owned),
    needsAllow: !isImplicit(access) && !(access.viaView && access.action === 'read'),
    implicit: isImplicit(access),
  }));
  const targets = accesses.map(each => each.target);
  const { session } = residual.subject;
  let facts: ConditionFacts['statement'] | undefined;
  return {
    statement,
    labels,
    flowing,
    residual,
    accesses,
    hazards: statement.hazards.map(hazard => ({
      hazard,
      target: hazardTarget(hazard.object, targets, { labels, owned }),
    })),
    statementFacts: () => {
      facts ??= factsOfStatement(statement, targets);
      return facts;
    },
    affectedRows,
    sessionFacts: {
      application: session?.application ?? '',
      address: session?.address ?? '',
      ...(nowMs === undefined ? {} : { time: new Date(Math.floor(nowMs / 60_000) * 60_000) }),
    },
  };
}

export const scopeOf = (view: StatementView, side: Side): Scope => ({ view, side, held: new Map() });

/** Whether the rule's condition holds. What cannot be evaluated counts against the statement, whichever way the rule goes. */
export function conditionHolds(scope: Scope, rule: CompiledRule): { applies: boolean; note: string | null } {
  const held = scope.held.get(rule);
  if (held !== undefined) return held;
  const outcome = evaluateCondition(scope, rule);
  scope.held.set(rule, outcome);
  return outcome;
}

function evaluateCondition(scope: Scope, { when, rule }: CompiledRule): { applies: boolean; note: string | null } {
  if (when === null) return { applies: true, note: null };
  const { view, side } = scope;
  const { connection } = view.residual.subject;
  const outcome =
    'broken' in when
      ? { ok: false as const, message: when.broken }
      : when.evaluate({
          identity: side.identity,
          connection,
          statement: view.statementFacts(),
          session: view.sessionFacts,
        });
  if (outcome.ok) return { applies: outcome.value, note: null };
  return { applies: rule.effect !== 'allow', note: `its condition could not be evaluated: ${outcome.message}` };
}

const hasMasks = (side: Side, labels: Labels): boolean => labels.any && side.mask.some(rule => !rule.observed);

/** Masks are possible for this identity here, so that data must not move out of sight. */
export const mayMask = (scope: Scope): boolean => hasMasks(scope.side, scope.view.labels);

/** The same, of a session that is asked for no statement. */
export const mayMaskSession = ({ sides }: Residual, labels: Labels): boolean =>
  sides.some(side => hasMasks(side, labels));

/** Whether the statement was read to its end and touches no rows, nor anything with a label: it has no data to move. */
const movesNoData = ({ accesses }: Scope['view']): boolean =>
  accesses.every(
    ({ target: { action, system, tags, unresolved } }) =>
      tags.length === 0 && !unresolved && (besides.has(action) || (action === 'read' && system)),
  );

/** It does nothing but make and change objects. */
export const isDefinition = (view: Scope['view']): boolean =>
  view.accesses.some(({ target }) => defining.has(target.action)) && movesNoData(view);

const defining: ReadonlySet<Action> = new Set(['define', 'drop']);
const besides: ReadonlySet<Action> = new Set(['define', 'drop', 'call', 'session']);

/** Hazards behind which data moves unseen, as accesses that need a rule of their own. */
export function unseenAccesses(scope: Scope): readonly Target[] {
  if (!mayMask(scope)) return [];
  const isSeen = movesNoData(scope.view);
  return scope.view.hazards
    .filter(({ hazard }) => opaqueHazards.has(hazard.code) && !(isSeen && hazard.code === 'anonymous_block'))
    .map(({ target }) => ({ ...target, action: 'opaque' as const, verb: 'other' as const }));
}

export type Hit = {
  target: Target;
  hazard: Hazard | null;
  note: string | null;
  /** Of a rule with a threshold: what it is, and how many rows would change; null when that is not known. */
  rows?: { threshold: number; counted: number | null };
};

/** Stands for a statement that touches nothing, so that a rule about everything is about it too. */
const bareStatement: Target = {
  action: 'session',
  verb: 'other',
  kind: 'other',
  schema: null,
  name: 'statement',
  qualified: 'statement',
  system: false,
  temporary: false,
  tags: [],
  owned: false,
  unresolved: false,
};

type Found = { target: Target; hazard: Hazard | null };

function accessesFor(scope: Scope, { rule }: CompiledRule): readonly Found[] {
  const unseen = unseenAccesses(scope);
  if (rule.actions === undefined) {
    const targets = [...scope.view.accesses.map(each => each.target), ...unseen];
    if (targets.length === 0 && rule.objects === undefined) targets.push(bareStatement);
    return targets.map(target => ({ target, hazard: null }));
  }
  const actions = new Set(rule.actions);
  return [...scope.view.accesses.filter(each => !each.implicit).map(each => each.target), ...unseen]
    .filter(target => actions.has(target.action))
    .map(target => ({ target, hazard: null }));
}

function hazardsFor(scope: Scope, { rule }: CompiledRule): readonly Found[] {
  const actions = rule.actions === undefined ? null : new Set(rule.actions);
  if (actions !== null && !scope.view.accesses.some(({ target }) => actions.has(target.action))) return [];
  const codes = new Set(rule.hazards);
  return scope.view.hazards.filter(({ hazard }) => codes.has(hazard.code));
}

/** What of the statement a rule is about; empty when it does not apply. */
export function hitsOf(scope: Scope, compiled: CompiledRule): readonly Hit[] {
  const { rule } = compiled;
  const concerns = (target: Target) =>
    (compiled.matches(target) || (target.unresolved && rule.effect !== 'allow')) && ownershipMatches(rule, target);
  const found = rule.hazards === undefined ? accessesFor(scope, compiled) : hazardsFor(scope, compiled);
  const hits = found.filter(({ target }) => concerns(target));
  if (hits.length === 0) return [];
  const { applies, note } = conditionHolds(scope, compiled);
  return applies ? hits.map(hit => ({ ...hit, note })) : [];
}
