/** Every node type of the grammar is read by the analyser, or known never to come out of the parser. A new one fails this. */

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultTextLimits } from './guard.ts';
import { parseText } from './parse.ts';
import { analyzeWith, type TestCatalog, testCatalog } from './testing.ts';

const types = fs.readFileSync(new URL('../../node_modules/@pgsql/types/types.d.ts', import.meta.url), 'utf8');

/** Name → its fields, as the grammar's own description lists them. */
const grammar = new Map(
  [...types.matchAll(/^export interface (\w+) \{\n([\s\S]*?)^\}/gm)].map(match => [
    match[1] ?? '',
    [...(match[2] ?? '').matchAll(/^ {4}(\w+)\?:/gm)].map(field => field[1] ?? ''),
  ]),
);

/** Made by parse analysis, planner or executor: never in a raw parse tree. */
const internal = new Set(
  `ScanResult ScanToken ParseResult SummaryResult Table Function FilterColumn OidList IntList TableFunc Var Param Aggref WindowFunc
  WindowFuncRunCondition SubscriptingRef FuncExpr OpExpr DistinctExpr NullIfExpr ScalarArrayOpExpr SubPlan AlternativeSubPlan FieldSelect
  FieldStore RelabelType CoerceViaIO ArrayCoerceExpr ConvertRowtypeExpr CollateExpr CaseTestExpr ArrayExpr RowCompareExpr JsonReturning
  JsonConstructorExpr JsonExpr JsonTablePath JsonTablePathScan JsonTableSiblingJoin MergeAction CoerceToDomain CoerceToDomainValue
  NextValueExpr InferenceElem ReturningExpr TargetEntry RangeTblRef FromExpr OnConflictExpr Query RangeTblEntry RTEPermissionInfo
  RangeTblFunction RawStmt PartitionRangeDatum TableSampleClause WithCheckOption SortGroupClause WindowClause RowMarkClause SetOperationStmt InlineCodeBlock
  CallContext TriggerTransition PLAssignStmt AlterTableMoveAllStmt_ CreateConversionStmt_ NamedArgExpr_ JsonTable_`.split(
    /\s+/,
  ),
);
for (const name of [...internal]) if (name.endsWith('_')) internal.delete(name);
// In the tree of a trigger with transition tables, and of PL/pgSQL alone.
internal.delete('TriggerTransition');

