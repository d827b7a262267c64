import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HazardCode, hazardCodes } from './analysis.ts';
import { lineageOf } from './lineage.ts';
import { analyzeWith, resolved, type TestCatalog, testCatalog } from './testing.ts';

let target: TestCatalog;
beforeAll(async () => {
  target = await testCatalog();
});
afterAll(() => target.close());

const one = (text: string) => resolved(target.catalog, text);
const hazards = (text: string): string[] => [...new Set(one(text).hazards.map(hazard => hazard.code))].sort();
const accesses = (text: string): string[] =>
  one(text).accesses.map(
    ({ action, verb, object }) => `${action} ${verb} ${object.kind} ${object.schema ?? ''}.${object.name}`,
  );

/** At least one for every hazard there is. */
const hazardous: readonly [string, HazardCode[]][] = [
  ['DROP TABLE visits', ['drop']],
  ['DROP TABLE IF EXISTS nowhere, visits CASCADE', ['cascade', 'drop']],
  // With the function that a trigger elsewhere runs.
  ['DROP SCHEMA public CASCADE', ['cascade', 'drop', 'trigger_disable']],
  ['DROP MATERIALIZED VIEW spenders', ['drop']],
  ['DROP SEQUENCE lab.numbers', ['drop']],
  ['DROP FUNCTION cost_of(int)', ['drop']],
  ['DROP TRIGGER scratch_noted ON lab.scratch', ['drop', 'trigger_disable']],
  ['DROP POLICY p ON visits', ['drop', 'row_security']],
  ['DROP EXTENSION x', ['drop', 'extension']],
  ['DROP OWNED BY x', ['drop', 'privilege']],
  ['TRUNCATE visits', ['truncate']],
  ['TRUNCATE patients CASCADE', ['cascade', 'truncate']],
  ['ALTER TABLE visits DROP COLUMN note', ['alter_destructive', 'drop_column']],
  ['ALTER TABLE visits ALTER COLUMN note TYPE varchar(2) USING left(note, 2)', ['alter_destructive', 'alter_rewrite']],
  ['ALTER TABLE visits DISABLE TRIGGER ALL', ['trigger_disable']],
  ['ALTER TABLE visits ENABLE ROW LEVEL SECURITY', ['row_security']],
  ['ALTER TABLE visits OWNER TO x', ['owner']],
  ['ALTER TABLE visits SET LOGGED', ['rewrite_table']],
  ['ALTER TABLE visits ADD CONSTRAINT c CHECK (cost > 0)', ['alter_rewrite']],
  ['ALTER TABLE visits ADD CONSTRAINT c CHECK (cost > 0) NOT VALID', []],
  // Others read and write meanwhile.
  ['ALTER TABLE visits VALIDATE CONSTRAINT visits_cost_check', []],
  ['ALTER TABLE visits ADD COLUMN x int', []],
  ['ALTER TABLE visits ADD COLUMN x int DEFAULT 1, ADD COLUMN y timestamptz DEFAULT now()', []],
  ['ALTER TABLE visits ADD COLUMN x float8 DEFAULT random()', ['alter_rewrite']],
  ['ALTER TABLE visits ADD COLUMN x uuid DEFAULT gen_random_uuid()', ['alter_rewrite']],
  ['ALTER TABLE visits ADD COLUMN x bigserial', ['alter_rewrite']],
  ['ALTER TABLE visits ADD COLUMN x postcode', ['alter_rewrite']],
  ['ALTER TABLE visits ADD COLUMN x int GENERATED ALWAYS AS (cost * 2) STORED', ['alter_rewrite']],
  ['ALTER TABLE visits ALTER CONSTRAINT visits_patient_id_fkey NOT ENFORCED', ['alter_destructive']],
  ['ALTER TABLE visits ALTER CONSTRAINT visits_patient_id_fkey ENFORCED', ['alter_rewrite']],
  ['ALTER TABLE visits ALTER CONSTRAINT visits_patient_id_fkey DEFERRABLE', []],
  ['ALTER TABLE visits SET WITHOUT OIDS', []],
  ['ALTER DOMAIN postcode DROP NOT NULL', ['alter_destructive', 'code']],
  ['ALTER DATABASE x RENAME TO y', ['alter_system']],
  ['ALTER TABLESPACE x RENAME TO y', ['alter_system']],
  ['ALTER ROLE x RENAME TO y', ['role']],
  ['ALTER PUBLICATION x RENAME TO y', ['publication']],
  ['ALTER SUBSCRIPTION x RENAME TO y', ['replication']],
  ['ALTER SERVER x RENAME TO y', ['foreign_connection']],
  ['ALTER EVENT TRIGGER x RENAME TO y', ['event_trigger']],
  ['ALTER LANGUAGE x RENAME TO y', ['untrusted_language']],
  ['ALTER POLICY x ON visits RENAME TO y', ['row_security']],
  ['ALTER EXTENSION x SET SCHEMA y', ['extension']],
  ['ALTER TRIGGER scratch_noted ON lab.scratch RENAME TO y', []],
  ['ALTER TRIGGER scratch_noted ON lab.scratch DEPENDS ON EXTENSION plpgsql', []],
  ['ALTER TABLE visits RENAME COLUMN cost TO price', []],
  ['DROP DATABASE x', ['alter_system', 'drop']],
  ['DROP TABLESPACE x', ['alter_system', 'drop']],
  ['DROP SUBSCRIPTION x', ['drop', 'replication']],
  ['DROP USER MAPPING FOR public SERVER x', ['drop', 'foreign_connection']],
  ['DROP LANGUAGE x', ['drop', 'untrusted_language']],
  ['DROP FUNCTION noted() CASCADE', ['cascade', 'drop', 'trigger_disable']],
  ['CREATE SCHEMA s AUTHORIZATION x', ['owner']],
  ['CREATE SCHEMA s AUTHORIZATION CURRENT_USER', []],
  ['REFRESH MATERIALIZED VIEW spenders WITH NO DATA', ['truncate']],
  ['REFRESH MATERIALIZED VIEW spenders', []],
  ['GRANT SELECT ON visits TO x', ['privilege']],
  ['GRANT pg_read_server_files TO x', ['privilege', 'role']],
  ['CREATE ROLE x SUPERUSER', ['role']],
  ["ALTER ROLE x PASSWORD 'x'", ['role']],
  ['ALTER ROLE x SET role = y', ['alter_system', 'role', 'set_parsing', 'set_search_path']],
  ["ALTER SYSTEM SET log_statement = 'none'", ['alter_system']],
  ['ALTER DATABASE x SET search_path = y', ['alter_system', 'set_parsing', 'set_search_path']],
  ['CREATE EXTENSION dblink', ['extension']],
  ['CREATE EXTENSION IF NOT EXISTS dblink', ['extension']],
  ['CREATE EXTENSION IF NOT EXISTS plpgsql', []],
  ['CREATE EXTENSION plpgsql', ['extension']],
  ['CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw', ['foreign_connection']],
  ['CREATE PUBLICATION p FOR ALL TABLES', ['publication']],
  ["CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", ['replication']],
  ['CREATE LANGUAGE l HANDLER h', ['untrusted_language']],
  ['CREATE OPERATOR CLASS o FOR TYPE int USING btree AS OPERATOR 1 <', ['untrusted_language']],
  ['ALTER OPERATOR FAMILY o USING btree ADD FUNCTION 1 (int, int) f(int, int)', ['untrusted_language']],
  ['CREATE TRIGGER scratch_noted AFTER INSERT ON lab.scratch EXECUTE FUNCTION noted()', ['code']],
  ['CREATE OR REPLACE TRIGGER other AFTER INSERT ON lab.scratch EXECUTE FUNCTION noted()', ['code']],
  ['CREATE OR REPLACE TRIGGER scratch_noted AFTER INSERT OR UPDATE ON lab.scratch EXECUTE FUNCTION noted()', ['code']],
  [
    'CREATE OR REPLACE TRIGGER scratch_noted AFTER UPDATE ON lab.scratch EXECUTE FUNCTION noted()',
    ['code', 'trigger_disable'],
  ],
  [
    'CREATE OR REPLACE TRIGGER scratch_noted AFTER INSERT ON lab.scratch FOR EACH ROW WHEN (false) EXECUTE FUNCTION noted()',
    ['code', 'trigger_disable'],
  ],
  [
    'CREATE OR REPLACE TRIGGER scratch_noted AFTER INSERT ON lab.scratch EXECUTE FUNCTION lab.noted()',
    ['code', 'trigger_disable'],
  ],
  ['CREATE EVENT TRIGGER t ON ddl_command_start EXECUTE FUNCTION noted()', ['event_trigger']],
  ['CREATE RULE r AS ON INSERT TO visits DO INSTEAD NOTHING', ['rule']],
  ['CREATE POLICY p ON visits USING (true)', ['row_security']],
  ["CREATE FUNCTION lab.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'", ['code', 'security_definer']],
  ["CREATE FUNCTION lab.f() RETURNS int LANGUAGE c AS 'x', 'y'", ['code', 'untrusted_language']],
  ['CREATE AGGREGATE lab.a (text) (SFUNC = textcat, STYPE = text)', ['code']],
  ['CREATE OPERATOR lab.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)', ['code']],
  ["COPY visits TO PROGRAM 'cat'", ['copy_program']],
  ["COPY visits FROM '/tmp/x'", ['copy_file']],
  ['VACUUM FULL visits', ['vacuum_full']],
  ['VACUUM visits', []],
  ['VACUUM (FULL off) visits', []],
  ['VACUUM (FULL) visits', ['vacuum_full']],
  ['CLUSTER visits', ['rewrite_table']],
  ['CHECKPOINT', ['backend_control']],
  ['LOCK TABLE visits', ['lock_table']],
  ['LOCK TABLE visits IN ACCESS SHARE MODE', []],
  ['SELECT id FROM visits FOR UPDATE', ['row_lock']],
  ['SET statement_timeout = 0', ['set_limits']],
  ['SET standard_conforming_strings = off', ['set_parsing']],
  ['SET session_replication_role = replica', ['trigger_disable']],
  ['SET ROLE x', ['set_role']],
  ['RESET SESSION AUTHORIZATION', []],
  ['SET SESSION AUTHORIZATION DEFAULT', []],
  ['RESET ROLE', []],
  ['SET ROLE NONE', ['set_role']],
  ["SET TIME ZONE 'UTC'", []],
  ["PREPARE TRANSACTION 'x'", ['two_phase']],
  ["NOTIFY x, 'y'", ['notify']],
  ['SELECT * FROM visits a, visits b, visits c', ['cross_join']],
  ['SELECT * FROM visits a, visits b WHERE a.id = b.id', []],
  ['SELECT * FROM visits a CROSS JOIN visits b', ['cross_join']],
  ['WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t', ['unbounded_recursion']],
  ['WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 9) SELECT max(n) FROM t', []],
  ['EXPLAIN DELETE FROM visits', []],
  ['EXPLAIN ANALYZE DELETE FROM visits', ['unbounded_delete']],
  ['UPDATE visits SET cost = 0', ['unbounded_update']],
  ['UPDATE visits SET cost = 0 WHERE id = id', ['unbounded_update']],
  ['WITH d AS (DELETE FROM visits RETURNING id) SELECT count(*) FROM d', ['unbounded_delete']],
  ['MERGE INTO visits v USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE', ['unbounded_delete']],
  ["SELECT pg_read_file('x')", ['server_file']],
  ["SELECT lo_import('x')", ['large_object']],
  ["SELECT query_to_xml('x', true, true, '')", ['dynamic_sql']],
  ['DO $$ BEGIN NULL; END $$', ['anonymous_block']],
  ['SELECT pg_advisory_lock(1)', ['advisory_lock']],
  ['SELECT pg_sleep(1)', ['sleep']],
  ['SELECT pg_stat_reset()', ['statistics']],
  ['SET enable_seqscan = off', ['set_planner']],
  ["SET effective_cache_size = '1TB'", ['set_planner']],
  ['SET jit = off', []],
  ['SET client_min_messages = log', ['set_messages']],
  ['SET plpgsql.variable_conflict = use_variable', ['set_parsing']],
  ['SET client_min_messages = warning', []],
  ["SELECT set_config('client_min_messages', lower('LOG'), true)", ['set_messages']],
  ["CREATE FUNCTION f() RETURNS int LANGUAGE sql SET geqo = off AS 'SELECT 1'", ['code', 'set_planner']],
  ["SELECT set_config('random_page_cost', '1', true)", ['set_planner']],
  ['SET search_path = lab', ['set_search_path']],
  ['SET row_security = off', ['set_row_security']],
  ['SET allow_system_table_mods = on', ['row_security']],
  ['REINDEX TABLE visits', ['rewrite_table']],
];

