/** Names, types and origins of output columns, construct by construct, are what the server's RowDescription says. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyzeWith, describedType, type TestCatalog, testCatalog } from './testing.ts';

let target: TestCatalog;
beforeAll(async () => {
  target = await testCatalog();
});
afterAll(() => target.close());

const texts = `
INSERT INTO visits (id, patient_id, doctor, cost) VALUES (1, 1, $1, 2) RETURNING *, upper(doctor), visits, (visits).note
UPDATE visits v SET note = p.ssn FROM patients p WHERE p.id = v.patient_id RETURNING v.*, p.email, p, note || 1
DELETE FROM visits USING patients p WHERE p.id = patient_id RETURNING *
UPDATE contacts SET city = 1 WHERE id = 2 RETURNING *
WITH x AS (UPDATE visits SET note = 1 WHERE id = 1 RETURNING note AS n, id) SELECT * FROM x
SELECT p, p.*, (p).email, (p).stay, (p.stay).since, p.stay FROM patients p
SELECT patients FROM patients
SELECT x FROM (SELECT p FROM patients p) x
SELECT (x).id, (x).email, (x).* FROM (SELECT id, email, 1 AS one FROM patients) x
WITH x AS (SELECT id AS a, upper(email) AS b FROM patients) SELECT (x).a, (x).b, (x).* FROM x
SELECT (j).id, (j).* FROM (patients JOIN visits USING (id)) AS j
SELECT (v).a, (v).* FROM (VALUES (1, 'b')) v(a, b)
SELECT (f).*, (f).kind FROM find(1) f
SELECT x.p, (x.p).email FROM (SELECT p FROM patients p) x
SELECT * FROM patient(1)
SELECT patient(1), (patient(1)).*
SELECT * FROM find(1) WITH ORDINALITY
SELECT * FROM ROWS FROM (find(1), generate_series(1, 2)) AS q(a, b, c)
SELECT * FROM json_to_recordset('[]') AS x(a int, b text)
SELECT * FROM unnest(ARRAY[1, 2], ARRAY[3]) AS u
SELECT u, u.* FROM unnest(ARRAY[1, 2]) u
SELECT (SELECT p FROM patients p LIMIT 1)
SELECT array_agg(p) FROM patients p
(SELECT id FROM patients) UNION SELECT cost FROM visits ORDER BY 1
TABLE spenders
VALUES (1, $1), (2, NULL)
SELECT * FROM (VALUES (1, 'a')) v
SELECT ROW(1, 2), ROW(p.*) FROM patients p
SELECT NULL, $1, $2::int, $1
SELECT 'a' UNION SELECT NULL
SELECT jsonb_each(profile), jsonb_object_keys(profile) FROM patients
SELECT p.to_jsonb FROM patients p
SELECT name(p), p.name, text(email) FROM patients p
SELECT now() - at, at::date, at + interval '1 day', age(at) FROM visits
SELECT sum(cost), avg(cost), stddev(balance), count(*) FILTER (WHERE true), mode() WITHIN GROUP (ORDER BY city) FROM visits, patients
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY cost), rank(1) WITHIN GROUP (ORDER BY cost), array_agg(note) FROM visits
SELECT readings.tableoid, value FROM readings
SELECT state, state::text, 'low'::mood, zip, zip || 1, tags[1], tags[1:2], stay FROM patients
SELECT current_user, session_user, current_date, localtime, current_schema, current_catalog
SELECT CASE WHEN true THEN 1 ELSE 2.5 END, coalesce(NULL, 1), greatest(1, 2.5), nullif(1, 2), ARRAY[1, 2.5], ARRAY[]::int[], ARRAY[[1],[2]]
SELECT CASE WHEN true THEN 'a'::text ELSE 'b'::varchar END, CASE WHEN true THEN 'a'::varchar ELSE 'b'::text END, CASE WHEN true THEN 'a'::name END, CASE WHEN true THEN 1 WHEN false THEN 2::int8 ELSE 3::int2 END
SELECT CASE WHEN true THEN data_type || 'x' ELSE data_type END, CASE WHEN true THEN data_type ELSE 'x'::text END FROM information_schema.columns
SELECT -1, - 1.5, 5 % 2, 2 ^ 3, |/ 4, 5 & 3, 1 << 2, 'a' || 1, 1 || 'a', date '2020-01-01' - 1, 1 = ANY (ARRAY[1])
SELECT EXTRACT(epoch FROM now()), position('a' IN 'b'), trim(' a '), substring('a' FROM 1), overlay('a' PLACING 'b' FROM 1), now() AT TIME ZONE 'utc'
SELECT 'a' LIKE 'b', 'a' SIMILAR TO 'b', (now(), now()) OVERLAPS (now(), now())
SELECT xmlelement(name a), xmlforest(1 AS b), xmlparse(content 'x'), xmlpi(name p), xmlserialize(document '<a/>' AS text), xmlagg(xmlelement(name z))
SELECT * FROM XMLTABLE('/a' PASSING xmlelement(name a) COLUMNS n FOR ORDINALITY, x int PATH 'b')
SELECT * FROM patients NATURAL JOIN visits
SELECT * FROM (patients JOIN visits USING (id)) AS j
SELECT j.id, x.id FROM patients JOIN visits USING (id) AS j CROSS JOIN contacts x
SELECT * FROM patients p(a) LEFT JOIN visits v(b) ON a = b
SELECT int4range(1, 2) * int4range(1, 3), lower(int4range(1, 2)), range_agg(int4range(1, 2)), multirange(int4range(1, 2))
SELECT grouping(city), city, count(*) FROM patients GROUP BY ROLLUP (city)
SELECT first_value(city) OVER w, lag(city, 1) OVER w, ntile(3) OVER w, cume_dist() OVER w FROM patients WINDOW w AS (ORDER BY id)
SELECT timezone('utc', now()), to_char(now(), 'x'), '1'::int + 1, int '5', '{1}'::int[] || 1, array_append(ARRAY[1], 2), unnest(ARRAY['a'])
SELECT id FROM patients WHERE id = $1 AND email LIKE $2 AND born BETWEEN $3 AND $4 LIMIT $5
SELECT relid FROM pg_partition_ancestors('readings_low') AS other
SHOW search_path
EXPLAIN (FORMAT json) SELECT 1
`;

/** Only where the server knows them. */
const newer = `
INSERT INTO visits AS v SELECT * FROM visits RETURNING v.note, v.*, old.note, new.cost, old, new.*
MERGE INTO visits v USING patients p ON p.id = v.patient_id WHEN MATCHED THEN UPDATE SET note = p.ssn RETURNING merge_action(), v.*, p.ssn, old.note
WITH x AS (UPDATE visits SET note = 1 WHERE id = 1 RETURNING old.note AS o, new.note AS n, id) SELECT * FROM x
INSERT INTO visits VALUES (1) ON CONFLICT (id) DO UPDATE SET note = excluded.note RETURNING note, old.note
SELECT JSON_OBJECT('a': 1), JSON_ARRAY(1, 2 RETURNING jsonb), JSON_OBJECTAGG('a': 1), JSON_ARRAYAGG(1), JSON('1'), JSON_SCALAR(1), JSON_SERIALIZE('1'), '1' IS JSON
SELECT JSON_OBJECT('a': profile), JSON_ARRAY(id, profile), JSON_ARRAY(profile RETURNING json), JSON_ARRAY(SELECT profile FROM patients), JSON_OBJECT('a': profile RETURNING text) FROM patients
SELECT JSON_ARRAYAGG(profile ORDER BY id), JSON_OBJECTAGG(id: profile), JSON_OBJECTAGG(id: id WITH UNIQUE KEYS), JSON_ARRAYAGG(id) FILTER (WHERE id > 1) FROM patients
SELECT JSON_EXISTS('{}', '$'), JSON_VALUE('{}', '$' RETURNING int), JSON_QUERY('{}', '$')
SELECT * FROM JSON_TABLE('[]', '$[*]' COLUMNS (n FOR ORDINALITY, a int PATH '$', b text EXISTS PATH '$', NESTED '$.x[*]' COLUMNS (d int PATH '$')))
`;

const lines = (text: string): string[] => text.split('\n').filter(line => line !== '');

async function compare(text: string): Promise<void> {
  const { columns } = await target.sql.unsafe(text).describe();
  const analysis = analyzeWith(target.catalog, text);
  if (!analysis.ok) throw new Error(analysis.refusal.message);
  const outputs = (analysis.statements[0]?.outputs ?? []).map(({ name, typeOid, wire }) => ({
    name,
    type: describedType(target, typeOid),
    table: wire?.relationOid ?? 0,
    column: wire?.attnum ?? 0,
  }));
  const described = columns.map(column => {
    const { name, type, table, number } = column as unknown as {
      name: string;
      type: number;
      table: number;
      number: number;
    };
    // System columns have negative numbers; the driver reads them unsigned.
    return { name, type, table, column: (number << 16) >> 16 };
  });
  expect(outputs).toEqual(described);
}

describe('output columns', () => {
  it.each(lines(texts))('%s', compare);

  it('of newer constructs', async () => {
    if (target.data.serverVersion < 180000) return;
    for (const text of lines(newer)) await compare(text);
  });
});
