-- Analytical queries: reports, windows, recursion, documents, text search, and the functions of every kind of type. An empty line ends each statement.

select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice) as sum_base_price, sum(l_extendedprice * (1 - l_discount)) as sum_disc_price, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as sum_charge, avg(l_quantity) as avg_qty, avg(l_discount) as avg_disc, count(*) as count_order from lineitem where l_shipdate <= date '1998-12-01' - interval '90 day' group by l_returnflag, l_linestatus order by l_returnflag, l_linestatus

select s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment from part, supplier, partsupp, nation, region where p_partkey = ps_partkey and s_suppkey = ps_suppkey and p_size = 15 and p_type like '%BRASS' and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'EUROPE' and ps_supplycost = (select min(ps_supplycost) from partsupp, supplier, nation, region where p_partkey = ps_partkey and s_suppkey = ps_suppkey and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'EUROPE') order by s_acctbal desc, n_name, s_name, p_partkey limit 100

select l_orderkey, sum(l_extendedprice * (1 - l_discount)) as revenue, o_orderdate, o_shippriority from customer, orders, lineitem where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and l_orderkey = o_orderkey and o_orderdate < date '1995-03-15' and l_shipdate > date '1995-03-15' group by l_orderkey, o_orderdate, o_shippriority order by revenue desc, o_orderdate limit 10

select o_orderpriority, count(*) as order_count from orders where o_orderdate >= date '1993-07-01' and o_orderdate < date '1993-07-01' + interval '3' month and exists (select * from lineitem where l_orderkey = o_orderkey and l_commitdate < l_receiptdate) group by o_orderpriority order by o_orderpriority

select supp_nation, cust_nation, l_year, sum(volume) as revenue from (select n1.n_name as supp_nation, n2.n_name as cust_nation, extract(year from l_shipdate) as l_year, l_extendedprice * (1 - l_discount) as volume from supplier, lineitem, orders, customer, nation n1, nation n2 where s_suppkey = l_suppkey and o_orderkey = l_orderkey and c_custkey = o_custkey and s_nationkey = n1.n_nationkey and c_nationkey = n2.n_nationkey and ((n1.n_name = 'FRANCE' and n2.n_name = 'GERMANY') or (n1.n_name = 'GERMANY' and n2.n_name = 'FRANCE')) and l_shipdate between date '1995-01-01' and date '1996-12-31') as shipping group by supp_nation, cust_nation, l_year order by supp_nation, cust_nation, l_year

select c_count, count(*) as custdist from (select c_custkey, count(o_orderkey) from customer left outer join orders on c_custkey = o_custkey and o_comment not like '%special%requests%' group by c_custkey) as c_orders (c_custkey, c_count) group by c_count order by custdist desc, c_count desc

select 100.00 * sum(case when p_type like 'PROMO%' then l_extendedprice * (1 - l_discount) else 0 end) / sum(l_extendedprice * (1 - l_discount)) as promo_revenue from lineitem, part where l_partkey = p_partkey and l_shipdate >= date '1995-09-01' and l_shipdate < date '1995-09-01' + interval '1' month

with revenue (supplier_no, total_revenue) as (select l_suppkey, sum(l_extendedprice * (1 - l_discount)) from lineitem where l_shipdate >= date '1996-01-01' group by l_suppkey) select s_suppkey, s_name, total_revenue from supplier, revenue where s_suppkey = supplier_no and total_revenue = (select max(total_revenue) from revenue) order by s_suppkey

select sum(l_extendedprice) / 7.0 as avg_yearly from lineitem, part where p_partkey = l_partkey and p_brand = 'Brand#23' and l_quantity < (select 0.2 * avg(l_quantity) from lineitem where l_partkey = p_partkey)

select cntrycode, count(*) as numcust, sum(c_acctbal) as totacctbal from (select substring(c_phone from 1 for 2) as cntrycode, c_acctbal from customer where substring(c_phone from 1 for 2) in ('13', '31', '23') and c_acctbal > (select avg(c_acctbal) from customer where c_acctbal > 0.00 and substring(c_phone from 1 for 2) in ('13', '31')) and not exists (select * from orders where o_custkey = c_custkey)) as custsale group by cntrycode order by cntrycode

select s_name, count(*) as numwait from supplier, lineitem l1, orders, nation where s_suppkey = l1.l_suppkey and o_orderkey = l1.l_orderkey and o_orderstatus = 'F' and l1.l_receiptdate > l1.l_commitdate and exists (select * from lineitem l2 where l2.l_orderkey = l1.l_orderkey and l2.l_suppkey <> l1.l_suppkey) and not exists (select * from lineitem l3 where l3.l_orderkey = l1.l_orderkey and l3.l_suppkey <> l1.l_suppkey and l3.l_receiptdate > l3.l_commitdate) and s_nationkey = n_nationkey and n_name = 'SAUDI ARABIA' group by s_name order by numwait desc, s_name limit 100

