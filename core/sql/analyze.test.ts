import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatementAnalysis } from './analysis.ts';
import { analyzeWith, originNames, resolved, type TestCatalog, testCatalog, useNames } from './testing.ts';

let target: TestCatalog;
beforeAll(async () => {
  target = await testCatalog();
});
afterAll(() => target.close());

const one = (text: string): StatementAnalysis => resolved(target.catalog, text);
const origins = (text: string): string[][] => originNames(one(text));
const kinds = (text: string): string[] => (one(text).outputs ?? []).map(output => output.kind);
const uses = (text: string): string[] => useNames(one(text));

describe('outputs', () => {
  it.each<[string, string[][]]>([
    ['SELECT email FROM patients', [['patients.email']]],
    ['SELECT p.email AS x, 1 FROM patients p', [['patients.email'], []]],
    ['SELECT "U&x".e FROM (SELECT email AS e FROM patients) "U&x"', [['patients.email']]],
    ['SELECT U&"\\0065mail" FROM patients', [['patients.email']]],
    ['TABLE lab.scratch', [['lab.scratch.id'], ['lab.scratch.note'], ['lab.scratch.extra']]],
    ['SELECT g FROM patients AS t(a, g)', [['patients.email']]],
    ['SELECT email(patients) FROM patients', [['patients.email']]],
    ['SELECT (p).email FROM patients p', [['patients.email']]],
    ['SELECT (SELECT p).email FROM patients p', [['patients.email']]],
    ['WITH x AS (SELECT p FROM patients p) SELECT (x.p).ssn FROM x', [['patients.ssn']]],
    ['SELECT initials FROM patients', [['patients.initials', 'patients.name']]],
    ['SELECT address FROM directory', [['contacts.mail', 'directory.address', 'patients.email']]],
    ['SELECT who FROM spenders', [['patients.name', 'spenders.who', 'spending.name']]],
    ['SELECT value FROM readings_low', [['readings.value', 'readings_low.value']]],
    ['SELECT salary FROM managers', [['managers.salary', 'staff.salary']]],
    ['SELECT (patient(1)).email', [['patients.email']]],
    ['SELECT mail_of(1)', [['patients.email']]],
    ['SELECT cost_of(1)', [['visits.cost']]],
    ['SELECT kind, value FROM find(1)', [[], ['patients.email']]],
    ['SELECT x FROM (VALUES ((SELECT ssn FROM patients LIMIT 1))) v(x)', [['patients.ssn']]],
    [
      "SELECT note FROM visits UNION ALL SELECT 'x' UNION ALL SELECT ssn FROM patients",
      [['patients.ssn', 'visits.note']],
    ],
    [
      'WITH RECURSIVE t(n, a, b) AS (SELECT 1, name, ssn FROM patients UNION ALL SELECT n + 1, b, a FROM t WHERE n < 3) SELECT a FROM t',
      [['patients.name', 'patients.ssn']],
    ],
    ['SELECT j.value FROM patients p, jsonb_each(p.profile) j', [['patients.profile']]],
    [
      "SELECT x FROM patients, XMLTABLE('/a' PASSING xmlelement(name a, ssn) COLUMNS x text PATH '.')",
      [['patients.ssn']],
    ],
    ['SELECT unnest(tags) FROM patients', [['patients.tags']]],
    ['SELECT (stay).since FROM patients', [['patients.stay']]],
    ['SELECT e FROM patients p, LATERAL (SELECT p.email AS e) q', [['patients.email']]],
    ['SELECT id FROM patients JOIN visits USING (id)', [['patients.id']]],
    ['SELECT id FROM patients FULL JOIN visits USING (id)', [['patients.id', 'visits.id']]],
    ['SELECT lag(ssn) OVER (ORDER BY id) FROM patients', [['patients.ssn']]],
    ['SELECT tableoid, ctid FROM patients', [['patients.tableoid'], ['patients.ctid']]],
    [
      'INSERT INTO lab.scratch (id, note) SELECT id, ssn FROM patients RETURNING note',
      [['lab.scratch.note', 'patients.ssn']],
    ],
    [
      'UPDATE visits v SET note = p.ssn FROM patients p WHERE p.id = v.patient_id RETURNING note',
      [['patients.ssn', 'visits.note']],
    ],
    [
      'DELETE FROM visits v USING patients p WHERE p.id = v.patient_id AND v.id = 1 RETURNING p.email',
      [['patients.email']],
    ],
    ['WITH d AS (DELETE FROM visits WHERE id = 1 RETURNING note) SELECT note FROM d', [['visits.note']]],
    ['COPY patients (id, ssn) TO STDOUT', [['patients.id'], ['patients.ssn']]],
    ['COPY (SELECT ssn FROM patients) TO STDOUT', [['patients.ssn']]],
  ])('of %s', (text, expected) => {
    expect(origins(text)).toEqual(expected);
  });

  it.each<[string, string[]]>([
    [
      'SELECT email, upper(email), count(*), count(email), max(email), cost FROM patients, visits',
      ['column', 'pure', 'constant', 'constant', 'aggregate', 'column'],
    ],
    ["SELECT count(nullif(email, 'x')), count(DISTINCT email) FROM patients", ['aggregate', 'aggregate']],
    [
      'SELECT email::varchar, email::text, balance * 2, id::bigint, email COLLATE "C" FROM patients',
      ['pure', 'column', 'pure', 'pure', 'pure'],
    ],
    ['SELECT left(email, 2), substr(email, 1, 2), substr(email, 1, id) FROM patients', ['pure', 'pure', 'derived']],
    [
      "SELECT CASE WHEN id > 1 THEN email END, CASE WHEN email = 'x' THEN 1 / id END FROM patients",
      ['pure', 'derived'],
    ],
    ['SELECT (SELECT email FROM patients LIMIT 1), 1, now()', ['column', 'constant', 'constant']],
    ['SELECT email IS NULL, to_jsonb(p) FROM patients p', ['constant', 'pure']],
    ['SELECT email::jsonb, zip::text, zip FROM patients', ['derived', 'pure', 'column']],
    ["SELECT email ~~ 'x', email LIKE 'x\\' , email = 'x' FROM patients", ['pure', 'derived', 'pure']],
    [
      'SELECT balance * 12, balance / 3, balance / id, 1 / balance FROM patients',
      ['pure', 'pure', 'derived', 'derived'],
    ],
    [
      'SELECT id + 1, id::bigint + 1, id / 2, id / -1, -id FROM patients',
      ['derived', 'pure', 'pure', 'derived', 'derived'],
    ],
    [
      'SELECT (balance * 2)::numeric(14, 2), balance::numeric(9, 2), balance::numeric(12, 2) FROM patients',
      ['pure', 'derived', 'column'],
    ],
    ['SELECT (balance + 1)::int, id::numeric::int8, id::numeric::int2 FROM patients', ['derived', 'pure', 'derived']],
    ['SELECT balance / 0.4::numeric(3, 0), balance * 1e200 * 1e200 FROM patients', ['derived', 'derived']],
    [
      'SELECT coalesce(balance, 0) + 1, (CASE WHEN id > 1 THEN balance ELSE id::text::numeric END) + 1 FROM patients',
      ['pure', 'derived'],
    ],
    [
      'SELECT sum(balance), avg(balance) * 2, avg(patients.id)::numeric(20, 2), avg(cost) FROM patients, visits',
      ['aggregate', 'aggregate', 'aggregate', 'aggregate'],
    ],
    [
      'WITH RECURSIVE q(n, b) AS (SELECT 1, balance FROM patients UNION ALL SELECT n + 1, b * 1e200 FROM q WHERE n < 9) SELECT b FROM q',
      ['derived'],
    ],
    [
      "SELECT to_char(balance, 'FM990D00'), to_char(id, 'RN'), to_char(id, name) FROM patients",
      ['pure', 'derived', 'derived'],
    ],
    [
      "SELECT format('%s %L', email, id), format('%I', email), format(email, 1) FROM patients",
      ['pure', 'derived', 'derived'],
    ],
  ])('are told apart in %s', (text, expected) => {
    expect(kinds(text)).toEqual(expected);
  });
});

