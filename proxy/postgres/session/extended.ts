/** The extended protocol: Parse and Bind are decided by their text, Execute again, when everything about it is known. */

import { createHash } from 'node:crypto';
import { encodeDescribe } from '../wire/encode.ts';
import { int16At, int32At, transaction } from '../wire/message.ts';
import { latin1, nameKey, utf8Of } from '../wire/text.ts';
import { type ExpectKind, expectation, expects } from './expect.ts';
import { hasLimited } from './limit.ts';
import type { Portal, Prepared } from './names.ts';
import { readParameters, settledKey } from './parameters.ts';
import { enqueue } from './proposals.ts';
import { isBarrier } from './query.ts';
import { malformed, notRecording, refusal, refuseExtended, refuseMissing } from './refusal.ts';
import type { Refused, Ruling } from './ruling.ts';
import type { Session } from './state.ts';
import { approvalKey, clear, literalsOf, type Message, mustDrain, namesEnd, record, ruleOn } from './statement.ts';
import { weightOfRuling } from './weight.ts';

type PreparedParts = Pick<Prepared, 'name' | 'key' | 'literals' | 'isRecorded'> & { ruling: Ruling };

const tooManyNames: Refused = refusal(
  { code: 'rate_limited', message: 'too many prepared statements or portals are open', hint: 'Close some of them.' },
  'protocol',
);

/** The parameters were not hashed when they went by, so an approval could not be bound to them. */
const boundBeforeApproval: Refused = refusal(
  { code: 'approval_required', message: 'this statement has come to need approval', hint: 'Run it again.' },
  'approval',
);

/** The number of changed rows comes with the end of the statement, which the client might never ask for. */
const rowsInParts: Refused = refusal(
  {
    code: 'unsupported',
    message: 'policy counts the rows this statement changes, so it cannot return them in parts',
    hint: 'Execute it without a limit of rows.',
  },
  'affected-rows',
);

function refuse(s: Session, refused: Refused, ruling: Ruling | null = null): boolean {
  refuseExtended(s, refused, { ruling, run: null });
  return true;
}

function missing(s: Session, what: Parameters<typeof refuseMissing>[1], name: string): true {
  refuseMissing(s, what, name);
  return true;
}

/** `before` is called when it is known that the server will get the text. */
export function parse(s: Session, m: Message, before?: (s: Session) => void): boolean {
  if (s.isSkipping) return true;
  const nameEnd = m.bytes.indexOf(0, m.start + 5);
  const textEnd = nameEnd < 0 ? -1 : m.bytes.indexOf(0, nameEnd + 1);
  const isWhole = nameEnd >= 0 && textEnd >= 0 && textEnd + 3 <= m.end;
  if (!isWhole || m.end - textEnd - 3 !== 4 * int16At(m.bytes, textEnd + 1)) return refuse(s, malformed());
  if (s.statements.isFull) return refuse(s, tooManyNames);
  // Declared parameter types are part of what a text means: they choose between functions.
  const text = latin1(m.bytes, nameEnd + 1, textEnd);
  const key = hasTypes(m, textEnd + 3) ? `${text}\0${latin1(m.bytes, textEnd + 3, m.end)}` : text;
  const ruling = ruleOn(s, key);
  if (ruling === null) return false;
  const literals = literalsOf(s, ruling);
  const statementName = utf8Of(m.bytes, m.start + 5, nameEnd);
  if (ruling.refusal !== null) {
    const run = record(s, ruling, { protocol: 'extended', literals });
    refuseExtended(s, ruling.refusal, { ruling, run, statementName });
    return true;
  }
  if (!s.ports.recorder.healthy) return refuse(s, notRecording);
  before?.(s);
  const name = nameKey(m.bytes, m.start + 5, nameEnd);
  const prepared = newPrepared({ name, key: settledKey(key, ruling), ruling, literals, isRecorded: false });
  const entry = expectation(expects.parse, { name, ruling, prepared, isInjected: s.parts !== null });
  enqueue(s, entry);
  s.up.view(m.bytes, m.start, m.end);
  s.needsFlush = true;
  s.isGroupOpen = true;
  s.unrecorded.push({
    prepared,
    ruling,
    attach: run => {
      entry.run = run;
    },
  });
  return true;
}

