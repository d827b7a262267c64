-- Migrations. An empty line ends each statement.

CREATE TABLE IF NOT EXISTS "schema_migrations" ("version" character varying NOT NULL PRIMARY KEY)

CREATE TABLE "ar_internal_metadata" ("key" character varying NOT NULL PRIMARY KEY, "value" character varying, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL)

CREATE TABLE widgets (id bigserial PRIMARY KEY, name varchar(100) NOT NULL DEFAULT '', price numeric(10,2) CHECK (price > 0), owner_id bigint REFERENCES users(id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, tags text[] DEFAULT '{}'::text[], created_at timestamptz DEFAULT now(), uid uuid DEFAULT gen_random_uuid() UNIQUE, total numeric GENERATED ALWAYS AS (price * 2) STORED, CONSTRAINT uniq_name UNIQUE (name, owner_id), EXCLUDE USING gist (owner_id WITH =))

ALTER TABLE "users" ADD COLUMN "nickname" varchar(50) DEFAULT 'x' NOT NULL

ALTER TABLE users ADD COLUMN IF NOT EXISTS a int, ADD COLUMN b text COLLATE "C", ALTER COLUMN name SET DEFAULT 'n', ALTER COLUMN name DROP DEFAULT

ALTER TABLE users ADD CONSTRAINT fk_x FOREIGN KEY (manager_id) REFERENCES users (id) NOT VALID

ALTER TABLE users VALIDATE CONSTRAINT fk_x

ALTER TABLE users ADD CONSTRAINT chk CHECK (name <> '') NOT VALID

ALTER TABLE users ADD PRIMARY KEY USING INDEX users_pkey2

ALTER TABLE users RENAME COLUMN name TO full_name

ALTER TABLE users RENAME TO people

ALTER TABLE users RENAME CONSTRAINT users_pkey TO pk

ALTER TABLE users ALTER COLUMN name TYPE varchar(255) USING name::varchar(255)

ALTER TABLE users ALTER name SET NOT NULL

ALTER TABLE users DROP COLUMN IF EXISTS dob

ALTER TABLE users DROP CONSTRAINT IF EXISTS chk

ALTER TABLE users SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01)

ALTER TABLE users ALTER COLUMN settings SET STORAGE EXTERNAL

ALTER TABLE users ALTER COLUMN name SET STATISTICS 500

ALTER TABLE users CLUSTER ON users_pkey

ALTER TABLE measurements ATTACH PARTITION measurements_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')

CREATE TABLE measurements_2026 PARTITION OF measurements FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')

ALTER TABLE measurements DETACH PARTITION measurements_2024 CONCURRENTLY

CREATE TABLE m2 (LIKE measurements INCLUDING ALL)

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx ON users USING btree (lower(name), created_at DESC NULLS LAST) INCLUDE (email) WHERE deleted_at IS NULL

CREATE UNIQUE INDEX "i" ON "users" ("name")

CREATE INDEX ON posts USING gin (to_tsvector('english', body))

CREATE INDEX ON posts USING gin (title gin_trgm_ops)

CREATE INDEX ON events USING brin (at) WITH (pages_per_range = 32)

CREATE INDEX ON events USING hash (kind)

CREATE INDEX ON events ((props ->> 'a'), (date_trunc('day', at AT TIME ZONE 'UTC')))

DROP INDEX CONCURRENTLY IF EXISTS idx

ALTER INDEX users_pkey RENAME TO users_pk

CREATE OR REPLACE VIEW v AS SELECT id, name FROM users WITH CHECK OPTION

CREATE VIEW v2 (a, b) WITH (security_barrier, security_invoker = true) AS SELECT id, kind FROM events

CREATE MATERIALIZED VIEW mv AS SELECT kind, count(*) FROM events GROUP BY 1 WITH NO DATA