/** Statements that between them use every construct. */
const samples = `
SELECT p.id, 1, 1.5, 'x', B'1', true, NULL, $1, (p.stay).since, p.tags[1:2], ARRAY[1], ROW(1, 2), -id FROM patients AS p (id);
SELECT DISTINCT ON (city) city COLLATE "C", CASE WHEN id = 1 THEN 2 ELSE 3 END, coalesce(city, 'x'), greatest(1, 2) FROM patients ORDER BY city USING < LIMIT 1;
SELECT id IS NULL, (id = 1) IS TRUE, NOT true, id IN (1), EXISTS (SELECT 1), current_date, city::varchar(3) FROM patients WHERE id BETWEEN 1 AND 2;
SELECT grouping(city), count(*), make_interval(days => 1) FROM patients GROUP BY GROUPING SETS ((city), ()) HAVING true WINDOW w AS (ORDER BY city);
SELECT sum(cost) OVER (PARTITION BY id) FROM visits FOR UPDATE;
SELECT * FROM patients p JOIN visits v ON v.patient_id = p.id, LATERAL (SELECT 1) x, ROWS FROM (generate_series(1, 2), json_to_record('{}') AS (a int)) y;
SELECT * FROM patients TABLESAMPLE system (1);
WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SEARCH DEPTH FIRST BY n SET o CYCLE n SET c USING q SELECT * FROM t;
SELECT * FROM XMLTABLE('/a' PASSING xmlelement(name a) COLUMNS n FOR ORDINALITY, x text PATH '.');
SELECT * FROM JSON_TABLE('[]', '$[*]' PASSING 1 AS p COLUMNS (a int PATH '$.a' DEFAULT 1 ON EMPTY, NESTED PATH '$.b' COLUMNS (b int))) j;
SELECT xmlelement(name a, xmlattributes(1 AS b)), xmlserialize(content xmlconcat('<a/>'::xml) AS text);
SELECT JSON_OBJECT('a': 1), JSON_ARRAY(1), JSON_ARRAY(SELECT 1), JSON('{}'), JSON_SCALAR(1), JSON_SERIALIZE('{}'), '{}' IS JSON;
SELECT JSON_OBJECTAGG('a': id), JSON_ARRAYAGG(id), JSON_VALUE('{}', '$.a' PASSING 1 AS x RETURNING int ERROR ON ERROR) FROM patients;
VALUES (1, 2), (3, 4);
INSERT INTO visits AS v (id, patient_id, doctor, cost) VALUES (1, 1, DEFAULT, 2) ON CONFLICT (id) DO UPDATE SET doctor = excluded.doctor RETURNING WITH (OLD AS o) o.id, new.id;
UPDATE visits SET (doctor, note) = (SELECT 'a', 'b') WHERE id = 1;
DELETE FROM visits WHERE CURRENT OF open_cursor;
MERGE INTO visits v USING patients p ON p.id = v.patient_id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN DO NOTHING RETURNING merge_action();
SELECT id INTO TEMP t FROM patients;
CREATE TABLE lab.t (a int PRIMARY KEY DEFAULT 1, LIKE visits, CHECK (a > 0)) PARTITION BY RANGE (a);
CREATE TABLE lab.t PARTITION OF readings FOR VALUES FROM (MINVALUE) TO (0);
CREATE TABLE lab.t AS SELECT 1;
CREATE FOREIGN TABLE lab.t (a int) SERVER s;
CREATE VIEW lab.v AS SELECT 1;
CREATE INDEX i ON visits (cost);
CREATE STATISTICS lab.s ON (cost + 1), id FROM visits;
CREATE SEQUENCE lab.s;
CREATE SCHEMA other;
CREATE DOMAIN lab.d AS int CHECK (VALUE > 0);
CREATE TYPE lab.c AS (a int);
CREATE TYPE lab.e AS ENUM ('a');
CREATE TYPE lab.r AS RANGE (subtype = int4);
CREATE AGGREGATE lab.a (int) (SFUNC = int4pl, STYPE = int);
CREATE FUNCTION lab.f(a int) RETURNS int LANGUAGE sql RETURN a;
CREATE PROCEDURE lab.p() LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
CREATE TRIGGER t AFTER INSERT ON visits REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION noted();
CREATE RULE r AS ON INSERT TO visits DO ALSO NOTIFY x;
CREATE POLICY p ON visits USING (true);
ALTER POLICY p ON visits USING (true);
CREATE CAST (int AS lab.scratch) WITH FUNCTION patient(int);
CREATE CONVERSION c FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
CREATE TRANSFORM FOR int LANGUAGE plpgsql (FROM SQL WITH FUNCTION f(internal));
CREATE OPERATOR CLASS o FOR TYPE int USING btree AS OPERATOR 1 <;
CREATE OPERATOR FAMILY o USING btree;
ALTER OPERATOR FAMILY o USING btree DROP OPERATOR 1 (int, int);
ALTER OPERATOR + (int, int) SET (RESTRICT = NONE);
CREATE LANGUAGE l HANDLER plpgsql_call_handler;
CREATE ACCESS METHOD m TYPE TABLE HANDLER heap_tableam_handler;
CREATE EVENT TRIGGER t ON ddl_command_start EXECUTE FUNCTION noted();
ALTER EVENT TRIGGER t DISABLE;
CREATE EXTENSION e;
ALTER EXTENSION e UPDATE;
ALTER EXTENSION e ADD TABLE visits;
CREATE FOREIGN DATA WRAPPER f;
ALTER FOREIGN DATA WRAPPER f OPTIONS (a 'b');
CREATE SERVER s FOREIGN DATA WRAPPER f;
ALTER SERVER s OPTIONS (a 'b');
CREATE USER MAPPING FOR CURRENT_USER SERVER s;
ALTER USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (a 'b');
DROP USER MAPPING FOR CURRENT_USER SERVER s;
IMPORT FOREIGN SCHEMA x FROM SERVER s INTO lab;
CREATE PUBLICATION p FOR TABLE visits (id) WHERE (id > 1);
ALTER PUBLICATION p ADD TABLE visits;
CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p;
ALTER SUBSCRIPTION s DISABLE;
DROP SUBSCRIPTION s;
CREATE ROLE r;
ALTER ROLE r PASSWORD 'x';
ALTER ROLE r SET search_path = x;
DROP ROLE r;
GRANT SELECT (id) ON visits TO r;
GRANT r TO s;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r;
REASSIGN OWNED BY r TO s;
DROP OWNED BY r;
ALTER TABLE visits OWNER TO r, ADD COLUMN x int, ALTER CONSTRAINT c DEFERRABLE, REPLICA IDENTITY FULL;
ALTER TABLE readings DETACH PARTITION readings_low;
ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b;
ALTER FUNCTION cost_of(int) STABLE;
ALTER FUNCTION cost_of(int) OWNER TO r;
ALTER FUNCTION cost_of(int) RENAME TO c;
ALTER FUNCTION cost_of(int) SET SCHEMA lab;
ALTER FUNCTION cost_of(int) DEPENDS ON EXTENSION e;
ALTER TYPE mood ADD VALUE 'x';
ALTER TYPE mood SET (STORAGE = plain);
ALTER DOMAIN postcode SET NOT NULL;
ALTER SEQUENCE lab.numbers RESTART;
ALTER STATISTICS s SET STATISTICS 1;
ALTER COLLATION "C" REFRESH VERSION;
ALTER TEXT SEARCH DICTIONARY d (a = b);
ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR x WITH y;
ALTER SYSTEM SET work_mem = 1;
ALTER DATABASE d SET work_mem = 1;
ALTER DATABASE d CONNECTION LIMIT 1;
ALTER DATABASE d REFRESH COLLATION VERSION;
CREATE DATABASE d;
DROP DATABASE d;
CREATE TABLESPACE t LOCATION '/x';
ALTER TABLESPACE t SET (a = 1);
DROP TABLESPACE t;
DROP TABLE visits;
TRUNCATE visits;
COMMENT ON TABLE visits IS 'x';
SECURITY LABEL ON TABLE visits IS 'x';
COPY visits (id) TO STDOUT;
VACUUM visits;
CLUSTER visits;
REINDEX TABLE visits;
CHECKPOINT;
LOAD 'x';
REFRESH MATERIALIZED VIEW spenders;
LOCK TABLE visits;
BEGIN;
SET search_path = x;
SHOW search_path;
SET CONSTRAINTS ALL DEFERRED;
DISCARD ALL;
LISTEN x;
UNLISTEN x;
NOTIFY x;
PREPARE q AS SELECT 1;
EXECUTE ready;
DEALLOCATE q;
DECLARE c CURSOR FOR SELECT 1;
FETCH open_cursor;
CLOSE open_cursor;
EXPLAIN SELECT 1;
DO $$ BEGIN NULL; END $$;
CALL lab.empty();
`
  .split(/;\n/)
  .map(text => text.trim())
  .filter(text => text !== '');

