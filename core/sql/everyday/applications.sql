-- What object mappers, drivers, dashboards and services send. An empty line ends each statement.

INSERT INTO "users" ("email", "name", "created_at", "updated_at") VALUES ($1, $2, $3, $4) RETURNING "id"

INSERT INTO users (email, name) SELECT * FROM UNNEST($1::text[], $2::text[]) ON CONFLICT (email) DO NOTHING RETURNING id, email

INSERT INTO users (email, name) VALUES ('a@b.c', 'x'), ('d@e.f', DEFAULT) ON CONFLICT (email) DO UPDATE SET name = EXCLUDED.name, updated_at = now() WHERE users.name IS DISTINCT FROM EXCLUDED.name RETURNING id, (xmax = 0) AS inserted

INSERT INTO inventory AS i (sku, qty) VALUES ('a', 1) ON CONFLICT ON CONSTRAINT inventory_pkey DO UPDATE SET qty = i.qty + excluded.qty RETURNING *

INSERT INTO inventory DEFAULT VALUES

INSERT INTO posts (title, tags, meta) VALUES ('x', ARRAY['a'], '{"a":1}'::jsonb) RETURNING *

INSERT INTO posts (id, title) OVERRIDING SYSTEM VALUE VALUES (5, 'x')

WITH moved AS (DELETE FROM staging WHERE updated_at < now() - interval '1 day' RETURNING *) INSERT INTO inventory (sku, qty) SELECT name, count(*)::int FROM moved GROUP BY name

WITH ins AS (INSERT INTO users (email) VALUES ('q@q.q') RETURNING id) INSERT INTO posts (user_id, title) SELECT id, 'hello' FROM ins RETURNING id

WITH upd AS (UPDATE jobs SET locked_at = now(), locked_by = 'w1', attempts = attempts + 1 WHERE id = (SELECT id FROM jobs WHERE state = 'queued' AND run_at <= now() ORDER BY run_at FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING *) SELECT * FROM upd

UPDATE jobs SET state = 'running' FROM (SELECT id FROM jobs WHERE state = 'queued' ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED) q WHERE jobs.id = q.id RETURNING jobs.id, jobs.payload

UPDATE "posts" SET "title" = $1, "lock_version" = $2, "updated_at" = $3 WHERE "posts"."id" = $4 AND "posts"."lock_version" = $5

UPDATE posts SET (title, body) = ('a', 'b'), tags = array_append(tags, 'x'), meta = jsonb_set(coalesce(meta, '{}'), '{a}', '1') WHERE id = 1

UPDATE posts SET meta['a'] = '5', tags[1] = 'q' WHERE id = 2

UPDATE users SET (name, balance) = (SELECT title, 5 FROM posts WHERE user_id = users.id LIMIT 1) WHERE id = 1

UPDATE inventory SET qty = qty - v.n, updated_at = now() FROM (VALUES ('a', 1), ('b', 2)) AS v(sku, n) WHERE inventory.sku = v.sku

UPDATE posts p SET published = true FROM users u WHERE u.id = p.user_id AND u.deleted_at IS NULL AND p.published_at <= now()

DELETE FROM comments c USING posts p WHERE p.id = c.post_id AND p.user_id = 3

DELETE FROM "posts" WHERE "posts"."id" IN (1, 2, 3)

DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < now() - interval '1 year' ORDER BY id LIMIT 1000)

MERGE INTO inventory t USING staging s ON t.sku = s.name WHEN MATCHED AND s.amount = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET qty = s.amount::int, updated_at = now() WHEN NOT MATCHED THEN INSERT (sku, qty) VALUES (s.name, s.amount::int)

MERGE INTO inventory t USING (VALUES ('a', 5)) s(sku, qty) ON t.sku = s.sku WHEN MATCHED THEN UPDATE SET qty = t.qty + s.qty WHEN NOT MATCHED THEN INSERT VALUES (s.sku, s.qty, 0, now()) RETURNING merge_action(), t.*

