/** Rows of a large result are looked at together: the client gets, and the log is told, what it would be row by row. */
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { chunkGlance } from '#core/mask/detectors/chunk-glance.ts';
import { type DetectorKind, detectorKinds } from '#core/mask/detectors/kinds.ts';
import { harmless, randomFrom, valid } from '#core/mask/detectors/testing.ts';
import { ColumnWatch } from '#core/mask/detectors/watch.ts';
import { planRow } from '#core/mask/plan.ts';
import type { Mask } from '#core/mask/rule.ts';
import { Meter } from '#proxy/enforce/meter.ts';
import { message, say } from '../wire-testing.ts';
import { bench, pieces } from './session-testing.ts';

type Cell = string | null;
type Row = readonly Cell[];
/** Of one column: a mask, or what is looked for. */
type Column = { mask: Mask } | { hides: readonly DetectorKind[]; alerts: readonly DetectorKind[] } | null;

const text = 25;
const glanced = detectorKinds.filter(kind => kind !== 'email' && kind !== 'phone');
const limit = (max: number) => ({ max, rule: 'p/r', reason: null });

const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

const rowOf = (row: Row): Buffer =>
  message(
    'D',
    int16(row.length),
    ...row.flatMap(cell => (cell === null ? [int32(-1)] : [int32(Buffer.byteLength(cell)), Buffer.from(cell)])),
  );

const described = (columns: number): Buffer => {
  const column = Buffer.concat([Buffer.from('c\0'), Buffer.alloc(6), int32(text), int16(-1), int32(-1), int16(0)]);
  return message('T', int16(columns), ...Array.from({ length: columns }, () => column));
};

function planOf({ columns, isShared }: Pick<Result, 'columns' | 'isShared'>) {
  const watch = new ColumnWatch();
  const verdicts = (kinds: readonly DetectorKind[], verdict: 'mask' | 'alert') =>
    kinds.map(kind => [kind, { verdict, rule: 'p/r' }] as const);
  const planned = planRow({
    masks: columns.map(column => (column && 'mask' in column ? { ...column, rule: 'p/r', label: 'l' } : null)),
    fields: columns.map(() => ({ typeOid: text, typmod: -1, format: 0 as const })),
    key: new Uint8Array(32),
    detectors: columns.map(column =>
      column && 'hides' in column
        ? {
            detectors: Object.fromEntries([...verdicts(column.alerts, 'alert'), ...verdicts(column.hides, 'mask')]),
            origin: null,
            ...(isShared && { watch }),
          }
        : null,
    ),
    sampling: { first: 5, every: 8, bytesMax: 1024 },
  });
  if (!planned.ok) throw new Error(planned.error.message);
  return planned.value;
}

type Limits = { rows: number; bytes: number; cells: number };
/** `isShared`: as if every column was the same one. */
type Result = { columns: readonly Column[]; rows: readonly Buffer[]; limits?: Limits; isShared?: boolean };

/** Three cells of each row count, of a budget that others have drawn from as well. */
const budgetOf = (max: number) =>
  ({
    ...limit(max),
    unit: 'sensitiveCells',
    perRow: 3,
    windowMinutes: 60,
    identity: { id: 'i', login: 'someone' },
  }) as const;

function read({ columns, rows, limits, isShared = false }: Result, cuts: readonly number[]) {
  const entry = { used: 5, others: 7, isDirty: false, isUnsaved: false, startsAt: 0, windowMinutes: 60 };
  const own = {
    rows: limit(limits?.rows ?? 0),
    bytes: limit(limits?.bytes ?? 0),
    durationSeconds: null,
    budgets: [budgetOf(limits?.cells ?? 0)] as never[],
  };
  const masks = planOf({ columns, isShared });
  const one = bench({
    adapt: statement => ({
      ...statement,
      hasMasks: true,
      limits: limits ? own : null,
      planRows: () => ({ columns: columns.length, masks }),
    }),
  });
  if (limits)
    Object.assign(one.session.gate, { meter: () => new Meter(own, { entry: () => entry } as never, () => 0) });
  one.client(say.query('select'));
  const end = [message('C', Buffer.from('SELECT 0\0')), message('Z', Buffer.from('I'))];
  const bytes = Buffer.concat([described(columns.length), ...rows, ...end]);
  for (const piece of pieces(bytes, cuts)) one.server(piece);
  const [completed] = one.recorder.of('statement.completed');
  return {
    client: one.sent.client().toString('latin1'),
    faults: one.faults,
    ended: one.ended,
    cancels: one.cancels,
    completed,
    drawn: entry.used,
  };
}

