/** What was decided about one message of statements, with the reasons that led to it. The effect is derived from the reasons. */
import type { Mask } from '../mask/rule.ts';
import type { ColumnRef } from '../sql/analysis.ts';
import type { Approvers, Effect } from './schema.ts';

export type Reason = {
  /** `policy/rule`, or `default` where no rule allowed, or `analysis` where the statement could not be resolved. */
  rule: string;
  effect: Effect;
  /** The object, column or hazard the rule was about. */
  subject: string;
  message: string;
  /** In observe mode: recorded, without effect. */
  observed: boolean;
};

export type OutputMask = { mask: Mask; rule: string; label: string };

export type StatementObligation = {
  /** Per output column; null where the value passes. Empty when the statement returns no rows. */
  masks: readonly (OutputMask | null)[];
  /** For the comparison with RowDescription: the single origin of outputs that are bare columns. */
  origins: readonly (ColumnRef | null)[];
  /** True when classified columns are in play for this identity: server messages are reduced to what is safe. */
  sensitive: boolean;
};

export type Decision = {
  effect: 'allow' | 'mask' | 'approve' | 'deny';
  reasons: readonly Reason[];
  /** One per statement of the message, in order. */
  obligations: readonly StatementObligation[];
  /** Present when the effect is approve: what it takes. */
  approval: (Approvers & { rule: string; owners: boolean; ownerOf: readonly string[] }) | null;
  policyVersion: number;
};
