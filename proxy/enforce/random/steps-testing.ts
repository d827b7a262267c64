/**
 * What random scripts are made of, in the grammar of `forms-testing.ts`. Besides the masked table `odd o` there are `k` (`kin`, with
 * masked columns under constraints) and `s`: any relation of the script's own, all of which have the columns `id, t, n, j`.
 */
const own = '{=lab.a|lab.b|lab.c|tmp|lab.a|lab.b|{=lab.d|lab.c2|tmp2|lab.e|lab.e1|lab.heir|lab.par|lab.par|lab.kid}}';
const view = '{=lab.v|lab.w}';
const row = 'o.id, {text} t, {int4} n, {jsonb} j';
const sRow = 's.id, {s.text} t, {s.int4} n, {s.jsonb} j';
const any =
  '{=lab.a|lab.b|lab.c|tmp|lab.v|lab.w|lab.m|{=lab.d|lab.c2|tmp2|lab.m2|lab.e|lab.e1|lab.e2|lab.heir|lab.par|lab.kid|lab.kid}}';
const source = '{=lab.a|lab.b|tmp|lab.v|lab.c}';
const query = `SELECT {=${row} FROM odd o|${row} FROM odd o WHERE o.id < 4|${sRow} FROM ${source} s}`;

const bodies: readonly string[] = [
  `CREATE OR REPLACE FUNCTION lab.f(given int) RETURNS text LANGUAGE sql {=STABLE|IMMUTABLE|VOLATILE} AS $$ SELECT {text} FROM odd o WHERE o.id = given $$`,
  `CREATE OR REPLACE FUNCTION lab.f(given int) RETURNS text LANGUAGE sql AS $$ SELECT {s.text} FROM ${source} s WHERE s.id = $1 $$`,
  `CREATE OR REPLACE FUNCTION lab.f(given int) RETURNS text LANGUAGE sql STABLE RETURN (SELECT {text} FROM odd o WHERE o.id = given)`,
  `CREATE OR REPLACE FUNCTION lab.f(given int) RETURNS text LANGUAGE plpgsql AS $$ DECLARE x text; BEGIN SELECT {text} INTO x FROM odd o WHERE o.id = given; {=RETURN x;|RAISE NOTICE 'has %', x; RETURN 'x';|INSERT INTO lab.a (id, t) VALUES (99, x); RETURN x;|IF x IS NULL THEN RETURN 'n'; END IF; RETURN 'y';} END $$`,
  `CREATE OR REPLACE FUNCTION lab.g(given text) RETURNS text LANGUAGE {=sql AS $$ SELECT textcat($1, '!') $$|sql AS $$ SELECT upper($1) $$|plpgsql AS $$ BEGIN RETURN given; END $$|plpgsql AS $$ BEGIN RAISE NOTICE '%', given; RETURN 'x'; END $$|sql AS $$ INSERT INTO lab.b (id, t) VALUES (7, $1) RETURNING t $$}`,
  `DROP FUNCTION IF EXISTS lab.h; CREATE FUNCTION lab.h() RETURNS {=TABLE (a int, b text)|SETOF lab.a|TABLE (a int, b text, c text)} LANGUAGE {=sql|sql STABLE} AS $$ SELECT {=o.id, o.m_text|o.id, o.o_text|s.*|s.id, s.t|k.id, k.o_word} FROM {=odd o|lab.a s|kin k|lab.b s} $$`,
  `DROP FUNCTION IF EXISTS lab.h; CREATE FUNCTION lab.h() RETURNS TABLE (a int, b text) LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT o.id, {text} FROM odd o ORDER BY o.id; END $$`,
  `CREATE OR REPLACE FUNCTION lab.fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {=RAISE NOTICE 'row %', NEW;|NEW.t := (SELECT o.m_text FROM odd o WHERE o.id = NEW.id);|INSERT INTO lab.b (id, t) VALUES (NEW.id, NEW.t);|NEW.n := length(NEW.t);|UPDATE lab.b SET t = OLD.t WHERE id = OLD.id;|NEW.j := to_jsonb(NEW);} RETURN NEW; END $$`,
  `CREATE TRIGGER watch {=BEFORE INSERT|AFTER INSERT|BEFORE UPDATE|AFTER UPDATE|BEFORE INSERT OR UPDATE} ON {=lab.a|lab.b} FOR EACH ROW {=|WHEN (NEW.t IS NOT NULL)|WHEN (NEW.t > 'a')} EXECUTE FUNCTION lab.fire()`,
  `CREATE RULE heard AS ON {=INSERT|UPDATE|DELETE} TO lab.a DO {=ALSO|INSTEAD} {=INSERT INTO lab.b (id, t) SELECT 1, o.m_text FROM odd o WHERE o.id = 1|NOTHING|INSERT INTO lab.b (id, t) VALUES (1, 'x')|SELECT t FROM lab.b}`,
  `CREATE OR REPLACE PROCEDURE lab.p(INOUT x text) LANGUAGE plpgsql AS $$ BEGIN {=x := (SELECT m_text FROM odd WHERE id = 1);|INSERT INTO lab.a (id, t) VALUES (55, x);|UPDATE lab.a SET t = x;|x := (SELECT max(t) FROM lab.a);} END $$`,
];

