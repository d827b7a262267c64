/** Shapes of queries, in the grammar of `forms-testing.ts`: where expressions can stand, rather than what they are made of. */
const col = '{=o_text|m_text|id|o_int4|m_int4}';
const frame =
  '{=ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING|ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW|GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW|RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE TIES|ROWS BETWEEN 2 FOLLOWING AND 3 FOLLOWING}';
const explain =
  '{=|ANALYZE, TIMING OFF, |VERBOSE, |ANALYZE, TIMING OFF, VERBOSE, |GENERIC_PLAN, |VERBOSE, GENERIC_PLAN, |SETTINGS, |ANALYZE, TIMING OFF, WAL, |ANALYZE, TIMING OFF, SERIALIZE TEXT, |ANALYZE, TIMING OFF, SERIALIZE BINARY, |FORMAT JSON, |FORMAT XML, VERBOSE, |FORMAT YAML, ANALYZE, TIMING OFF, }COSTS OFF, SUMMARY OFF, BUFFERS OFF';
const shown = '{=o.id, {any}|o.*|o|{any}, {any}|o.m_text, o.o_text|count(*)}';

const windows: readonly string[] = [
  `SELECT o.id, {=max|min|array_agg|count|jsonb_agg|first_value|last_value|any_value}({any}) OVER (ORDER BY o.id ${frame}) FROM odd o ORDER BY o.id`,
  `SELECT o.id, {=nth_value({any}, 2)|lag({any}, 1, NULL)|lead(o.id, 1)|ntile(2)|row_number()|dense_rank()|cume_dist()|count(*)} OVER ({=|PARTITION BY o.o_bool |PARTITION BY o.m_text IS NULL |PARTITION BY {any} }ORDER BY {=o.id|o.o_int4, o.id|o.m_text IS NULL, o.id}) FROM odd o ORDER BY o.id`,
  `SELECT o.id, {=count|max}({any}) FILTER (WHERE {bool}) OVER w, {=sum(o.id)|lag({any})} OVER {=w|(w ${frame})} FROM odd o WINDOW w AS (ORDER BY o.id) ORDER BY 1`,
  `SELECT o.id, sum(o.id) OVER (ORDER BY {=o.o_int4|o.m_int4|o.o_date|o.m_date|o.o_numeric} RANGE BETWEEN {=1 PRECEDING|'1 day' PRECEDING|CURRENT ROW} AND CURRENT ROW) FROM odd o ORDER BY o.id`,
  `SELECT o.id, count(*) OVER (ORDER BY o.id ROWS {int4} PRECEDING) FROM odd o`,
];

const groups: readonly string[] = [
  `SELECT {=o.o_bool|o.m_bool|GROUPING(o.o_bool)|GROUPING(o.o_bool, o.o_int2)}, {aggregate} FROM odd o GROUP BY {=ROLLUP (o.o_bool, o.o_int2)|CUBE (o.o_bool, o.o_int2)|GROUPING SETS ((o.o_bool), (o.o_int2), ())|DISTINCT ROLLUP (o.o_bool), ROLLUP (o.o_int2)|ALL o.o_bool, ROLLUP (o.m_bool)|CUBE (o.m_bool)} ORDER BY 1, 2`,
  `SELECT {=count(*)|count(o.m_text)|max(o.id)}, o.m_text IS NULL FROM odd o GROUP BY {=2|o.m_text IS NULL|GROUPING SETS (o.m_text IS NULL, ())} ORDER BY 2`,
  `SELECT o.id, o.m_text, {any} FROM odd o GROUP BY o.id {=|HAVING {bool}|HAVING count(o.m_text) > 0} ORDER BY o.id`,
  `SELECT {x}, count(*) FROM odd o GROUP BY {=1|{x}}`,
  `SELECT {=DISTINCT ON (o.o_bool)|DISTINCT|DISTINCT ON ({any})|ALL} {=o.o_bool, o.id|o.o_bool, {any}|{any}} FROM odd o ORDER BY {=1|1, 2|o.o_bool, o.id}`,
  `SELECT {aggregate} {=|OVER ()|OVER (PARTITION BY o.o_bool)} FROM odd o {=|GROUP BY ()|GROUP BY o.o_bool|HAVING count(*) > 2}`,
];