select kind, st, count(*), grouping(kind, st) from events group by grouping sets ((kind, st), (kind), ()) order by 1, 2

select kind, st, count(*) from events group by cube (kind, st) having count(*) > 1

select id, kind, lag(at) over w, lead(at, 2, now()) over w, row_number() over w, rank() over w, dense_rank() over w, percent_rank() over w, cume_dist() over w, ntile(4) over w, first_value(id) over w, last_value(id) over (w rows between unbounded preceding and unbounded following), nth_value(id, 2) over w, sum(amount) over (partition by kind order by at range between interval '7 days' preceding and current row), avg(amount) over (order by id rows between 3 preceding and 1 following exclude current row), count(*) over (order by id groups between 1 preceding and current row) from events window w as (partition by kind order by at)

with recursive tree as (select id, manager_id, name, 1 as depth, array[id] as path from users where manager_id is null union all select u.id, u.manager_id, u.name, t.depth + 1, t.path || u.id from users u join tree t on u.manager_id = t.id where not u.id = any(t.path)) select id, repeat('  ', depth - 1) || name as label, depth, path from tree order by path

with recursive tree as (select id, manager_id, name from users where manager_id is null union all select u.id, u.manager_id, u.name from users u join tree t on u.manager_id = t.id) search depth first by id set ord cycle id set is_cycle using path select id, name, is_cycle from tree order by ord

with recursive days(d) as (select date '2024-01-01' union all select d + 1 from days where d < date '2024-12-31') select d, count(e.id) from days left join events e on e.day = d group by d order by d

with recursive n(i) as (values (1) union all select i + 1 from n where i < 100) select sum(i) from n

select u.id, u.name, p.* from users u cross join lateral (select id as post_id, title from posts where user_id = u.id order by created_at desc limit 3) p

select u.id, p.title from users u left join lateral (select title from posts where user_id = u.id order by created_at desc limit 1) p on true

select kind, count(*) filter (where st = 'paid') as paid, count(*) filter (where st = 'shipped') as shipped, sum(amount) filter (where flag) as flagged, avg(score) filter (where score is not null) from events group by kind

select json_build_object('id', u.id, 'name', u.name, 'posts', coalesce(json_agg(json_build_object('id', p.id, 'title', p.title) order by p.id) filter (where p.id is not null), '[]')) from users u left join posts p on p.user_id = u.id group by u.id

select jsonb_object_agg(kind, n), json_object_agg(kind, n), jsonb_agg(n order by n desc) from (select kind, count(*) n from events group by kind) s

select d::date, count(e.id) from generate_series('2024-01-01'::date, '2024-12-31', '1 day') d left join events e on e.at >= d and e.at < d + interval '1 day' group by 1 order by 1

select g, md5(g::text) from generate_series(1, 10) g

with g as (select day, day - (row_number() over (order by day))::int as grp from (select distinct day from events) d) select min(day), max(day), count(*) from g group by grp order by 1

select kind, min(id) as start_id, max(id) from (select id, kind, row_number() over (order by id) - row_number() over (partition by kind order by id) as island from events) s group by kind, island

select percentile_cont(0.5) within group (order by score), percentile_cont(array[0.25, 0.5, 0.75]) within group (order by score), percentile_disc(0.9) within group (order by amount), mode() within group (order by kind), rank(5) within group (order by id) from events

select corr(score, big), covar_pop(score, small), regr_slope(score, big), regr_r2(score, big), stddev(score), stddev_samp(amount), variance(amount), var_pop(score), bit_and(small), bit_or(small), bit_xor(small), bool_and(flag), bool_or(flag), every(flag) from events

select distinct on (kind) kind, id, at from events order by kind, at desc

select * from events tablesample bernoulli (10) repeatable (42) where kind = 'x'

select count(*) from events tablesample system (1)

select id, title, ts_rank(search, q), ts_rank_cd(search, q, 32), ts_headline('english', body, q, 'StartSel=<b>, StopSel=</b>, MaxFragments=2') from posts, websearch_to_tsquery('english', 'database -mysql') q where search @@ q order by 3 desc limit 20

select id from posts where to_tsvector('simple', coalesce(title, '') || ' ' || coalesce(body, '')) @@ plainto_tsquery('simple', 'hello world')

select setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', coalesce(body, '')), 'B'), numnode(to_tsquery('a & b')), querytree(to_tsquery('a')), strip(search), length(search), ts_delete(search, 'a'), tsvector_to_array(search) from posts

select word, similarity(word, 'postgers'), word <-> 'postgers' from (select unnest(string_to_array(body, ' ')) as word from posts) w where word % 'postgers' order by 3 limit 10