function newPrepared({ name, key, ruling, literals, isRecorded }: PreparedParts): Prepared {
  const kept = name === '' ? { deref: () => ruling } : new WeakRef(ruling);
  return { name, key, ruling: kept, literals, isDescribed: false, isAskedFor: false, isRecorded };
}

/** Any declared type; all zeroes are the same as none. */
function hasTypes(m: Message, from: number): boolean {
  for (let at = from; at < m.end; at += 1) if (m.bytes[at] !== 0) return true;
  return false;
}

/** A statement by name, also one that SQL PREPARE made; `wait` while that one's ruling is sought. */
function findStatement(s: Session, key: string, name: string): Prepared | 'wait' | null {
  if (s.statements.isUncertain(key, s.unit)) return waitForServer(s);
  const found = s.statements.get(key);
  if (found !== null) return found;
  if (!s.sqlPrepared.has(name)) return s.queue.length > 0 ? waitForServer(s) : null;
  const text = Buffer.from(`EXECUTE ${quoted(name)}`).toString('latin1');
  const ruling = ruleOn(s, text);
  if (ruling === null) return 'wait';
  const prepared = newPrepared({ name: key, key: text, ruling, literals: null, isRecorded: true });
  s.statements.confirm(key, prepared);
  return prepared;
}

/** What is on its way decides what the name means. */
function waitForServer(s: Session): 'wait' {
  s.block = 'drain';
  return 'wait';
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A statement is planned anew under the settings of the moment, so it is decided anew, too. */
function currentRuling(s: Session, prepared: Prepared): Ruling | null {
  const known = prepared.ruling.deref();
  if (known === undefined || !s.gate.isCurrent(known)) return ruleOn(s, prepared.key);
  // Of a part, nothing has been sent since it was ruled on.
  if (s.parts !== null) return known;
  return !known.isSessionBound && s.ruled === null && !mustDrain(s) ? known : ruleOn(s, prepared.key);
}

export function bind(s: Session, m: Message): boolean {
  const body = namesEnd(m);
  if (s.isSkipping) return streamBody(s, m, false);
  if (body === 0) return refuse(s, malformed());
  const portalEnd = m.bytes.indexOf(0, m.start + 5);
  const statementName = utf8Of(m.bytes, portalEnd + 1, body - 1);
  const prepared = findStatement(s, nameKey(m.bytes, portalEnd + 1, body - 1), statementName);
  if (prepared === 'wait') return false;
  if (prepared === null) return streamBody(s, m, false) && missing(s, 'bind', statementName);
  if (s.portals.isFull) return streamBody(s, m, false) && refuse(s, tooManyNames);
  const ruling = currentRuling(s, prepared);
  if (ruling === null) return false;
  if (ruling.refusal !== null) {
    const run = record(s, ruling, { protocol: 'extended', literals: prepared.literals });
    refuseExtended(s, ruling.refusal, { ruling, run });
    return streamBody(s, m, false);
  }
  keepRuling(prepared, ruling);
  const name = nameKey(m.bytes, m.start + 5, portalEnd);
  const kept = name === '' ? 0 : weightOfRuling(ruling);
  const portal = {
    ...newPortal(name, prepared, ruling),
    isBound: true,
    bytes: kept + (ruling.asks ? m.end - m.start : 0),
  };
  enqueue(s, expectation(expects.bind, { name: portal.name, portal, isInjected: s.parts !== null }));
  s.up.view(m.bytes, m.start, m.end);
  s.needsFlush = true;
  s.isGroupOpen = true;
  if (ruling.asks && s.parts === null) hashParameters(s, m, { from: body, portal });
  return streamBody(s, m, true);
}

function keepRuling(prepared: Prepared, ruling: Ruling): void {
  if (ruling === prepared.ruling.deref()) return;
  Object.assign(prepared, newPrepared({ ...prepared, ruling }));
}

const newPortal = (name: string, prepared: Prepared, ruling: Ruling): Portal => ({
  name,
  prepared,
  ruling,
  isBound: false,
  rows: null,
  isDescribed: false,
  parametersHash: null,
  parameters: null,
  bytes: 0,
  run: null,
  isCleared: false,
  meter: null,
});

/** An approval is bound to the parameters as they are sent: formats, values and result formats. */
function hashParameters(s: Session, m: Message, { from, portal }: { from: number; portal: Portal }): void {
  const hash = createHash('sha256').update(m.bytes.subarray(from, m.end));
  if (m.end !== m.total) {
    s.bindHash = { hash, portal };
    return;
  }
  portal.parametersHash = hash.digest('hex');
  portal.parameters = readParameters(m.bytes, { from, to: m.end }, portal.ruling.key);
}

function streamBody(s: Session, m: Message, passes: boolean): true {
  s.clientBody = m.total - m.end;
  s.passesBody = passes;
  return true;
}

/** A portal by name, also an SQL cursor; `wait` while that one's ruling is sought. */
function findPortal(s: Session, key: string, name: string): Portal | 'wait' | null {
  if (s.portals.isUncertain(key, s.unit)) return waitForServer(s);
  const found = s.portals.get(key);
  if (found !== null) return found;
  if (!s.settings.cursors.has(name)) return s.queue.length > 0 ? waitForServer(s) : null;
  const text = Buffer.from(`FETCH ALL FROM ${quoted(name)}`).toString('latin1');
  const ruling = ruleOn(s, text);
  if (ruling === null) return 'wait';
  return newPortal(key, newPrepared({ name: '', key: text, ruling, literals: null, isRecorded: true }), ruling);
}

/**
 * Decides anew on what a portal may give: its masks, limits and approvals are those of the moment. Answers that are on their way
 * belong to the decision before; false while there are any.
 */
function redecide(s: Session, portal: Portal): boolean {
  const ruling = s.gate.redecide(portal.ruling);
  if (ruling === portal.ruling) return true;
  if (s.queue.length > 0) {
    s.block = 'drain';
    return false;
  }
  portal.isCleared &&= !ruling.asks || approvalKey({ ...portal, ruling }) === approvalKey(portal);
  Object.assign(portal, { ruling, rows: null, isDescribed: false });
  return true;
}

/**
 * A Query or a Bind that fails in a transaction block leaves its portal behind, which is failed, too: PostgreSQL answers for it,
 * and runs nothing of it. Only where the transaction is failed beyond doubt.
 */
function isLeftOver(s: Session): boolean {
  if (s.status !== transaction.failed) return false;
  for (const { kind, ruling } of s.queue) {
    if (kind === expects.query || (kind === expects.execute && ruling !== null)) return false;
  }
  return true;
}

/** Without a ruling, so that anything but an error, NoData or EmptyQueryResponse ends the session. */
function passLeftOver(s: Session, m: Message, kind: ExpectKind): true {
  enqueue(s, expectation(kind));
  s.up.view(m.bytes, m.start, m.end);
  s.needsFlush = true;
  s.isGroupOpen = true;
  return true;
}

export function describeName(s: Session, m: Message): boolean {
  if (s.isSkipping) return true;
  const what = m.bytes[m.start + 5];
  const nameEnd = m.bytes.indexOf(0, m.start + 6);
  if (nameEnd !== m.end - 1) return refuse(s, malformed());
  const key = nameKey(m.bytes, m.start + 6, nameEnd);
  const name = utf8Of(m.bytes, m.start + 6, nameEnd);
  if (what === 0x53) {
    const prepared = findStatement(s, key, name);
    if (prepared === 'wait') return false;
    if (prepared === null) return missing(s, 'statement', name);
    const ruling = prepared.ruling.deref() ?? ruleOn(s, prepared.key);
    if (ruling === null) return false;
    if (ruling.refusal !== null) return refuse(s, ruling.refusal, ruling);
    keepRuling(prepared, ruling);
    prepared.isAskedFor = true;
    enqueue(s, expectation(expects.describeStatement, { name: key, prepared, ruling }));
  } else if (what === 0x50) {
    const portal = findPortal(s, key, name);
    if (portal === 'wait') return false;
    if (portal === null && isLeftOver(s)) return passLeftOver(s, m, expects.describePortal);
    if (portal === null) return missing(s, 'portal', name);
    if (!redecide(s, portal)) return false;
    if (portal.ruling.refusal !== null) return refuse(s, portal.ruling.refusal, portal.ruling);
    portal.isDescribed = true;
    enqueue(s, expectation(expects.describePortal, { name: key, portal, ruling: portal.ruling }));
  } else return refuse(s, malformed(`invalid DESCRIBE message subtype ${what}`));
  s.up.view(m.bytes, m.start, m.end);
  s.needsFlush = true;
  s.isGroupOpen = true;
  return true;
}

/** Nothing else is run behind what may be ended by a limit; more of the same portal is not run then, either. */
function mustWaitForLimited(s: Session, portal: Portal | null): boolean {
  if (!hasLimited(s, entry => entry.kind === expects.query || entry.portal !== portal)) return false;
  s.block = 'drain';
  return true;
}

export function execute(s: Session, m: Message): boolean {
  if (s.isSkipping) return true;
  const nameEnd = m.bytes.indexOf(0, m.start + 5);
  if (nameEnd < 0 || nameEnd + 5 !== m.end) return refuse(s, malformed());
  const name = utf8Of(m.bytes, m.start + 5, nameEnd);
  const portal = findPortal(s, nameKey(m.bytes, m.start + 5, nameEnd), name);
  if (portal === 'wait' || mustWaitForLimited(s, portal)) return false;
  if (portal === null && isLeftOver(s)) return passLeftOver(s, m, expects.execute);
  if (portal === null) return missing(s, 'execute', name);
  if (!redecide(s, portal)) return false;
  const { prepared, parametersHash } = portal;
  const ruling = s.gate.spent(portal.ruling) ?? portal.ruling;
  if (ruling.counts && s.status === transaction.open && int32At(m.bytes, nameEnd + 1) > 0) {
    return refuse(s, rowsInParts, ruling);
  }
  if (ruling.asks && !portal.isCleared && portal.isBound && parametersHash === null && s.parts === null) {
    return refuse(s, boundBeforeApproval, ruling);
  }
  const request = { ruling, literals: prepared.literals, parametersHash, parameters: portal.parameters };
  const clearance = clear(s, request, portal.isCleared);
  if (clearance.type === 'held') return false;
  const requestId = clearance.type === 'cleared' ? clearance.requestId : null;
  const openRun = portal.run?.isCompleted === false ? portal.run : null;
  const recorded = { protocol: 'extended', literals: prepared.literals, requestId } as const;
  const run = clearance.run ?? openRun ?? record(s, ruling, recorded);
  prepared.isRecorded = true;
  if (clearance.type === 'refused') refuseExtended(s, clearance.refused, { ruling, run });
  else if (run === null) refuseExtended(s, notRecording, { ruling, run });
  else {
    portal.isCleared = true;
    s.hasGroupEffects ||= ruling.hasEffects;
    portal.run = run;
    describeFirst(s, portal, name);
    enqueue(s, expectation(expects.execute, { portal, ruling, run, isBarrier: isBarrier(s, ruling) }));
    s.up.view(m.bytes, m.start, m.end);
    s.needsFlush = true;
    s.isGroupOpen = true;
    if (ruling.wantsCopyData) s.block = 'copy';
  }
  return true;
}

/** Rows are only let through when the server has said what they are; where the client does not ask, the proxy does. */
function describeFirst(s: Session, portal: Portal, name: string): void {
  const statement = portal.ruling.statements[0];
  if (portal.isDescribed || statement === undefined || statement.analysis.result !== 'rows') return;
  if (portal.prepared.isAskedFor && !statement.hasMasks) return;
  portal.isDescribed = true;
  enqueue(s, expectation(expects.describePortal, { portal, ruling: portal.ruling, isInjected: true }));
  s.up.bytes(encodeDescribe('P', name));
}

export function closeName(s: Session, m: Message): boolean {
  if (s.isSkipping) return true;
  const what = m.bytes[m.start + 5];
  const nameEnd = m.bytes.indexOf(0, m.start + 6);
  if (nameEnd !== m.end - 1) return refuse(s, malformed());
  const name = nameKey(m.bytes, m.start + 6, nameEnd);
  if (what === 0x53) {
    enqueue(s, expectation(expects.closeStatement, { name, isBarrier: s.sqlPrepared.size > 0 }));
  } else if (what === 0x50) {
    enqueue(s, expectation(expects.closePortal, { name, isBarrier: s.settings.cursors.size > 0 }));
  } else return refuse(s, malformed(`invalid CLOSE message subtype ${what}`));
  s.up.view(m.bytes, m.start, m.end);
  s.needsFlush = true;
  s.isGroupOpen = true;
  return true;
}
