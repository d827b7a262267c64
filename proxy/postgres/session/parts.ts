/**
 * A Query whose statements can only be read one after the other, since the earlier ones change what names mean, or only be run so,
 * since one of them may have to be ended: each goes to the server as a statement of the extended protocol and is decided when those
 * before it have run. Without a Sync between them they are one transaction, as the statements of a Query are; the client sees the
 * answer to a Query.
 */
import type { TextPart } from '#core/sql/analysis.ts';
import { encodeBind, encodeClose, encodeDescribe, encodeExecute, encodeParse, syncMessage } from '../wire/encode.ts';
import { transaction } from '../wire/message.ts';
import { sync } from './control.ts';
import { type ExpectKind, expectation, expects } from './expect.ts';
import { bind, describeName, execute, parse } from './extended.ts';
import { hasLimited } from './limit.ts';
import { pendingMax } from './limits.ts';
import { internalName } from './own-names.ts';
import { enqueue } from './proposals.ts';
import { refusal, refuseExtended } from './refusal.ts';
import type { Ruling } from './ruling.ts';
import type { Session } from './state.ts';
import type { Message } from './statement.ts';

/** Replaced with every step, never changed: a turn may be taken back. */
export type Parts = {
  list: readonly Part[];
  at: number;
  step: number;
  /** The part at hand begins or ends a transaction block. */
  isTransaction: boolean;
  /** The client has asked for it, perhaps while the server had nothing to cancel. */
  isCancelled: boolean;
};

type Part = { text: string /** Characters before it. */; offset: number };

/** False when the message can be read as a whole, or cannot be read at all. */
export function beginParts(s: Session, m: Message, ruling: Ruling): boolean {
  const places = placesIn(ruling);
  if (places === undefined || s.isGroupOpen) return false;
  const text = Buffer.from(m.bytes.buffer, m.bytes.byteOffset + m.start + 5, m.end - m.start - 6);
  const between = (from: number, to: number): string => text.toString('utf8', from, to);
  const list: Part[] = [];
  let [offset, counted] = [0, 0];
  for (const { start, length } of places) {
    offset += [...between(counted, start)].length;
    counted = start;
    list.push({ text: between(start, start + length), offset });
  }
  s.parts = { list, at: 0, step: 0, isTransaction: false, isCancelled: false };
  return true;
}

const placesIn = ({ analysis, decision }: Ruling): readonly TextPart[] | undefined => {
  if (analysis.ok) return decision.isSeparable ? analysis.statements : undefined;
  return analysis.refusal.parts;
};

/** As far as it goes for now; true when all is on its way. */
export function nextParts(s: Session): boolean {
  for (let { parts } = s; parts !== null; { parts } = s) {
    const part = parts.list[parts.at];
    if (part === undefined || s.isSkipping) {
      if (!sync(s, messageOf(syncMessage))) return false;
      s.parts = null;
      break;
    }
    if (parts.step === 0 && mustWait(s)) return drain(s);
    if (parts.isCancelled && parts.step <= runStep) {
      // What was asked for this part is no answer for what comes next.
      s.ruled = null;
      refuseExtended(s, cancelled, { ruling: null, run: null });
      continue;
    }
    if (steps[parts.step]?.(s, part) === false) return false;
    const isLast = parts.step === steps.length - 1;
    const { at, step } = parts;
    s.parts = { ...(s.parts ?? parts), at: isLast ? at + 1 : at, step: isLast ? 0 : step + 1 };
  }
  return true;
}

/** Between units it has to be known whether the server is in a transaction block. */
const mustWait = (s: Session): boolean =>
  s.queue.length >= pendingMax ||
  s.cancelling > 0 ||
  hasLimited(s, () => true) ||
  (!s.isGroupOpen && s.queue.length > 0);

function drain(s: Session): false {
  s.block = 'drain';
  return false;
}