select tag, count(*) from posts, unnest(tags) as tag group by tag order by 2 desc, 1

select t.ord, t.tag from posts p, unnest(p.tags) with ordinality as t(tag, ord) where p.id = 1

select a.x, b.y from unnest(array[1,2,3]) with ordinality a(x, i) join unnest(array['a','b','c']) with ordinality b(y, i) using (i)

select * from unnest(array[1,2], array['a','b','c']) as t(n, s)

select array_agg(distinct kind order by kind), array_agg(id), string_agg(kind, ', ' order by id), string_agg(distinct kind, '|') from events

select array(select id from users order by id), array[[1,2],[3,4]], (array[1,2,3])[2], array_fill(0, array[3]), array_dims(array[1,2]), array_ndims(array[1]), array_upper(array[1,2], 1), trim_array(array[1,2,3], 1), array_sample(array[1,2,3], 2), array_shuffle(array[1,2])

select span, lower(span), upper(span), isempty(span), lower_inc(span), upper_inf(span), span @> now(), span && tstzrange(now() - interval '1 day', now()), span * tstzrange(null, now()), span + span, span -|- span, range_merge(span, span), range_agg(span) over () from events

select int4range(1, 10) @> 5, int4multirange(int4range(1, 3), int4range(5, 9)), unnest(mr), '[2024-01-01,2024-02-01)'::daterange, mr @> 3, range_intersect_agg(int4range(1, id::int)) from events group by mr

select attrs -> 'a', attrs ? 'b', attrs @> 'a=>1', akeys(attrs), avals(attrs), skeys(attrs), attrs || 'c=>3', delete(attrs, 'a'), hstore_to_json(attrs), hstore('k', 'v'), (each(attrs)).key from events

select props -> 'a', props ->> 'a', props #> '{a,b}', props #>> '{a,0}', props @> '{"a": 1}', props ? 'a', props ?| array['a','b'], props ?& array['a'], props || '{"b": 2}', props - 'a', props - array['a','b'], props #- '{a,b}', jsonb_set(props, '{a}', '5', true), jsonb_insert(props, '{b}', '1'), jsonb_strip_nulls(props), jsonb_typeof(props), jsonb_pretty(props), jsonb_array_length('[1]'), jsonb_path_query_array(props, '$.*'), jsonb_path_exists(props, '$.a ? (@ > 1)'), props @? '$.a', props @@ '$.a > 1', props['a'], props['a']['b'] from events

select k, v from events, jsonb_each(props) as e(k, v)

select k, v from events, jsonb_each_text(props) as e(k, v) where k = 'a'

select e.id, x.* from events e, jsonb_to_record(e.props) as x(a int, b text, c jsonb)

select x.* from jsonb_to_recordset('[{"a": 1, "b": "x"}]') as x(a int, b text)

select (jsonb_populate_record(null::staging, '{"id": 1, "name": "x"}')).*

select * from jsonb_populate_recordset(null::staging, '[{"id": 1}]')

select value ->> 'name' from events, jsonb_array_elements(props -> 'items') where jsonb_typeof(props -> 'items') = 'array'

select jt.* from events, json_table(props, '$.items[*]' columns (rn for ordinality, sku text path '$.sku', qty int path '$.qty' default 0 on empty, nested path '$.tags[*]' columns (tag text path '$'))) jt

select to_json(e), row_to_json(e), to_jsonb(e) - 'bin' from events e limit 1

select row_to_json(t) from (select id, kind from events limit 10) t

select regexp_replace(kind, '[^a-z]+', '', 'gi'), regexp_matches(kind, '(\w+)-(\d+)', 'g'), regexp_match(kind, '^\w+'), regexp_split_to_array(kind, '\s+'), regexp_split_to_table(kind, ','), substring(kind from '\d+'), substring(kind similar '%#"[0-9]+#"%' escape '#'), kind ~* '^a', kind !~ 'b', kind similar to '(a|b)%', regexp_count(kind, 'a'), regexp_instr(kind, 'a'), regexp_substr(kind, 'a.'), regexp_like(kind, 'a', 'i'), translate(kind, 'abc', 'xyz') from events

select at + interval '1 month', at - '2 hours'::interval, at - now(), age(at), age(now(), at), extract(epoch from at), extract(dow from at), date_part('hour', at), date_trunc('week', at), date_trunc('day', at, 'Europe/Berlin'), at at time zone 'UTC', timezone('UTC', at), to_char(at, 'YYYY-MM-DD HH24:MI:SS.MS TZ'), to_date('2024-01-01', 'YYYY-MM-DD'), to_timestamp(1700000000), to_timestamp('2024', 'YYYY'), make_date(2024, 1, 1), make_timestamp(2024, 1, 1, 0, 0, 0), make_interval(days => 5), justify_hours(duration), justify_interval(duration), day + 1, day - day, day + t, date_bin('15 minutes', at, '2024-01-01'), now()::date, current_date - 7, localtimestamp, clock_timestamp(), isfinite(at), (at, duration) overlaps (now(), interval '1 day'), at at local from events

