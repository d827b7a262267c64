/** A decision in words for people: one text, whether it arrives as a PostgreSQL error or stands in the console. */
import type { Decision, Reason } from './decision.ts';

export type Explanation = {
  /** One line; the MESSAGE of an ErrorResponse. */
  message: string;
  /** One line per reason, with its rule; DETAIL. */
  detail: string;
  /** What to do about it; HINT. Null where there is nothing to do. */
  hint: string | null;
};

export type ExplainContext = {
  connection: string;
  consoleUrl: string;
  /** The request that was filed, where one was. */
  requestUrl?: string;
};

/** Reasons that are listed; the rest are counted. */
export const detailReasonsMax = 10;

const headline: Readonly<Record<Decision['effect'], string>> = {
  deny: 'refused by policy',
  approve: 'approval required',
  mask: 'allowed with masked columns',
  allow: 'allowed',
};

const line = ({ rule, message, observed }: Reason): string =>
  observed ? `${message} (rule ${rule}, observed only)` : `${message} (rule ${rule})`;

function listed(reasons: readonly Reason[]): string {
  const lines = reasons.slice(0, detailReasonsMax).map(line);
  const more = reasons.length - lines.length;
  return more > 0 ? `${lines.join('\n')}\nand ${more} more` : lines.join('\n');
}

/** A rule that somebody wrote says more than that none allows it. */
const spokenFirst = (reasons: readonly Reason[]): Reason[] => [
  ...reasons.filter(({ rule }) => rule !== 'default'),
  ...reasons.filter(({ rule }) => rule === 'default'),
];

/** How to ask, by what stood in the way. */
function denyHint(reasons: readonly Reason[], { connection, consoleUrl }: ExplainContext): string {
  const [first] = reasons;
  if (first?.rule === 'analysis')
    return first.advice ?? 'write the statement so that every column it reads can be told from its text';
  if (first?.rule === 'default') {
    const asking = `ask for a rule that allows it on \`${connection}\`: ${consoleUrl}/policies`;
    return first.advice === undefined ? asking : `${first.advice}, or ${asking}`;
  }
  if (first?.missing === 'owner')
    return `ask an administrator to name an owner of \`${first.subject}\`: ${consoleUrl}/catalog`;
  // A hazard is what the statement does, and has no owner: `drop public.orders`.
  if (first?.subject.includes(' ')) return `it passes only if an administrator changes the rule \`${first.rule}\``;
  const advice = first?.advice ?? 'leave it out';
  return `${advice}, or ask the owner of \`${first?.subject ?? connection}\`: ${consoleUrl}/catalog`;
}

function hintOf(decision: Decision, reasons: readonly Reason[], context: ExplainContext): string | null {
  switch (decision.effect) {
    case 'deny':
      return denyHint(reasons, context);
    case 'approve':
      return context.requestUrl === undefined
        ? `the request is under ${context.consoleUrl}/approvals`
        : `follow the request at ${context.requestUrl}`;
    default:
      return null;
  }
}

/** `approve` with a request reads as pending; everything else from the reasons that had the effect. */
export function explain(decision: Decision, context: ExplainContext): Explanation {
  const effective = spokenFirst(
    decision.reasons.filter(reason => !reason.observed && reason.effect === decision.effect),
  );
  const [first] = effective;
  const title = headline[decision.effect];
  return {
    message: first === undefined ? title : `${title}: ${first.message}`,
    detail: listed(effective.length > 0 ? effective : decision.reasons),
    hint: hintOf(decision, effective, context),
  };
}
