/**
 * Refusing by substitution: what is refused is replaced by something that the server fails, and the server's error by ours. The
 * transaction, the rest of the batch and ReadyForQuery are then PostgreSQL's own.
 */

import { type ErrorCode, errorTable, type Failure } from '#core/contract/error.ts';
import { encodeBind, encodeDescribe, encodeExecute, encodeParse, encodeQuery } from '../wire/encode.ts';
import { type ErrorFields, encodeErrorFields } from '../wire/error.ts';
import { backend, transaction } from '../wire/message.ts';
import { type Expect, expectation, expects } from './expect.ts';
import type { Run } from './journal.ts';
import { refusedName } from './own-names.ts';
import { enqueue } from './proposals.ts';
import type { Refused, Ruling } from './ruling.ts';
import type { Session } from './state.ts';

/** Fails to parse on every version of PostgreSQL, and tells the server's log why it is there. */
const failingText = (rule: string): string => `/* weir: refused, ${rule.replace(/[^a-z0-9/_ .-]/gi, '')} */ !`;
/** In a failed transaction the server refuses this like any other statement; it does nothing in any case. */
const harmlessText = 'SELECT';

export const sqlstateOf = (refused: Refused): string => refused.sqlstate ?? errorTable[refused.failure.code].sqlstate;

/** Only the fields that PostgreSQL would have sent for such an error. */
export function refusalFields(refused: Refused, server: ErrorFields): ErrorFields {
  const { failure } = refused;
  // Our failing text is a syntax error itself, so the place in the server's source is right for another one.
  const keepsOrigin = refused.keepsOrigin === true || failure.code === 'syntax_error';
  const fields = new Map<string, string>();
  for (const letter of ['S', 'V']) fields.set(letter, server.get(letter) ?? 'ERROR');
  fields.set('C', sqlstateOf(refused));
  fields.set('M', failure.message);
  if (failure.detail !== undefined) fields.set('D', failure.detail);
  if (failure.hint !== undefined) fields.set('H', failure.hint);
  if (failure.position !== undefined) fields.set('P', String(failure.position));
  if (keepsOrigin) for (const letter of ['F', 'L', 'R']) fields.set(letter, server.get(letter) ?? '');
  return fields;
}

export const refusalMessage = (refused: Refused, server: ErrorFields): Uint8Array =>
  encodeErrorFields(backend.errorResponse, refusalFields(refused, server));

/** Told also in a failed transaction: the server parses before it looks; and what made it fail has not been told yet. */
const alwaysTold: ReadonlySet<ErrorCode> = new Set(['syntax_error', 'statement_timeout']);

/** In a failed transaction PostgreSQL would not even look at the statement, and says so. */
const isDoomed = (s: Session, ruling: Ruling | null, refused: Refused): boolean =>
  s.status === transaction.failed &&
  s.queue.length === 0 &&
  ruling !== null &&
  !ruling.isTransactionExit &&
  !alwaysTold.has(refused.failure.code);

/** Puts a failing Query in the place of a refused Query or FunctionCall. */
export function refuseQuery(s: Session, refused: Refused, about: { ruling: Ruling | null; run: Run | null }): void {
  const isDoomedStatement = isDoomed(s, about.ruling, refused);
  s.up.bytes(encodeQuery(isDoomedStatement ? harmlessText : failingText(refused.rule)));
  enqueue(s, expectation(expects.query, { run: about.run, refused: isDoomedStatement ? null : refused }));
  s.needsFlush = false;
  s.isGroupOpen = false;
  s.up.markBoundary();
}

/** Puts a failing Parse in the place of a refused message of the extended protocol; all up to the next Sync is skipped. */
export function refuseExtended(
  s: Session,
  refused: Refused,
  about: { ruling: Ruling | null; run: Run | null; statementName?: string },
): void {
  const isDoomedStatement = isDoomed(s, about.ruling, refused);
  const text = isDoomedStatement ? harmlessText : failingText(refused.rule);
  s.up.bytes(encodeParse(about.statementName ?? refusedName, text));
  const entry: Expect = expectation(expects.parse, { run: about.run, refused: isDoomedStatement ? null : refused });
  enqueue(s, entry);
  s.needsFlush = true;
  s.isGroupOpen = true;
  s.isSkipping = true;
}

/** What asks for a statement or portal that does not exist: the server says so itself, of a name that never exists. */
const missing: Readonly<Record<'bind' | 'statement' | 'portal' | 'execute', Uint8Array>> = {
  bind: encodeBind('', refusedName),
  statement: encodeDescribe('S', refusedName),
  portal: encodeDescribe('P', refusedName),
  execute: encodeExecute(refusedName, 0),
};

/** `name` is what the client asked for; it must not reach the server, which might know it. */
export function refuseMissing(s: Session, what: keyof typeof missing, name: string): void {
  const isStatement = what === 'bind' || what === 'statement';
  const words = isStatement ? `prepared statement "${name}"` : `portal "${name}"`;
  const message = isStatement && name === '' ? 'unnamed prepared statement does not exist' : `${words} does not exist`;
  const failure: Failure = { code: 'undefined_object', message };
  s.up.bytes(missing[what]);
  enqueue(
    s,
    expectation(expects.parse, {
      refused: { failure, rule: 'protocol', sqlstate: isStatement ? '26000' : '34000', keepsOrigin: true },
    }),
  );
  s.needsFlush = true;
  s.isGroupOpen = true;
  s.isSkipping = true;
}

export const refusal = (failure: Failure, rule: string, sqlstate?: string): Refused =>
  sqlstate === undefined ? { failure, rule } : { failure, rule, sqlstate };

export const malformed = (message = 'invalid message format'): Refused =>
  refusal({ code: 'protocol_violation', message }, 'protocol');

export const notRecording: Refused = refusal(
  {
    code: 'recording_failed',
    message: 'the statement cannot be recorded, so it is not run',
    hint: 'The proxy cannot write its audit spool. Try again shortly or tell an operator.',
  },
  'recording',
);