describe('uses', () => {
  it.each<[string, string[]]>([
    ["SELECT 1 FROM patients WHERE email = 'x'", ['patients.email predicate_constant']],
    ['SELECT 1 FROM patients WHERE email = $1', ['patients.email predicate_constant']],
    ["SELECT 1 FROM patients WHERE 'x' IN (SELECT email FROM patients)", ['patients.email predicate_constant']],
    ['SELECT 1 FROM patients WHERE email IS NOT NULL', ['patients.email predicate_null']],
    ["SELECT 1 FROM patients WHERE lower(email) = 'x'", ['patients.email predicate']],
    [
      "SELECT 1 FROM patients p WHERE p::text LIKE '%x%'",
      expect.arrayContaining(['patients.ssn predicate']) as unknown as string[],
    ],
    ['SELECT 1 FROM patients WHERE born BETWEEN $1 AND $2', ['patients.born predicate']],
    [
      'SELECT 1 FROM patients p JOIN visits v ON v.patient_id = p.id',
      ['patients.id join_key', 'visits.patient_id join_key'],
    ],
    ['SELECT 1 FROM patients p JOIN visits v ON v.cost = p.id', ['patients.id join', 'visits.cost join']],
    ["SELECT 1 FROM patients JOIN (VALUES ('x')) v(email) USING (email)", ['patients.email predicate_constant']],
    ['SELECT 1 FROM patients ORDER BY ssn', ['patients.ssn order']],
    ['SELECT ssn AS s FROM patients ORDER BY 1', ['patients.ssn order']],
    ['SELECT count(*) FROM patients GROUP BY ssn', ['patients.ssn group']],
    ['SELECT DISTINCT ssn FROM patients', ['patients.ssn distinct']],
    ['SELECT DISTINCT ON (ssn) id FROM patients', ['patients.ssn distinct']],
    ["SELECT ssn FROM patients EXCEPT SELECT 'x'", ['patients.ssn set_operation']],
    ['SELECT ssn FROM patients UNION ALL SELECT ssn FROM patients', []],
    [
      'SELECT rank() OVER (PARTITION BY city ORDER BY ssn) FROM patients',
      ['patients.city window', 'patients.ssn window'],
    ],
    ['SELECT max(ssn) FROM patients', ['patients.ssn aggregate_total']],
    [
      "SELECT string_agg(city, ',' ORDER BY ssn) FILTER (WHERE name = 'x') FROM patients",
      ['patients.city aggregate_total', 'patients.name predicate_constant', 'patients.ssn order'],
    ],
    ["SELECT CASE WHEN ssn LIKE 'x' THEN 1 END FROM patients", ['patients.ssn case', 'patients.ssn function_argument']],
    ['SELECT balance / id FROM patients', ['patients.balance function_argument', 'patients.id function_argument']],
    ['SELECT 1 FROM patients LIMIT (SELECT length(ssn) FROM patients LIMIT 1)', ['patients.ssn limit']],
    ['SELECT 1 WHERE EXISTS (SELECT ssn FROM patients WHERE name > $1)', ['patients.name predicate']],
    ["SELECT pg_notify('x', ssn) FROM patients", ['patients.ssn function_argument']],
    ['SELECT 1 FROM patients, generate_series(1, length(ssn))', ['patients.ssn function_argument']],
    [
      "INSERT INTO patients (id, email, name) VALUES (1, 'x', 'y') ON CONFLICT (email) DO NOTHING",
      ['patients.email conflict', 'patients.email target', 'patients.id target', 'patients.name target'],
    ],
    [
      'UPDATE visits SET note = DEFAULT WHERE id = 1',
      ['visits.id predicate_constant', 'visits.note default', 'visits.note target'],
    ],
    ['SELECT 1 FROM contacts', []],
    [
      "SELECT 1 FROM directory WHERE address = 'x'",
      ['contacts.mail predicate_constant', 'directory.address predicate_constant', 'patients.email predicate_constant'],
    ],
    ['SELECT zip::postcode FROM patients', []],
    ['SELECT ssn::postcode FROM patients', ['patients.ssn function_argument', 'patients.ssn predicate']],
    [
      'ALTER TABLE patients ADD CONSTRAINT c CHECK (ssn <> name)',
      ['patients.name predicate', 'patients.ssn predicate'],
    ],
  ])('of %s', (text, expected) => {
    expect(uses(text)).toEqual(expected);
  });

  it('keeps apart what a view tests and what the text tests', () => {
    const statement = one('SELECT mail FROM contacts WHERE city = $1');
    expect(statement.uses.filter(use => use.viaView).map(use => use.column.column)).toEqual(['ssn']);
    expect(statement.accesses.map(access => [access.object.name, access.viaView])).toEqual([
      ['contacts', false],
      ['patients', true],
    ]);
  });
});

