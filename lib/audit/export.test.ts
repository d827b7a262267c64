/** An export goes at the pace of whoever takes it: what has not been taken has not been read. */
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestPlane, testPlane } from '#lib/testing.ts';
import { type ExportFormat, rowsPerRead, streamExport } from './export.ts';

const rows = 100_000;

let plane: TestPlane;
beforeAll(async () => {
  plane = await testPlane();
});
afterAll(() => plane.close());

async function exportOfNumbers(format: ExportFormat) {
  let read = 0;
  const show = (cell: unknown) => {
    read += 1;
    return cell;
  };
  const context = await plane.context({ type: 'system', name: 'test' });
  const query = { toSQL: () => ({ sql: `select n from generate_series(1, ${rows}) n`, params: [] }) };
  const columns = [{ name: 'n', read: sql`n`, show }];
  const stream = streamExport(context, { name: 'numbers', format, columns, query });
  return {
    reader: stream.pipeThrough(new TextDecoderStream() as never as TransformStream<Uint8Array, string>).getReader(),
    read: () => read,
  };
}

/** Long enough for a reader without restraint to have read far ahead: each answer is a turn of the same loop. */
async function meanwhile(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await plane.database.sql`select 1`;
}

it('reads no further than a step ahead of a slow reader', async () => {
  const { reader, read } = await exportOfNumbers('ndjson');
  for (let taken = 1; taken <= 5; taken++) {
    await reader.read();
    await meanwhile();
    expect(read()).toBeLessThanOrEqual((taken + 4) * rowsPerRead);
  }
  await reader.cancel();
  const before = read();
  await meanwhile();
  expect(read()).toBe(before);
});

it('gives everything in order to a fast one', async () => {
  const { reader, read } = await exportOfNumbers('csv');
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  const lines = text.trimEnd().split(/\r?\n/);
  expect([lines.length, lines[0], lines[1], lines.at(-1)]).toEqual([rows + 1, 'n', '1', String(rows)]);
  expect(read()).toBe(rows);
});