describe('hazards of definitions', () => {
  it.each(hazardous)('%s', (text, expected) => {
    expect(hazards(text)).toEqual(expected);
  });

  it('come with how large the table is, where the server knows', async () => {
    const text = 'ALTER TABLE readings_low ALTER COLUMN value TYPE text';
    expect(one(text).tableRows).toBeNull();
    await target.sql.unsafe('INSERT INTO readings (id) SELECT generate_series(1, 40); ANALYZE readings_low').simple();
    const catalog = await target.reload();
    const rows = (each: string) => resolved(catalog, each).tableRows;
    expect([rows(text), rows('SELECT 1 FROM pg_class'), rows('SELECT 1 FROM readings_low, visits')]).toEqual([
      40,
      0,
      null,
    ]);
    await target.sql.unsafe('DELETE FROM readings').simple();
  });

  it('are all there', () => {
    expect([...new Set(hazardous.flatMap(([, codes]) => codes))].sort()).toEqual([...hazardCodes].sort());
  });

  it('names what is created, and where', () => {
    expect(accesses('CREATE TABLE t (a int)')).toEqual(['define create relation public.t']);
    expect(accesses('CREATE TABLE lab.t () INHERITS (staff)')).toEqual([
      'define alter relation public.staff',
      'define create relation lab.t',
    ]);
    expect(accesses('ALTER TABLE visits SET SCHEMA lab')).toEqual([
      'define alter relation public.visits',
      'define create relation lab.visits',
    ]);
    expect(accesses('CREATE SCHEMA other')).toEqual(['define create schema other.other']);
    expect(accesses('CREATE OPERATOR lab.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl)')).toEqual([
      'define create other lab.===',
    ]);
    expect(accesses('CREATE AGGREGATE a (int) (SFUNC = int4pl, STYPE = int)')).toEqual([
      'define create function public.a',
    ]);
    expect(accesses('CREATE COLLATION lab.c FROM "C"')).toEqual(['define create other lab.c']);
    expect(accesses('ALTER TEXT SEARCH CONFIGURATION lab.c DROP MAPPING FOR url')).toEqual([
      'define alter other lab.c',
    ]);
  });
});

