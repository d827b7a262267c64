/**
 * The decision on one message of statements: every rule is asked, reasons are collected, and the effect is derived from the
 * reasons. Any deny denies; else any approve asks for approval; else each access must be covered by an allow rule; masks add up.
 */
import { type Labels, withinMessage } from '../catalog/labels.ts';
import type { Analysis, ColumnRef, StatementAnalysis } from '../sql/analysis.ts';
import {
  columnMasks,
  columnName,
  type OutputVerdict,
  outputVerdict,
  type RefusedUse,
  refusedUses,
  strongest,
} from './column-mask.ts';
import type { CompiledRule } from './compile.ts';
import type { ApprovalNeed, Decision, OutputMask, Reason, StatementLimits, StatementObligation } from './decision.ts';
import { joinDetectors, messageDetectors, type OutputDetectors, outputDetectors } from './detect.ts';
import { fillTest } from './fill.ts';
import { behindLimited, joinLimits, limitsOf, mayStandApart } from './limits.ts';
import type { Target } from './match.ts';
import {
  allowReason,
  defaultReason,
  hitReason,
  maskReasons,
  ownerlessReason,
  parsingReason,
  refusalReason,
  settleReasons,
  useReason,
} from './reason.ts';
import type { Residual, Side } from './residual.ts';
import {
  type Hit,
  hitsOf,
  isDefinition,
  mayMask,
  type Scope,
  type StatementView,
  scopeOf,
  unseenAccesses,
  viewStatement,
} from './scope.ts';
import { touchesNoRows } from './words.ts';

export { mayConnect } from './connect.ts';
export { residual } from './residual.ts';

type SideVerdict = {
  reasons: Reason[];
  needs: ApprovalNeed[];
  masks: readonly (OutputMask | null)[];
  detectors: readonly (OutputDetectors | null)[];
  messages: OutputDetectors | null;
  sensitive: boolean;
  limits: StatementLimits | null;
  needsCount: boolean;
  affectedRowsMax: number | null;
};

type Asking = { needs: readonly ApprovalNeed[] /** Nobody could agree. */; ownerless: readonly Target[] };

/**
 * `owners` asks those of each object the rule matched; requests name them by `ownerOf`. Where owners alone are asked, an object
 * without any could never be agreed to: the administrators are asked in their place where the rule says so.
 */
function askFor(scope: Scope, compiled: CompiledRule, targets: readonly Target[]): Asking {
  if (compiled.rule.effect !== 'approve') return { needs: [], ownerless: [] };
  const { approvers } = compiled.rule;
  const namesOf = (asked: readonly Target[]) => [...new Set(asked.map(target => target.qualified))].sort();
  const rule = compiled.id;
  if (!approvers.owners) return { needs: [{ ...approvers, rule, ownerOf: [] }], ownerless: [] };
  const isAlone = approvers.groups === undefined && approvers.roles === undefined;
  const hasOwner = ({ schema, name }: Target) => scope.view.labels.ownersOf({ schema, name }).length > 0;
  const ownerless = isAlone ? targets.filter(target => !hasOwner(target)) : [];
  const owned = targets.filter(target => !ownerless.includes(target));
  const ofOwners = owned.length === 0 ? [] : [{ ...approvers, rule, ownerOf: namesOf(owned) }];
  if (ownerless.length === 0 || approvers.ownerless !== 'admins') return { needs: ofOwners, ownerless };
  const ofAdmins = { ...approvers, owners: false, roles: ['admin' as const], rule, ownerOf: [] };
  return { needs: [...ofOwners, ofAdmins], ownerless: [] };
}

const thresholdOf = ({ rule }: CompiledRule): number | null =>
  rule.effect === 'deny' || rule.effect === 'approve' ? (rule.affectedRowsOver ?? null) : null;

/** A threshold is about writes alone. What was not counted is taken for more. */
function overThreshold(scope: Scope, compiled: CompiledRule, hits: readonly Hit[]): readonly Hit[] {
  const threshold = thresholdOf(compiled);
  if (threshold === null || hits.length === 0) return hits;
  const { affectedRows, accesses } = scope.view;
  const isWrite = accesses.some(({ target }) => target.action === 'write');
  if (!isWrite || (typeof affectedRows === 'number' && affectedRows <= threshold)) return [];
  const written = hits.filter(({ target, hazard }) => target.action === 'write' || hazard !== null);
  return written.map(hit => ({ ...hit, rows: { threshold, counted: affectedRows ?? null } }));
}

/** One that the count is beyond has been answered; the next one still counts. */
function noteThreshold({ view: { affectedRows } }: Scope, verdict: SideVerdict, threshold: number | null): void {
  if (threshold === null || affectedRows === null) return;
  if (affectedRows !== undefined && affectedRows > threshold) return;
  verdict.affectedRowsMax = Math.min(verdict.affectedRowsMax ?? threshold, threshold);
}