select upper(kind), initcap(kind), length(kind), lpad(kind, 10, '0'), rpad(kind, 5), ltrim(kind), btrim(kind, 'x'), trim(both 'x' from kind), left(kind, 3), right(kind, 2), reverse(kind), repeat(kind, 2), replace(kind, 'a', 'b'), split_part(kind, '-', 1), strpos(kind, 'a'), position('a' in kind), overlay(kind placing 'xx' from 1 for 2), concat(kind, '-', id), concat_ws(', ', kind, st), format('%s-%I-%L', kind, kind, kind), quote_ident(kind), quote_literal(kind), ascii(kind), chr(65), md5(kind), sha256(kind::bytea), encode(bin, 'base64'), decode('ff', 'hex'), to_hex(id), starts_with(kind, 'a'), kind ^@ 'a', string_to_array(kind, ','), string_to_table(kind, ','), normalize(kind), unaccent(kind), levenshtein(kind, 'x'), soundex(kind), metaphone(kind, 4), crypt('x', gen_salt('bf', 4)), digest(kind, 'sha1'), hmac(kind, 'k', 'sha256'), octet_length(kind), bit_length(kind), unistr('\0041'), to_bin(5), crc32('a'::bytea) from events

select round(amount, 2), ceil(score), floor(score), abs(small), mod(id, 3), power(score, 2), sqrt(abs(score)), ln(abs(score) + 1), log(10, 100), exp(1), sign(score), trunc(amount), width_bucket(score, 0, 100, 10), random(), random(1, 10), gcd(12, 18), lcm(2, 3), factorial(5), pi(), degrees(1), sin(score), greatest(small, 1), least(big, 5), div(7, 2), id % 2, small & 1, small | 2, small # 3, ~small, small << 1, |/ 25.0, ||/ 27.0, @ -5, amount::int, money::numeric, to_number('12', '99'), random_normal(), min_scale(amount), trim_scale(amount), erf(0.5), cbrt(8) from events

select path, path <@ 'top.science', path ~ '*.a.*', nlevel(path), subpath(path, 0, 1), lca(path, path), ip << '10.0.0.0/8', host(ip), masklen(ip), network(ip), family(ip), ip + 1, set_masklen(ip, 24), inet_merge(ip, ip), abbrev(ip), mac::macaddr8, loc <-> point(0,0), loc[0], box(loc, loc), circle(loc, 5) @> loc, bits & b'00001111', get_bit(bits, 1), get_byte(bin, 0), uid::text, xpath('/a/text()', doc), xmlelement(name a, kind), xmlforest(kind, id), xmlserialize(content doc as text), earth_distance(ll_to_earth(1,1), ll_to_earth(2,2)), cube(1,2), uuid_generate_v4(), uuidv7(), uuid_extract_timestamp(uid), uuid_generate_v1mc() from events

select case kind when 'a' then 1 when 'b' then 2 else 0 end, case when amount > 100 then 'big' when amount is null then 'none' end, coalesce(kind, 'x'), nullif(kind, ''), kind is distinct from 'a', amount between 1 and 5, kind in ('a', 'b'), (id, kind) = (1, 'a'), row(1, 2) < row(1, 3), id is not null, flag is true, flag is not unknown from events

select user, current_user, session_user, current_role, current_catalog, current_schema, current_schemas(true), current_database(), version(), pg_backend_pid(), inet_server_addr(), inet_client_addr(), pg_postmaster_start_time(), pg_conf_load_time(), txid_current(), pg_current_xact_id_if_assigned(), pg_is_in_recovery(), current_setting('server_version'), current_setting('app.x', true), pg_typeof(1), pg_column_size(1), pg_size_pretty(123456::bigint), has_table_privilege('users', 'select'), has_schema_privilege('public', 'usage'), to_regclass('users'), 'users'::regclass::oid, pg_relation_size('users'), pg_total_relation_size('users'), pg_database_size(current_database()), obj_description('users'::regclass), col_description('users'::regclass, 1), pg_get_serial_sequence('users', 'id'), pg_get_viewdef('active_users'), pg_encoding_to_char(6), pg_client_encoding(), pg_table_is_visible('users'::regclass)

select 1 union select 2 union all select 3 intersect select 3 except select 4 order by 1 limit 5 offset 0

(select id from users order by id limit 2) union all (select id from posts order by id limit 2)

values (1, 'a'), (2, 'b')

table users