describe('bodies', () => {
  it('of functions count as what creating them does', () => {
    const text = 'CREATE FUNCTION lab.tidy() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE visits; END $$';
    expect(accesses(text)).toContain('drop drop relation public.visits');
    expect(hazards(text)).toEqual(['code', 'drop']);
    const dynamic =
      "CREATE FUNCTION lab.f(t text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DROP TABLE ' || t; END $$";
    expect(accesses(dynamic).filter(access => access.startsWith('opaque'))).not.toEqual([]);
    expect(hazards(dynamic)).toContain('dynamic_sql');
  });

  it('of DO run at once', () => {
    const text =
      "DO $$ DECLARE v text; BEGIN SELECT ssn INTO v FROM patients WHERE id = 1; RAISE EXCEPTION '%', v; END $$";
    expect(one(text).uses.map(use => `${use.column.column} ${use.context}`)).toContain('ssn function_argument');
    expect(hazards(text)).toEqual(['anonymous_block']);
    expect(accesses("DO $$ BEGIN EXECUTE 'DELETE FROM visits'; END $$")).toContain(
      'write delete relation public.visits',
    );
    expect(accesses("DO $$ BEGIN EXECUTE 'DELETE FROM ' || current_user; END $$").join()).toContain('opaque');
    expect(accesses('DO LANGUAGE plperl $$ 1 $$').join()).toContain('opaque');
  });

  it('carry values through variables, records, cursors and loops', () => {
    const result = (body: string): string[] => {
      const text = `CREATE FUNCTION lab.f() RETURNS SETOF text LANGUAGE plpgsql AS $body$ ${body} $body$`;
      const statement = one(text);
      return [...new Set(statement.uses.map(use => `${use.column.column} ${use.context}`))].sort();
    };
    expect(
      result('DECLARE a text; b text; BEGIN b := a; SELECT ssn INTO a FROM patients; RAISE NOTICE $x$%$x$, b; END'),
    ).toContain('ssn function_argument');
    expect(
      result(
        'DECLARE r record; BEGIN FOR r IN SELECT email AS e FROM patients LOOP RAISE NOTICE $x$%$x$, r.e; END LOOP; END',
      ),
    ).toContain('email function_argument');
    expect(
      result(
        'DECLARE c CURSOR FOR SELECT ssn FROM patients; v text; BEGIN OPEN c; FETCH c INTO v; RAISE NOTICE $x$%$x$, v; END',
      ),
    ).toContain('ssn function_argument');
    expect(
      result('DECLARE p patients; BEGIN SELECT * INTO p FROM patients; PERFORM pg_notify($x$c$x$, p.ssn); END'),
    ).toContain('ssn function_argument');
    expect(
      result('BEGIN IF (SELECT ssn FROM patients LIMIT 1) LIKE $x$9%$x$ THEN RETURN NEXT 1; END IF; END'),
    ).toContain('ssn predicate');
    expect(
      result(
        'BEGIN RETURN QUERY SELECT city FROM patients; EXCEPTION WHEN others THEN UPDATE visits SET note = (SELECT ssn FROM patients LIMIT 1); END',
      ),
    ).toContain('ssn source');
  });

  it('that cannot be read leave the function unknown', () => {
    expect(
      accesses(
        "CREATE FUNCTION lab.f() RETURNS int LANGUAGE plpgsql AS '#variable_conflict use_variable BEGIN RETURN 1; END'",
      ).join(),
    ).toContain('opaque');
    expect(accesses("CREATE FUNCTION lab.f() RETURNS int LANGUAGE plpgsql AS 'not a body'").join()).toContain('opaque');
  });

  it('of triggers run with the writes that set them off', () => {
    const statement = one('INSERT INTO lab.scratch (id, note) SELECT id, ssn FROM patients');
    expect(statement.flows).toContainEqual({
      target: { schema: 'lab', relation: 'log', column: 'what' },
      origins: [expect.objectContaining({ relation: 'scratch', column: 'note' })],
    });
  });
});