describe('functions', () => {
  it('are what PostgreSQL would call, or an honest unknown', () => {
    expect(one('SELECT purge(now())').accesses).toContainEqual(
      expect.objectContaining({ action: 'write', verb: 'delete' }),
    );
    expect(one("SELECT run('x')").accesses.map(access => access.action)).toContain('opaque');
    expect(useNames(one('SELECT glue(ssn) FROM patients'))).toEqual(['patients.ssn aggregate']);
    expect(one("SELECT lower('x')").accesses).toEqual([]);
    const hazards = (text: string) => one(text).hazards.map(hazard => hazard.code);
    expect(hazards("SELECT pg_read_file('x')")).toEqual(['server_file']);
    expect(hazards("SELECT query_to_xml('x', true, true, '')")).toEqual(['dynamic_sql']);
    expect(hazards("SELECT set_config('role', 'x', false)")).toEqual(['set_role']);
    expect(hazards('SELECT pg_advisory_lock(1), pg_sleep(0)')).toEqual(['advisory_lock', 'sleep']);
  });

  it('without a search_path of their own are read under the one in force, even inside views', async () => {
    await target.sql
      .unsafe(`CREATE TABLE public.entries (word text); CREATE TABLE lab.entries (word text);
        CREATE FUNCTION public.words() RETURNS text LANGUAGE sql AS 'SELECT word FROM entries';
        CREATE FUNCTION public.fixed() RETURNS text LANGUAGE sql SET search_path = public AS 'SELECT word FROM entries';
        CREATE VIEW public.all_words AS SELECT words() AS w, fixed() AS f`)
      .simple();
    const catalog = await target.reload();
    const under = (searchPath: string[]) =>
      originNames(resolved(catalog, 'SELECT w, f FROM public.all_words', { searchPath }));
    expect(under(['public'])).toEqual([
      ['all_words.w', 'entries.word'],
      ['all_words.f', 'entries.word'],
    ]);
    expect(under(['lab', 'public'])).toEqual([
      ['all_words.w', 'lab.entries.word'],
      ['all_words.f', 'entries.word'],
    ]);
  });

  it('are not taken for harmless because an earlier call of the same function was', async () => {
    await target.sql
      .unsafe(
        `CREATE FUNCTION lab.configure(text, text) RETURNS text LANGUAGE sql AS 'SELECT set_config($1, $2, false)'`,
      )
      .simple();
    const catalog = await target.reload();
    for (const name of ['application_name', 'role'])
      expect(resolved(catalog, `SELECT lab.configure('${name}', 'x')`).accesses.map(access => access.action)).toContain(
        'opaque',
      );
  });

  it('write to the sequences they name', () => {
    const accesses = one('SELECT nextval(\'lab.numbers\'), setval(\'"lab"."numbers"\', 4)').accesses;
    expect(accesses).toContainEqual(
      expect.objectContaining({
        action: 'write',
        object: expect.objectContaining({ kind: 'sequence', schema: 'lab', name: 'numbers' }),
      }),
    );
  });
});

