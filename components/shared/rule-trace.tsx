/** The rules that spoke, strongest first, each with what it was about. The first one decided. */
import Link from 'next/link';
import { Clause } from '#components/ui/clause.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import type { Effect } from '#core/policy/schema.ts';
import { DecisionBadge, type DecisionKind } from './decision-badge.tsx';

export type TraceReason = { rule: string; effect: Effect; subject: string; message: string; observed?: boolean };

const strength: readonly Effect[] = ['deny', 'approve', 'mask', 'allow'];

/** `policy/rule` → the policy; `default` and `analysis` are not policies. */
const policyOf = (rule: string): string | null => (rule.includes('/') ? (rule.split('/')[0] ?? null) : null);

const builtIn: Readonly<Record<string, string>> = {
  default: 'No rule allows it',
  analysis: 'The statement could not be resolved',
};

type Props = {
  reasons: readonly TraceReason[];
  /** False where the reader may not open policies. */
  isLinked?: boolean;
};

export function RuleTrace({ reasons, isLinked = true }: Props) {
  if (reasons.length === 0) return <p className="text-muted-foreground">No rule had anything to say.</p>;
  const unique = new Map(reasons.map(reason => [`${reason.rule} ${reason.subject} ${reason.message}`, reason]));
  const sorted = [...unique].sort(([, a], [, b]) => strength.indexOf(a.effect) - strength.indexOf(b.effect));
  return (
    <ol className="grid gap-2">
      {sorted.map(([key, reason]) => {
        const policy = policyOf(reason.rule);
        const kind: DecisionKind = reason.observed ? 'observe' : reason.effect;
        return (
          <li key={key} className="grid gap-1 sm:grid-cols-[9rem_minmax(0,1fr)]">
            <div>
              <DecisionBadge kind={kind} />
            </div>
            <div className="grid gap-0.5">
              <p>
                {policy && isLinked ? (
                  <Link
                    href={`/policies/${encodeURIComponent(policy)}`}
                    className="font-mono text-xs text-link hover:underline"
                  >
                    {reason.rule}
                  </Link>
                ) : (
                  <span className="font-mono text-xs">{builtIn[reason.rule] ?? reason.rule}</span>
                )}
                {reason.subject ? (
                  <span className="text-muted-foreground">
                    {' '}
                    about <bdi className="font-mono text-xs">{inertText(reason.subject)}</bdi>
                  </span>
                ) : null}
              </p>
              <p>
                <Clause text={reason.message} />
              </p>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