function restrict(scope: Scope, verdict: SideVerdict): void {
  for (const effect of ['deny', 'approve'] as const) {
    for (const compiled of scope.side[effect]) {
      const found = hitsOf(scope, compiled);
      const hits = overThreshold(scope, compiled, found);
      if (found.length > 0 && !compiled.observed) noteThreshold(scope, verdict, thresholdOf(compiled));
      verdict.reasons.push(...hits.map(hit => hitReason(compiled, effect, hit)));
      if (hits.length === 0 || compiled.observed) continue;
      if (thresholdOf(compiled) !== null && scope.view.affectedRows === undefined) verdict.needsCount = true;
      const asking = askFor(
        scope,
        compiled,
        hits.map(hit => hit.target),
      );
      verdict.needs.push(...asking.needs);
      verdict.reasons.push(...asking.ownerless.map(target => ownerlessReason(compiled, target)));
    }
  }
}

/**
 * A rule that allows everything does not thereby allow what cannot be seen into: where masks apply, `opaque` has to be named,
 * because behind it any value may pass.
 */
function covers(scope: Scope, compiled: CompiledRule, target: Target): boolean {
  return target.action !== 'opaque' || compiled.rule.actions?.includes('opaque') === true || !mayMask(scope);
}

/** Accesses are the same to rules when these agree. */
const accessKey = (target: Target): string =>
  `${target.action}\0${target.kind}\0${target.temporary}\0${target.qualified}`;

function cover(scope: Scope, verdict: SideVerdict): void {
  const covered = new Set<string>();
  const notes: string[] = [];
  for (const compiled of scope.side.allow) {
    if (compiled.observed) continue;
    const fresh = hitsOf(scope, compiled)
      .map(hit => hit.target)
      .filter(target => covers(scope, compiled, target) && !covered.has(accessKey(target)));
    for (const target of fresh) covered.add(accessKey(target));
    if (fresh.length > 0) verdict.reasons.push(allowReason(compiled, fresh));
    const note = scope.held.get(compiled)?.note;
    if (note) notes.push(`\`${compiled.id}\` does not count because ${note}`);
  }
  const needed = scope.view.accesses.filter(each => each.needsAllow).map(each => each.target);
  for (const target of [...needed, ...unseenAccesses(scope)]) {
    if (!covered.has(accessKey(target))) verdict.reasons.push(defaultReason(target, scope.side.login, notes));
  }
}

/** Copies of masked columns into other ones. A column that is only rewritten in its own place goes nowhere. */
function movedColumns(statement: StatementAnalysis): readonly ColumnRef[] {
  return statement.flows.flatMap(({ target, origins, follows }) =>
    (follows ? [] : origins).filter(
      origin =>
        origin.schema !== target.schema || origin.relation !== target.relation || origin.column !== target.column,
    ),
  );
}

/** An expression that may raise is not worth a word of its own where it is known what in it does. */
const plainest = (refused: readonly RefusedUse[]): readonly RefusedUse[] => {
  const known = new Set(refused.filter(({ within }) => within !== undefined).map(({ column }) => columnName(column)));
  return refused.filter(({ use, column }) => use !== 'derived' || !known.has(columnName(column)));
};

function mask(scope: Scope, verdict: SideVerdict): void {
  const { statement, labels, accesses } = scope.view;
  if (scope.side.mask.length === 0) return;
  const masks = columnMasks(scope);
  const outputs: readonly OutputVerdict[] = (statement.outputs ?? []).map(output => outputVerdict(output, masks));
  const moved = movedColumns(statement).flatMap(column =>
    masks(column)
      .filter(by => by.compiled.uses.write === 'refuse')
      .map((by): RefusedUse => ({ column, use: 'source', by })),
  );
  const refused = plainest([
    ...refusedUses(statement.uses, masks, fillTest(scope)),
    ...moved,
    ...outputs.flatMap(o => o.refused),
  ]);
  verdict.reasons.push(...outputs.flatMap(maskReasons), ...refused.map(useReason));
  verdict.masks = outputs.map(output => output.mask);
  const isMasked = (column: ColumnRef) => masks(column).some(by => !by.compiled.observed);
  verdict.sensitive =
    (mayMask(scope) && accesses.some(({ target }) => mayCarry(target) && !isDefinition(scope.view))) ||
    verdict.masks.some(each => each !== null) ||
    statement.uses.some(use => isMasked(use.column)) ||
    statement.reads.some(isMasked) ||
    accesses.some(({ target }) =>
      labels.columnsOf(0, { schema: target.schema, name: target.name }).some(({ column }) => isMasked(column)),
    );
}

/**
 * What it runs may come upon values that no access names. Of people's own functions the bodies are part of the statement, with all
 * that they read and write; one that cannot be read is opaque as well.
 */
const mayCarry = ({ action, system, name }: Target): boolean =>
  action === 'opaque' || (action === 'call' && system && !touchesNoRows.has(name));