export const definitions: readonly string[] = [
  ...bodies,
  `CREATE {=TABLE lab.c2|TEMP TABLE tmp2|TABLE lab.d|MATERIALIZED VIEW lab.m2} AS ${query}`,
  `{=DROP TABLE lab.c; CREATE TABLE lab.c|DROP TABLE tmp; CREATE TEMP TABLE tmp|DROP MATERIALIZED VIEW lab.m; CREATE MATERIALIZED VIEW lab.m} AS SELECT o.id, o.{=o_text|m_text} t, o.{=o_int4|m_int4} n, o.{=o_jsonb|m_jsonb} j FROM odd o`,
  `CREATE {=TABLE lab.c2|TEMP TABLE tmp2|TABLE lab.d} AS SELECT * FROM lab.a {=|WITH NO DATA|WITH DATA}`,
  `SELECT ${row} INTO {=lab.c2|TEMP tmp2|UNLOGGED lab.d} FROM odd o`,
  `CREATE {=TABLE lab.d|TEMP TABLE tmp2} (LIKE {=lab.a|lab.b} {=|INCLUDING ALL|INCLUDING DEFAULTS})`,
  `CREATE TABLE lab.{=c2|d} () INHERITS (lab.{=a|b})`,
  `CREATE TABLE lab.e3 (id int, t text, n int, j jsonb) PARTITION BY LIST ({=id|n|t})`,
  `CREATE TABLE lab.d PARTITION OF lab.{=e3 DEFAULT|e FOR VALUES IN (7)}`,
  `ALTER TABLE lab.{=e3 ATTACH PARTITION lab.b DEFAULT|e DETACH PARTITION lab.e1|e ATTACH PARTITION lab.b FOR VALUES IN (9)|heir NO INHERIT lab.a|e ATTACH PARTITION lab.e1 FOR VALUES IN (1, 2)}`,
  `CREATE OR REPLACE VIEW ${view} AS ${query}`,
  `CREATE OR REPLACE VIEW ${view} AS SELECT o.id, o.{=o_text|m_text} t, o.{=o_int4|m_int4} n, o.{=o_jsonb|m_jsonb} j FROM odd o {=|WHERE o.id < 5}`,
  `CREATE OR REPLACE VIEW lab.w AS SELECT * FROM {=lab.v|lab.a|lab.b|lab.c}`,
  `CREATE TEMP VIEW tmpv AS SELECT * FROM {=lab.v|lab.a|tmp}`,
  `{=REFRESH MATERIALIZED VIEW lab.m|ANALYZE lab.a|DISCARD PLANS|REFRESH MATERIALIZED VIEW lab.m WITH NO DATA}`,
  `ALTER TABLE lab.a ADD COLUMN {=e text DEFAULT 'x'|e text|g text GENERATED ALWAYS AS (upper(t)) STORED|g text GENERATED ALWAYS AS (t) VIRTUAL|e int GENERATED ALWAYS AS IDENTITY}`,
  `ALTER TABLE lab.{=a|b} ALTER COLUMN {=t TYPE varchar|t SET DEFAULT 'd'|n TYPE bigint|n TYPE int USING length(t)|t TYPE text USING upper(t)|t SET NOT NULL|j TYPE jsonb USING to_jsonb(t)|id DROP DEFAULT}`,
  `ALTER TABLE lab.{=a|b|c} {=RENAME COLUMN t TO u|RENAME TO d|DROP COLUMN n|RENAME u TO t|INHERIT lab.b|NO INHERIT lab.b|RENAME COLUMN n TO x|DROP COLUMN t}`,
  `{=ALTER TABLE lab.d RENAME TO a|ALTER TABLE lab.c RENAME TO b|ALTER VIEW lab.v RENAME TO w|ALTER VIEW lab.v RENAME COLUMN t TO u|DROP TABLE lab.a|DROP VIEW lab.v CASCADE|DROP TABLE IF EXISTS lab.c|CREATE TABLE lab.a (id int, t text, n int, j jsonb)|DROP TABLE tmp|ALTER FUNCTION lab.f(int) RENAME TO f2|DROP FUNCTION lab.f|ALTER TABLE lab.b SET SCHEMA pg_temp}`,
  `ALTER TABLE lab.{=a|b} ADD {=CHECK (t <> 'A%')|CHECK (n > 0)|CHECK (n > 0) NOT VALID|UNIQUE (t)|PRIMARY KEY (id)|UNIQUE (id)|FOREIGN KEY (t) REFERENCES kin (m_code)|EXCLUDE (n WITH =)|CONSTRAINT nn NOT NULL t}`,
  `CREATE {=|UNIQUE} INDEX ON lab.{=a|b} ({=t|n|id|(upper(t))|(1 / n)|(length(t))}) {=|WHERE n > 0|WHERE id > 0}`,
  `CREATE POLICY shown ON lab.a USING ({=true|id < 4|n > 0|t IS NULL})`,
  `CREATE {=DOMAIN lab.dom AS text CHECK (length(VALUE) < 5)|TYPE lab.pair2 AS (a text, b int)|SEQUENCE lab.s2|DOMAIN lab.dom AS text DEFAULT 'x'|STATISTICS ON t, n FROM lab.a}`,
  `COMMENT ON TABLE lab.a IS 'x'`,
  `ALTER TABLE lab.{=a ALTER COLUMN j TYPE text USING t|b ALTER COLUMN t TYPE text USING n::text|c ALTER COLUMN g DROP EXPRESSION|c ALTER COLUMN g SET EXPRESSION AS (t)|c ALTER COLUMN g SET EXPRESSION AS (j ->> 'k')|b ADD COLUMN x text DEFAULT lab.f(1)|box ALTER COLUMN t SET DEFAULT lab.f(2)|box ADD COLUMN x text GENERATED ALWAYS AS ((p).t) STORED|a ALTER COLUMN t TYPE text COLLATE "C"}`,
  `CREATE TABLE lab.{=c2|d} AS {=EXECUTE q (1, 'x')|SELECT * FROM lab.h()|SELECT lab.f(o.id) t, o.id FROM odd o|SELECT (p).*, id FROM lab.box|SELECT s FROM lab.a s|VALUES (1, lab.f(1))|SELECT 1 AS id, s.* FROM lab.b s}`,
  `CREATE TEMP TABLE {=kin|odd|a} AS SELECT {=1 AS id, 'x'::text AS m_code, 'y'::text AS m_text|id, t, n, j}{=| FROM lab.a}`,
  // What is planned already goes on with what its names meant before.
  `{=EXECUTE q (1, 'x')|SELECT lab.f(1)|CREATE TEMP TABLE other (id int)}; CREATE TEMP TABLE {=odd|odd|a|kin} (id int, t text, n int, j jsonb, m_text text, o_text text, m_int4 int, o_int4 int, m_code text); {=EXECUTE q (1, 'x')|SELECT lab.f(1)|EXECUTE q (2, 'x'); DROP TABLE pg_temp.odd; EXECUTE q (2, 'x')}`,
  `CREATE OR REPLACE FUNCTION lab.f(given {=text|bigint|numeric}) RETURNS text LANGUAGE sql AS $$ SELECT 'x'::text $$ {=|; EXECUTE q (1, 'x')|; SELECT lab.f(1), lab.f('1')}`,
  `CREATE OR REPLACE FUNCTION lab.turn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {=INSERT INTO lab.b (id, t) VALUES (NEW.id + 50, NEW.t); RETURN NEW;|UPDATE lab.b SET t = NEW.t WHERE id = OLD.id; RETURN NEW;|INSERT INTO lab.c (id, t) VALUES (NEW.id, NEW.t); RETURN NULL;} END $$`,
  `CREATE TRIGGER turned {=INSTEAD OF INSERT ON lab.v|INSTEAD OF UPDATE ON lab.v|AFTER UPDATE OF t ON lab.a|BEFORE INSERT ON lab.heir|AFTER INSERT ON lab.e|AFTER UPDATE ON lab.kid} FOR EACH ROW EXECUTE FUNCTION lab.{=turn|fire}()`,
  `CREATE AGGREGATE lab.glue (text) (SFUNC = {=textcat|lab.glued}, STYPE = text)`,
  `GRANT SELECT ON lab.a TO public`,
];