select * from (values (1, 'x'), (2, 'y')) v(a, b) where a > 1

select "Id", "Full Name", "order", "select" from "Weird Table" where "order" > 5 order by "order"

select u.*, (u).name, user_name(u), u.user_name, u from users u

select add_two(1), add_two(b => 1, a => 2), add_two(1, b => 5), * from recent_posts(5) r

select * from stats()

select (stats()).*, product(amount) from events

select r.id from recent_posts(n => 3) as r join users u on u.id = r.user_id

select a.attname, t.n from (select 1 as n) t natural join (select 1 as n, 'x' as attname) a

select * from users join posts using (id) as j

select count(*), count(distinct kind), count(distinct (kind, st)), sum(distinct small) from events

select date_trunc('month', created_at) as month, count(*) as signups, sum(count(*)) over (order by date_trunc('month', created_at)) as running from users group by 1 order by 1

select kind, n, round(100.0 * n / sum(n) over (), 1) as pct from (select kind, count(*) as n from events group by kind) s order by n desc

with cohort as (select user_id, date_trunc('month', min(at)) as c from events group by user_id), act as (select e.user_id, c, extract(year from age(date_trunc('month', e.at), c)) * 12 + extract(month from age(date_trunc('month', e.at), c)) as m from events e join cohort using (user_id)) select c, m, count(distinct user_id) from act group by c, m order by c, m

with a as materialized (select * from events), b as not materialized (select * from a where id > 5) select count(*) from b

select * from events where at >= now() - interval '24 hours' and props ->> 'source' = 'web' and (user_id, kind) in (select id, name from users) for share skip locked

select * from jobs where run_at <= now() and locked_at is null order by run_at limit 1 for update skip locked

select id from users where id = any(array[1,2,3]) and name ilike any (array['a%', 'b%']) and id > all (select 0)

select exists (select 1 from users where id = 1), not exists (select 1 from posts), (select count(*) from posts) as c, array(select 1)

select events.kind collate "C" from events order by kind collate "und-x-icu" nulls first, id desc nulls last

select s.d, coalesce(sum(e.amount), 0) from generate_series(date_trunc('month', now()) - interval '11 months', date_trunc('month', now()), interval '1 month') s(d) left join events e on date_trunc('month', e.at) = s.d group by s.d

select a.id, b.id from events a join events b on a.user_id = b.user_id and b.at between a.at and a.at + interval '1 hour' and b.id <> a.id

select * from (select *, row_number() over (partition by user_id order by at desc) as rn from events) t where rn = 1

select sum(case when flag then 1 else 0 end)::float / nullif(count(*), 0) as rate from events

select width_bucket(amount, array[0, 10, 100]) as bucket, count(*) from events group by bucket order by bucket

select id, ts_lag from (select id, at - lag(at) over (partition by user_id order by at) as ts_lag from events) s where ts_lag > interval '30 minutes'

select min(ts), max(ts), avg(temp), device, time_bucket from (select ts, temp, device, date_bin('5 minutes', ts, timestamptz '2000-01-01') as time_bucket from measurements where ts >= '2024-05-01') m group by device, time_bucket

select any_value(kind), range_agg(span), max(at) from events

select pg_get_functiondef('add_two'::regproc), pg_get_indexdef(indexrelid) from pg_index where indrelid = 'users'::regclass

select * from users where id = 1 and 1 = 1 or false

select case when (select count(*) from users) > 5 then 'many' else 'few' end

select u.id, exists(select 1 from posts p where p.user_id = u.id) has_posts from users u

select coalesce((select title from posts order by id limit 1), 'none')

select a.* from (select * from users) a, (select * from posts) b where a.id = b.user_id

select u.*, p.* from users u, posts p where u.id = p.user_id

select * from users u inner join (posts p inner join comments c on c.post_id = p.id) on p.user_id = u.id

select * from users u left join posts p on u.id = p.user_id and p.published left join comments c on c.post_id = p.id where c.id is null

select * from users cross join (select 1 as one) x

select * from users, generate_series(1, 3) g

select users.id, x.n from users, lateral (select count(*) as n from posts where user_id = users.id) x

select * from (values (1, 'one'), (2, 'two'), (3, null)) as t (num, letter) join users on users.id = t.num

select s.n, u.name from generate_series(1, 10) as s(n) left join users u on u.id = s.n

select * from rows from (generate_series(1, 3), unnest(array['a', 'b'])) with ordinality as t(a, b, ord)

select * from string_to_table('a,b', ',') with ordinality

select x from unnest(string_to_array('1,2,3', ',')::int[]) x where x > 1

select (regexp_match(body, '#(\d+)'))[1] as ref from posts

select (array_agg(title order by created_at desc))[1:3] from posts group by user_id