describe('writes', () => {
  const accesses = (text: string) =>
    one(text)
      .accesses.filter(access => access.action === 'write')
      .map(access => `${access.verb} ${access.object.schema}.${access.object.name}`);

  it('go through views, triggers, rules and cascades', () => {
    expect(accesses("UPDATE contacts SET city = 'x' WHERE id = 1")).toEqual([
      'update public.contacts',
      'update public.patients',
    ]);
    expect(accesses("INSERT INTO lab.scratch VALUES (1, 'x')")).toEqual(['insert lab.scratch', 'insert lab.log']);
    expect(accesses('DELETE FROM lab.log WHERE id = 1')).toEqual(['delete lab.log', 'update public.visits']);
    expect(accesses('DELETE FROM patients WHERE id = 1')).toEqual(['delete public.patients', 'delete public.visits']);
    expect(accesses('TRUNCATE patients CASCADE')).toEqual(['truncate public.patients', 'truncate public.visits']);
    expect(accesses('WITH x AS (DELETE FROM visits WHERE id = 1 RETURNING 1) SELECT 1')).toEqual([
      'delete public.visits',
    ]);
    expect(accesses("COPY lab.log FROM '/tmp/x'")).toEqual(['copy_from lab.log']);
  });

  it('carry what they copy', () => {
    const flows = (text: string) =>
      one(text).flows.map(flow => `${flow.target.relation}.${flow.target.column} ${flow.origins.map(o => o.column)}`);
    expect(flows('CREATE TABLE lab.copy AS SELECT ssn AS x FROM patients')).toEqual(['copy.x ssn']);
    expect(flows('SELECT ssn AS x INTO TEMP copy FROM patients')).toEqual(['copy.x ssn']);
    expect(flows('CREATE VIEW lab.v AS SELECT ssn FROM patients')).toEqual(['v.ssn ssn']);
    expect(flows('UPDATE lab.scratch SET note = (SELECT ssn FROM patients WHERE id = 1) WHERE id = 1')).toEqual([
      'scratch.note ssn',
    ]);
    expect(
      flows('MERGE INTO lab.scratch s USING patients p ON p.id = s.id WHEN MATCHED THEN UPDATE SET note = p.ssn'),
    ).toEqual(['scratch.note ssn']);
    expect(flows("ALTER TABLE patients ADD COLUMN x text GENERATED ALWAYS AS (ssn || '') STORED")).toEqual([
      'patients.x ssn',
    ]);
  });

  it.each([
    ['DELETE FROM visits', true],
    ['DELETE FROM visits WHERE true', true],
    ['DELETE FROM visits WHERE id = id', true],
    ['DELETE FROM visits WHERE id = id + 0', true],
    ['DELETE FROM visits WHERE NOT false', true],
    ['DELETE FROM visits WHERE coalesce(true, id = 5)', true],
    ['DELETE FROM visits WHERE $1 = $2', true],
    ['DELETE FROM visits WHERE id >= (SELECT min(id) FROM visits)', true],
    ['DELETE FROM visits WHERE id IS NOT NULL', true],
    ['DELETE FROM visits WHERE id = 1 OR true', true],
    ['DELETE FROM visits WHERE EXISTS (SELECT 1)', true],
    ['DELETE FROM visits USING patients p WHERE p.id = 1', true],
    ['WITH d AS (DELETE FROM visits RETURNING 1) SELECT 1', true],
    ['MERGE INTO visits v USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE', true],
    ['DELETE FROM visits WHERE EXISTS (SELECT 1 FROM visits x WHERE x.id = 1)', true],
    ['DELETE FROM visits WHERE id IN (SELECT id FROM visits)', true],
    ['DELETE FROM visits WHERE ctid = ANY (ARRAY(SELECT ctid FROM visits))', true],
    ['DELETE FROM visits v USING visits w WHERE w.id = v.id', true],
    ['DELETE FROM visits WHERE id IN (SELECT id FROM visits WHERE cost < 5)', false],
    ['DELETE FROM visits WHERE ctid IN (SELECT ctid FROM visits LIMIT 100)', false],
    ['DELETE FROM visits WHERE id = 1', false],
    ['DELETE FROM visits WHERE id = $1 AND true', false],
    ['DELETE FROM visits WHERE id IN (1, 2)', false],
    ['DELETE FROM visits WHERE id IN (SELECT id FROM patients)', false],
    ['DELETE FROM visits v WHERE EXISTS (SELECT 1 FROM patients p WHERE p.id = v.patient_id)', true],
    ['DELETE FROM visits v USING patients p WHERE p.id = v.patient_id', true],
    ['DELETE FROM visits WHERE id < 5 OR id > 10', false],
    ['MERGE INTO visits v USING patients p ON p.id = v.patient_id WHEN MATCHED THEN DELETE', true],
    ["DELETE FROM visits WHERE at < now() - interval '1 year'", false],
  ])('%s: unbounded is %s', (text, expected) => {
    expect(one(text).hazards.some(hazard => hazard.code === 'unbounded_delete')).toBe(expected);
  });
});