INSERT INTO users (email) VALUES ('x@y.z') RETURNING old.id, new.id

SELECT "users".* FROM "users" WHERE "users"."email" = $1 LIMIT $2

SELECT 1 AS one FROM "users" WHERE "users"."email" = 'a' LIMIT 1

SELECT COUNT(*) FROM (SELECT 1 AS one FROM "posts" WHERE "posts"."published" = TRUE LIMIT 11 OFFSET 0) subquery_for_count

SELECT DISTINCT "posts"."id", "posts"."created_at" AS alias_0 FROM "posts" LEFT OUTER JOIN "comments" ON "comments"."post_id" = "posts"."id" ORDER BY "posts"."created_at" DESC LIMIT 25

SELECT "posts"."id" AS t0_r0, "posts"."user_id" AS t0_r1, "users"."id" AS t1_r0, "users"."email" AS t1_r1 FROM "posts" LEFT OUTER JOIN "users" ON "users"."id" = "posts"."user_id" WHERE "posts"."id" IN (1, 2)

SELECT "auth_user"."id", COUNT("posts"."id") AS "num", (SELECT U0."title" FROM "posts" U0 WHERE U0."user_id" = ("auth_user"."id") ORDER BY U0."created_at" DESC LIMIT 1) AS "latest" FROM "users" "auth_user" LEFT OUTER JOIN "posts" ON ("auth_user"."id" = "posts"."user_id") WHERE (UPPER("auth_user"."name"::text) LIKE UPPER('%x%') AND NOT ("auth_user"."deleted_at" IS NOT NULL)) GROUP BY "auth_user"."id" HAVING COUNT("posts"."id") > 3 ORDER BY "num" DESC

SELECT (1) AS "a" FROM "users" WHERE "users"."id" = 1 LIMIT 1

SELECT users.id, users.email FROM users WHERE users.id IN (1, 2) AND users.created_at BETWEEN SYMMETRIC '2024-01-02' AND '2024-01-01'

select u1_0.id, u1_0.email, u1_0.name from users u1_0 where u1_0.email = $1 fetch first $2 rows only

select p1_0.id, p1_0.title, row_number() over (order by p1_0.id) rn from posts p1_0 left join users u1_0 on u1_0.id = p1_0.user_id where p1_0.title like $1 escape '\' offset $2 rows fetch first $3 rows only

SELECT "public"."users"."id", "public"."users"."email" FROM "public"."users" WHERE ("public"."users"."email" = $1 AND 1=1) LIMIT $2 OFFSET $3