const joins: readonly string[] = [
  `SELECT ${col} FROM odd o NATURAL JOIN (SELECT {=id|id, o_bool|id, m_bool|id, m_text AS z} FROM odd) p ORDER BY id`,
  `SELECT * FROM (SELECT o.id, {any} a FROM odd o) o {=LEFT|FULL|RIGHT|INNER} JOIN (SELECT id, m_text b FROM odd WHERE id < 5) p USING (id) {=|AS u} ORDER BY 1`,
  `SELECT {=u|u.id|j|j.z|p.b} FROM (odd o JOIN (SELECT id, {=m_text|o_text} b FROM odd) p USING (id) AS u) {=|AS j (z)}`,
  `SELECT o.id, p.id FROM odd o {=LEFT|FULL|RIGHT} JOIN odd p ON {=o.id = p.id + 1|o.m_text IS NULL AND o.id = p.id|o.o_bool = p.o_bool|o.m_bool = p.m_bool|o.id = p.id AND {bool}} ORDER BY 1, 2`,
  `SELECT a, b, c, d FROM odd AS o (a, b, c, d) ORDER BY a`,
  `SELECT o.id, l.* FROM odd o {=JOIN|LEFT JOIN} LATERAL (SELECT {any} z, i.id FROM odd i WHERE i.id {==|<} o.id {=|ORDER BY i.id LIMIT 2}) l ON true ORDER BY o.id`,
  `SELECT o.id, v.* FROM odd o, LATERAL (VALUES ({x}, {y}), ({x}, {y})) v (a, b) ORDER BY o.id`,
  `SELECT o.id FROM odd o WHERE {=EXISTS|NOT EXISTS} (SELECT FROM odd i WHERE i.id > o.id AND {=i.m_text IS NULL|i.o_bool|i.m_bool|i.m_int4 = o.m_int4|i.id = o.o_int4}) ORDER BY o.id`,
];

const recursive: readonly string[] = [
  `WITH RECURSIVE r (n, v) AS (SELECT o.id, {x} FROM odd o WHERE o.id = 1 {=UNION|UNION ALL} SELECT r.n + 1, {=r.v|(SELECT {i.x} FROM odd i WHERE i.id = r.n)} FROM r WHERE r.n < {=4|(SELECT i.m_int2 FROM odd i WHERE i.id = 2)}) SELECT {=*|v|count(*)|n, v IS NULL} FROM r`,
  `WITH RECURSIVE r (n, v) AS (SELECT 1, CAST({text} AS text) FROM odd o WHERE o.id = 2 UNION ALL SELECT n + 1, r.v FROM r WHERE n < 3) {=SEARCH DEPTH FIRST BY n SET k|SEARCH BREADTH FIRST BY n, v SET k|CYCLE n SET c USING p|CYCLE v SET c USING p|CYCLE n SET c TO 'y' DEFAULT 'n' USING p|} SELECT * FROM r`,
  `WITH RECURSIVE t (id, w) AS (SELECT o.id, o.{=m_text|o_text} FROM odd o WHERE o.id = 1 UNION ALL SELECT o.id, {=t.w|o.o_text|o.m_text} FROM t JOIN odd o ON o.id = t.id + 1) SELECT {=*|t|w, t.*} FROM t`,
  `WITH a AS {=|MATERIALIZED|NOT MATERIALIZED} (SELECT o.id, {x} v FROM odd o), b AS (SELECT v, id FROM a UNION ALL SELECT {x}, 3 FROM odd o WHERE o.id = 3) SELECT {=*|b|v} FROM b ORDER BY id LIMIT 4`,
];