select meta ->> 'a' as a, (meta -> 'b' ->> 0)::int as b, meta #>> array['c', 'd'] from posts order by (meta ->> 'a')::int nulls first

select jsonb_build_object('users', (select jsonb_agg(to_jsonb(u) - 'password_digest') from users u), 'n', (select count(*) from posts))

select p.id, array(select c.id from comments c where c.post_id = p.id order by c.id) as cs from posts p

select to_jsonb(array_agg(distinct tag)) from posts, unnest(tags) tag

select id, meta || jsonb_build_object('x', id) from posts

select avg(extract(epoch from (published_at - created_at))) / 3600 as hours from posts

select to_char(sum(amount), 'FM999,999,990.00'), to_char(now(), 'Day DD Month YYYY'), to_char(interval '5 hours', 'HH24:MI') from events

select date '2024-01-31' + interval '1 month', date '2024-03-01' - date '2024-02-01', time '10:00' + interval '90 min', timestamp '2024-01-01' at time zone 'America/New_York', interval '1 year 2 mons' * 2, interval '1 day' / 3, now() - timestamptz 'yesterday'

select extract(isodow from at) as dow, extract(hour from at) as h, count(*) from events group by grouping sets ((1), (2), (1, 2), ())

select kind, string_agg(distinct coalesce(ip::text, 'n/a'), ',' order by coalesce(ip::text, 'n/a')) from events group by kind

select id, sum(amount) over w as running, amount - avg(amount) over w as diff, amount / nullif(sum(amount) over (partition by kind), 0) as share from events window w as (partition by kind order by at rows unbounded preceding)

select *, coalesce(lead(at) over (partition by user_id order by at), now()) - at as gap from events

with ranked as (select *, rank() over (partition by kind order by amount desc nulls last) r from events) select kind, id, amount from ranked where r <= 3 order by kind, r

with monthly as (select date_trunc('month', at) as m, sum(amount) as total from events group by 1), growth as (select m, total, lag(total) over (order by m) as prev from monthly) select m, total, round(100 * (total - prev) / nullif(prev, 0), 2) as pct from growth order by m

with recursive t(n, f) as (select 1, 1::numeric union all select n + 1, f * (n + 1) from t where n < 20) select * from t

with recursive cal as (select date_trunc('year', now())::date as d union all select (d + interval '1 day')::date from cal where d < date_trunc('year', now())::date + 364) select d, to_char(d, 'Dy') from cal

with recursive r as (select id, parent_id, body, 0 as lvl from comments where parent_id is null union select c.id, c.parent_id, c.body, r.lvl + 1 from comments c join r on c.parent_id = r.id) select * from r order by lvl, id limit 100

with a as (select 1 as x), b as (select x + 1 as y from a), c as (select * from a, b) select * from c

select * from active_users where id > 5

select d.d, d.n from daily d order by 1 desc limit 7

select * from recent_posts(3) where published

select user_name(u), u.user_name from users u

select add_two(id) from users

select id, name from users where (name, id) > ('a', 5) order by name, id limit 20

select id from users where name between 'a' and 'b' or name is null

select * from events where props @> '{"a": {"b": 1}}' and tags @> '{x}' and attrs ? 'k' and path ~ 'a.*' and ip <<= '10.0.0.0/8' and span && '[2024-01-01,2024-02-01)'::tstzrange

select * from events where at::date = current_date and extract(hour from at) between 9 and 17

select * from events where kind = any(array(select distinct kind from events limit 3))

select * from events where props ->> 'email' ilike '%@example.com' escape '!'

select * from events where (props ->> 'n')::numeric > 5 and props ? 'n'

select count(*) filter (where at > now() - interval '1 day') as d1, count(*) filter (where at > now() - interval '7 days') as d7 from events

select min(at) as first, max(at) as last, max(at) - min(at) as span, count(*)::float / greatest(1, extract(day from max(at) - min(at))) from events

select pg_size_pretty(sum(pg_column_size(e.*))) from events e

select e.ctid, e.xmin, e.tableoid::regclass from events e limit 1

select md5(string_agg(id::text, ',' order by id)) from users

select lpad((random() * 100)::int::text, 3, '0'), gen_random_uuid(), substr(md5(random()::text), 1, 8)

select ((now() at time zone 'utc')::date - '2024-01-01'::date) / 7 as weeks

select 'a' || 1 || true::text, 5 / 2, 5 / 2.0, 5 % 2, 2 ^ 10, -5::int, not true, 'x' like 'X' is false, null is null, 1 <> 2, '10' < '9'

select cast('5' as int), '5'::smallint::bigint, numeric '1.50', int '7', bool 't', '{1,2}'::int[], '(1,2)'::point, 'a=>1'::hstore, '2 days'::interval, '12:30'::time, b'101'::int, x'ff'::int, 'infinity'::timestamptz, '192.168.0.1'::inet, 'red'::text collate "C"

