import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noSettings } from '#core/sql/analyze.ts';
import { type TestCatalog, testCatalog } from '#core/sql/testing.ts';
import { type CatalogVersion, ParserPool } from './parser-pool.ts';

let target: TestCatalog;
let pool: ParserPool;
let version: CatalogVersion;

beforeAll(async () => {
  target = await testCatalog();
  pool = await ParserPool.start({ workers: 2, timeoutMs: 5000 });
  version = pool.addCatalog(target.data);
});
afterAll(async () => {
  await pool?.close();
  await target?.close();
});

const run = (session: string, text: string) => pool.analyze(session, text, version, noSettings);

describe('the parser pool', () => {
  it('analyses over the catalog it was given', async () => {
    const analysis = await run('a', 'SELECT email FROM patients');
    expect(analysis.ok && analysis.statements[0]?.outputs?.[0]?.origins.map(ref => ref.column)).toEqual(['email']);
  });

  it('keeps catalogs apart, and builds a changed one on the system objects of another', async () => {
    const data = { ...target.data, relations: target.data.relations.filter(relation => relation.name !== 'patients') };
    const changed = pool.addCatalog(data, version);
    const text = 'SELECT relname FROM pg_class, patients';
    const [before, after] = await Promise.all([
      pool.analyze('a', text, version, noSettings),
      pool.analyze('b', text, changed, noSettings),
    ]);
    expect(before.ok).toBe(true);
    expect(after.ok === false && after.refusal.code).toBe('undefined_table');
    pool.removeCatalog(changed);
    expect((await pool.analyze('b', text, changed, noSettings)).ok).toBe(false);
  });

  it('sends what is prepared only to statements that may look at it', async () => {
    const prepared = await run('a', 'PREPARE p AS SELECT email FROM patients');
    const effect = prepared.ok && prepared.statements[0]?.effects[0];
    if (effect === false || effect?.type !== 'prepare') throw new Error('no prepare effect');
    expect(effect.text).toBe('SELECT email FROM patients');
    const settings = { ...noSettings, prepared: new Map([['p', effect.analysis]]) };
    const executed = await pool.analyze('a', 'EXECUTE p', version, settings);
    expect(executed.ok && executed.statements[0]?.outputs?.[0]?.origins[0]?.column).toBe('email');
  });

  it('lets benign statements through beside hostile ones', async () => {
    const hostile = [
      ...[20, 60, 120, 200, 250].map(kilobytes => `SELECT 1${'+1'.repeat(kilobytes * 512)}`),
      `SELECT 1${'+1'.repeat(200_000)}`,
      `SELECT ${'('.repeat(10_000)}1${')'.repeat(10_000)}`,
      `SELECT 1 WHERE ${'true OR '.repeat(150_000)}true`,
      `SELECT ${'CASE WHEN true THEN '.repeat(2000)}1${' END'.repeat(2000)}`,
      `SELECT ${'NOT '.repeat(5000)}true`,
      `SELECT ${'- '.repeat(5000)}1`,
      `SELECT ${'ARRAY['.repeat(3000)}1${']'.repeat(3000)}`,
    ];
    const bad = Array.from({ length: 5 }, () => hostile.map(text => run('hostile', text))).flat();
    const good = Array.from({ length: 200 }, (_, n) =>
      run(`good ${n % 7}`, `SELECT id, city FROM patients WHERE id = ${n}`),
    );
    const [refused, passed] = await Promise.all([Promise.all(bad), Promise.all(good)]);
    expect(refused.filter(analysis => analysis.ok)).toEqual([]);
    expect(passed.filter(analysis => !analysis.ok)).toEqual([]);
  });

  it('replaces a worker whose statement takes too long, and refuses only that statement', async () => {
    const impatient = await ParserPool.start({ workers: 1, timeoutMs: 150, limits: { bytesMax: 4e6, depthMax: 500 } });
    const own = impatient.addCatalog(target.data);
    await impatient.analyze('warm', 'SELECT 1', own, noSettings);
    const slow = `SELECT 1 FROM patients WHERE id IN (${Array.from({ length: 400_000 }, (_, n) => n).join(',')})`;
    const [late, fine] = await Promise.all([
      impatient.analyze('hostile', slow, own, noSettings),
      impatient.analyze('good', 'SELECT id FROM patients', own, noSettings),
    ]);
    expect(late.ok === false && late.refusal.code).toBe('timeout');
    expect(fine.ok).toBe(true);
    expect(impatient.stats).toMatchObject({ killed: 1, refused: 1, workers: 1 });
    await impatient.close();
  });

  it('refuses what does not fit the queue, and everything once closed', async () => {
    const small = await ParserPool.start({ workers: 1, queuedMax: 3 });
    const own = small.addCatalog(target.data);
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, n) => small.analyze(`s${n}`, 'SELECT id FROM patients', own, noSettings)),
    );
    const passed = all.filter(analysis => analysis.ok).length;
    expect(passed).toBeGreaterThanOrEqual(3);
    expect(all.length - passed).toBe(small.stats.refused);
    await small.close();
    expect((await small.analyze('a', 'SELECT 1', own, noSettings)).ok).toBe(false);
  });
});