const tables: readonly string[] = [
  `SELECT o.id, j.* FROM odd o, JSON_TABLE({=to_jsonb(o)|o.m_jsonb|o.o_jsonb|jsonb_build_object('a', {any})}, '{=$|$.*|$[*]|lax $.a|strict $}' {=|AS root} COLUMNS (n FOR ORDINALITY, a {=text|int|jsonb|bool EXISTS} PATH '{=$|$.a|$.m_text|$.id}' {=|NULL ON EMPTY NULL ON ERROR|DEFAULT '5' ON ERROR|ERROR ON ERROR}, NESTED PATH '{=$.n[*]|$[*]|$.m_jsonb}' COLUMNS (b text PATH '$', q FOR ORDINALITY)) {=|ERROR ON ERROR|EMPTY ON ERROR}) j ORDER BY o.id LIMIT 20`,
  `SELECT x.* FROM odd o, XMLTABLE('{=/a|//a|/*|a/text()}' PASSING {=o.m_xml|o.o_xml|xmlelement(name a, {text})} COLUMNS n FOR ORDINALITY, b text PATH '{=.|@b|text()}' DEFAULT {=NULL|'none'|o.m_text|o.o_text}, c xml PATH '.' {=|NOT NULL}) x ORDER BY o.id`,
  `SELECT o.id, {=JSON_OBJECT('a': {any}, {text} VALUE {any} {=|NULL ON NULL|ABSENT ON NULL|WITH UNIQUE KEYS} RETURNING text)|JSON_ARRAY({any}, {any} {=|NULL ON NULL|ABSENT ON NULL})|JSON_SCALAR({any})|JSON_SERIALIZE({jsonb} RETURNING {=text|bytea})|JSON({text})|JSON_ARRAY(SELECT i.m_text FROM odd i WHERE i.id < 3)} FROM odd o ORDER BY o.id`,
  `SELECT {=JSON_OBJECTAGG(o.o_text: {any} {=|ABSENT ON NULL})|JSON_ARRAYAGG({any} {=|ORDER BY o.id|NULL ON NULL|RETURNING jsonb})} FROM odd o WHERE o.id < 6`,
  `SELECT JSON_VALUE({=o.m_jsonb|o.o_jsonb|to_jsonb(o)}, '{=$.a|$.m_text|$.id|$.$v}' PASSING {any} AS v RETURNING {=text|int|date} {=|DEFAULT NULL ON ERROR|ERROR ON ERROR}), JSON_EXISTS(to_jsonb(o), '$.m_text ? (@ == $w)' PASSING {text} AS w) FROM odd o ORDER BY o.id`,
  `SELECT * FROM ROWS FROM (unnest(ARRAY(SELECT o.{=m_text|o_text} FROM odd o ORDER BY o.id)), generate_series(1, 3), {=jsonb_each_text((SELECT to_jsonb(o) FROM odd o WHERE o.id = 1))|unnest(ARRAY[1, 2])|regexp_split_to_table('a,b', ',')|jsonb_to_recordset(jsonb_build_array(jsonb_build_object('a', 1))) AS (a int)}) {=|WITH ORDINALITY} AS t`,
  `SELECT r.* FROM odd o, LATERAL {=jsonb_to_record(to_jsonb(o)) AS r (id int, m_text text, o_text text)|jsonb_populate_record(NULL::odd, to_jsonb(o)) r|jsonb_to_record({jsonb}) AS r (a text, n jsonb)|unnest(o.m_text_array, o.o_text_array) r|ROWS FROM (unnest(o.m_text_array), unnest(o.m_int4_array)) r|regexp_matches({text}, 'a') r|string_to_table({text}, ',') r} ORDER BY o.id LIMIT 12`,
  `SELECT {=count(*)|o.id|o.m_text} FROM odd o TABLESAMPLE {=BERNOULLI|SYSTEM} ({=100|50|(SELECT i.m_int2 FROM odd i WHERE i.id = 1)|(SELECT 100)}) REPEATABLE ({=3|(SELECT i.m_int4 FROM odd i WHERE i.id = 2)})`,
  `VALUES ({=(SELECT {any} FROM odd o WHERE o.id = 1), 1), ((SELECT {any} FROM odd o WHERE o.id = 2)|1, (SELECT {any} FROM odd o WHERE o.id = 4)}, 2)`,
  `TABLE odd {=|ORDER BY id LIMIT 2|ORDER BY 1 OFFSET 3 ROWS FETCH NEXT 2 ROWS ONLY|ORDER BY m_text|ORDER BY 2}`,
];

const rows: readonly string[] = [
  `SELECT {=(o).m_text|(o).*|(ROW(o.*)).f2|(ROW(o.m_text, o.id)).f1|(SELECT o)|(SELECT (i).m_text FROM odd i WHERE i.id = o.id)|ARRAY[o]|(ARRAY[o])[1].m_text|(ARRAY[o.*])[1].o_text|(array_agg(o) OVER ())[1].m_text|ROW(o, 1)|ROW(o.*, {any})|hashtext(CAST(o AS text))|o = o|o IS NOT NULL|o IS DISTINCT FROM o|row_to_json(o)|json_build_array(o, {any})|jsonb_build_object('k', o)|(jsonb_populate_record(o, jsonb_build_object())).m_text|(CAST(CAST(o AS text) AS odd)).m_text|(jsonb_populate_record(NULL::odd, to_jsonb(o))).m_text|num_nulls(VARIADIC ARRAY[o.m_text, o.o_text])|to_jsonb(o) - 'm_text'|to_jsonb(o) ->> 'o_text'} FROM odd o ORDER BY o.id LIMIT 5`,
  `SELECT {=ARRAY[{text}, {text}]|ARRAY[[{text}], [{text}]]|ARRAY[{text}] {=@>|&&|=|<@} ARRAY[{text}]|(ARRAY[{x}, {x}])[1:{=1|2}]|ARRAY(SELECT {i.x} FROM odd i ORDER BY i.id)|ARRAY(SELECT ARRAY[{i.text}] FROM odd i WHERE i.id < 3)|cardinality(ARRAY[{x}, {x}])|ARRAY[{text}] IS NULL|array_dims(o.m_text_array)} FROM odd o ORDER BY o.id`,
  `SELECT (q).{=a|b|*} FROM (SELECT ROW({any}, {any}) z, o.id a, {any} b FROM odd o) q ORDER BY a`,
  `SELECT {=q|q.*|to_jsonb(q)|q IS NULL|count(q)|q.v IS NULL|q::text} FROM (SELECT o.*, {any} v FROM odd o WHERE o.id < 4 ORDER BY o.id) q {=|GROUP BY q}`,
];