select row(1, 'a', null), (row(u.*)).f1 from users u

select (u).id, (u).settings ->> 'a' from users u

select greatest(1, 2.5), least('a', 'b'), coalesce(null, null, 5), nullif(1, 1), num_nonnulls(1, null), num_nulls(null)

select * from users order by case when name is null then 1 else 0 end, lower(name) collate "C" desc, id using <

select distinct u.name, count(*) over () as total from users u order by 1 limit 10

select user_id, title from posts group by user_id, title having count(*) > 1 and max(created_at) > now() - interval '1 day'

select title from posts union all select body from comments except select name from users order by 1

select (select max(id) from posts) - (select min(id) from posts) as spread, (select count(*) from users where id in (select user_id from posts)) as authors

select * from posts where tags && (select array_agg(name) from users where name is not null)

select * from posts where id not in (select post_id from comments where post_id is not null)

select * from posts p where p.created_at = (select max(created_at) from posts where user_id = p.user_id)

select * from posts where (user_id, created_at) in (select user_id, max(created_at) from posts group by user_id)

select p.id, count(*) from posts p natural join (select id from users) u group by p.id

select id, rank() over (order by (select count(*) from comments c where c.post_id = p.id) desc) from posts p

select xmlelement(name "user", xmlattributes(id as "id"), xmlforest(name as "n")) from users

select xmlagg(xmlelement(name u, name) order by id), query_to_xml_dummy from users, (select 1 query_to_xml_dummy) q group by 2

select t.* from events e, xmltable('/r/i' passing e.doc columns a int path '@a', b text path 'b' default 'x', o for ordinality) t

select to_tsquery('english', 'fat & rat'), phraseto_tsquery('a b'), ts_rank(to_tsvector('a b'), 'a'), 'fat:2,4 cat:3'::tsvector @@ 'fat'::tsquery, ts_debug_dummy from (select 1 as ts_debug_dummy) d

select * from ts_debug('english', 'a fat cat')

select encode(sha256('x'), 'hex'), encode(digest('x', 'sha256'), 'hex'), convert_from('\x61', 'UTF8'), convert_to('a', 'UTF8'), pgp_sym_encrypt('a', 'k') is not null, gen_random_bytes(8) is not null, hashtext('a'), hashtextextended('a', 0)

select age(timestamp '2024-01-01'), justify_days(interval '35 days'), date_part('year', now()), extract(week from date '2024-01-01'), extract(quarter from now()), make_timestamptz(2024, 1, 1, 0, 0, 0, 'UTC'), generate_series(1, 3), statement_timestamp(), transaction_timestamp(), timeofday()

select setting from pg_settings where name = 'max_connections'

select pg_relation_filepath('users'), pg_indexes_size('users'), pg_table_size('users')

select relname, n_live_tup from pg_stat_user_tables where schemaname = 'public'

select tablename from pg_tables where schemaname = any (current_schemas(false))

show all

select * from pg_available_extension_versions where name = 'hstore'

select * from events e where e.props -> 'items' @> '[{"sku": "x"}]' and jsonb_path_match(e.props, '$.a > 1')

select (jsonb_array_elements(props -> 'a')) ->> 'b' from events

select jsonb_object_keys(props), count(*) from events group by 1

select id, jsonb_agg(x order by x) filter (where x is not null) from events, unnest(tags) x group by id

select distinct jsonb_object_keys(settings) from users

select unnest(tags), unnest(array[1,2]) from posts

select generate_subscripts(tags, 1) from posts

select * from generate_series(timestamptz '2024-01-01', '2024-01-02', '1 hour', 'UTC')

select sum(n) from (select count(*) n from users union all select count(*) from posts) q

select t.table_name, (xpath('/row/c/text()', x))[1]::text::int from (select 'users' as table_name, '<row><c>5</c></row>'::xml x) t

select a, b from (values (1, 2)) v(a, b) group by rollup (a, b)

select date_trunc('hour', at) - (extract(minute from at)::int % 15) * interval '1 minute' from events

select id from events order by loc <-> point(1, 1) limit 5

select st::text, count(*) from events group by st order by st

select st = any (enum_range('paid'::status, null)) from events

select enum_range(null::status), enum_first(null::status)

select id, (select string_agg(k || '=' || v, '&') from jsonb_each_text(props) as x(k, v)) from events

select * from users where (settings ->> 'age')::int between 5 and 10 or settings is null

select * from users where tenant_id = '00000000-0000-0000-0000-000000000000' and lower(email::text) = 'x'

select email || '' from users where email = 'A@X.TEST'

select coalesce(sum(amount) filter (where st in ('paid', 'shipped')), 0)::numeric(12, 2) from events

