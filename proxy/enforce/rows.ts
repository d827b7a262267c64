/** Rewrites DataRow messages by a plan, from a chunk into the output of the same turn. Cell by cell; it knows no types. */

import { chunkGlance, growthMax, placesMax, type RowRun } from '#core/mask/detectors/chunk-glance.ts';
import type { RowPlan as MaskPlan } from '#core/mask/plan.ts';
import { putInt32 } from '#core/mask/sink.ts';
import { type CellWriter, unchanged } from '#core/mask/writer.ts';
import { Outlet } from '../postgres/session/outlet.ts';
import type { RowPlan } from '../postgres/session/ruling.ts';
import { int16At, int32At } from '../postgres/wire/message.ts';

/** A row up to this size waits until it is whole. */
const wholeRowBytesMax = 1024 * 1024;
/** A larger one has to show all its masked columns in so many bytes; what follows is passed on as it comes. */
export const maskedPrefixBytesMax = 64 * 1024 * 1024;

/** A message that may not be all here: [start, end) of `bytes`, of which up to `available` has come. */
export type RowMessage = { bytes: Uint8Array; start: number; end: number; available: number };

export type RowOutcome =
  /** It passes as it came, and nothing was written. */
  | { type: 'same' }
  | { type: 'written'; maskedCells: number; consumedTo: number }
  /** More bytes are needed. */
  | { type: 'more' }
  | { type: 'malformed'; reason: string };

const more: RowOutcome = { type: 'more' };
const same: RowOutcome = { type: 'same' };
const malformed = (reason: string): RowOutcome => ({ type: 'malformed', reason });
const header = 7;

export function maskRow(plan: RowPlan, row: RowMessage, out: Outlet): RowOutcome {
  const { bytes, start, end, available } = row;
  const isWhole = end <= available;
  if (!isWhole && end - start <= wholeRowBytesMax) return more;
  if (available - start < header) return more;
  if (int16At(bytes, start + 5) !== plan.columns) return malformed('a row has another width than its description');
  const to = isWhole ? end : maskedEnd(plan, row);
  if (to < 0) {
    if (to === -2) return malformed('a row is shorter than its columns');
    return available - start > maskedPrefixBytesMax ? malformed('a row is too large to be masked') : more;
  }
  const whole = { bytes, start, end, available: to };
  return isWhole && plan.masks?.masks.length === 0 ? writeFinds(plan, whole, out) : write(plan, whole, out);
}

/** A row without masks mostly stays what it is, so it is tried beside the output first. */
const draft = new Outlet();

function writeFinds(plan: RowPlan, row: RowMessage, out: Outlet): RowOutcome {
  const outcome = write(plan, row, draft);
  const written = outcome.type === 'written' ? draft.take() : null;
  if (written !== null) out.bytes(written);
  return outcome;
}

/** Where the last masked column ends; -1 when that is not here yet, -2 when the row is malformed. */
function maskedEnd(plan: RowPlan, { bytes, start, end, available }: RowMessage): number {
  let at = start + header;
  const last = plan.masks?.writers.findLastIndex(writer => writer !== null && writer.passesOversize !== true) ?? -1;
  for (let column = 0; column <= last; column += 1) {
    if (at + 4 > available) return -1;
    const length = int32At(bytes, at);
    at += 4 + Math.max(0, length);
    if (length < -1 || at > end) return -2;
  }
  return at <= available ? at : -1;
}

/** `available` is where the part to be written ends: a column boundary. */
function write(plan: RowPlan, row: RowMessage, out: Outlet): RowOutcome {
  const { bytes, start, end, available: to } = row;
  const base = out.reserve(to - start + (plan.masks?.maxGrowth ?? 0));
  const { target } = out;
  const writers = plan.masks?.writers ?? [];
  let maskedCells = 0;
  let from = start;
  let at = start + header;
  let written = base;
  for (let column = 0; column < writers.length && at < to; column += 1) {
    if (at + 4 > to) return malformed('a row is shorter than its columns');
    const length = int32At(bytes, at);
    const valueEnd = at + 4 + Math.max(0, length);
    if (length < -1 || valueEnd > to) return malformed('a row is shorter than its columns');
    const writer = writers[column];
    if (writer && length >= 0) {
      // Where its masked form would be: what stands before it is copied when it is known that there is one.
      const room = written + at - from;
      const maskedLength = writer.write(bytes, at + 4, length, target, room + 4);
      if (maskedLength !== unchanged) {
        written = copy(bytes, { from, to: at }, target, written);
        putInt32(target, written, maskedLength);
        written += 4 + Math.max(0, maskedLength);
        from = valueEnd;
        maskedCells += 1;
      }
    }
    at = valueEnd;
  }
  const isWhole = to === end;
  if (isWhole && at !== end) return malformed('a row is longer than its columns');
  if (isWhole && maskedCells === 0) return same;
  written = copy(bytes, { from, to }, target, written);
  putInt32(target, base + 1, written - base - 1 + (end - to));
  out.advance(written - base);
  return { type: 'written', maskedCells, consumedTo: to };
}

/** At most so many rows are counted at once. */
const rowsMax = 1024;

/** How many rows `maskRows` can be given; 0 where each is for `maskRow`. */
export const rowsTogetherMax = ({ masks, maxGrowth }: MaskPlan): number =>
  Math.min(
    rowsMax,
    masks.length === 0 ? rowsMax : Math.floor(placesMax / masks.length),
    maxGrowth === 0 ? rowsMax : Math.floor(growthMax / maxGrowth),
  );

/** Writes rows of which it is known where the values are that have masks: all of them, and nothing else; how many were masked. */
export function maskRows(
  masks: readonly CellWriter[],
  { bytes, start, found }: { bytes: Uint8Array; start: number; found: RowRun },
  out: Outlet,
): number {
  const { places, shift, sizes, values } = found;
  let maskedCells = 0;
  let used = 0;
  for (let row = 0, slot = 0; row < found.rows; row += 1) {
    for (let index = 0; index < masks.length; index += 1, slot += 1) {
      const size = sizes[slot] as number;
      const at = (places[slot] as number) + shift + 4;
      const masked = size < 0 ? unchanged : (masks[index] as CellWriter).write(bytes, at, size, values, used);
      sizes[slot] = masked;
      if (masked === unchanged) continue;
      used += Math.max(0, masked);
      maskedCells += 1;
    }
  }
  if (maskedCells === 0) out.view(bytes, start, found.end);
  else out.bytes(chunkGlance.gather(found, start, masks.length));
  return maskedCells;
}

type Range = { from: number; to: number };

/** Short ranges are copied by hand: a view costs more than they do. */
function copy(source: Uint8Array, { from, to }: Range, target: Uint8Array, at: number): number {
  if (to - from > 48) target.set(source.subarray(from, to), at);
  else for (let index = from, put = at; index < to; index += 1, put += 1) target[put] = source[index] as number;
  return at + to - from;
}