const into = `INSERT INTO ${own} AS s (id, t, n, j)`;
const returning =
  '{=|RETURNING *|RETURNING s.*, s|RETURNING OLD.*, NEW.*|RETURNING OLD.t, NEW.t, s.t IS NULL|RETURNING s.id, upper(s.t)|RETURNING WITH (OLD AS a, NEW AS z) a.t, z.t|RETURNING (SELECT m_text FROM odd WHERE odd.id = s.id)}';
const conflict =
  '{=||ON CONFLICT DO NOTHING|ON CONFLICT (id) DO NOTHING|ON CONFLICT (id) DO UPDATE SET t = EXCLUDED.t|ON CONFLICT (id) DO UPDATE SET t = s.t, n = EXCLUDED.n}';

export const writes: readonly string[] = [
  `${into} SELECT ${row} FROM odd o ${conflict} ${returning}`,
  `${into} SELECT ${sRow} FROM ${source} s ${conflict} RETURNING *`,
  `${into} SELECT o.id + {=0|100|10}, o.{=o_text|m_text}, o.{=o_int4|m_int4}, {=o.m_jsonb|to_jsonb(o)|NULL|o.o_jsonb} FROM odd o ${conflict} ${returning}`,
  `${into} VALUES ({=1|2|50}, {const text}, {const int4}, {const jsonb}), ({=3|51}, (SELECT o.{=m_text|o_text} FROM odd o WHERE o.id = 2), {const int4}, DEFAULT) ${conflict} ${returning}`,
  `INSERT INTO ${own} {=DEFAULT VALUES|TABLE lab.b|SELECT * FROM lab.v|TABLE lab.a|TABLE tmp} RETURNING *`,
  `INSERT INTO ${view} (id, t) SELECT o.id, {text} FROM odd o RETURNING *`,
  `UPDATE ${own} s SET t = {text} FROM odd o WHERE o.id = s.id ${returning}`,
  `UPDATE ${own} s SET t = {s.text}, n = {s.int4} WHERE {s.bool} ${returning}`,
  `UPDATE ${own} s SET (t, n) = (SELECT {text}, {int4} FROM odd o WHERE o.id = s.id) WHERE s.id < 5 ${returning}`,
  `UPDATE ${own} s SET j = to_jsonb({=s|s.t|s.*}) WHERE s.id > 1 ${returning}`,
  `UPDATE ${own} s SET t = {=a.t|DEFAULT|b.t|a.j ->> 't'|a::text} FROM lab.{=a a|b a}, lab.b b WHERE a.id = s.id AND b.id = a.id ${returning}`,
  `UPDATE ${view} s SET t = {s.text} WHERE s.id = {=1|2} ${returning}`,
  `UPDATE ${own} s SET j['k'] = to_jsonb({text}) FROM odd o WHERE o.id = s.id RETURNING s.j`,
  `DELETE FROM ${own} s USING odd o WHERE s.id = o.id AND {bool} ${returning}`,
  `DELETE FROM ${own} s WHERE {s.bool} ${returning}`,
  `MERGE INTO ${own} s USING odd o ON s.id = o.id WHEN MATCHED {=AND o.id < 3|AND o.m_text IS NULL|} THEN UPDATE SET t = {text}, n = {int4} WHEN NOT MATCHED THEN INSERT (id, t, n) VALUES (o.id, {text}, {int4}) {=|RETURNING merge_action(), s.*, o.id|RETURNING *|RETURNING OLD.t, NEW.t}`,
  `MERGE INTO ${own} s USING ${source} b ON s.id = b.id WHEN MATCHED AND {=b.n > 3|b.t IS NULL|s.t = b.t|b.id > 2} THEN {=DELETE|UPDATE SET t = b.t|DO NOTHING} WHEN NOT MATCHED BY SOURCE THEN {=DELETE|UPDATE SET t = 'gone'} RETURNING merge_action(), s.*`,
  `WITH w AS (INSERT INTO lab.a (id, t) SELECT o.id + 20, {text} FROM odd o RETURNING *), u AS (UPDATE lab.b s SET t = w.t FROM w WHERE w.id = s.id + 20 RETURNING s.*) SELECT {=* FROM u|w.t FROM w|count(*) FROM w|w FROM w|* FROM w, u}`,
  `WITH d AS (DELETE FROM {=lab.a|lab.b|tmp} s WHERE s.id < 4 RETURNING s.*) INSERT INTO {=lab.a|lab.b|tmp} SELECT d.id, d.t, d.n, d.j FROM d RETURNING *`,
  `WITH q AS (SELECT ${row} FROM odd o) INSERT INTO lab.a SELECT * FROM q RETURNING *`,
  `UPDATE lab.box b SET {=p.t = o.m_text|p.t = o.o_text|r[1] = o.m_text|p = ROW(o.m_text, 1)|p = ROW(o.o_text, o.m_int4)|r = ARRAY[o.m_text]|r = r || o.m_text|t = (b.p).t|t = b.r[1]} FROM odd o WHERE o.id = b.id RETURNING {=b.*|b|b.p|(b.p).t|b.r|b.r[1]|OLD.p, NEW.p|b.t}`,
  `INSERT INTO lab.box (id, {=p.t|r[1]|t}) {=SELECT o.id + 10, o.m_text FROM odd o|SELECT o.id + 10, o.o_text FROM odd o|VALUES (20, DEFAULT)|SELECT 21, lab.f(1)} RETURNING *`,
  `UPDATE lab.par SET t = {=t|n::text|(SELECT o.m_text FROM odd o WHERE o.id = 2)|'z'} WHERE id = 1 RETURNING t`,
  `TRUNCATE {=lab.a|lab.b|tmp}`,
  `COPY ${own} (id, t) FROM STDIN`,
  `COPY (INSERT INTO lab.a (id, t) SELECT o.id, {text} FROM odd o RETURNING *) TO STDOUT`,
  `DO $$ DECLARE r record; x text; BEGIN FOR r IN SELECT ${row} FROM odd o LOOP {=INSERT INTO lab.a (id, t) VALUES (r.id, r.t);|UPDATE lab.a SET t = r.t WHERE id = r.id;|x := r.t;|RAISE NOTICE '%', r.id;|PERFORM lab.g(r.t);} END LOOP; END $$`,
  `SELECT {=setval('lab.s', o.m_int4)|setval('lab.s', o.id)|setseed(o.m_float8)|lo_from_bytea(0, o.m_bytea)|pg_notify('news', o.m_text)|pg_notify(o.o_text, o.o_text)|nextval('lab.s')|pg_notify('news', 'x')|lab.g(o.o_text)|lab.g(o.m_text)|set_config('my.thing', o.m_text, false)|set_config('my.thing', o.o_text, true)|pg_advisory_lock(o.m_int4)|pg_advisory_xact_lock(o.id)} FROM odd o WHERE o.id = 1`,
  `CALL lab.p({=NULL|'x'|(SELECT 'a')})`,
];