/** So small that every row is looked at by itself. */
const one = (result: Result) =>
  read(
    result,
    Array.from({ length: 2_000 }, (_, index) => index * 1_500),
  );

const samples = harmless(randomFrom(7)).map(each => each.slice(0, 60));
const cell: fc.Arbitrary<Cell> = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom('some words, and then some', 'short', 'a b c d e f', '') },
  { weight: 3, arbitrary: fc.constantFrom(...samples) },
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom(...detectorKinds).chain(kind => valid[kind]) },
);

const column: fc.Arbitrary<Column> = fc.oneof(
  fc.constant(null),
  fc.constant({ hides: glanced, alerts: ['email', 'phone'] } as const),
  fc.constant({ hides: ['card', 'jwt'], alerts: [] } as const),
  fc.constant({ hides: [], alerts: detectorKinds } as const),
  fc.constant({ hides: detectorKinds, alerts: [] } as const),
  fc
    .constantFrom<Mask>(
      { kind: 'redact' },
      { kind: 'null' },
      { kind: 'hash' },
      { kind: 'partial', shape: 'email', first: 0, last: 0 },
      { kind: 'partial', shape: 'text', first: 2, last: 1 },
    )
    .map(mask => ({ mask })),
);

const table = fc
  .array(column, { minLength: 1, maxLength: 6 })
  .filter(columns => columns.some(each => each !== null))
  .chain(columns =>
    fc.record({
      columns: fc.constant(columns),
      rows: fc.array(fc.array(cell, { minLength: columns.length, maxLength: columns.length }), {
        minLength: 60,
        maxLength: 220,
      }),
      // Long enough for a glance to be worth it.
      wide: fc.nat(columns.length - 1),
    }),
  )
  .map(({ columns, rows, wide }) => ({
    columns,
    rows: rows.map(row => row.map((each, index) => (index === wide ? `${each ?? ''}${', again'.repeat(9)}` : each))),
  }));

const cuts = fc.array(fc.nat(40_000), { maxLength: 4 });

const limits = fc.record({
  rows: fc.integer({ min: 1, max: 2_000 }),
  bytes: fc.integer({ min: 1, max: 200_000 }),
  cells: fc.integer({ min: 1, max: 6_000 }),
});

it('is what it is row by row', () => {
  const walks = vi.spyOn(chunkGlance, 'walkRows');
  fc.assert(
    fc.property(table, cuts, fc.boolean(), ({ columns, rows }, at, isShared) => {
      const result = { columns, rows: rows.map(rowOf), isShared };
      expect(read(result, at)).toEqual(one(result));
    }),
    { numRuns: 150 },
  );
  const together = walks.mock.results.map(({ value }) => value?.rows ?? 0);
  walks.mockRestore();
  expect(together.filter(rows => rows > 1).length).toBeGreaterThan(500);
});

const damages: Readonly<Record<string, (row: Buffer) => Buffer>> = {
  'a column too many': row => Buffer.concat([row.subarray(0, 5), int16(row.readInt16BE(5) + 1), row.subarray(7)]),
  'a column too few': row => Buffer.concat([row.subarray(0, 5), int16(row.readInt16BE(5) - 1), row.subarray(7)]),
  'a value beyond its end': row => Buffer.concat([row.subarray(0, 7), int32(100_000), row.subarray(11)]),
  'a value of negative length': row => Buffer.concat([row.subarray(0, 7), int32(-2), row.subarray(11)]),
  'bytes behind its last value': row => message('D', row.subarray(5), Buffer.from('x')),
  'no columns': () => message('D', Buffer.alloc(0)),
};

it.each(Object.entries(damages))('ends the session at a row with %s, wherever it stands', (_, damage) => {
  fc.assert(
    fc.property(table, fc.nat(59), cuts, ({ columns, rows }, place, at) => {
      const sound = rows.map(rowOf);
      const result = { columns, rows: sound.map((row, index) => (index === place ? damage(row) : row)) };
      const together = read(result, at);
      expect(together.faults).toEqual(['row_malformed']);
      expect(together.ended).toHaveLength(1);
      const whole = read({ columns, rows: sound.slice(0, place) }, []).client;
      const passed = whole.slice(0, whole.length - 'C....SELECT 0.Z....I'.length);
      expect(together.client.startsWith(passed)).toBe(true);
    }),
    { numRuns: 25 },
  );
});

it('ends at the limit that it ends at row by row', () => {
  fc.assert(
    fc.property(table, cuts, limits, ({ columns, rows }, at, given) => {
      const result = { columns, rows: rows.map(rowOf), limits: given };
      expect(read(result, at)).toEqual(one(result));
    }),
    { numRuns: 120 },
  );
});