function decideSide(view: StatementView, side: Side): SideVerdict {
  const scope = scopeOf(view, side);
  const verdict: SideVerdict = {
    reasons: [],
    needs: [],
    masks: [],
    detectors: outputDetectors(scope),
    messages: messageDetectors(scope),
    sensitive: false,
    limits: null,
    needsCount: false,
    affectedRowsMax: null,
  };
  restrict(scope, verdict);
  cover(scope, verdict);
  mask(scope, verdict);
  if (side.limit.length > 0) verdict.limits = limitsOf(scope, verdict.masks);
  for (const { hazard } of view.hazards) {
    if (hazard.code === 'set_parsing') verdict.reasons.push(parsingReason(hazard.object));
  }
  return verdict;
}

function obligationOf(statement: StatementAnalysis, sides: readonly SideVerdict[]): StatementObligation {
  const outputs = statement.outputs ?? [];
  return {
    masks: outputs.map((_, index) => strongest(sides.flatMap(side => side.masks[index] ?? []))),
    origins: outputs.map(output => output.wire),
    detectors: outputs.map((_, index) => joinDetectors(sides.map(side => side.detectors[index] ?? null))),
    messages: joinDetectors(sides.map(side => side.messages)),
    sensitive: sides.some(side => side.sensitive),
    limits: joinLimits(sides.map(side => side.limits)),
  };
}

/** Needs that ask the same people are one: all their objects, the most votes, the shortest times. */
function mergeNeeds(needs: readonly ApprovalNeed[]): Decision['approval'] {
  const merged = new Map<string, ApprovalNeed>();
  for (const need of [...needs].sort((a, b) => (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0))) {
    const sorted = (names: readonly string[] | undefined) => [...(names ?? [])].sort();
    const key = JSON.stringify([need.owners, sorted(need.groups), sorted(need.roles)]);
    const held = merged.get(key);
    merged.set(
      key,
      held === undefined
        ? need
        : {
            ...held,
            ownerOf: sorted([...new Set([...held.ownerOf, ...need.ownerOf])]),
            count: Math.max(held.count, need.count),
            expireMinutes: Math.min(held.expireMinutes, need.expireMinutes),
            windowMinutes: Math.min(held.windowMinutes, need.windowMinutes),
          },
    );
  }
  const [first, ...further] = [...merged.values()];
  return first === undefined ? null : { ...first, further };
}

function effectOf(reasons: readonly Reason[], obligations: readonly StatementObligation[]): Decision['effect'] {
  const effective = reasons.filter(reason => !reason.observed);
  if (effective.some(reason => reason.effect === 'deny')) return 'deny';
  if (effective.some(reason => reason.effect === 'approve')) return 'approve';
  return obligations.some(obligation => obligation.masks.some(each => each !== null)) ? 'mask' : 'allow';
}

/**
 * Decides on a whole message. Pure: the same arguments give the same decision, whatever the order of policies and rules. Pass
 * `nowMs` where `residual.timed`; a condition that asks for the time without it counts against the statement. `affectedRows` is
 * how many rows the message would change: absent while nobody has counted, null when they cannot be counted.
 */
export function decide(
  residual: Residual,
  analysis: Analysis,
  labels: Labels,
  { nowMs, affectedRows }: { nowMs?: number; affectedRows?: number | null } = {},
): Decision {
  const { policyVersion } = residual;
  if (!analysis.ok) {
    const reasons = settleReasons([refusalReason(analysis.refusal)]);
    return {
      effect: 'deny',
      reasons,
      obligations: [],
      approval: null,
      needsCount: false,
      affectedRowsMax: null,
      isSeparable: false,
      policyVersion,
    };
  }
  const flowing = withinMessage(
    labels,
    analysis.statements.flatMap(({ flows }) => flows),
  );
  const verdicts = analysis.statements.map(statement => {
    const view = viewStatement(residual, statement, { labels, flowing, nowMs, affectedRows });
    return residual.sides.map(side => decideSide(view, side));
  });
  const obligations = analysis.statements.map((statement, index) => obligationOf(statement, verdicts[index] ?? []));
  const all = verdicts.flat();
  const behind = behindLimited(
    analysis.statements,
    obligations.map(each => each.limits),
  );
  const own = all.flatMap(verdict => verdict.reasons);
  const collected = behind === null ? own : [...own, behind];
  const effect = effectOf(collected, obligations);
  const approval = effect === 'approve' ? mergeNeeds(all.flatMap(verdict => verdict.needs)) : null;
  const needsCount = all.some(verdict => verdict.needsCount);
  const thresholds = all.flatMap(verdict => verdict.affectedRowsMax ?? []);
  const affectedRowsMax = thresholds.length === 0 ? null : Math.min(...thresholds);
  const isSeparable =
    behind !== null &&
    thresholds.length === 0 &&
    !needsCount &&
    ['allow', 'mask'].includes(effectOf(own, obligations)) &&
    mayStandApart(analysis.statements);
  const reasons = settleReasons(collected);
  return { effect, reasons, obligations, approval, needsCount, affectedRowsMax, isSeparable, policyVersion };
}
