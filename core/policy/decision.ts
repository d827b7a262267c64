/** What was decided about one message of statements, with the reasons that led to it. The effect is derived from the reasons. */
import type { Mask } from '../mask/rule.ts';
import type { OutputColumn } from '../sql/analysis.ts';
import type { OutputDetectors } from './detect.ts';
import type { Approvers, BudgetUnit, Effect } from './schema.ts';

export type Reason = {
  /** `policy/rule`, or `default` where no rule allowed, or `analysis` where the statement could not be resolved. */
  rule: string;
  effect: Effect;
  /** The object, column or hazard the rule was about. */
  subject: string;
  message: string;
  /** In observe mode: recorded, without effect. */
  observed: boolean;
  /** What is not there: an owner who could be asked. */
  missing?: 'owner';
  /** What to write instead. */
  advice?: string;
};

export type OutputMask = { mask: Mask; rule: string; label: string };

/** A maximum, and the rule that set it. */
export type Limit = { max: number; rule: string; reason: string | null };

/** What a statement takes from one budget of one identity. */
export type BudgetShare = {
  rule: string;
  reason: string | null;
  identity: { id: string; login: string };
  unit: BudgetUnit;
  max: number;
  windowMinutes: number;
  /** What one row takes; 0 where it is the row's bytes that count. */
  perRow: number;
};

export type StatementLimits = {
  rows: Limit | null;
  bytes: Limit | null;
  durationSeconds: Limit | null;
  budgets: readonly BudgetShare[];
};

export type StatementObligation = {
  /** Per output column; null where the value passes. Empty when the statement returns no rows. */
  masks: readonly (OutputMask | null)[];
  /** What RowDescription must say of each output: relation and attribute, null for 0/0. Any disagreement ends the statement. */
  origins: readonly OutputColumn['wire'][];
  /** Per output column, what is looked for in values that pass; null where nothing is. */
  detectors: readonly (OutputDetectors | null)[];
  /** What is looked for in messages of the server. */
  messages: OutputDetectors | null;
  /** True when classified columns are in play for this identity: server messages are reduced to what is safe. */
  sensitive: boolean;
  /** Null: nothing bounds it. */
  limits: StatementLimits | null;
};

/** What it takes to approve; several rules with the same requirement are one need. */
export type ApprovalNeed = Approvers & {
  /** `policy/rule`; the first by name where several ask for the same. */
  rule: string;
  /** `schema.relation` of the objects whose owners may approve; empty unless `owners`. */
  ownerOf: readonly string[];
};

export type Decision = {
  effect: 'allow' | 'mask' | 'approve' | 'deny';
  reasons: readonly Reason[];
  /** One per statement of the message, in order. */
  obligations: readonly StatementObligation[];
  /** Present when the effect is approve: what it takes. `further` are needs of other rules that must be met as well. */
  approval: (ApprovalNeed & { further: readonly ApprovalNeed[] }) | null;
  /** A rule asks how many rows would change, and that is not known yet: it was taken for more. */
  needsCount: boolean;
  /** The smallest number of changed rows that some rule lets pass and no more, of what is not counted to be more; null where none asks. */
  affectedRowsMax: number | null;
  /** It is denied for nothing but what stands beside a result that a rule limits: each statement by itself would be allowed. */
  isSeparable: boolean;
  policyVersion: number;
};
