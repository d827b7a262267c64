/** Reads what went wrong out of a failed call: what kind it is, the server's own sentence, and how to refer to it. Pure. */

export type FailureKind =
  | 'invalid'
  | 'signed_out'
  | 'forbidden'
  | 'missing'
  | 'conflict'
  | 'limited'
  | 'unavailable'
  | 'offline'
  | 'failed';

export type CallFailure = {
  kind: FailureKind;
  message: string;
  /** The server's reference of this request, for whoever reads its log. */
  requestId: string | null;
  /** The permission that was missing. */
  permission: string | null;
  /** Field path → what is wrong with it. */
  issues: Readonly<Record<string, string>>;
};

const kinds: Readonly<Record<number, FailureKind>> = {
  400: 'invalid',
  401: 'signed_out',
  403: 'forbidden',
  404: 'missing',
  409: 'conflict',
  412: 'conflict',
  429: 'limited',
  503: 'unavailable',
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

function readIssues(data: Record<string, unknown>): Record<string, string> {
  const issues: Record<string, string> = {};
  for (const issue of Array.isArray(data.issues) ? data.issues : []) {
    if (isRecord(issue)) issues[text(issue.path) ?? ''] ??= plainSentence(text(issue.message) ?? 'is not valid');
  }
  return issues;
}

/** The server's messages are clauses: lower case, no full stop. */
export function asSentence(clause: string): string {
  const trimmed = clause.trim();
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?…]$/.test(trimmed) ? '' : '.'}`;
}

/** The same where no code can be shown: names in backticks stand in quotation marks. */
const plainSentence = (clause: string): string => asSentence(clause).replaceAll(/`([^`]*)`/g, '“$1”');

export function describeFailure(error: unknown): CallFailure {
  const status = isRecord(error) && typeof error.status === 'number' ? error.status : null;
  const data = isRecord(error) && isRecord(error.data) ? error.data : {};
  const said = error instanceof Error ? error.message : null;
  return {
    kind: status === null ? (error instanceof TypeError ? 'offline' : 'failed') : (kinds[status] ?? 'failed'),
    message:
      status === null && error instanceof TypeError
        ? 'The console did not answer.'
        : plainSentence(said || 'something failed'),
    requestId: text(data.requestId),
    permission: text(data.permission),
    issues: readIssues(data),
  };
}
