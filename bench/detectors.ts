/**
 * `node scripts/run.mjs bench-detectors`: what looking at values costs, in this process and without a database: rows of ten texts
 * rewritten with two masks, and with detectors on all ten. Processor time, the best of some rounds.
 */

import type { DetectorKind } from '#core/mask/detectors/kinds.ts';
import { detectorKinds } from '#core/mask/detectors/kinds.ts';
import { ColumnWatch } from '#core/mask/detectors/watch.ts';
import { type FieldDetectors, planRow, type RowPlan } from '#core/mask/plan.ts';
import { maskRow } from '#proxy/enforce/rows.ts';
import { Outlet } from '#proxy/postgres/session/outlet.ts';
import { printTable } from './table.ts';

const columns = 10;
const rowsPerChunk = 300;
const chunks = 60;
const rounds = 7;
const textOid = 25;

const words = 'order shipped to the customer after a call about late delivery of item'.split(' ');
let state = 7;
const next = (below: number): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return (state >>> 8) % below;
};
const sentence = (count: number) => Array.from({ length: count }, () => words[next(words.length)]).join(' ');

/** What columns of text hold: names, sentences, times, numbers, identifiers, addresses of machines. */
const makers: readonly (() => string)[] = [
  () => sentence(2),
  () => sentence(8),
  () => sentence(20),
  () => `2026-11-${10 + next(20)} ${10 + next(14)}:${10 + next(50)}:${10 + next(50)}.${100_000 + next(900_000)}+00`,
  () => `ORD-2026-${10_000_000 + next(90_000_000)}`,
  () => `${next(2 ** 24).toString(16)}-${next(2 ** 16).toString(16)}-4a2f-9c1d-${next(2 ** 24).toString(16)}a0b1c2`,
  () => `10.${next(256)}.${next(256)}.${next(256)}`,
  () => `{"state": "${words[next(words.length)]}", "items": ${next(100)}, "note": "${sentence(4)}"}`,
  () => `https://example.com/items/${next(1e6)}?page=${next(100)}`,
  () => (next(2) === 0 ? 'active' : 'closed'),
];

function dataRow(values: readonly string[]): Uint8Array {
  const cells = values.map(value => Buffer.from(value));
  const bytes = Buffer.alloc(7 + cells.reduce((sum, cell) => sum + 4 + cell.length, 0));
  bytes.writeUInt8(0x44, 0);
  bytes.writeInt32BE(bytes.length - 1, 1);
  bytes.writeInt16BE(cells.length, 5);
  let at = 7;
  for (const cell of cells) {
    at = bytes.writeInt32BE(cell.length, at);
    at += cell.copy(bytes, at);
  }
  return bytes;
}

const rows = Array.from({ length: rowsPerChunk }, () => dataRow(makers.map(make => make())));
const chunk = Buffer.concat(rows);

const redact = { mask: { kind: 'redact' }, rule: 'bench/mask', label: 'pii.name' } as const;
const verdicts = (mask: readonly DetectorKind[], alert: readonly DetectorKind[]): FieldDetectors => ({
  detectors: Object.fromEntries([
    ...alert.map(kind => [kind, { verdict: 'alert', rule: 'bench/detect' }] as const),
    ...mask.map(kind => [kind, { verdict: 'mask', rule: 'bench/detect' }] as const),
  ]),
  origin: null,
  watch: new ColumnWatch(),
});

function planOf(masked: number, look: (() => FieldDetectors) | null): RowPlan | null {
  const every = Array.from({ length: columns }, (_, index) => index);
  const plan = planRow({
    masks: every.map(index => (index < masked ? redact : null)),
    fields: every.map(() => ({ typeOid: textOid, typmod: -1, format: 0 as const })),
    key: new Uint8Array(32),
    detectors: every.map(() => look?.() ?? null),
  });
  if (!plan.ok) throw new Error(plan.error.message);
  return plan.value;
}

function spentUs(masks: RowPlan | null): number {
  const plan = { columns, masks };
  const out = new Outlet();
  const tally = masks?.detection?.tally() ?? null;
  const before = process.cpuUsage();
  for (let index = 0; index < chunks; index += 1) {
    let start = 0;
    for (const row of rows) {
      masks?.detection?.countIn(tally);
      maskRow(plan, { bytes: chunk, start, end: start + row.length, available: chunk.length }, out);
      start += row.length;
    }
    out.take();
  }
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const alerts: readonly DetectorKind[] = ['email', 'phone'];
const hidden = detectorKinds.filter(kind => !alerts.includes(kind));
const cases: readonly (readonly [string, RowPlan | null])[] = [
  ['row copied, nothing looked at', planOf(0, null)],
  ['2 of 10 masked', planOf(2, null)],
  ['10 of 10 looked at, alerts only', planOf(0, () => verdicts([], alerts))],
  ['10 of 10 looked at, masks only', planOf(0, () => verdicts(hidden, []))],
  ['10 of 10 looked at, as the starter set has it', planOf(0, () => verdicts(hidden, alerts))],
  ['10 of 10 looked at, every kind in every value', planOf(0, () => verdicts(detectorKinds, []))],
];

const best = new Map<string, number>();
for (let round = 0; round < rounds; round += 1) {
  for (const [name, plan] of cases) best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, spentUs(plan)));
}

const values = rowsPerChunk * chunks * columns;
const megabytes = (chunk.length * chunks) / 1e6;
const masked = best.get('2 of 10 masked') ?? 1;
printTable(`Rows of ten texts, ${(chunk.length / rowsPerChunk).toFixed(0)} bytes each`, [
  ['', 'MB/s', 'ns per value', 'time of 2 masks'],
  ...[...best].map(([name, us]) => [
    name,
    (megabytes / (us / 1e6)).toFixed(0),
    ((us * 1000) / values).toFixed(0),
    (us / masked).toFixed(2),
  ]),
]);
