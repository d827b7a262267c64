import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyzeWith, type TestCatalog, testCatalog } from './testing.ts';

let target: TestCatalog;
beforeAll(async () => {
  target = await testCatalog();
});
afterAll(() => target.close());

/** The server's own answer to the same text. */
type ServerError = { message: string; position: number | null; code: string; hint: string | undefined };
async function serverError(text: string): Promise<ServerError> {
  try {
    await target.sql.unsafe(text).describe();
  } catch (error) {
    const { message, position, code, hint } = error as postgres.PostgresError;
    return { message, position: position === undefined ? null : Number(position), code, hint };
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
    'SELECT id FROM patients ORDER BY id, 5',
    'SELECT count(*) FROM patients GROUP BY 2',
    'SELECT DISTINCT ON (7) id FROM patients',
    'SELECT 1 UNION SELECT 1, 2',
    'SELECT 1, 2 INTERSECT ALL SELECT upper($$x$$) FROM patients',
    'INSERT INTO patients (id) VALUES (1, 2)',
    'CALL nothing(1)',
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

describe('names that are nearly right', () => {
  it.each([
    'SELECT snn FROM patients',
    'SELECT p.snn FROM patients p',
    'SELECT idd, ssn FROM patients p JOIN visits v ON v.patient_id = p.id',
    'SELECT p.patient_idd FROM patients p JOIN visits v ON true',
    'SELECT v.ssn FROM patients p JOIN visits v ON true',
    'SELECT id FROM patients WHERE SSNN = $$x$$',
    'SELECT 1 FROM patients ORDER BY xyz',
    'SELECT x.ab FROM (SELECT 1 AS aa, 2 AS ac) x',
    'SELECT x.ab FROM (SELECT 1 AS aa, 2 AS ac, 3 AS ad) x',
    'SELECT abcd FROM (SELECT 1 AS abce) x, (SELECT 1 AS abcf) y',
    'SELECT abcd FROM (SELECT 1 AS abce) x, (SELECT 1 AS abcf) y, (SELECT 1 AS abcg, 2 AS abxx) z',
    'SELECT (SELECT dcotor FROM patients) FROM visits',
    'WITH w AS (SELECT 1 AS number) SELECT numbr FROM w',
    'UPDATE patients SET ssn = ssnn',
    'DELETE FROM visits WHERE patientid = 1 RETURNING id',
    'SELECT größ FROM (SELECT 1 AS größe) x',
    'SELECT patients.ssn FROM patients p',
    'SELECT public.patients.ssn FROM patients p',
    'SELECT nowhere.ssn FROM patients p',
    'SELECT a.x FROM generate_series(1, 2) AS g(x)',
    'SELECT g.y FROM generate_series(1, 2) AS g(x)',
    'SELECT ssm FROM patients p JOIN visits v USING (id)',
  ])('are followed by the suggestion of the server: %s', async text => {
    const analysis = analyzeWith(target.catalog, text);
    if (analysis.ok) throw new Error('it was resolved');
    const { message, hint } = await serverError(text);
    expect({ message: analysis.refusal.message, hint: analysis.refusal.hint }).toEqual({ message, hint });
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

/** What the parser, which is PostgreSQL 18's, takes for syntax and an older server for a name: since which version they agree. */
const differences: readonly [string, number][] = [
  ['SELECT system_user', 160000],
  ['SELECT s.n FROM (SELECT system_user AS n) s', 160000],
  ['SELECT name FROM patients WHERE name = system_user', 160000],
  ["SELECT JSON_OBJECT('a': 1)", 160000],
  ['SELECT JSON_ARRAY(1)', 160000],
  ['SELECT JSON_ARRAY(SELECT name FROM patients)', 160000],
  ['SELECT JSON_ARRAYAGG(name) FROM patients', 160000],
  ['SELECT JSON_OBJECTAGG(id: name) FROM patients', 160000],
  ['SELECT profile IS JSON OBJECT FROM patients', 160000],
  ["SELECT JSON('{}')", 170000],
  ['SELECT JSON_SCALAR(name) FROM patients', 170000],
  ['SELECT JSON_SERIALIZE(profile) FROM patients', 170000],
  ["SELECT JSON_VALUE(profile, '$.a') FROM patients", 170000],
  ["SELECT JSON_QUERY(profile, '$.a') FROM patients", 170000],
  ["SELECT JSON_EXISTS(profile, '$.a') FROM patients", 170000],
  ["SELECT * FROM JSON_TABLE('1', '$' COLUMNS (a int PATH '$')) x", 170000],
  [
    'MERGE INTO visits v USING patients p ON p.id = v.patient_id WHEN MATCHED THEN UPDATE SET note = p.name RETURNING MERGE_ACTION()',
    170000,
  ],
];
/** The same to every server, though close to one of these. */
const agreed: readonly string[] = [
  'SELECT "system_user" FROM (SELECT 1 AS "system_user") s',
  "SELECT json_object('{a,b}')",
  "SELECT json '{}', '{}'::json",
  'SELECT old.id FROM patients old, visits new WHERE old.id = new.id',
  'UPDATE patients AS old SET city = city WHERE id = 1 RETURNING old.ssn',
  'SELECT id AS virtual, 1 AS enforced, 2 AS period, 3 AS objects FROM patients',
];

describe('servers of different versions', () => {
  const read = (text: string, serverVersion: number) =>
    analyzeWith(target.catalog.withHeader({ ...target.data, serverVersion }), text);

  it.each(differences)('read as the parser does, or not at all: %s', (text, since) => {
    for (const version of [150000, 160000, 170000, 180000]) {
      const analysis = read(text, version);
      if (version >= since) expect(analysis.ok || analysis.refusal.message, String(version)).toBe(true);
      else expect(analysis.ok === false && analysis.refusal.code, String(version)).toBe('unresolved');
    }
  });

  it.each(agreed)('agree on %s', text => {
    for (const version of [150000, 180000]) expect(read(text, version).ok, String(version)).toBe(true);
  });

  it('know an alias from the row before a change', () => {
    const analysis = read('UPDATE patients AS old SET city = city WHERE id = 1 RETURNING old.ssn', 150000);
    expect(analysis.ok && analysis.statements[0]?.outputs?.[0]?.wire).toMatchObject({ attnum: 4 });
  });
});

it('makes no long list of parameters that are not there', () => {
  const typesOf = (text: string) => {
    const analysis = analyzeWith(target.catalog, text);
    return analysis.ok ? analysis.statements[0]?.parameterTypes?.length : analysis.refusal.message;
  };
  expect(typesOf('SELECT $200')).toBe(200);
  expect(typesOf('SELECT $60000')).toBe('there are parameters missing before $60000');
  expect(typesOf(`SELECT ${Array.from({ length: 300 }, (_, index) => `$${index + 1}`).join(', ')}`)).toBe(300);
});