let target: TestCatalog;
beforeAll(async () => {
  target = await testCatalog();
  await target.sql.unsafe('CREATE PROCEDURE lab.empty() LANGUAGE sql BEGIN ATOMIC END').simple();
});
afterAll(() => target.close());

/** Tags and typed fields of a parse tree, by name: nested messages without a tag of their own are found by their fields. */
function tagsIn(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) tagsIn(item, found);
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) {
      const name = fieldTypes.get(key) ?? key;
      if (grammar.has(name)) found.add(name);
      if (grammar.has(key)) found.add(key);
      tagsIn(inner, found);
    }
}

/** Fields whose value is a message of one type, without a tag in the JSON: `relation` is a RangeVar. */
const fieldTypes = new Map(
  [...types.matchAll(/^ {4}(\w+)\?: (\w+);/gm)]
    .filter(match => grammar.has(match[2] ?? ''))
    .map(match => [match[1] ?? '', match[2] ?? '']),
);

describe('the grammar', () => {
  it('has no construct that the analyser does not know', async () => {
    // The samples are of the newest grammar, whatever server this runs on.
    const catalog = (await target.reload()).withHeader({ ...target.data, serverVersion: 180000 });
    const cursor = analyzeWith(catalog, 'SELECT * FROM visits');
    const [statement] = cursor.ok ? cursor.statements : [];
    if (!statement) throw new Error('no statement');
    const settings = { prepared: new Map([['ready', statement]]), cursors: new Map([['open_cursor', statement]]) };
    const seen = new Set<string>();
    const failures: string[] = [];
    for (const text of samples) {
      const parsed = parseText(text, defaultTextLimits);
      if (!parsed.ok) {
        failures.push(`${text}: ${parsed.refusal.message}`);
        continue;
      }
      tagsIn(parsed.statements, seen);
      const analysis = analyzeWith(catalog, text, settings);
      if (!analysis.ok) failures.push(`${text}: ${analysis.refusal.code} ${analysis.refusal.message}`);
    }
    expect(failures).toEqual([]);
    const unknown = [...grammar.keys()].filter(name => !seen.has(name) && !internal.has(name));
    expect(unknown).toEqual([]);
  });

  it('has the fields it had when the analyser was written', () => {
    const shape = [...grammar].filter(([name]) => !internal.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
    const hash = createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 16);
    // A new parser brings new fields: read what they mean for every reader of the node before changing this.
    expect(hash).toBe('a6d88cafe0675cce');
  });
});