select array_agg(row(id, kind)) from events

select (array_agg(e))[1] from events e

select (select e from events e limit 1)

select count(*) from events e where e is not null

select max(e.at) from events e where (e.kind, e.st) = any (array[('a', 'paid'::status)])

select 1 from users where name similar to '(a|b)%' escape '\'

select * from posts where search @@ to_tsquery('simple', quote_literal('a b') || ':*')

select id, bit_count(bits), bits::int, bin || '\x00', length(bin), encode(bin, 'hex') from events

select id, mr, upper(mr), isempty(mr), mr * '{[1,5)}'::int4multirange from events

select money + money, money * 2, money::text, cash_words(money) from events

select t + interval '1 hour', t::text, extract(hour from t), date '2024-01-01' + t from events

select cidr '10.0.0.0/8' >> ip, ip & inet '255.0.0.0', netmask(ip), broadcast(ip), hostmask(ip) from events

select ltree2text(path), text2ltree('a.b'), path || 'c', index(path, 'a') from events

select attrs -> array['a', 'b'], slice(attrs, array['a']), hstore_to_matrix(attrs), exist(attrs, 'a') from events

select row_number() over () as rn, * from (select kind from events order by kind) x

select sum(sum(amount)) over (order by day) from events group by day

select first_value(kind) over (partition by user_id order by at range between unbounded preceding and unbounded following) from events

select rank() over w, dense_rank() over (w rows between 1 preceding and current row) from events window w as (order by amount)

select lag(amount, 1, 0::numeric) over (order by id) from events

select percentile_disc(0.5) within group (order by at) from events

select mode() within group (order by kind), count(*) filter (where flag) from events group by day having count(*) > 0

with t as (select * from events) select (select count(*) from t), (select max(at) from t)

with recursive g as (select 1 as id, array[1] as p, false as c union all select u.id, p || u.id, u.id = any(p) from users u join g on u.manager_id = g.id where not c) select * from g

select * from events where id = -1 limit 0

select to_jsonb(u) - 'password_digest' - 'email', to_jsonb(u) - array['email', 'name'], row_to_json(u)::jsonb || jsonb_build_object('posts', (select count(*) from posts p where p.user_id = u.id)) from users u

select u.id, e.key, e.value from users u, jsonb_each_text(to_jsonb(u) - 'password_digest') e where e.key <> 'id' order by u.id, e.key

select encode(digest(lower(email::text), 'sha256'), 'hex'), encode(hmac(name, 'key', 'sha256'), 'hex') from users

select date_trunc('week', at) as week, percentile_cont(0.5) within group (order by score) as median, percentile_cont(array[0.25, 0.75]) within group (order by score), percentile_disc(0.9) within group (order by user_id), mode() within group (order by kind) from events group by grouping sets ((1), ()) order by 1

select user_id, at, at - lag(at) over w as gap, sum(case when at - lag(at) over w > interval '30 minutes' then 1 else 0 end) over () from events window w as (partition by user_id order by at)

select id, content, embedding from (select 1 as id, 'x' as content, array[0.1, 0.2]::float8[] as embedding) d order by (select sum((a - b) ^ 2) from unnest(d.embedding, array[0.3, 0.1]::float8[]) as v(a, b)) limit 5

select kind, count(*) filter (where flag) as yes, count(*) filter (where not flag) as no, round(100.0 * count(*) filter (where flag) / nullif(count(*), 0), 1) as pct from events group by rollup (kind) having count(*) > 1 order by grouping(kind), kind

select jsonb_object_agg(kind, n order by n desc), json_agg(json_build_object('kind', kind, 'n', n) order by n desc, kind) from (select kind, count(*) n from events group by kind) t

select tags[1:1][1], ('{{1,2,3},{4,5,6}}'::int[])[1:2][2], ('{{1,2},{3,4}}'::int[])[2][:2], ('{{1,2},{3,4}}'::int[])[1][2] from events

select indkey[0], indkey[0:1], indclass[0:0], array(select i.indkey from pg_index i) from pg_index

select mail, mail::app.email, kind::text::app.email, array[mail]::app.email[] from app.contacts

select -3000000000, 3000000000, -9223372036854775808, 9223372036854775807, 9223372036854775808, -9223372036854775809, -2147483648, 2147483648, 00000000000000000000005, 1_000_000_000_000, 0x7fffffffffffffff, 0xffffffffffffffff, -0xfffffffff, - (3000000000), -1.5, 1e10

select x, x > -3000000000 from generate_series(-9223372036854775806, -9223372036854775804) x

select price_band(1, 5), price_band(1, 5, '[]') @> 3.5, price_band_multirange(price_band(1, 2)), price_band_multirange(), price_band_multirange(price_band(1, 2), price_band(5, 6))