SELECT "t0"."id", "t0"."name", "User_posts"."__prisma_data__" AS "posts" FROM "public"."users" AS "t0" LEFT JOIN LATERAL (SELECT COALESCE(JSONB_AGG("__prisma_data__"), '[]') AS "__prisma_data__" FROM (SELECT "t3"."__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT('id', "t2"."id", 'title', "t2"."title") AS "__prisma_data__" FROM (SELECT "t1".* FROM "public"."posts" AS "t1" WHERE "t0"."id" = "t1"."user_id") AS "t2") AS "t3") AS "t4") AS "User_posts" ON TRUE WHERE 1=1

select "id", "name", "posts"."data" as "posts" from "users" left join lateral (select coalesce(json_agg(json_build_array("users_posts"."id", "users_posts"."title")), '[]'::json) as "data" from "posts" "users_posts" where "users_posts"."user_id" = "users"."id") "posts" on true where "users"."id" = $1

SELECT "user"."id" AS "user_id", "user"."email" AS "user_email" FROM "users" "user" LEFT JOIN "posts" "post" ON "post"."user_id"="user"."id" WHERE "user"."id" IN (1, 2) ORDER BY "user"."id" ASC LIMIT 10

SELECT DISTINCT "distinctAlias"."user_id" AS "ids_user_id", "distinctAlias"."user_id" FROM (SELECT "user"."id" AS "user_id", "post"."id" AS "post_id" FROM "users" "user" LEFT JOIN "posts" "post" ON "post"."user_id"="user"."id") "distinctAlias" ORDER BY "user_id" ASC LIMIT 1

SELECT count("user"."id") AS "count" FROM "users" AS "user" WHERE ("user"."deleted_at" IS NULL AND "user"."settings"->>'theme' = 'dark')

SELECT u0."id", u0."email" FROM "users" AS u0 INNER JOIN "posts" AS p1 ON p1."user_id" = u0."id" WHERE (p1."title" ILIKE $1) AND (u0."id" = ANY($2)) ORDER BY p1."id" LIMIT $3

SELECT sp0."id", sp0."user_id" FROM (SELECT DISTINCT ON (sp0."user_id") sp0."id" AS "id", sp0."user_id" AS "user_id" FROM "posts" AS sp0) AS sp0

SELECT t."Id", date_trunc('day', now() AT TIME ZONE 'UTC')::timestamp, floor(random()*5)::int FROM "Weird Table" AS t WHERE t."order" & 1 = 0 AND NOT (t."Full Name" IS NULL)

SELECT * FROM "users" WHERE "users"."deleted_at" IS NULL AND "users"."id" = 10 ORDER BY "users"."id" LIMIT 1

select "public"."posts"."id", "public"."posts"."title", multiset_agg from "public"."posts" join (select 1 as multiset_agg) as x on true

select "public"."posts"."id", (select coalesce(jsonb_agg(jsonb_build_array("v0", "v1")), jsonb_build_array()) from (select "public"."comments"."id" as "v0", "public"."comments"."body" as "v1" from "public"."comments" where "public"."comments"."post_id" = "public"."posts"."id") as "t") from "public"."posts" where true offset 0 rows fetch next 10 rows only

SELECT users.id, users."name" FROM users WHERE (users.id = 1) AND (users."name" IN ('a')) FOR UPDATE OF users NOWAIT

SELECT SUM(events.amount) FROM events WHERE events."at" >= TIMESTAMP '2024-01-01' AND events.kind ~* 'x'

SELECT "public"."events"."kind" AS "kind", DATE_TRUNC('month', "public"."events"."at") AS "at", COUNT(*) AS "count" FROM "public"."events" WHERE ("public"."events"."at" >= DATE_TRUNC('month', (NOW() + (INTERVAL '-12 month')))) AND ("public"."events"."at" < DATE_TRUNC('month', NOW())) GROUP BY "public"."events"."kind", DATE_TRUNC('month', "public"."events"."at") ORDER BY "public"."events"."kind" ASC, DATE_TRUNC('month', "public"."events"."at") ASC

SELECT CAST("source"."at" AS date) AS "at", AVG("source"."amount") AS "avg" FROM (SELECT "public"."events"."at" AS "at", "public"."events"."amount" AS "amount", CASE WHEN "public"."events"."score" > 0.5 THEN 'hi' ELSE 'lo' END AS "seg" FROM "public"."events") AS "source" WHERE "source"."seg" = 'hi' GROUP BY CAST("source"."at" AS date) LIMIT 2000

SELECT (CAST(extract(dow from "public"."events"."at") AS integer) + 1) AS "dow", FLOOR((("public"."events"."amount" - 0.0) / 10.0)) * 10.0 + 0.0 AS bin, count(distinct "public"."events"."user_id") FROM "public"."events" GROUP BY 1, 2 ORDER BY 1

SELECT DATE_TRUNC('day', at) AS __timestamp, kind AS kind, COUNT(*) AS count FROM public.events JOIN (SELECT kind AS kind__, COUNT(*) AS mme_inner__ FROM public.events WHERE at >= TO_TIMESTAMP('2024-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY kind ORDER BY mme_inner__ DESC LIMIT 50) AS series_limit ON kind = kind__ WHERE at < TO_TIMESTAMP('2025-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY kind, DATE_TRUNC('day', at) ORDER BY count DESC LIMIT 10000

SELECT "events"."kind" AS "kind", SUM(1) AS "cnt:events:ok", CAST(TRUNC(EXTRACT(YEAR FROM "events"."at")) AS INTEGER) AS "yr:at:ok" FROM "public"."events" "events" GROUP BY 1, 3

SELECT 1 AS "one" FROM "public"."events" "events" HAVING COUNT(1) > 0

select "_"."kind", "_"."C1" from (select "rows"."kind" as "kind", count(1) as "C1" from (select "kind", "id" from "public"."events" "$Table") "rows" group by "kind") "_" limit 1001

SELECT events.kind AS "events.kind", COUNT(*) AS "events.count", COALESCE(SUM(CAST(events.amount AS DOUBLE PRECISION)), 0) AS "events.total", DATE(events.at AT TIME ZONE 'UTC') AS "events.at_date" FROM public.events AS events LEFT JOIN users ON users.id = events.user_id WHERE ((( events.at ) >= ((SELECT (DATE_TRUNC('day', CURRENT_TIMESTAMP) + (-6 || ' day')::INTERVAL))) AND ( events.at ) < ((SELECT ((DATE_TRUNC('day', CURRENT_TIMESTAMP) + (-6 || ' day')::INTERVAL) + (7 || ' day')::INTERVAL))))) GROUP BY 1, DATE(events.at AT TIME ZONE 'UTC') ORDER BY 2 DESC FETCH NEXT 500 ROWS ONLY

SELECT floor(extract(epoch from at)/60)*60 AS "time", avg(score) AS value, kind as metric FROM events WHERE at BETWEEN '2024-01-01T00:00:00Z' AND '2024-01-02T00:00:00Z' GROUP BY 1, kind ORDER BY 1

SELECT to_timestamp(floor((extract(epoch from at))/300)*300) AS "time", count(*) FROM events WHERE extract(epoch from at) >= 1700000000 GROUP BY 1 ORDER BY 1

WITH pgrst_source AS (SELECT "public"."posts"."id", "public"."posts"."title", row_to_json("posts_users_1".*)::jsonb AS "users" FROM "public"."posts" LEFT JOIN LATERAL (SELECT "users_1"."id", "users_1"."name" FROM "public"."users" AS "users_1" WHERE "users_1"."id" = "public"."posts"."user_id") AS "posts_users_1" ON TRUE WHERE "public"."posts"."published" IS true ORDER BY "public"."posts"."id" ASC LIMIT 10 OFFSET 0) SELECT null::bigint AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]') AS body, nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted FROM (SELECT * FROM pgrst_source) _postgrest_t

SELECT coalesce(json_agg("root"), '[]') AS "root" FROM (SELECT row_to_json((SELECT "_e" FROM (SELECT "_root.base"."id" AS "id", "_root.or.user"."user" AS "user") AS "_e")) AS "root" FROM (SELECT * FROM "public"."posts" WHERE (("public"."posts"."published") = (('true')::boolean))) AS "_root.base" LEFT OUTER JOIN LATERAL (SELECT row_to_json((SELECT "_e" FROM (SELECT "_root.or.user.base"."name" AS "name") AS "_e")) AS "user" FROM (SELECT * FROM "public"."users" WHERE (("_root.base"."user_id") = ("id")) LIMIT 1) AS "_root.or.user.base") AS "_root.or.user" ON ('true')) AS "_root"

SELECT nextval('users_id_seq'), currval('users_id_seq'), lastval(), setval('users_id_seq', (SELECT max(id) FROM users))

SELECT setval(pg_get_serial_sequence('users', 'id'), coalesce(max(id), 1), max(id) IS NOT NULL) FROM users

SELECT * FROM users WHERE id = 1 FOR NO KEY UPDATE

SELECT pg_advisory_xact_lock(hashtext('x'))

SELECT pg_try_advisory_lock(12345)

SELECT pg_advisory_unlock(12345)

EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM users WHERE id = 1

EXPLAIN UPDATE users SET name = 'x' WHERE id = 1

BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY DEFERRABLE

START TRANSACTION READ WRITE

COMMIT AND CHAIN

SAVEPOINT active_record_1

RELEASE SAVEPOINT active_record_1

ROLLBACK TO SAVEPOINT active_record_1

SET LOCAL synchronous_commit TO off

SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE

SET TRANSACTION ISOLATION LEVEL SERIALIZABLE

SET CONSTRAINTS ALL DEFERRED

SET application_name = 'x'

SET timezone TO 'UTC'

SET TIME ZONE 'Europe/Berlin'

SET datestyle TO 'ISO, DMY'

SET extra_float_digits = 3

SET intervalstyle TO iso_8601

SET bytea_output TO 'hex'

SET client_min_messages TO warning

SET lc_monetary TO 'C'

SET jit = off

SET app.current_tenant = '42'

SELECT set_config('app.tenant', '5', true)

SET client_encoding TO 'UTF8'

SET NAMES 'utf8'

SET standard_conforming_strings = on

SET search_path TO "$user", public

SHOW search_path

SHOW ALL

SHOW TRANSACTION ISOLATION LEVEL

SHOW server_version_num

RESET application_name

DISCARD ALL

DISCARD PLANS

DEALLOCATE ALL

LISTEN jobs

UNLISTEN *

COPY users (email, name) FROM STDIN WITH (FORMAT csv, HEADER true)

COPY posts FROM STDIN BINARY

COPY (SELECT * FROM events WHERE id < 100) TO STDOUT WITH CSV HEADER

COPY events TO STDOUT

COPY staging FROM STDIN WITH (FORMAT text, NULL '', DELIMITER '|')

DECLARE c NO SCROLL CURSOR WITHOUT HOLD FOR SELECT * FROM events

DECLARE c CURSOR WITH HOLD FOR SELECT id FROM users

PREPARE p (int) AS SELECT * FROM users WHERE id = $1

BEGIN; INSERT INTO staging VALUES (1, 'x', 5, now()); UPDATE staging SET amount = 6 WHERE id = 1; COMMIT

SELECT 1; SELECT 2;

;

/* ping */ SELECT 1

-- comment
SELECT 1 -- trailing

SELECT $$a$$, $tag$b$tag$, E'\n', U&'\0041', B'101', X'1F', 'it''s', 1e5, 0x1F, 1_000

SELECT name, setting, unit, short_desc FROM pg_settings WHERE name LIKE '%mem%'

VACUUM ANALYZE users

ANALYZE users (id, name)

REINDEX INDEX CONCURRENTLY users_pkey

REFRESH MATERIALIZED VIEW CONCURRENTLY daily

TRUNCATE staging

LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE

CREATE TEMP TABLE tmp_ids (id int) ON COMMIT DROP

CREATE TEMP TABLE tmp AS SELECT * FROM events LIMIT 10

CREATE TEMPORARY VIEW tv AS SELECT 1 AS a

SELECT id, 'x' AS label INTO TEMP t2 FROM users

with recursive sub as (select id from users where id = 1 union all select u.id from users u, sub where u.manager_id = sub.id) update users set settings = settings || '{"x": 1}' where id in (select id from sub)

with deleted as (delete from comments where post_id = 5 returning id, post_id), counted as (select post_id, count(*) n from deleted group by 1) update posts p set meta = jsonb_set(coalesce(meta, '{}'), '{deleted}', to_jsonb(n)) from counted where counted.post_id = p.id returning p.id

insert into posts (user_id, title) select u.id, 'Hi ' || u.name from users u where not exists (select 1 from posts p where p.user_id = u.id) returning id, title

insert into inventory (sku, qty) values ('a', 1), ('b', 2) on conflict (sku) do update set qty = inventory.qty + excluded.qty, updated_at = now() where inventory.qty + excluded.qty >= 0 returning sku, qty

insert into inventory (sku, qty) select * from unnest(array['x', 'y'], array[1, 2]) as t(s, q) on conflict do nothing

insert into app.settings (key, value) values ('a', to_jsonb('x'::text)) on conflict (key) do update set value = excluded.value

insert into events (kind, props, tags, attrs, span, path, ip) values ('x', '{"a": 1}', '{a,b}', 'a=>1', '[2024-01-01,2024-02-01)', 'a.b', '10.0.0.1') returning id, at, uid

insert into "Weird Table" ("Full Name", "order") values ('x', 1) returning "Id" as "Id"

insert into staging select * from staging where false

insert into app.contacts (mail, kind) values ('a@b.c', 'paid') returning id

update users set settings = jsonb_set(settings, '{theme}', '"dark"'), updated_at = current_timestamp where id = 1 returning *

update users u set name = s.name from staging s where s.id = u.id and u.name is distinct from s.name

update users set deleted_at = now() where id = any($1::int[]) and deleted_at is null

update inventory set reserved = reserved + 1 where sku = 'a' and qty - reserved > 0 returning qty - reserved as left

delete from users u where u.deleted_at < now() - interval '90 days' and not exists (select 1 from posts p where p.user_id = u.id)

delete from staging where ctid in (select ctid from staging where amount is null limit 100)

delete from jobs where id = (select id from jobs order by id for update skip locked limit 1) returning *

delete from comments where created_at < date_trunc('month', now()) - interval '1 year'

merge into users u using (select 5 as id, 'n' as name) s on u.id = s.id when matched and u.name <> s.name then update set name = s.name when not matched then do nothing

merge into inventory t using staging s on t.sku = s.name when not matched by source and t.qty = 0 then delete when matched then update set qty = 1

explain (costs off, verbose) select * from users u join posts p on p.user_id = u.id

explain (analyze, wal, settings, summary) insert into staging (id) values (1)

with x(a) as (values (1), (2)) update staging set amount = x.a from x where staging.id = x.a

with up as (update inventory set qty = 5 where sku = 'a' returning sku, qty), lo as (insert into staging (name, amount) select sku, qty from up returning id) select count(*) from lo

insert into posts (title, body, tags) values ('a', $$b$$, array[]::text[]), ('c', null, '{}') returning id, tags, (select count(*) from posts)

insert into comments (post_id, body) select p.id, 'hi' from posts p join users u on u.id = p.user_id where u.name = 'A' returning *

insert into measurements values (now(), 1, 20.5), ('2024-05-05', 2, 21)

insert into users as u (email, name) values ('e', 'n') on conflict (email) do update set name = coalesce(excluded.name, u.name), settings = u.settings || excluded.settings returning (xmax <> 0) as updated, u.*

insert into inventory (sku, qty) values ('z', 1) on conflict (sku) where qty > 0 do nothing

update posts set tags = array_remove(tags, 'x'), meta = meta - 'a' #- '{b,c}' where 'x' = any (tags)

update posts set published_at = coalesce(published_at, now()), published = not published where id = 5 returning published

update posts set search = setweight(to_tsvector(title), 'A') || to_tsvector(coalesce(body, '')) where search is null

update users u set balance = balance + t.total from (select user_id, sum(amount) total from events where at > now() - interval '1 day' group by user_id) t where t.user_id = u.id

update only users set name = 'x' where id = 1

update posts set (title, body, meta) = row('a', 'b', '{}'::jsonb) where id = 1

delete from only events where id = 5

delete from posts p using (select id, row_number() over (partition by title order by id desc) rn from posts) d where d.id = p.id and d.rn > 1

delete from events where at < (select max(at) - interval '30 days' from events)

delete from measurements where ts < now() - interval '1 year'

delete from users where id in (select user_id from posts group by user_id having count(*) = 0) returning id

delete from jobs j where j.state = 'done' and j.id not in (select id from jobs where state = 'done' order by id desc limit 100)

delete from jobs where state in ('done', 'failed') and run_at < now() - make_interval(days => 7)

delete from comments c where not exists (select 1 from posts p where p.id = c.post_id)

delete from staging where (id, name) in (select id, name from staging group by id, name having count(*) > 1)

update users set deleted_at = null where deleted_at is not null

update posts set lock_version = lock_version + 1 where updated_at < '2024-01-01'

update inventory set reserved = 0 where reserved <> 0

update events set flag = true where not flag

update events set flag = false where flag is not false

update events set kind = lower(kind) where kind <> lower(kind)

update events set kind = trim(kind) where kind is distinct from trim(kind)

update users set name = null where name = ''

update users set settings = '{}' where settings is null

delete from events where kind = any ($1) and at >= $2 and at < $3

delete from events where ($1::text is null or kind = $1) and id = $2

update events set amount = amount * 1.1 where amount between $1 and $2

delete from events where duration > interval '1 day' or amount < 0

delete from events where ip <<= '10.0.0.0/8'

delete from events where props ->> 'a' = 'b'

delete from events where props @> '{"test": true}'

delete from events where tags @> '{test}'

delete from events where span << tstzrange(now(), null)

delete from events where upper(kind) = any (array['A', 'B'])

delete from events where id % 10 = 0

delete from events where st = 'refunded'

delete from events where length(kind) = 0

delete from events where date_part('year', at) < 2020

delete from events where at::date not between current_date - 30 and current_date

delete from events where user_id not in (select id from users)

delete from events e where e.at = (select min(at) from events x where x.user_id = e.user_id)

delete from events where id = (select id from events order by at limit 1)

delete from events where id <= (select max(id) - 1000 from events)

delete from events where id < (select min(id) + 10 from events)

update events set score = null where score = 'NaN'

update events set score = 0 where score is null and amount is null

merge into users t using (select $1::int as id, $2::text as name) s on t.id = s.id when matched then update set name = s.name when not matched then insert (name) values (s.name)

DELETE FROM comments c USING comments d WHERE c.body = d.body AND c.post_id = d.post_id AND c.id > d.id

DELETE FROM comments c WHERE c.created_at < (SELECT max(d.created_at) FROM comments d WHERE d.post_id = c.post_id)

DELETE FROM staging WHERE ctid NOT IN (SELECT min(ctid) FROM staging GROUP BY id, name)

DELETE FROM jobs WHERE ctid = ANY (ARRAY(SELECT ctid FROM jobs WHERE state = 'done' ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED)) RETURNING id

SELECT id, payload FROM jobs WHERE state = 'queued' AND (locked_at IS NULL OR locked_at < now() - interval '5 minutes') ORDER BY run_at, id FOR UPDATE SKIP LOCKED LIMIT 1

SELECT "posts".* FROM "posts" WHERE ("posts"."created_at", "posts"."id") < ($1, $2) ORDER BY "posts"."created_at" DESC, "posts"."id" DESC LIMIT $3

INSERT INTO inventory (sku, qty) SELECT x.sku, x.qty FROM jsonb_to_recordset($1::jsonb) AS x(sku text, qty int) ON CONFLICT (sku) DO UPDATE SET qty = inventory.qty + EXCLUDED.qty, updated_at = now() RETURNING sku, qty, (xmax = 0) AS inserted

UPDATE inventory AS i SET qty = CASE i.sku WHEN 'a' THEN 1 WHEN 'b' THEN 2 END WHERE i.sku IN ('a', 'b')

EXPLAIN (ANALYZE, BUFFERS) SELECT id, title FROM posts WHERE user_id = 5 LIMIT 10