/** The step with which a part begins to have an effect. */
const runStep = 3;
/** What each part goes through; false where it has to wait. A refusal skips the rest of the message, as an error does. */
const steps: readonly ((s: Session, part: Part) => boolean)[] = [
  (s, { text }) => parse(s, messageOf(encodeParse('', text)), beginBlock),
  s => bind(s, messageOf(encodeBind('', ''))),
  s => refusesCopy(s) || !hasRows(s) || describeName(s, messageOf(encodeDescribe('P', ''))),
  s => run(s),
  // What it read must not be in use when the next one changes it; and after a Query there is no unnamed statement.
  s => close(s, 'P', expects.closePortal) && close(s, 'S', expects.closeStatement),
  s => endUnit(s),
];

/**
 * Behind the first statement of a pipeline the server has begun an implicit block; for the statements of one Query it has before
 * it, and some are not allowed there, or only there. This one reads nothing, so that the transaction has no snapshot yet.
 */
function beginBlock(s: Session): void {
  if (s.isGroupOpen || s.status !== transaction.idle) return;
  const push = (kind: ExpectKind, bytes: Uint8Array): void => {
    s.up.bytes(bytes);
    enqueue(s, expectation(kind, { isInjected: true, name: internalName }));
  };
  // One that was interrupted has left it.
  push(expects.closeStatement, encodeClose('S', internalName));
  push(expects.parse, encodeParse(internalName, 'SHOW server_version_num'));
  push(expects.bind, encodeBind(internalName, internalName));
  push(expects.execute, encodeExecute(internalName, 0));
  push(expects.closePortal, encodeClose('P', internalName));
  push(expects.closeStatement, encodeClose('S', internalName));
  s.isGroupOpen = true;
  s.needsFlush = true;
}

function run(s: Session): boolean {
  const { parts } = s;
  const prepared = s.statements.get('');
  const isTransaction = s.portals.get('')?.ruling.statements[0]?.analysis.kind === 'transaction';
  if (parts !== null) s.parts = { ...parts, isTransaction };
  if (execute(s, messageOf(encodeExecute('', 0)))) return true;
  // Who holds it records it, too.
  if (s.block === 'hold' && prepared !== null) prepared.isRecorded = true;
  return false;
}

/**
 * Where a block has begun or ended there is no implicit one, so that Sync ends nothing: and the session knows where it stands. It
 * is sent when the server has agreed, since what follows a failure would no longer be skipped behind it.
 */
function endUnit(s: Session): boolean {
  if (s.isSkipping || s.parts?.isTransaction !== true) return true;
  if (s.queue.length > 0) return drain(s);
  return sync(s, messageOf(syncMessage), true);
}

const cancelled = refusal(
  { code: 'approval_withdrawn', message: 'canceling statement due to user request' },
  'protocol',
  '57014',
);

const copyInParts = refusal(
  {
    code: 'unsupported',
    message: 'COPY FROM STDIN is refused behind a statement that changes what names mean',
    hint: 'Send it as a message of its own.',
  },
  'protocol',
);

/** The client's data stands behind the Query, and the other statements before it. */
function refusesCopy(s: Session): boolean {
  const ruling = s.portals.get('')?.ruling;
  if (s.isSkipping || ruling?.wantsCopyData !== true) return false;
  refuseExtended(s, copyInParts, { ruling, run: null });
  return true;
}

const hasRows = (s: Session): boolean => s.portals.get('')?.ruling.statements[0]?.analysis.result === 'rows';

function close(s: Session, what: 'P' | 'S', kind: typeof expects.closePortal | typeof expects.closeStatement): true {
  if (s.isSkipping) return true;
  s.up.bytes(encodeClose(what, ''));
  enqueue(s, expectation(kind, { isInjected: true }));
  s.needsFlush = true;
  return true;
}

const messageOf = (bytes: Uint8Array): Message => ({
  type: bytes[0] ?? 0,
  bytes,
  start: 0,
  end: bytes.length,
  total: bytes.length,
});
