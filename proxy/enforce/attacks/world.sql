-- What is attacked: a small company whose every kind of object has something to hide. What is masked is listed in attack-testing.ts.
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE TYPE grade AS ENUM ('junior', 'senior', 'principal');
CREATE TYPE span AS (since date, amount int);
CREATE DOMAIN badge_number AS int CHECK (VALUE > 0);

CREATE TABLE people (
  id int PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  ssn text UNIQUE,
  born date,
  salary int NOT NULL,
  bonus numeric(12, 2),
  score float8,
  grade grade,
  address inet,
  seen timestamptz,
  tags text[],
  doc jsonb,
  raw json,
  page xml,
  stay daterange,
  term span,
  active bool NOT NULL,
  city text NOT NULL,
  boss int REFERENCES people (id),
  initial text GENERATED ALWAYS AS (left(name, 1)) STORED,
  shadow text GENERATED ALWAYS AS (upper(name)) VIRTUAL
);
CREATE INDEX people_lower_email ON people (lower(email));

CREATE TABLE badges (id int PRIMARY KEY, person_ssn text REFERENCES people (ssn), colour text NOT NULL);
CREATE TABLE accounts (id int PRIMARY KEY, person_id int NOT NULL REFERENCES people (id), iban text, balance int NOT NULL CHECK (balance > -5000), kind text NOT NULL);
CREATE TABLE rooms (room int, during daterange NOT NULL, EXCLUDE USING gist (during WITH &&));