/** Only where all of it is rolled back, since they change what other scripts read. */
export const wideWrites: readonly string[] = [
  `UPDATE odd o SET o_text = {text}, m_text = {text} WHERE o.id = 1 RETURNING {=*|o.id|OLD.o_text, NEW.o_text|o_text|OLD.m_text, NEW.m_text}`,
  `UPDATE odd o SET o_text = o.{=m_text|o_text} WHERE o.id < 4 RETURNING o.o_text`,
  `UPDATE kin k SET o_word = {k.text}, o_rank = {k.int4} WHERE {k.bool} RETURNING {=*|OLD.*|NEW.o_word|k}`,
  `DELETE FROM {=odd|kin|tie} WHERE id = 3 RETURNING *`,
  `INSERT INTO kin AS k (id, o_word) SELECT o.id + 50, {text} FROM odd o ON CONFLICT {=(id) DO NOTHING|DO NOTHING|(id) DO UPDATE SET o_word = k.m_code|(m_code) DO NOTHING} RETURNING *`,
  `MERGE INTO kin k USING lab.a s ON s.id = k.id WHEN MATCHED THEN UPDATE SET {=o_word = s.t|o_word = k.m_code|m_rank = s.n} WHEN NOT MATCHED THEN INSERT (id, o_word) VALUES (s.id + 70, s.t) RETURNING *`,
  `ALTER TABLE {=kin RENAME COLUMN m_code TO plain|kin RENAME COLUMN o_word TO m_code|kin RENAME TO skin|odd RENAME COLUMN m_text TO t|odd ALTER COLUMN m_text TYPE varchar|kin ADD COLUMN t text GENERATED ALWAYS AS (m_code) STORED|kin ADD COLUMN t text|kin SET SCHEMA lab|kin INHERIT lab.c|odd DROP COLUMN o_text|kin ALTER COLUMN m_rank SET DEFAULT 5}`,
  `CREATE TRIGGER watch {=BEFORE|AFTER} {=INSERT|UPDATE|DELETE} ON kin FOR EACH ROW EXECUTE FUNCTION lab.fire()`,
  `CREATE OR REPLACE VIEW glance AS SELECT id, {=m_code|o_word} AS code, {=o_word|m_code} AS word FROM kin`,
  `CREATE TABLE lab.d (LIKE {=kin|odd} {=|INCLUDING ALL})`,
  `CREATE TABLE lab.d () INHERITS (kin)`,
  `CREATE OR REPLACE FUNCTION loud(x text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT {=x|'n'::text|lower(x)} $$`,
  `ALTER TABLE figure ALTER COLUMN g DROP EXPRESSION`,
  `REFRESH MATERIALIZED VIEW still`,
];

