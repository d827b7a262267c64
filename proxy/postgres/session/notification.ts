/**
 * NotificationResponse: what other sessions say to whoever listens. Nothing tells where a payload was taken from, so a session for
 * which anything could be masked gets to know that it was notified, and not of what. What it sent itself was decided on.
 */

import { int32At } from '../wire/message.ts';
import { Writer } from '../wire/writer.ts';
import { unexpected } from './answer.ts';
import type { Fate, ServerMessage } from './server.ts';
import type { Session } from './state.ts';

/** Type, length, process. */
const head = 9;

export function notification(s: Session, m: ServerMessage): Fate {
  const channelEnd = m.bytes.indexOf(0, m.start + head);
  if (channelEnd < 0 || channelEnd + 1 >= m.end) return unexpected(s, m);
  const processId = int32At(m.bytes, m.start + 5);
  const hasPayload = channelEnd + 2 < m.end;
  if (!hasPayload || processId === s.processId || !s.gate.mayMask) return 'pass';
  const channel = m.bytes.subarray(m.start + head, channelEnd + 1);
  s.down.bytes(new Writer(32).begin(m.type).int32(processId).raw(channel).raw(nothing).end().finish());
  return 'drop';
}

/** An empty payload. */
const nothing = Uint8Array.of(0);