describe('messages of several statements', () => {
  const analysis = (text: string) => analyzeWith(target.catalog, text);

  it('see what earlier statements make', () => {
    const made = analysis(
      'BEGIN; CREATE TEMP TABLE t ON COMMIT DROP AS SELECT ssn AS v FROM patients; SELECT v FROM t; COMMIT',
    );
    if (!made.ok) throw new Error(made.refusal.message);
    expect(made.statements.map(statement => statement.kind)).toEqual(['transaction', 'ddl', 'select', 'transaction']);
    const [output] = made.statements[2]?.outputs ?? [];
    expect(output?.origins.map(origin => `${origin.relation}.${origin.column}`)).toEqual(['t.v', 'patients.ssn']);
    expect(output?.origins[0]?.relationOid).toBeLessThan(0);
    expect(analysis('SET search_path = lab; SELECT note FROM scratch').ok).toBe(true);
    expect(analysis('PREPARE p AS SELECT ssn FROM patients; EXECUTE p; DEALLOCATE p').ok).toBe(true);
    expect(analysis('CREATE VIEW v AS SELECT ssn FROM patients; SELECT * FROM v').ok).toBe(true);
  });

  it.each([
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; SELECT id FROM patients',
    'DROP TABLE visits; SELECT * FROM visits',
    'CREATE TABLE IF NOT EXISTS patients (ssn text); SELECT ssn FROM patients',
    'CREATE TABLE patients (ssn text); SELECT ssn FROM patients',
    'CREATE TEMP TABLE IF NOT EXISTS t AS SELECT 1 AS ssn; SELECT ssn FROM t',
    'DROP TABLE lab.log CASCADE; SELECT id FROM patients',
    'ALTER TABLE lab.scratch RENAME TO patients; SELECT id FROM patients',
    'ALTER TABLE lab.scratch SET SCHEMA public; SELECT id FROM patients',
    'ALTER TABLE lab.log DROP COLUMN what CASCADE; SELECT id FROM patients',
    'ALTER TABLE patients RENAME TO p; SELECT * FROM patients',
    'SET search_path = lab; ROLLBACK; SELECT id FROM patients',
    "DO $$ BEGIN EXECUTE 'x' || 'y'; END $$; SELECT id FROM patients",
    'RESET search_path; SELECT id FROM patients',
    'SET ROLE other; SELECT id FROM patients',
  ])('refuse what they cannot foresee: %s', text => {
    const refused = analysis(text);
    expect(refused.ok === false && refused.refusal.code).toBe('unresolved');
  });

  it('cannot be read past the end of a transaction that has changed what names mean', () => {
    for (const text of [
      'ROLLBACK; SELECT id FROM patients',
      'COMMIT; SELECT id FROM patients',
      'ROLLBACK TO a; SELECT id FROM patients',
    ]) {
      expect(analyzeWith(target.catalog, text, { unsettled: true }).ok).toBe(false);
      expect(analyzeWith(target.catalog, text, { unsettled: undefined }).ok).toBe(false);
      expect(analyzeWith(target.catalog, text, { unsettled: false }).ok).toBe(true);
    }
    expect(analyzeWith(target.catalog, 'COMMIT; BEGIN; SHOW search_path', { unsettled: true }).ok).toBe(true);
  });

  it('have the offsets of their parts', () => {
    const made = analysis("SELECT 'ä'; SELECT 2 ; ");
    if (!made.ok) throw new Error(made.refusal.message);
    expect(made.statements.map(({ start, length }) => [start, length])).toEqual([
      [0, 11],
      [13, 9],
    ]);
    expect(made.normalized).toBe('SELECT :text; SELECT :int ;');
    expect(made.literals).toEqual(["'ä'", '2']);
  });
});
