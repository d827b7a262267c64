/** Streams the rows of a query as CSV or NDJSON: read as fast as they are taken, from one consistent view, never held in memory. */
import 'server-only';
import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { rowsInParts } from '#db/cursor.ts';
import { log } from '#lib/log.ts';
import type { BaseContext } from '#lib/orpc/context.ts';
import { AppError } from '#lib/orpc/error.ts';
import { callerKey } from '#lib/orpc/idempotency.ts';
import { whileDatabaseAnswers } from '#lib/orpc/silence.ts';
import { keepsRights, watchCaller } from '#lib/orpc/watch-caller.ts';
import { csvLine } from './csv.ts';
import type { exportFormats } from './schema.ts';

export const exportsAtOnceMax = 6;
export const exportsPerCallerMax = 2;
/** Whoever takes nothing for so long has lost interest; the view of the database it holds open is let go. */
export const exportIdleMs = 60_000;
/** Few: what is under way at a time is what an export costs in memory. */
export const rowsPerRead = 100;

export type ExportFormat = (typeof exportFormats)[number];
type Readable = PgColumn | SQL | SQL.Aliased;
/** `name` is the column's in the file; `show` makes of what was read what is written. */
export type ExportColumn = { name: string; read: Readable; show?: (cell: unknown) => unknown };
type Query = { toSQL(): { sql: string; params: unknown[] } };
export type Exporting = { name: string; format: ExportFormat; columns: readonly ExportColumn[]; query: Query };

export const column = (name: string, read: Readable): ExportColumn => ({ name, read });

/** Exact up to 2^53. */
export const integer = (name: string, read: PgColumn): ExportColumn => ({ name, read: sql`${read}::float8` });

/** Printed by PostgreSQL and put into RFC 3339 here: making a Date of each, only to print it again, costs more than the rest. */
export const time = (name: string, read: PgColumn): ExportColumn => ({
  name,
  read: sql`(${read} at time zone 'utc')::text`,
  show: cell => (typeof cell === 'string' ? rfc3339(cell) : null),
});

const rfc3339 = (text: string): string =>
  `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20).padEnd(3, '0')}Z`;

/** What the query has to select, in the order of the columns. */
export const selection = (columns: readonly ExportColumn[]): Record<string, Readable> =>
  Object.fromEntries(columns.map(({ name, read }) => [name, read]));

export const streamSchema = z.custom<ReadableStream<Uint8Array>>(value => value instanceof ReadableStream);

const types: Record<ExportFormat, string> = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' };

/** For the OpenAPI document: what the stream carries. */
export const streamResponses = {
  200: {
    description: 'Streamed; the filter is that of the list, without paging.',
    content: { 'text/csv': { schema: { type: 'string' } }, 'application/x-ndjson': { schema: { type: 'string' } } },
  },
} as const;

/** Who runs one. */
const running: string[] = [];

function assertRoom(key: string): void {
  if (running.length >= exportsAtOnceMax)
    throw new AppError('rate_limited', 'too many exports at once, try again in a moment');
  if (running.filter(each => each === key).length >= exportsPerCallerMax)
    throw new AppError('rate_limited', `you have ${exportsPerCallerMax} exports under way already`);
}

/** One of few, until it is over; and what has to be done when it is. */
function takeRoom(key: string) {
  assertRoom(key);
  running.push(key);
  const nothing: () => void = () => undefined;
  const room = { isOpen: true, idle: undefined as NodeJS.Timeout | undefined, unwatch: nothing, end };
  function end() {
    clearTimeout(room.idle);
    room.unwatch();
    if (room.isOpen) running.splice(running.indexOf(key), 1);
    room.isOpen = false;
  }
  return room;
}

export function streamExport(context: BaseContext, exporting: Exporting): ReadableStream<Uint8Array> {
  const room = takeRoom(callerKey(context.caller));
  const { name, format, columns } = exporting;
  const stamp = context.clock.now().toISOString().slice(0, 19).replaceAll(':', '');
  context.resHeaders?.set('content-type', types[format]);
  context.resHeaders?.set('content-disposition', `attachment; filename="weir-${name}-${stamp}Z.${format}"`);
  const line = lineOf(columns, format);
  const source = rowsInParts(context.sql, exporting.query.toSQL(), rowsPerRead);
  const encoder = new TextEncoder();
  const giveUp = (controller: ReadableStreamDefaultController<Uint8Array>, why: string) => {
    if (!room.isOpen) return;
    room.end();
    controller.error(new Error(why));
    void source.return(undefined);
  };
  let head = format === 'csv' ? csvLine(columns.map(each => each.name)) : '';
  return new ReadableStream(
    {
      start(controller) {
        const end = () => giveUp(controller, 'who asked for the export may no longer have it');
        room.unwatch = watchCaller(context, { permits: keepsRights(context.caller, 'audit:export'), end });
      },
      async pull(controller) {
        clearTimeout(room.idle);
        try {
          const { done, value: rows } = await whileDatabaseAnswers(context.sql, source.next());
          if (!room.isOpen) return;
          const text = head + (done ? '' : linesOf(rows, line));
          head = '';
          if (text !== '') controller.enqueue(encoder.encode(text));
          if (!done) room.idle = setTimeout(giveUp, exportIdleMs, controller, 'nobody took the export').unref();
          if (!done) return;
          room.end();
          controller.close();
        } catch (error) {
          if (!room.isOpen) return;
          room.end();
          log().error({ err: error, export: name }, 'an export failed');
          controller.error(error);
        }
      },
      async cancel() {
        room.end();
        await source.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
}

/**
 * Empties what was read. The driver's batches hang together through promises, so that a dead one that has become old keeps the
 * next alive until the whole heap is collected: exports of 80 MB grew the process by 110 MB each.
 */
function linesOf(rows: unknown[][], line: (row: readonly unknown[]) => string): string {
  const text = rows.map(line).join('');
  rows.length = 0;
  return text;
}

function lineOf(columns: readonly ExportColumn[], format: ExportFormat): (row: readonly unknown[]) => string {
  const shown = (row: readonly unknown[]) => columns.map(({ show }, at) => (show ? show(row[at]) : row[at]));
  if (format === 'csv') return row => csvLine(shown(row));
  const keys = columns.map(({ name }) => `${JSON.stringify(name)}:`);
  return row =>
    `{${shown(row)
      .map((cell, at) => keys[at] + JSON.stringify(cell ?? null))
      .join(',')}}\n`;
}