export const reads: readonly string[] = [
  `SELECT * FROM ${any} s ORDER BY 1`,
  `TABLE ${any}`,
  `SELECT {=s|s.t|s.*, s.t|to_jsonb(s)|s.t IS NULL|count(s.t)|upper(s.t)|s.t, s.n, s.j|array_agg(s.t)|s.j ->> 't'|pg_column_size(s)|row(s.*)} FROM ${any} s`,
  `SELECT count(*) FROM ${any} s WHERE {s.bool}`,
  `SELECT s.id, {s.text} FROM ${any} s ORDER BY s.id`,
  `SELECT s.id FROM ${any} s ORDER BY {=s.id|s.t|s.n} LIMIT 3`,
  `SELECT o.id, s.t FROM odd o JOIN ${any} s {=USING (id)|ON o.id = s.id|ON o.m_text = s.t|ON o.o_text = s.t} ORDER BY o.id`,
  `SELECT {=lab.f(1)|lab.f(o.id)|lab.g(o.o_text)|lab.g(o.m_text)|lab.g('x')|upper(lab.f(o.id))|lab.f(o.id) IS NULL} FROM odd o WHERE o.id < 4 ORDER BY o.id`,
  `SELECT * FROM lab.h() {=|WITH ORDINALITY|h WHERE h.b IS NOT NULL|h ORDER BY a}`,
  `SELECT (lab.h()).*`,
  `SELECT {=*|b|(p).t|(b.p).*|p|r|r[1]|r[1:1]|t|x|array_length(r, 1)|to_jsonb(b)|p IS NULL|(p).n} FROM lab.box b ORDER BY id`,
  `SELECT {=g|*|id, g, t} FROM lab.c ORDER BY id`,
  `SELECT lab.glue(s.t) FROM ${source} s`,
  `SELECT t FROM lab.a WHERE t = {const text}`,
  `SELECT * FROM {=odd|lab.a|kin|lab.b|tmp} s {=|WHERE s.id < 3|WHERE s.id = 2 OR s.id IS NULL} ORDER BY s.id FOR {=UPDATE|SHARE|NO KEY UPDATE|KEY SHARE} {=|NOWAIT|SKIP LOCKED|OF s}`,
  `COPY ${own} TO STDOUT {=|(FORMAT csv)|(FORMAT binary)}`,
  `COPY (SELECT {=s.t|*|s} FROM ${any} s) TO STDOUT`,
  `EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM ${any} s WHERE {s.bool}`,
  `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT {=s.t|*} FROM ${any} s`,
  `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) UPDATE lab.a s SET t = s.t WHERE s.id < 3`,
  `SELECT pg_get_viewdef('${view}'::regclass)`,
  `SELECT {=currval('lab.s')|last_value FROM lab.s|current_setting('my.thing', true)|lastval()|count(*) FROM pg_locks WHERE locktype = 'advisory'}`,
  `SELECT attname, most_common_vals, histogram_bounds, correlation FROM pg_stats WHERE schemaname = 'lab' ORDER BY 1`,
  `SELECT * FROM {=kin|tie|glance|odd|still|figure} ORDER BY id`,
  `SELECT {=u|x|e|g|plain|id} FROM {=lab.a|lab.b|lab.d|kin|skin|tmpv|lab.w}`,
  `{=SHOW my.thing|SHOW search_path|TABLE tmpv|FETCH ALL FROM c|FETCH 1 FROM c|FETCH LAST FROM c|FETCH BACKWARD 2 FROM c|MOVE 2 FROM c|MOVE ALL IN c|CLOSE c}`,
  `EXECUTE q({=1|2|3}, {=NULL|'x'|'A%'})`,
  `UPDATE lab.a SET t = 'cur' WHERE CURRENT OF c RETURNING *`,
];

