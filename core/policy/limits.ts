/** What bounds a statement or a session: of several rules the smallest maximum holds, and every budget is drawn from. */
import { levelRank } from '../catalog/classification.ts';
import { partsMax, type SessionEffect, type StatementAnalysis } from '../sql/analysis.ts';
import type { CompiledRule } from './compile.ts';
import { rulesForSession } from './connect.ts';
import type { BudgetShare, Limit, OutputMask, Reason, StatementLimits } from './decision.ts';
import type { Residual, Side } from './residual.ts';
import { type Budget, budgetUnits, type Limits, type Rule } from './schema.ts';
import { hitsOf, type Scope } from './scope.ts';

type LimitRule = Extract<Rule, { effect: 'limit' }>;
type Found = { id: string; rule: LimitRule };

const limitRules = (rules: readonly CompiledRule[]): readonly Found[] =>
  rules.flatMap(({ id, rule, observed }) => (rule.effect === 'limit' && !observed ? [{ id, rule }] : []));

/** The smaller one; of equal ones the first by name, so that a choice never depends on order. */
export function smaller(a: Limit | null, b: Limit | null): Limit | null {
  if (a === null || b === null) return a ?? b;
  return b.max < a.max || (b.max === a.max && b.rule < a.rule) ? b : a;
}

function smallest(found: readonly Found[], name: keyof Limits): Limit | null {
  return found.reduce<Limit | null>((least, { id, rule }) => {
    const max = rule.limits?.[name];
    return max === undefined ? least : smaller(least, { max, rule: id, reason: rule.reason ?? null });
  }, null);
}

const sensitiveRank = levelRank('confidential');

/** Output columns whose values are classified, whether or not a mask covers them. How many there are says nothing of anybody. */
function sensitiveColumns({ view }: Scope, masks: readonly (OutputMask | null)[]): number {
  const { statement, labels } = view;
  const isClassified = (origins: readonly Parameters<typeof labels.ofColumn>[0][]) =>
    origins.some(origin => labels.ofColumn(origin).some(tag => levelRank(tag.level) >= sensitiveRank));
  return (statement.outputs ?? []).filter(
    ({ kind, origins }, index) => kind !== 'constant' && ((masks[index] ?? null) !== null || isClassified(origins)),
  ).length;
}

function sharesOf({ id, rule }: Found, budget: Budget, about: { side: Side; cells: number }): BudgetShare[] {
  const perRow = { rows: 1, bytes: 0, sensitiveRows: about.cells > 0 ? 1 : 0, sensitiveCells: about.cells };
  return budgetUnits.flatMap(unit => {
    const max = budget[unit];
    if (max === undefined || (unit !== 'bytes' && perRow[unit] === 0)) return [];
    const { id: identityId, login } = about.side.identity;
    const reason = rule.reason ?? null;
    const { windowMinutes } = budget;
    return [{ rule: id, reason, identity: { id: identityId, login }, unit, max, windowMinutes, perRow: perRow[unit] }];
  });
}

/** What bounds one statement for one side; null when nothing does. */
export function limitsOf(scope: Scope, masks: readonly (OutputMask | null)[]): StatementLimits | null {
  const found = limitRules(scope.side.limit.filter(compiled => hitsOf(scope, compiled).length > 0));
  if (found.length === 0) return null;
  const { result } = scope.view.statement;
  const answers = result === 'rows' || result === 'copy_out';
  const about = { side: scope.side, cells: answers ? sensitiveColumns(scope, masks) : 0 };
  return {
    rows: answers ? smallest(found, 'rows') : null,
    bytes: answers ? smallest(found, 'bytes') : null,
    durationSeconds: smallest(found, 'durationSeconds'),
    budgets: answers
      ? found.flatMap(each => (each.rule.budget === undefined ? [] : sharesOf(each, each.rule.budget, about)))
      : [],
  };
}

/** Of whoever acts and of whom they act for: the smaller maximum, and the budgets of both. */
export function joinLimits(sides: readonly (StatementLimits | null)[]): StatementLimits | null {
  const given = sides.flatMap(side => side ?? []);
  if (given.length === 0) return null;
  const least = (name: 'rows' | 'bytes' | 'durationSeconds') =>
    given.reduce<Limit | null>((limit, each) => smaller(limit, each[name]), null);
  const joined = {
    rows: least('rows'),
    bytes: least('bytes'),
    durationSeconds: least('durationSeconds'),
    budgets: given.flatMap(each => each.budgets),
  };
  const isEmpty =
    joined.rows === null && joined.bytes === null && joined.durationSeconds === null && joined.budgets.length === 0;
  return isEmpty ? null : joined;
}

const harmless: ReadonlySet<string> = new Set(['read', 'session', 'connect', 'lock']);
/** It changes more than the session. */
export const isEffect = ({ accesses }: StatementAnalysis): boolean =>
  accesses.some(({ action }) => !harmless.has(action));
const has = (type: SessionEffect['type']) => (statement: StatementAnalysis) =>
  statement.effects.some(effect => effect.type === type);

/**
 * The server works off a whole message by itself and may be through with it before a result can be ended: then what stands beside
 * that result has taken effect, although an error should have undone it or kept it from running. So nothing with effects may stand
 * there, unless a block that is still open can be made to fail. Who sends one statement after the other, and the next when the last is
 * over, need not refuse them.
 */
export function behindLimited(
  statements: readonly StatementAnalysis[],
  limits: readonly (StatementLimits | null)[],
): Reason | null {
  const first = limits.findIndex(
    each => each !== null && (each.rows !== null || each.bytes !== null || each.budgets.length > 0),
  );
  if (first < 0) return null;
  const before = statements.slice(0, first);
  const behind = statements.slice(first + 1);
  const isInBlock = before.some(has('begin'));
  const isUndone = isInBlock || !before.some(isEffect);
  const commits = behind.some(has('commit')) && (!isInBlock || statements.some(isEffect));
  if (isUndone && !commits && !behind.some(isEffect)) return null;
  const limit = limits[first];
  const rule = limit?.rows?.rule ?? limit?.bytes?.rule ?? limit?.budgets[0]?.rule ?? 'limit';
  return {
    rule,
    effect: 'deny',
    subject: `statement ${first + 1}`,
    message: `statement ${first + 1} of the message has a result that this rule limits, so nothing with effects may stand beside it: send them one by one`,
    observed: false,
  };
}

/** The client's data stands behind the whole message, not behind one of its statements. */
export const mayStandApart = (statements: readonly StatementAnalysis[]): boolean =>
  statements.length <= partsMax && statements.every(({ result }) => result !== 'copy_in');

export type SessionLimits = {
  idleInTransactionSeconds: Limit | null;
  /** How many sessions each of the session's identities may have at a time. */
  sessions: readonly { identity: { id: string; login: string }; limit: Limit }[];
};

/** What bounds a session as a whole, as of now. */
export function sessionLimitsOf(residual: Residual, nowMs: number): SessionLimits {
  let idle: Limit | null = null;
  const sessions: { identity: { id: string; login: string }; limit: Limit }[] = [];
  for (const side of residual.sides) {
    const found = limitRules(rulesForSession(residual, { side, rules: side.limit, nowMs }));
    idle = smaller(idle, smallest(found, 'idleInTransactionSeconds'));
    const limit = smallest(found, 'sessions');
    const { id, login } = side.identity;
    if (limit !== null) sessions.push({ identity: { id, login }, limit });
  }
  return { idleInTransactionSeconds: idle, sessions };
}