CREATE RECURSIVE VIEW nums (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM nums WHERE n < 10

ALTER VIEW active_users RENAME TO au

DROP VIEW IF EXISTS v, v2

DROP MATERIALIZED VIEW IF EXISTS mv

DROP TABLE IF EXISTS widgets

CREATE SEQUENCE IF NOT EXISTS s AS bigint START 100 INCREMENT BY 5 CACHE 10 OWNED BY users.id

ALTER SEQUENCE users_id_seq RESTART WITH 1000

CREATE TYPE color AS ENUM ('red', 'green')

ALTER TYPE status ADD VALUE IF NOT EXISTS 'late' AFTER 'paid'

ALTER TYPE status RENAME VALUE 'paid' TO 'settled'

CREATE TYPE pair AS (a int, b text)

CREATE DOMAIN us_zip AS text CHECK (VALUE ~ '^\d{5}$') NOT NULL DEFAULT '00000'

CREATE SCHEMA IF NOT EXISTS reporting

COMMENT ON TABLE users IS 'people'

COMMENT ON COLUMN users.name IS NULL

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$

CREATE OR REPLACE FUNCTION calc(a int, b int DEFAULT 1, VARIADIC c int[] DEFAULT '{}') RETURNS TABLE (x int, y text) LANGUAGE sql STABLE PARALLEL SAFE COST 10 AS $$ SELECT a + b, 'x' $$

CREATE FUNCTION f2(x int) RETURNS int RETURN x + 1

CREATE FUNCTION f3(x int) RETURNS SETOF users BEGIN ATOMIC SELECT * FROM users WHERE id > x; END

CREATE FUNCTION f4(n int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE r record; t int := 0; a int[]; BEGIN FOR r IN SELECT id FROM users LOOP t := t + r.id; END LOOP; FOREACH t IN ARRAY ARRAY[1,2] LOOP t := t + 1; END LOOP; WHILE t < 5 LOOP t := t + 1; EXIT WHEN t > 3; CONTINUE; END LOOP; IF n > 1 THEN RETURN 1; ELSIF n < 0 THEN RETURN 0; ELSE NULL; END IF; CASE n WHEN 1 THEN t := 1; ELSE t := 2; END CASE; BEGIN INSERT INTO staging (id) VALUES (n); EXCEPTION WHEN unique_violation THEN RAISE NOTICE 'dup %', n; WHEN others THEN RAISE; END; GET DIAGNOSTICS t = ROW_COUNT; PERFORM count(*) FROM users; SELECT array_agg(id) INTO STRICT a FROM users; RETURN coalesce(t, 0); END $$

CREATE PROCEDURE p1(INOUT a int) LANGUAGE plpgsql AS $$ BEGIN UPDATE staging SET amount = 1 WHERE id = a; COMMIT; END $$

CREATE TRIGGER trg BEFORE INSERT OR UPDATE OF name ON users FOR EACH ROW WHEN (NEW.name IS NOT NULL) EXECUTE FUNCTION tsvector_update_trigger('search', 'pg_catalog.english', 'title')

CREATE TRIGGER trg2 AFTER UPDATE ON posts REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION suppress_redundant_updates_trigger()

DROP FUNCTION IF EXISTS add_two(int, int)

DROP TRIGGER IF EXISTS mdt ON users

CREATE STATISTICS st (dependencies, ndistinct) ON kind, user_id FROM events

CREATE AGGREGATE sum_abs(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0')

CREATE RULE r AS ON INSERT TO staging DO ALSO NOTIFY x

CREATE TABLE t3 AS SELECT * FROM events WITH NO DATA

CREATE TABLE "flyway_schema_history" ("installed_rank" INT NOT NULL, "version" VARCHAR(50), "description" VARCHAR(200) NOT NULL, "type" VARCHAR(20) NOT NULL, "script" VARCHAR(1000) NOT NULL, "checksum" INTEGER, "installed_by" VARCHAR(100) NOT NULL, "installed_on" TIMESTAMP NOT NULL DEFAULT now(), "execution_time" INTEGER NOT NULL, "success" BOOLEAN NOT NULL)

SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relname = 'flyway_schema_history' AND c.relkind = 'r')

CREATE TABLE public.databasechangeloglock (ID INTEGER NOT NULL, LOCKED BOOLEAN NOT NULL, LOCKGRANTED TIMESTAMP WITHOUT TIME ZONE, LOCKEDBY VARCHAR(255), CONSTRAINT databasechangeloglock_pkey PRIMARY KEY (ID))

CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))

BEGIN; ALTER TABLE users ADD COLUMN z int; CREATE INDEX i2 ON posts (user_id); INSERT INTO staging (id) VALUES (1); COMMIT

BEGIN; CREATE TABLE aa (id int primary key, v text); INSERT INTO aa VALUES (1, 'x'); UPDATE aa SET v = 'y' WHERE id = 1; SELECT * FROM aa; CREATE INDEX ON aa (v); COMMENT ON TABLE aa IS 'x'; COMMIT

CREATE TABLE bb (id int); CREATE VIEW bbv AS SELECT id FROM bb; SELECT * FROM bbv

create table categories (id int primary key, parent_id int references categories (id) on delete set null, name text not null)

create table app.threads (id bigint not null, reply_to bigint, primary key (id), constraint threads_reply_to_fkey foreign key (reply_to) references app.threads)

create temp table tree (id int primary key, parent_id int references tree, check (id <> parent_id))

create table located (id int, check (tableoid > 0), place oid generated always as (tableoid) stored)

create policy here on posts using (tableoid is not null and posts.user_id > 0)

create procedure app.nothing_yet() begin atomic end

create function app.seven() returns int begin atomic; select 7; end

ALTER TABLE users ADD COLUMN age int CHECK (age >= 0)

ALTER TABLE users ADD COLUMN age int, ADD CONSTRAINT age_is_real CHECK (age BETWEEN 0 AND 150), ADD COLUMN boss_id int, ADD FOREIGN KEY (boss_id) REFERENCES users (id), ADD UNIQUE (age, boss_id)

ALTER TABLE posts ADD COLUMN words int NOT NULL DEFAULT 0 CONSTRAINT words_are_counted CHECK (words >= 0), ADD COLUMN pages int GENERATED ALWAYS AS (words / 300) STORED CHECK (pages >= 0)

ALTER TABLE staging ADD COLUMN key int, ADD PRIMARY KEY (key)