CREATE TABLE events (id int NOT NULL, at timestamptz NOT NULL, payload jsonb NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE events_low PARTITION OF events FOR VALUES FROM (0) TO (5);
CREATE TABLE events_high PARTITION OF events FOR VALUES FROM (5) TO (100);

CREATE TABLE staff (id int PRIMARY KEY, name text NOT NULL, pay int NOT NULL);
CREATE TABLE managers (budget int NOT NULL) INHERITS (staff);

CREATE TABLE diary (id int PRIMARY KEY, owner text NOT NULL, entry text NOT NULL);
ALTER TABLE diary ENABLE ROW LEVEL SECURITY;

-- Where a row lies tells what is in it.
CREATE TABLE bands (id int NOT NULL, pay int NOT NULL) PARTITION BY RANGE (pay);
CREATE TABLE bands_low PARTITION OF bands FOR VALUES FROM (0) TO (100000);
CREATE TABLE bands_high PARTITION OF bands FOR VALUES FROM (100000) TO (1000000);

-- What is checked when the transaction ends.
CREATE TABLE passes (id int PRIMARY KEY, code text UNIQUE, tag text UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE visits (id int PRIMARY KEY, pass text REFERENCES passes (code) DEFERRABLE INITIALLY DEFERRED, place text NOT NULL);
CREATE TABLE keepsakes (id int PRIMARY KEY, visit int REFERENCES visits (id) ON DELETE SET NULL, thing text);

-- Keys of any length.
CREATE TABLE stamps (code text PRIMARY KEY);
CREATE TABLE letters (id int PRIMARY KEY, stamp text REFERENCES stamps (code));

-- Nothing here is masked.
CREATE TABLE products (id int PRIMARY KEY, sku text NOT NULL UNIQUE, name text NOT NULL, price_cents int NOT NULL, tags text[] NOT NULL, facts jsonb NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, person_id int NOT NULL REFERENCES people (id), placed timestamptz NOT NULL, status text NOT NULL, total_cents int NOT NULL);
CREATE TABLE order_items (id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders (id), product_id int NOT NULL REFERENCES products (id), quantity int NOT NULL);

CREATE SCHEMA lab;
CREATE TABLE lab.sheet (id int PRIMARY KEY, note text, number int, at date, doc jsonb);
CREATE TABLE lab.log (id serial PRIMARY KEY, what text);
CREATE SEQUENCE lab.numbers;

CREATE VIEW contacts AS SELECT id, email AS mail, city FROM people;
CREATE VIEW directory AS SELECT id AS k, upper(mail) AS address, city AS place FROM contacts;
CREATE VIEW payroll AS SELECT city, count(*) AS heads, sum(salary) AS total FROM people GROUP BY city;
CREATE MATERIALIZED VIEW roster AS SELECT id, name AS who, city FROM people;

CREATE FUNCTION person(wanted int) RETURNS people LANGUAGE sql STABLE AS $$ SELECT * FROM people p WHERE p.id = wanted $$;
CREATE FUNCTION mail_of(wanted int) RETURNS text LANGUAGE sql STABLE RETURN (SELECT p.email FROM people p WHERE p.id = wanted);
CREATE FUNCTION find(wanted int) RETURNS TABLE (kind text, value text) LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY SELECT 'mail'::text, p.email FROM people p WHERE p.id = wanted;
END $$;
CREATE FUNCTION look(statement text) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY EXECUTE statement;
END $$;
CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE NOTICE 'changed %', OLD;
  RETURN NEW;
END $$;
CREATE TRIGGER people_told BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION told();
CREATE FUNCTION price_of(wanted int) RETURNS int LANGUAGE sql STABLE AS $$ SELECT price_cents FROM products WHERE id = wanted $$;
CREATE FUNCTION grade_json(grade) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT to_json(1 / length(replace($1::text, 'junior', ''))) $$;
CREATE CAST (grade AS json) WITH FUNCTION grade_json(grade);

-- Code that somebody else left behind.
CREATE FUNCTION heard(a text, b text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RAISE NOTICE 'compared % with %', a, b;
  RETURN a = b;
END $$;
CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = heard);
CREATE FUNCTION plain(a text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || '!' $$;
CREATE FUNCTION strict_number(a text) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT $1::int $$;
CREATE FUNCTION second_of(a text, b text DEFAULT 'none') RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT b $$;
CREATE FUNCTION usually(a text DEFAULT mail_of(1)) RETURNS text LANGUAGE sql STABLE AS $$ SELECT a $$;
CREATE PROCEDURE told_back(OUT answer text, INOUT given text) LANGUAGE plpgsql AS $$ BEGIN answer := given; END $$;
CREATE FUNCTION shout(a text DEFAULT 'x') RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no %', a; END $$;
CREATE AGGREGATE glue (text) (SFUNC = textcat, STYPE = text);
CREATE FUNCTION heard_step(state text, given text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RAISE NOTICE 'saw %', given;
  RETURN given;
END $$;
CREATE AGGREGATE loud (text) (SFUNC = heard_step, STYPE = text);
CREATE DOMAIN quiet AS text CHECK (length(VALUE) < 12);

-- Types whose values are checked.
CREATE DOMAIN given AS text NOT NULL;
CREATE TYPE boxed AS (content quiet);

-- Triggers that print, at the end of the transaction or because of what happens elsewhere.
CREATE FUNCTION printed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE NOTICE 'now %', NEW;
  RETURN NEW;
END $$;
CREATE CONSTRAINT TRIGGER visits_printed AFTER UPDATE ON visits DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION printed();
CREATE TRIGGER keepsakes_printed AFTER UPDATE ON keepsakes FOR EACH ROW EXECUTE FUNCTION printed();
CREATE FUNCTION announced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('changes', NEW.entry);
  RETURN NEW;
END $$;
CREATE TRIGGER diary_announced AFTER UPDATE ON diary FOR EACH ROW EXECUTE FUNCTION announced();

-- Code with effects, in every place that code can be.
CREATE TABLE lab.kept (id int PRIMARY KEY);
CREATE FUNCTION lab.wipe() RETURNS int LANGUAGE sql AS $$ DELETE FROM lab.kept; SELECT 1 $$;
CREATE FUNCTION lab.wipe(any_value int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  EXECUTE 'delete from lab.kept';
  RETURN any_value;
END $$;
CREATE FUNCTION lab.wipe_text(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  PERFORM lab.wipe(1);
  RETURN given;
END $$;
CREATE FUNCTION lab.wipe_unless(a int, b int DEFAULT lab.wipe(1)) RETURNS int LANGUAGE sql AS $$ SELECT a $$;
CREATE VIEW lab.wiping AS SELECT lab.wipe() AS n;
CREATE DOMAIN lab.wiped AS int CHECK (lab.wipe(VALUE) = VALUE);
CREATE FUNCTION lab.wiped_by(products) RETURNS int LANGUAGE sql AS $$ SELECT lab.wipe(1) $$;
CREATE FUNCTION lab.wipe_two(a int, b int) RETURNS int LANGUAGE sql AS $$ SELECT lab.wipe(1) $$;
CREATE OPERATOR lab.@#@ (LEFTARG = int, RIGHTARG = int, FUNCTION = lab.wipe_two);
CREATE AGGREGATE lab.wipes (int) (SFUNC = lab.wipe_two, STYPE = int, INITCOND = '0');
CREATE TYPE lab.pair AS (a int);
CREATE FUNCTION lab.wipe_pair(lab.pair) RETURNS int LANGUAGE sql AS $$ SELECT lab.wipe(1) $$;
CREATE CAST (lab.pair AS int) WITH FUNCTION lab.wipe_pair(lab.pair) AS IMPLICIT;
CREATE TYPE lab.crate AS (n lab.wiped);
CREATE TYPE lab.crates AS (c lab.crate, m int);
CREATE TYPE lab.wiped_range AS RANGE (subtype = lab.wiped);
CREATE DOMAIN lab.wiped_crate AS lab.crate;
CREATE TABLE lab.crated (id int, n lab.wiped);
CREATE TABLE lab.guarded (id int);
ALTER TABLE lab.guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY wipes ON lab.guarded USING (lab.wipe(1) = 1);
CREATE VIEW lab.ruled AS SELECT id, note FROM lab.sheet;
CREATE RULE ruled_write AS ON UPDATE TO lab.ruled DO INSTEAD DELETE FROM lab.kept;
CREATE PROCEDURE lab.wipe_all() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM lab.kept; END $$;

-- Defaults that fetch what they put in.
CREATE DOMAIN lab.mailed AS text DEFAULT mail_of(2);
CREATE TABLE lab.letters (id int, mail text DEFAULT mail_of(1), other lab.mailed);

-- What is held against rows that are there: a domain, a type that a table is of, a default partition, a check that is not valid yet.
CREATE DOMAIN plate_number AS text CHECK (length(VALUE) < 100);
CREATE TABLE plates (id int PRIMARY KEY, plate plate_number NOT NULL);
CREATE TYPE card AS (id int, holder text, pin text);
CREATE TABLE cards OF card;
CREATE TABLE ranks (id int NOT NULL, points int NOT NULL) PARTITION BY RANGE (points);
CREATE TABLE ranks_low PARTITION OF ranks FOR VALUES FROM (0) TO (10);
CREATE TABLE ranks_other PARTITION OF ranks DEFAULT;
CREATE TABLE vouchers (id int PRIMARY KEY, code text);
ALTER TABLE vouchers ADD CONSTRAINT vouchers_code CHECK (code LIKE 'zeph%') NOT VALID;

-- Policies that keep rows from people, by a function and by another table.
CREATE TABLE wards (id int PRIMARY KEY, owner text NOT NULL);
CREATE FUNCTION is_own(owner text) RETURNS bool LANGUAGE sql STABLE RETURN owner = current_user;
CREATE TABLE files (id int PRIMARY KEY, owner text NOT NULL);
ALTER TABLE files ENABLE ROW LEVEL SECURITY;
CREATE POLICY files_all ON files USING (true);
CREATE POLICY files_own ON files AS RESTRICTIVE USING (is_own(owner));
CREATE POLICY files_ward ON files AS RESTRICTIVE USING (EXISTS (SELECT FROM wards w WHERE w.owner = files.owner));
CREATE COLLATION plain_order (locale = 'C');
CREATE TABLE words (id int PRIMARY KEY, word text COLLATE plain_order);
