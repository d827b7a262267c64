/** What a client can make a session keep has bounds: in numbers, and in bytes. */
import { describe, expect, it } from 'vitest';
import type { StatementAnalysis } from '#core/sql/analysis.ts';
import { cut, fieldsOf, message, say } from '../wire-testing.ts';
import { applyEffects } from './effects.ts';
import { NameTable, namedBytesMax, namesMax } from './names.ts';
import { Room } from './room.ts';
import { bench } from './session-testing.ts';
import { Settings } from './settings.ts';

const mebibyte = 1024 * 1024;
const small = { outputs: null, reads: [], uses: [], functions: [], accesses: [] } as unknown as StatementAnalysis;
const wide = { ...small, outputs: Array.from({ length: 1600 }) } as unknown as StatementAnalysis;

describe('prepared statements', () => {
  it('are refused when their texts take too much', () => {
    const one = bench();
    const filler = 'x'.repeat(mebibyte - 64);
    for (let count = 0; count <= namedBytesMax / mebibyte + 1; count += 1) {
      one.client(Buffer.concat([say.parse(`select '${filler}'`, `s${count}`), say.sync]));
      if (cut(one.sent.server()).at(-2)?.body.includes('weir: refused')) break;
      one.server(Buffer.concat([message('1'), message('Z', Buffer.from('I'))]));
    }
    one.server(Buffer.concat([message('E', Buffer.from('SERROR\0C42601\0Mm\0\0')), message('Z', Buffer.from('I'))]));
    const refused = cut(one.sent.client()).find(({ type }) => type === 'E');
    expect(fieldsOf(refused?.body ?? Buffer.alloc(0)).M).toMatch(/too many prepared statements/);
    expect(one.session.isEnded).toBe(false);
  });

  it('of SQL end the session when there are too many, and only those that are there count', () => {
    const prepare = (name: string, text: string) =>
      ({ type: 'prepare', name, text, parameterTypes: [], analysis: small }) as const;
    const one = bench().session;
    for (let count = 0; count < 3 * namesMax; count += 1) {
      applyEffects(
        one,
        { kind: 'prepare', effects: [prepare('same', 'x'.repeat(4096)), { type: 'deallocate', name: 'same' }] },
        '',
      );
    }
    expect(one.settings.isLost).toBe(false);
    for (let count = 0; count <= namesMax; count += 1)
      applyEffects(one, { kind: 'prepare', effects: [prepare(`p${count}`, 'x')] }, '');
    expect(one.settings.isLost).toBe(true);
    const other = bench().session;
    for (let count = 0; count < 33; count += 1)
      applyEffects(other, { kind: 'prepare', effects: [prepare(`p${count}`, 'x'.repeat(mebibyte))] }, '');
    expect(other.settings.isLost).toBe(true);
    const third = bench().session;
    for (let count = 0; count < 200; count += 1)
      applyEffects(third, { kind: 'prepare', effects: [{ ...prepare(`p${count}`, 'x'), analysis: wide }] }, '');
    expect(third.settings.isLost).toBe(true);
  });

  it('do not hold on to what was found out about them', async () => {
    const one = bench();
    for (let count = 0; count < 2_000; count += 1) {
      one.client(Buffer.concat([say.parse(`select ${count} as a${count}`, `s${count}`), say.sync]));
      await one.settle();
      one.server(Buffer.concat([message('1'), message('Z', Buffer.from('I'))]));
    }
    const weakly = () => [...one.session.statements.confirmed()].filter(([, { ruling }]) => ruling instanceof WeakRef);
    expect(weakly()).toHaveLength(2_000);
    const [, prepared] = weakly()[7] ?? [];
    // As after a collection: it is ruled on again, and runs.
    if (prepared) prepared.ruling = { deref: () => undefined };
    const sent = one.sent.server().length;
    one.client(
      Buffer.concat([say.describeStatement('s7'), say.bind([], { statement: 's7' }), say.execute(), say.sync]),
    );
    await one.settle();
    const types = cut(one.sent.server().subarray(sent)).map(({ type }) => type);
    expect(types.join('')).toMatch(/^DBD?ES$/);
    expect(prepared?.ruling.deref()?.key).toBe('select 7 as a7');
  });
});

it('a table of names counts what is in it, however it came there and went', () => {
  const table = new NameTable<{ bytes: number }>(({ bytes }) => bytes);
  const large = { bytes: namedBytesMax / 2 };
  for (let round = 0; round < 4; round += 1) {
    table.propose('a', large, round);
    table.forgetProposals();
    table.confirm('a', large);
    table.confirm('b', large);
    expect(table.isFull).toBe(true);
    table.confirm('b', null);
    table.confirm('b', null);
    expect(table.isFull).toBe(false);
  }
  table.propose('c', large, 9);
  expect(table.isFull).toBe(true);
  table.clear();
  expect(table.isFull).toBe(false);
});

it('all sessions together keep so much and no more, but each may have a little, and leaves nothing behind', () => {
  const room = new Room();
  const tables = Array.from({ length: 40 }, () => new NameTable<number>(bytes => bytes, room));
  const isTaken = tables.map(table => {
    for (let count = 0; count < 16; count += 1) {
      if (table.isFull) return false;
      table.confirm(`s${count}`, mebibyte);
    }
    return true;
  });
  expect(isTaken.filter(isAll => isAll)).toHaveLength(32);
  expect(tables.every(table => table.get('s0') === mebibyte)).toBe(true);
  for (const table of tables) table.clear();
  expect(room.bytes).toBe(0);
  const [one] = [bench()];
  const before = one.session.room.bytes;
  one.client(Buffer.concat([say.parse('select 1', 's'), say.sync]));
  one.server(Buffer.concat([message('1'), message('Z', Buffer.from('I'))]));
  applyEffects(
    one.session,
    {
      kind: 'prepare',
      effects: [{ type: 'prepare', name: 'p', text: 'select 1', parameterTypes: [], analysis: small }],
    },
    '',
  );
  expect(one.session.room.bytes).toBeGreaterThan(before);
  one.client(say.terminate);
  expect(one.session.isEnded).toBe(true);
  expect(one.session.room.bytes).toBe(0);
});

it('settings that nothing depends on are not kept, so setting many takes no longer than setting one', () => {
  const settings = new Settings();
  const start = settings.version;
  for (let count = 0; count < 50_000; count += 1)
    settings.apply({ type: 'set', name: `my.setting_${count}`, value: 'x'.repeat(100), local: count % 2 === 0 });
  expect(settings.version).toBe(start);
  expect(settings.hasUncommitted).toBe(false);
  settings.apply({ type: 'set', name: 'weir.wait', value: 'off', local: false });
  expect(settings.value('weir.wait')).toBe('off');
});

it('a session with too many cursors ends', () => {
  const settings = new Settings();
  for (let count = 0; count <= 1_000; count += 1)
    settings.apply({ type: 'declare', name: `c${count}`, holdable: true, analysis: small });
  expect(settings.isLost).toBe(true);
  const few = new Settings();
  for (let count = 0; count < 200; count += 1)
    few.apply({ type: 'declare', name: `c${count}`, holdable: true, analysis: wide });
  expect(few.isLost).toBe(true);
});
