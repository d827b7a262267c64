/** Streams the rows of a query as CSV or NDJSON: read as fast as they are taken, from one consistent view, never held in memory. */
import 'server-only';
import type { SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import type { Sql } from '#db/client.ts';
import { log } from '#lib/log.ts';
import type { BaseContext } from '#lib/orpc/context.ts';
import { AppError } from '#lib/orpc/error.ts';
import { csvLine } from './csv.ts';
import type { exportFormats } from './schema.ts';

export const exportsAtOnceMax = 4;
const rowsPerRead = 1000;

export type ExportFormat = (typeof exportFormats)[number];
/** Name in the file → what is read. Numbers are exact up to 2^53. */
export type ExportColumns = Record<string, PgColumn | SQL | SQL.Aliased>;
type Query = { toSQL(): { sql: string; params: unknown[] } };
type Value = (name: string, value: unknown) => unknown;
export type Exporting = { name: string; format: ExportFormat; columns: readonly string[]; query: Query; value?: Value };

export const streamSchema = z.custom<ReadableStream<Uint8Array>>(value => value instanceof ReadableStream);

const types: Record<ExportFormat, string> = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' };

/** For the OpenAPI document: what the stream carries. */
export const streamResponses = {
  200: {
    description: 'Streamed; the filter is that of the list, without paging.',
    content: { 'text/csv': { schema: { type: 'string' } }, 'application/x-ndjson': { schema: { type: 'string' } } },
  },
} as const;

let running = 0;

export function streamExport(context: BaseContext, exporting: Exporting): ReadableStream<Uint8Array> {
  if (running >= exportsAtOnceMax)
    throw new AppError('rate_limited', 'too many exports at once, try again in a moment');
  const { name, format, columns, value = (_, cell) => cell } = exporting;
  const stamp = context.clock.now().toISOString().slice(0, 19).replaceAll(':', '');
  context.resHeaders?.set('content-type', types[format]);
  context.resHeaders?.set('content-disposition', `attachment; filename="weir-${name}-${stamp}Z.${format}"`);
  const line =
    format === 'csv'
      ? (row: unknown[]) => csvLine(columns.map((column, at) => value(column, row[at])))
      : (row: unknown[]) =>
          `${JSON.stringify(Object.fromEntries(columns.map((column, at) => [column, value(column, row[at])])))}\n`;
  const source = read(context.sql, exporting.query);
  const encoder = new TextEncoder();
  running += 1;
  let isOpen = true;
  const end = () => {
    if (isOpen) running -= 1;
    isOpen = false;
  };
  let head = format === 'csv' ? csvLine(columns) : '';
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value: rows } = await source.next();
          const text = head + (done ? '' : rows.map(line).join(''));
          head = '';
          if (text !== '') controller.enqueue(encoder.encode(text));
          if (!done) return;
          end();
          controller.close();
        } catch (error) {
          end();
          log().error({ err: error, export: name }, 'an export failed');
          controller.error(error);
        }
      },
      async cancel() {
        end();
        await source.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
}

/** On a connection of its own, without the time limit of ordinary statements. */
async function* read(sql: Sql, query: Query): AsyncGenerator<unknown[][], void> {
  const { sql: text, params } = query.toSQL();
  const connection = await sql.reserve();
  try {
    await connection`set statement_timeout = 0`;
    const cursor = connection
      .unsafe(text, params as never[])
      .values()
      .cursor(rowsPerRead);
    for await (const rows of cursor) yield rows as unknown[][];
  } finally {
    await connection`reset statement_timeout`.catch(() => undefined);
    connection.release();
  }
}

export const columnNames = (columns: ExportColumns): string[] => Object.keys(columns);