const sets: readonly string[] = [
  `SELECT {=o.o_text|o.m_text|{text}}, o.id FROM odd o {=UNION ALL|UNION|INTERSECT|EXCEPT|INTERSECT ALL|EXCEPT ALL} SELECT {=i.m_text|i.o_text|'x'|NULL}, i.id FROM odd i {=|ORDER BY 2|ORDER BY 1, 2|ORDER BY 2 LIMIT 3}`,
  `SELECT q.a, q.b FROM (SELECT {x} a, {y} b FROM odd o UNION ALL SELECT {x}, {y} FROM odd o) q`,
  `(SELECT o.id, {x} FROM odd o ORDER BY o.id LIMIT 2) UNION ALL (SELECT o.id, {x} FROM odd o ORDER BY o.id DESC LIMIT 2) UNION ALL VALUES (1, {const x})`,
  `SELECT o.id, {=o.m_text|o.o_text} FROM odd o WHERE (o.id, {=o.m_text|o.o_text}) {=IN|NOT IN} (SELECT i.id, {=i.m_text|i.o_text} FROM odd i) ORDER BY 1`,
  `SELECT o.id FROM odd o ORDER BY {=o.id|o.o_int4|o.m_int4|{any}|o.m_text IS NULL|1|o.id USING >} {=|DESC|NULLS FIRST} {=FETCH FIRST 3 ROWS WITH TIES|LIMIT {int4}|OFFSET 3|LIMIT ALL OFFSET {int2}|FETCH FIRST (SELECT i.o_int2 FROM odd i WHERE i.id = 1) ROWS ONLY|LIMIT (SELECT count(i.m_text) FROM odd i)|OFFSET (SELECT count(*) FROM odd i WHERE i.m_bool)}`,
  `SELECT ${shown} FROM odd o {=WHERE o.id = 1|WHERE {bool}|WHERE o.m_text IS NULL}`,
  `SELECT o.id, {any} FROM odd o WHERE {=o.id = {int4}|o.id = ANY (ARRAY[{int4}, {int4}])|o.id IN ({int4}, 3)|o.id < {int8}|o.id::text = {text}} ORDER BY o.id`,
];

const plans: readonly string[] = [
  `EXPLAIN (${explain}) SELECT ${shown} FROM odd o {=|WHERE o.id = 3|WHERE {bool}|ORDER BY o.id|ORDER BY o.m_text|WHERE o.o_int4 > 3 LIMIT 2}`,
  `EXPLAIN (${explain}) SELECT o.id, p.{=m_text|o_text|id} FROM odd o {=JOIN|LEFT JOIN} odd p ON {=o.id = p.id|o.o_text = p.o_text|o.m_text = p.m_text}`,
  `EXPLAIN (${explain}) {=WITH q AS MATERIALIZED (SELECT {any} a FROM odd o) SELECT a FROM q|SELECT {any} FROM odd o UNION ALL SELECT {any} FROM odd o|SELECT DISTINCT o.o_text FROM odd o|SELECT {aggregate} FROM odd o|SELECT o.id, (SELECT i.m_text FROM odd i WHERE i.id = o.o_int4) FROM odd o|SELECT max(o.m_text) OVER (ORDER BY o.id) FROM odd o|SELECT j FROM odd o, jsonb_each_text(o.m_jsonb) j}`,
];

export const shapes: readonly string[] = [
  ...windows,
  ...groups,
  ...joins,
  ...recursive,
  ...tables,
  ...rows,
  ...sets,
  ...sets,
  ...plans,
];