describe('two-phase commit', () => {
  it('keeps the settings and copies of what is prepared, and reads nothing by names behind it', () => {
    expect(one("PREPARE TRANSACTION 'x'").effects.map(({ type }) => type)).toEqual(['commit', 'catalog']);
    expect(one("COMMIT PREPARED 'x'").effects).toEqual([{ type: 'catalog' }]);
    const text = "BEGIN; CREATE TABLE lab.visits (id int); PREPARE TRANSACTION 'x'; SELECT id FROM visits";
    const analysis = analyzeWith(target.catalog, text, { searchPath: ['lab', 'public'], unsettled: false });
    expect(analysis.ok || analysis.refusal.message).toContain('send this one separately');
  });
});

describe('lineage', () => {
  it('draws columns of views, materialised views, functions and partitions from what they are made of', () => {
    const { edges, unresolved } = lineageOf(target.catalog);
    const name = (oid: number, attnum: number): string => {
      const relation = target.catalog.relation(oid);
      if (!relation) return target.catalog.function(oid)?.name ?? '?';
      return `${relation.name}.${relation.columns.find(column => column.attnum === attnum)?.name ?? '*'}`;
    };
    const drawn = edges.map(
      ({ via, from, to }) => `${via} ${name(from.relationOid, from.attnum)} -> ${name(to.oid, to.attnum)}`,
    );
    expect(drawn).toEqual(
      expect.arrayContaining([
        'view patients.email -> contacts.mail',
        'view contacts.mail -> directory.address',
        'view patients.email -> directory.address',
        'materialized_view patients.name -> spenders.who',
        'function patients.email -> mail_of',
        'function patients.email -> find',
        'function visits.cost -> cost_of',
        'partition readings_low.value -> readings.value',
        'partition managers.salary -> staff.salary',
      ]),
    );
    expect(unresolved).toEqual([]);
  });
});
