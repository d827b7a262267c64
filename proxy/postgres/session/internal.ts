/** Statements of the proxy's own on the client's upstream connection, between the client's; none of their answers is the client's. */

import { encodeBind, encodeClose, encodeExecute, encodeParse, flushMessage, syncMessage } from '../wire/encode.ts';
import { frontend } from '../wire/message.ts';
import { Reader } from '../wire/reader.ts';
import { decodeUtf8 } from '../wire/text.ts';
import { type ExpectKind, expectation, expects } from './expect.ts';
import { internalName as name } from './own-names.ts';
import { enqueue } from './proposals.ts';
import type { ServerMessage } from './server.ts';
import { held, type Internal, type InternalGroup, type InternalRows, type Session } from './state.ts';
import { flushTurn } from './turn.ts';

/**
 * Whether the unit may end here without the client noticing. A Query ends it anyway, and the portals with it. Where it may, it must:
 * after an Execute without Sync the server takes what follows for part of a pipeline, where some statements are not allowed.
 */
function mayEndUnit(s: Session): boolean {
  if (!s.isGroupOpen || s.unitHolds === held.nothing) return true;
  return s.unitHolds === held.portals && s.backlog[0] === frontend.query && s.parts === null;
}

/**
 * Runs statements while the client has to wait; the rows of each as text, or null when one failed. Where the client's unit has to
 * go on there is no Sync, so that the implicit transaction goes on, too.
 */
export function runInternal(s: Session, texts: readonly string[]): Promise<InternalRows[] | null> {
  if (s.isEnded || s.block !== 'ruling' || s.queue.length > 0) return Promise.resolve(null);
  return new Promise(done => {
    const endsUnit = mayEndUnit(s);
    const all = texts.map(text => pushOne(s, text));
    s.internal = { all, done: once(done) };
    s.up.bytes(endsUnit ? syncMessage : flushMessage);
    if (endsUnit) enqueue(s, expectation(expects.sync, { isInjected: true, internal: all.at(-1) ?? null, name }));
    const up = s.up.take();
    if (up !== null && !s.ports.toServer(up)) s.up.disown();
    flushTurn(s);
  });
}

function pushOne(s: Session, text: string): Internal {
  const internal: Internal = { rows: [], hasFailed: false };
  const push = (kind: ExpectKind): void => enqueue(s, expectation(kind, { isInjected: true, internal, name }));
  // One that was interrupted has left it.
  s.up.bytes(encodeClose('S', name));
  push(expects.closeStatement);
  s.up.bytes(encodeParse(name, text));
  push(expects.parse);
  s.up.bytes(encodeBind(name, name));
  push(expects.bind);
  s.up.bytes(encodeExecute(name, 0));
  push(expects.execute);
  s.up.bytes(encodeClose('P', name));
  push(expects.closePortal);
  s.up.bytes(encodeClose('S', name));
  push(expects.closeStatement);
  return internal;
}

function once(done: InternalGroup['done']): InternalGroup['done'] {
  let isDone = false;
  return rows => {
    if (isDone) return;
    isDone = true;
    done(rows);
  };
}

/** Collects one DataRow. */
export function rowCells(internal: Internal, m: ServerMessage): void {
  const reader = new Reader(m.bytes, m.start + 5, m.end);
  const count = reader.uint16();
  const cells: (string | null)[] = [];
  for (let index = 0; index < count && !reader.failed; index += 1) {
    const length = reader.int32();
    cells.push(length < 0 ? null : decodeUtf8(reader.take(length)));
  }
  internal.rows.push(cells);
}
