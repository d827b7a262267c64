/** ErrorResponse and NoticeResponse: whose they are, what the client may read of them, and what the server skips after them. */
import type { Hiding } from '#core/mask/detectors/hide.ts';
import { hideInProblem, reduceProblem } from '#proxy/enforce/safe-problem.ts';
import { decodeErrorFields, type ErrorFields, encodeErrorFields } from '../wire/error.ts';
import { backend } from '../wire/message.ts';
import { clearResult, unexpected } from './answer.ts';
import { committedBefore } from './effects.ts';
import { endWithFault, finish } from './end.ts';
import { type Expect, expects, sentAs } from './expect.ts';
import { replayProposals } from './proposals.ts';
import { refusalFields, refusalMessage, sqlstateOf } from './refusal.ts';
import type { Ruling } from './ruling.ts';
import type { Fate, ServerMessage } from './server.ts';
import type { Session } from './state.ts';
import { drained } from './turn.ts';

/** Parse looks at names and types only, so what it complains about came from the client. */
const isSensitive = (s: Session, entry: Expect | null): boolean =>
  entry?.kind !== expects.parse && (s.isSensitive || rulingOf(entry)?.isSensitive === true || hasMoved(s, entry));

/** The server may have come upon other tables than the analysis. */
const hasMoved = (s: Session, entry: Expect | null): boolean => {
  const ruling = rulingOf(entry);
  return entry !== null && ruling !== null && s.gate.names.moved(ruling, entry.statementIndex, sentAs(entry)) !== null;
};

/** Bind plans the statement, and may run part of it for that. */
const rulingOf = (entry: Expect | null): Ruling | null => entry?.ruling ?? entry?.portal?.ruling ?? null;

export function notice(s: Session, m: ServerMessage): Fate {
  const entry = s.queue.head;
  if (entry?.internal) return 'drop';
  const sensitive = isSensitive(s, entry);
  if (!sensitive && hidingFor(entry) === null) return 'pass';
  const fields = decodeErrorFields(m.bytes, m.start + 5, m.end);
  if (fields === null) return unexpected(s, m);
  if (!sensitive) return hideFinds(s, entry, { m, fields });
  s.down.bytes(encodeErrorFields(m.type, reduceProblem(fields)));
  return 'drop';
}

const hidingFor = (entry: Expect | null): Hiding | null =>
  entry?.kind === expects.parse ? null : (entry?.ruling?.statements[entry.statementIndex]?.hiding ?? null);

/** A value may be quoted by the server that would have been hidden in a row. */
function hideFinds(s: Session, entry: Expect | null, { m, fields }: { m: ServerMessage; fields: ErrorFields }): Fate {
  const hiding = hidingFor(entry);
  const shown = hiding === null ? fields : hideInProblem(fields, hiding);
  if (shown === fields) return 'pass';
  s.down.bytes(encodeErrorFields(m.type, shown));
  return 'drop';
}

export function errorAnswer(s: Session, m: ServerMessage): Fate {
  const fields = decodeErrorFields(m.bytes, m.start + 5, m.end);
  if (fields === null) return unexpected(s, m);
  const entry = s.queue.head;
  const fate = tell(s, entry, { m, fields });
  const severity = fields.get('V') ?? fields.get('S') ?? '';
  if (severity === 'FATAL' || severity === 'PANIC') {
    if (fate === 'pass') s.down.bytes(m.bytes.subarray(m.start, m.end));
    finish(s, 'upstream');
    return 'drop';
  }
  if (entry === null) return fate;
  if (entry.internal !== null) s.isInterrupted = interruptions.has(fields.get('C') ?? '');
  committedBefore(s, entry);
  failRun(s, entry, fields.get('C') ?? null);
  s.inCopy = false;
  clearResult(s);
  if (entry.kind === expects.query || entry.kind === expects.sync) entry.hasFailed = true;
  else skipToSync(s, fields);
  return fate;
}

/** Positions count from where the client's text begins. */
function placed(fields: ErrorFields, offset: number): ErrorFields {
  const position = fields.get('P');
  return offset === 0 || position === undefined ? fields : new Map(fields).set('P', String(Number(position) + offset));
}

/** What the client gets to read. */
function tell(s: Session, entry: Expect | null, said: { m: ServerMessage; fields: ErrorFields }): Fate {
  const { m } = said;
  const fields = placed(said.fields, entry?.offset ?? 0);
  if (entry?.stopped) {
    s.down.bytes(refusalMessage(entry.stopped.refused, fields));
    return 'drop';
  }
  if (entry?.internal || entry?.isMuted) return 'drop';
  if (entry?.refused) {
    s.down.bytes(encodeErrorFields(m.type, placed(refusalFields(entry.refused, fields), entry.offset)));
    return 'drop';
  }
  if (!isSensitive(s, entry)) {
    const fate = hideFinds(s, entry, { m, fields });
    if (fate === 'drop' || fields === said.fields) return fate;
    s.down.bytes(encodeErrorFields(m.type, fields));
    return 'drop';
  }
  s.down.bytes(encodeErrorFields(m.type, reduceProblem(fields)));
  return 'drop';
}

function failRun(s: Session, { run, refused, ruling, internal, stopped }: Expect, sqlstate: string | null): void {
  if (run === null) return;
  const told = stopped?.refused ?? refused;
  const code = told === null ? sqlstate : sqlstateOf(told);
  if (stopped !== null) run.endedBy = stopped.endedBy;
  const isRefused = refused !== null || (ruling === null && internal === null);
  const isCancelled = stopped !== null || code === '57014';
  const outcome = isCancelled ? 'cancelled' : isRefused ? 'refused' : 'error';
  s.journal.completed(run, outcome, { tag: null, sqlstate: code });
}

/** The server will not answer this: what was expected of the answer is not known, and what it should run did not run. */
function skipped(s: Session, { kind, run, prepared, portal }: Expect, sqlstate: string | null): void {
  if (kind === expects.describeStatement && prepared !== null) prepared.isAskedFor = prepared.isDescribed;
  if (kind === expects.describePortal && portal !== null) portal.isDescribed = portal.rows !== null;
  if (run === null || run.isCompleted) return;
  s.journal.completed(run, 'error', { tag: null, sqlstate });
}

/** query_canceled and lock_not_available: the client's request, or a time that it has set. */
const interruptions = new Set(['57014', '55P03']);

/** A look at the catalog came to nothing: with it the unit that it was part of, since the server now skips what follows. */
function missed(s: Session, fields: ErrorFields): void {
  if (!interruptions.has(fields.get('C') ?? '')) {
    endWithFault(s, 'internal_statement', 'the proxy could not look at the catalog');
    return;
  }
  const told = [...fields].filter(([letter]) => 'SVCM'.includes(letter));
  s.down.bytes(encodeErrorFields(backend.errorResponse, new Map(told)));
}

/** After an error in the extended protocol the server answers nothing until Sync; a Query in between is skipped, too. */
function skipToSync(s: Session, fields: ErrorFields): void {
  const sqlstate = fields.get('C') ?? null;
  s.groupFailed = true;
  for (let entry = s.queue.head; entry !== null && entry.kind !== expects.sync; entry = s.queue.head) {
    s.queue.shift();
    skipped(s, entry, sqlstate);
    if (entry.internal !== null) entry.internal.hasFailed = true;
  }
  if (s.queue.length === 0) {
    if (s.internal !== null) missed(s, fields);
    s.isSkipping = true;
    // Nothing of what waits is run any more, and nobody has to decide on it.
    if (s.block === 'hold') s.ports.withdraw();
    drained(s);
  } else replayProposals(s);
}
