-- A small clinic: every kind of object the analyser has to understand, without any data worth hiding.
CREATE TYPE mood AS ENUM ('low', 'fair', 'high');
CREATE TYPE span AS (since date, until date);
CREATE DOMAIN postcode AS text CHECK (VALUE ~ '^[0-9]{4}$');

CREATE TABLE patients (
  id int PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  ssn text,
  born date,
  balance numeric(12, 2) NOT NULL DEFAULT 0,
  city text,
  zip postcode,
  state mood,
  tags text[],
  profile jsonb,
  stay span,
  initials text GENERATED ALWAYS AS (left(name, 1)) STORED
);
CREATE INDEX patients_lower_idx ON patients (lower(email));

CREATE TABLE visits (
  id int PRIMARY KEY,
  patient_id int NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
  doctor text NOT NULL,
  note text,
  at timestamptz NOT NULL DEFAULT now(),
  cost int NOT NULL
);

CREATE TABLE readings (id int NOT NULL, patient_id int, value float8, raw jsonb) PARTITION BY RANGE (id);
CREATE TABLE readings_low PARTITION OF readings FOR VALUES FROM (0) TO (100);
CREATE TABLE readings_high PARTITION OF readings FOR VALUES FROM (100) TO (1000);

CREATE TABLE staff (id int PRIMARY KEY, name text, salary int);
CREATE TABLE managers (budget int) INHERITS (staff);

CREATE SCHEMA lab;
CREATE TABLE lab.scratch (id int PRIMARY KEY, note text, extra jsonb);
CREATE TABLE lab.log (id serial PRIMARY KEY, what text);
CREATE SEQUENCE lab.numbers;

CREATE VIEW contacts AS SELECT id, email AS mail, city FROM patients WHERE ssn IS NOT NULL;
CREATE VIEW directory AS SELECT id AS k, mail AS address, upper(city) AS place FROM contacts;
CREATE VIEW spending AS
  SELECT p.id, p.name, sum(v.cost) AS total FROM patients p JOIN visits v ON v.patient_id = p.id GROUP BY p.id, p.name;
CREATE MATERIALIZED VIEW spenders AS SELECT name AS who, total FROM spending;

CREATE FUNCTION patient(wanted int) RETURNS patients LANGUAGE sql STABLE
  AS $$ SELECT * FROM patients p WHERE p.id = patient.wanted $$;
CREATE FUNCTION mail_of(wanted int) RETURNS text LANGUAGE sql STABLE
  RETURN (SELECT p.email FROM patients p WHERE p.id = wanted);
CREATE FUNCTION cost_of(wanted int) RETURNS int LANGUAGE sql STABLE
  AS $$ SELECT cost FROM visits WHERE id = wanted $$;
CREATE FUNCTION find(wanted int) RETURNS TABLE (kind text, value text) LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY SELECT 'mail'::text, p.email FROM patients p WHERE p.id = wanted;
END $$;
CREATE FUNCTION purge(before timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int;
BEGIN
  DELETE FROM visits WHERE at < before;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;
CREATE FUNCTION run(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
END $$;
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO lab.log (what) VALUES (NEW.note);
  RETURN NEW;
END $$;
CREATE TRIGGER scratch_noted AFTER INSERT ON lab.scratch FOR EACH ROW EXECUTE FUNCTION noted();
CREATE RULE log_kept AS ON DELETE TO lab.log DO INSTEAD UPDATE visits SET note = 'kept' WHERE id = OLD.id;

CREATE FUNCTION twice(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || $1 $$;
CREATE OPERATOR !!! (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq);
CREATE AGGREGATE glue (text) (SFUNC = textcat, STYPE = text);
CREATE TYPE lab.pair AS (a text, b int);
