/**
 * A Query whose statements can only be read one after the other, since the earlier ones change what names mean: each goes to the
 * server as a statement of the extended protocol and is decided when those before it have run. Without a Sync between them they are
 * one transaction, as the statements of a Query are; the client sees the answer to a Query.
 */
import { encodeBind, encodeClose, encodeDescribe, encodeExecute, encodeParse, syncMessage } from '../wire/encode.ts';
import { sync } from './control.ts';
import { expectation, expects } from './expect.ts';
import { bind, describeName, execute, parse } from './extended.ts';
import { pendingMax } from './limits.ts';
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
};

type Part = { text: string /** Characters before it. */; offset: number };

/** False when the message can be read as a whole, or cannot be read at all. */
export function beginParts(s: Session, m: Message, { analysis }: Ruling): boolean {
  const places = analysis.ok ? undefined : analysis.refusal.parts;
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
  s.parts = { list, at: 0, step: 0 };
  return true;
}

/** As far as it goes for now; true when all is on its way. */
export function nextParts(s: Session): boolean {
  for (let { parts } = s; parts !== null; { parts } = s) {
    const part = parts.list[parts.at];
    if (part === undefined || s.isSkipping) {
      if (!sync(s, messageOf(syncMessage))) return false;
      s.parts = null;
      break;
    }
    if (s.queue.length >= pendingMax || s.cancelling > 0) {
      s.block = 'drain';
      return false;
    }
    if (steps[parts.step]?.(s, part) === false) return false;
    const isLast = parts.step === steps.length - 1;
    s.parts = { ...parts, at: isLast ? parts.at + 1 : parts.at, step: isLast ? 0 : parts.step + 1 };
  }
  return true;
}

/** What each part goes through; false where it has to wait. A refusal skips the rest of the message, as an error does. */
const steps: readonly ((s: Session, part: Part) => boolean)[] = [
  (s, { text }) => parse(s, messageOf(encodeParse('', text))),
  s => bind(s, messageOf(encodeBind('', ''))),
  s => refusesCopy(s) || !hasRows(s) || describeName(s, messageOf(encodeDescribe('P', ''))),
  s => execute(s, messageOf(encodeExecute('', 0))),
  // What it read must not be in use when the next one changes it; and after a Query there is no unnamed statement.
  s => close(s, 'P', expects.closePortal) && close(s, 'S', expects.closeStatement),
];

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
  return true;
}

const messageOf = (bytes: Uint8Array): Message => ({
  type: bytes[0] ?? 0,
  bytes,
  start: 0,
  end: bytes.length,
  total: bytes.length,
});
