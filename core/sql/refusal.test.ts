import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyzeWith, type TestCatalog, testCatalog } from './testing.ts';

let target: TestCatalog;
beforeAll(async () => {
  target = await testCatalog();
});
afterAll(() => target.close());

/** The server's own answer to the same text. */
async function serverError(text: string): Promise<{ message: string; position: number | null; code: string }> {
  try {
    await target.sql.unsafe(text).describe();
  } catch (error) {
    const { message, position, code } = error as { message: string; position?: string; code: string };
    return { message, position: position === undefined ? null : Number(position), code };
  }
  throw new Error(`${text} is accepted`);
}

const sqlstates: Readonly<Record<string, string>> = {
  syntax_error: '42601',
  undefined_table: '42P01',
  undefined_column: '42703',
  ambiguous_column: '42702',
  undefined_function: '42883',
  undefined_object: '42704',
};

describe('names that mean nothing', () => {
  it.each([
    'SELECT bogus FROM patients',
    'SELECT p.bogus FROM patients p',
    'SELECT patients.id FROM patients p',
    'SELECT x.id FROM patients',
    'SELECT 1 FROM nowhere',
    'SELECT 1 FROM lab.nowhere',
    'SELECT id FROM patients, visits',
    'SELECT 1 FROM patients JOIN visits USING (bogus)',
    'SELECT nothing(1)',
    'SELECT lab.nothing(1)',
    'SELECT NULL::nothing',
    'UPDATE patients SET bogus = 1',
    'INSERT INTO patients (bogus) VALUES (1)',
    'SELEKT 1',
    "SELECT 'ää', bogus FROM patients",
    "SELECT '",
    'SELECT * FROM patients WHERE',
    'SELECT * ',
    'SELECT 1 FROM patients p, patients p',
    'SELECT ssn, (SELECT bogus FROM visits) FROM patients',
    'SELECT patients.* FROM visits',
    'SELECT ssn FROM (SELECT id FROM patients) x',
    'SELECT 1 FROM patients p JOIN visits v ON bogus = 1',
    'SELECT 1 FROM (SELECT 1) a, LATERAL (SELECT b.x) c',
    'SELECT 1 FROM patients, (SELECT patients.id) x',
  ])('are refused in the words of the server: %s', async text => {
    const analysis = analyzeWith(target.catalog, text);
    if (analysis.ok) throw new Error('it was resolved');
    const server = await serverError(text);
    const { code, message, position } = analysis.refusal;
    const known = server.code === '42712' || server.code === '42P10' ? server.code : sqlstates[code];
    expect(known).toBe(server.code);
    if (server.code === '42601' || server.message === message) expect(message).toBe(server.message);
    // A missing FROM entry can be explained in several ways; the object is the same.
    else expect(server.message).toMatch(/FROM-clause entry|"[^"]+"/);
    if (position !== null) expect(position).toBe(server.position);
  });
});

describe('texts that are not analysed', () => {
  const refusal = (text: string, settings = {}) => {
    const analysis = analyzeWith(target.catalog, text, settings);
    return analysis.ok ? null : analysis.refusal.code;
  };

  it('are too large, too deep, or no text at all', () => {
    expect(refusal(`SELECT '${'x'.repeat(300_000)}'`)).toBe('too_large');
    expect(refusal(`SELECT 1${'+1'.repeat(2000)}`)).toBe('too_deep');
    expect(refusal(`SELECT ${'('.repeat(2000)}1${')'.repeat(2000)}`)).toBe('too_deep');
    expect(refusal('SELECT 1\0; DROP TABLE x')).toBe('encoding');
    expect(refusal('SELECT \ud800')).toBe('encoding');
    expect(refusal('')).toBeNull();
    expect(refusal(' ; -- only a comment')).toBeNull();
  });

  it('or name something that only running tells', () => {
    expect(refusal('EXECUTE nothing')).toBe('undefined_object');
    expect(refusal('FETCH nothing')).toBe('undefined_object');
    expect(refusal("SELECT set_config('search_path', name, false) FROM patients")).toBe('unresolved');
    expect(refusal("UPDATE pg_settings SET setting = 'x' WHERE name = 'role'")).toBe('unresolved');
    expect(refusal('SELECT * FROM patients TABLESAMPLE nothing(1)')).toBe('unresolved');
    expect(refusal("COPY patients TO STDOUT (ENCODING 'SJIS')")).toBe('unresolved');
  });

  it('never show their literals, even where they cannot be scanned', () => {
    for (const text of [
      "SELECT 'secret",
      'SELECT $$secret',
      "SELEKT 'secret'",
      `SELECT '${'secret'.repeat(60_000)}'`,
    ]) {
      const analysis = analyzeWith(target.catalog, text);
      expect(analysis.normalized).not.toContain('secret');
    }
  });
});

describe('older servers', () => {
  it('read some words as names that are syntax to the parser', () => {
    const old = { ...target.data, serverVersion: 150000 };
    const catalog = target.catalog.withHeader(old);
    for (const text of [
      'SELECT system_user',
      "SELECT json_value('{}', '$.a')",
      'SELECT JSON_ARRAY(1)',
      "SELECT * FROM JSON_TABLE('1', '$' COLUMNS (a int PATH '$')) x",
    ]) {
      const analysis = analyzeWith(catalog, text);
      expect(analysis.ok === false && analysis.refusal.code, text).toBe('unresolved');
    }
    expect(analyzeWith(catalog, "SELECT json_object('{a,b}')").ok).toBe(true);
  });
});
