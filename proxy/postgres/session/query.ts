/** Query: a whole string of statements is decided before any of it goes to the server. FunctionCall: always refused. */

import { frontend } from '../wire/message.ts';
import { latin1 } from '../wire/text.ts';
import { expectation, expects } from './expect.ts';
import { isLimited } from './limit.ts';
import { textBytesMax } from './limits.ts';
import { beginParts, nextParts } from './parts.ts';
import { enqueue } from './proposals.ts';
import { malformed, notRecording, refusal, refuseExtended, refuseQuery } from './refusal.ts';
import type { Refused, Ruling } from './ruling.ts';
import type { Session } from './state.ts';
import { clear, literalsOf, type Message, record, ruleOn } from './statement.ts';

export function query(s: Session, m: Message): boolean {
  if (s.parts !== null) return nextParts(s);
  if (s.isSkipping) return true;
  const textEnd = m.end - 1;
  if (m.bytes.indexOf(0, m.start + 5) !== textEnd) {
    refuseQuery(s, malformed(), { ruling: null, run: null });
    return true;
  }
  const found = ruleOn(s, latin1(m.bytes, m.start + 5, textEnd));
  if (found === null) return false;
  if (beginParts(s, m, found)) return nextParts(s);
  const literals = literalsOf(s, found);
  const ruling = s.gate.spent(found) ?? found;
  const clearance = clear(s, { ruling, literals, parametersHash: null, parameters: null }, false);
  if (clearance.type === 'held') return false;
  const requestId = clearance.type === 'cleared' ? clearance.requestId : null;
  const run = clearance.run ?? record(s, ruling, { protocol: 'simple', literals, requestId });
  if (clearance.type === 'refused') refuseQuery(s, clearance.refused, { ruling, run });
  else if (run === null) refuseQuery(s, notRecording, { ruling, run });
  else forward(s, m, ruling, run);
  return true;
}

function forward(s: Session, m: Message, ruling: Ruling, run: NonNullable<ReturnType<typeof record>>): void {
  s.up.view(m.bytes, m.start, m.end);
  s.up.markBoundary();
  enqueue(s, expectation(expects.query, { ruling, run, isBarrier: isBarrier(s, ruling) }));
  s.needsFlush = false;
  s.isGroupOpen = false;
  if (ruling.wantsCopyData) s.block = 'copy';
}

/** The end of a transaction matters to later statements only when there is something to undo. */
export const isBarrier = (s: Session, ruling: Ruling): boolean =>
  ruling.isBarrier ||
  isLimited(ruling) ||
  (ruling.endsTransaction && (s.settings.hasUncommitted || s.isCatalogChanged || s.queue.hasBarrier));

const functionCallRefused: Refused = refusal(
  {
    code: 'unsupported',
    message: 'FunctionCall messages are refused: they have no statement that could be looked at',
    hint: 'Call the function with SELECT. In the place of large objects, which drivers work with like this, use bytea.',
  },
  'protocol',
);

export function refuseFunctionCall(s: Session, m: Message): boolean {
  s.clientBody = m.total - m.end;
  s.passesBody = false;
  if (!s.isSkipping) refuseQuery(s, functionCallRefused, { ruling: null, run: null });
  return true;
}

/** Refuses a text that is too long to be looked at, without keeping it. */
export function refuseTooLarge(s: Session, m: Message): boolean {
  s.clientBody = m.total - m.end;
  s.passesBody = false;
  if (s.isSkipping) return true;
  const ruling = s.gate.reject(
    {
      code: 'statement_too_complex',
      message: `the statement is longer than ${textBytesMax} bytes`,
      hint: 'Split it, pass values as parameters, or use COPY.',
    },
    `(a statement of ${m.total - m.start - 6} bytes)`,
  );
  const refused = ruling.refusal as Refused;
  const isQuery = m.type === frontend.query;
  const run = record(s, ruling, { protocol: isQuery ? 'simple' : 'extended', literals: null });
  if (isQuery) refuseQuery(s, refused, { ruling: null, run });
  else refuseExtended(s, refused, { ruling: null, run });
  return true;
}
