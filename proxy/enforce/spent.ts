/** A ruling turned into a refusal, because a budget that the statement would draw from is used up. */
import type { BudgetShare } from '#core/policy/decision.ts';
import type { Ruling } from '../postgres/session/ruling.ts';
import { budgetStop } from './meter.ts';

/** Of one run: the ruling itself stays as it is, since the next window may begin before the next run. */
export function spentRuling(ruling: Ruling, share: BudgetShare, nowMs: number): Ruling {
  const { refused } = budgetStop(share, nowMs);
  const reason = {
    rule: share.rule.slice(0, 140),
    effect: 'deny' as const,
    subject: share.unit,
    message: refused.failure.message.slice(0, 600),
    observed: false,
  };
  const members = { ...JSON.parse(`{${ruling.fragment}}`), effect: 'deny', reasons: [reason] };
  return {
    ...ruling,
    decision: { ...ruling.decision, effect: 'deny', reasons: [reason], approval: null },
    fragment: JSON.stringify(members).slice(1, -1),
    refusal: refused,
  };
}