export const session: readonly string[] = [
  `DECLARE c {=|SCROLL|BINARY|NO SCROLL} CURSOR {=|WITH HOLD} FOR SELECT {=s.t|*|s.id|s|upper(s.t)} FROM ${any} s`,
  `DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT ${row} FROM odd o ORDER BY o.id`,
  `DECLARE c CURSOR FOR SELECT * FROM {=lab.a|lab.b} FOR UPDATE`,
  `PREPARE q (int, text) AS {=SELECT s.t FROM lab.a s WHERE s.id = $1 AND $2 IS NOT NULL|INSERT INTO lab.a (id, t) VALUES ($1, $2) RETURNING *|UPDATE lab.a SET t = coalesce($2, t) WHERE id = $1 RETURNING t|SELECT lab.f($1), $2|SELECT lab.f('1'), $2|SELECT $1, $2|SELECT lab.g(lab.f($1)), $2|INSERT INTO lab.b (id, t) SELECT o.id, o.m_text FROM odd o WHERE o.id = $1 RETURNING t|SELECT t FROM lab.v WHERE id = $1|SELECT * FROM lab.a}`,
  `PREPARE q (int, text) AS SELECT {text}, $2 FROM odd o WHERE o.id = $1`,
  `DEALLOCATE q`,
  `SET {=search_path = lab, public|search_path = pg_temp, lab, public|search_path = public|plan_cache_mode = force_generic_plan|enable_seqscan = off|LOCAL search_path = lab|my.thing = 'x'|row_security = off|bytea_output = escape|extra_float_digits = 0|default_transaction_read_only = off}`,
  `SAVEPOINT p`,
  `ROLLBACK TO p`,
  `RELEASE p`,
];
/** Where a script is not one transaction that is rolled back. */
export const transactions: readonly string[] = [
  'BEGIN',
  'COMMIT',
  'ROLLBACK',
  'COMMIT AND CHAIN',
  'BEGIN READ ONLY',
  'ABORT',
  'DISCARD TEMP',
];
