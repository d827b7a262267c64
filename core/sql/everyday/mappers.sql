-- How object mappers read a schema: TypeORM, Sequelize, Kysely, Drizzle, MikroORM, PostGraphile. An empty line ends each statement.

SELECT "table_schema", "table_name", obj_description((quote_ident("table_schema") || '.' || quote_ident("table_name"))::regclass, 'pg_class') AS table_comment FROM "information_schema"."tables" WHERE ("table_schema" = 'app' AND "table_name" = 'tags')

SELECT * FROM "information_schema"."tables" WHERE "table_schema" = $1 AND "table_name" = $2

SELECT "n"."nspname", "t"."typname" FROM "pg_type" "t" INNER JOIN "pg_namespace" "n" ON "n"."oid" = "t"."typnamespace" WHERE "n"."nspname" = 'app' AND "t"."typname" = 'invoice_state'

SELECT TRUE FROM information_schema.columns WHERE table_name = 'pg_class' and column_name = 'relispartition'

SELECT columns.*, pg_catalog.col_description((quote_ident(table_catalog) || '.' || quote_ident(table_schema) || '.' || quote_ident(table_name))::regclass::oid, ordinal_position) AS description, ('"' || "udt_schema" || '"."' || "udt_name" || '"')::"regtype"::text AS "regtype", pg_catalog.format_type("col_attr"."atttypid", "col_attr"."atttypmod") AS "format_type" FROM "information_schema"."columns" LEFT JOIN "pg_catalog"."pg_attribute" AS "col_attr" ON "col_attr"."attname" = "columns"."column_name" AND "col_attr"."attrelid" = ( SELECT "cls"."oid" FROM "pg_catalog"."pg_class" AS "cls" LEFT JOIN "pg_catalog"."pg_namespace" AS "ns" ON "ns"."oid" = "cls"."relnamespace" WHERE "cls"."relname" = "columns"."table_name" AND "ns"."nspname" = "columns"."table_schema" ) WHERE ("table_schema" = 'app' AND "table_name" = 'tags')

SELECT "ns"."nspname" AS "table_schema", "t"."relname" AS "table_name", "cnst"."conname" AS "constraint_name", pg_get_constraintdef("cnst"."oid") AS "expression", CASE "cnst"."contype" WHEN 'p' THEN 'PRIMARY' WHEN 'u' THEN 'UNIQUE' WHEN 'c' THEN 'CHECK' WHEN 'x' THEN 'EXCLUDE' END AS "constraint_type", "a"."attname" AS "column_name" FROM "pg_constraint" "cnst" INNER JOIN "pg_class" "t" ON "t"."oid" = "cnst"."conrelid" INNER JOIN "pg_namespace" "ns" ON "ns"."oid" = "cnst"."connamespace" LEFT JOIN "pg_attribute" "a" ON "a"."attrelid" = "cnst"."conrelid" AND "a"."attnum" = ANY ("cnst"."conkey") WHERE "t"."relkind" IN ('r', 'p') AND (("ns"."nspname" = 'app' AND "t"."relname" = 'tags'))

SELECT "ns"."nspname" AS "table_schema", "t"."relname" AS "table_name", "i"."relname" AS "constraint_name", "a"."attname" AS "column_name", CASE "ix"."indisunique" WHEN 't' THEN 'TRUE' ELSE'FALSE' END AS "is_unique", pg_get_expr("ix"."indpred", "ix"."indrelid") AS "condition", "types"."typname" AS "type_name", "am"."amname" AS "index_type" FROM "pg_class" "t" INNER JOIN "pg_index" "ix" ON "ix"."indrelid" = "t"."oid" INNER JOIN "pg_attribute" "a" ON "a"."attrelid" = "t"."oid"  AND "a"."attnum" = ANY ("ix"."indkey") INNER JOIN "pg_namespace" "ns" ON "ns"."oid" = "t"."relnamespace" INNER JOIN "pg_class" "i" ON "i"."oid" = "ix"."indexrelid" INNER JOIN "pg_type" "types" ON "types"."oid" = "a"."atttypid" INNER JOIN "pg_am" "am" ON "i"."relam" = "am"."oid" LEFT JOIN "pg_constraint" "cnst" ON "cnst"."conname" = "i"."relname" WHERE "t"."relkind" IN ('r', 'p') AND "cnst"."contype" IS NULL AND (("ns"."nspname" = 'app' AND "t"."relname" = 'tags'))

SELECT "con"."conname" AS "constraint_name", "con"."nspname" AS "table_schema", "con"."relname" AS "table_name", "att2"."attname" AS "column_name", "ns"."nspname" AS "referenced_table_schema", "cl"."relname" AS "referenced_table_name", "att"."attname" AS "referenced_column_name", "con"."confdeltype" AS "on_delete", "con"."confupdtype" AS "on_update", "con"."condeferrable" AS "deferrable", "con"."condeferred" AS "deferred" FROM ( SELECT UNNEST ("con1"."conkey") AS "parent", UNNEST ("con1"."confkey") AS "child", "con1"."confrelid", "con1"."conrelid", "con1"."conname", "con1"."contype", "ns"."nspname", "cl"."relname", "con1"."condeferrable", CASE WHEN "con1"."condeferred" THEN 'INITIALLY DEFERRED' ELSE 'INITIALLY IMMEDIATE' END as condeferred, CASE "con1"."confdeltype" WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' END as "confdeltype", CASE "con1"."confupdtype" WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' END as "confupdtype" FROM "pg_class" "cl" INNER JOIN "pg_namespace" "ns" ON "cl"."relnamespace" = "ns"."oid" INNER JOIN "pg_constraint" "con1" ON "con1"."conrelid" = "cl"."oid" WHERE "con1"."contype" = 'f' AND (("ns"."nspname" = 'app' AND "cl"."relname" = 'tags')) ) "con" INNER JOIN "pg_attribute" "att" ON "att"."attrelid" = "con"."confrelid" AND "att"."attnum" = "con"."child" INNER JOIN "pg_class" "cl" ON "cl"."oid" = "con"."confrelid"  AND "cl"."relispartition" = 'f'INNER JOIN "pg_namespace" "ns" ON "cl"."relnamespace" = "ns"."oid" INNER JOIN "pg_attribute" "att2" ON "att2"."attrelid" = "con"."conrelid" AND "att2"."attnum" = "con"."parent"

SELECT "udt_schema", "udt_name" FROM "information_schema"."columns" WHERE "table_schema" = 'app' AND "table_name" = 'users' AND "column_name"='role'

SELECT "e"."enumlabel" AS "value" FROM "pg_enum" "e" INNER JOIN "pg_type" "t" ON "t"."oid" = "e"."enumtypid" INNER JOIN "pg_namespace" "n" ON "n"."oid" = "t"."typnamespace" WHERE "n"."nspname" = 'app' AND "t"."typname" = 'text' ORDER BY "e"."enumsortorder"

SELECT "udt_schema", "udt_name" FROM "information_schema"."columns" WHERE "table_schema" = 'app' AND "table_name" = 'invoices' AND "column_name"='state'

SELECT * FROM "information_schema"."columns" WHERE "table_schema" = $1 AND "table_name" = $2 AND "column_name" = $3

SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) as "name" FROM "pg_tables" WHERE "schemaname" = ANY($1) AND "tablename" NOT IN ('spatial_ref_sys')

SELECT quote_ident(n.nspname) || '.' || quote_ident(t.typname) as "name" FROM "pg_type" "t" INNER JOIN "pg_enum" "e" ON "e"."enumtypid" = "t"."oid" INNER JOIN "pg_namespace" "n" ON "n"."oid" = "t"."typnamespace" WHERE "n"."nspname" = ANY($1) GROUP BY "n"."nspname", "t"."typname"

SELECT "n"."nspname", "t"."typname" FROM "pg_type" "t" INNER JOIN "pg_namespace" "n" ON "n"."oid" = "t"."typnamespace" WHERE "n"."nspname" = 'app' AND "t"."typname" = 'users_role_enum'

WITH ranges AS (  SELECT pg_range.rngtypid, pg_type.typname AS rngtypname,         pg_type.typarray AS rngtyparray, pg_range.rngsubtype    FROM pg_range LEFT OUTER JOIN pg_type ON pg_type.oid = pg_range.rngtypid)SELECT pg_type.typname, pg_type.typtype, pg_type.oid, pg_type.typarray,       ranges.rngtypname, ranges.rngtypid, ranges.rngtyparray  FROM pg_type LEFT OUTER JOIN ranges ON pg_type.oid = ranges.rngsubtype WHERE (pg_type.typtype IN('b', 'e'))

SELECT schema_name FROM information_schema.schemata WHERE schema_name <> 'information_schema' AND schema_name != 'public' AND schema_name !~ E'^pg_'

SELECT DISTINCT tc.constraint_name as constraint_name, tc.constraint_schema as constraint_schema, tc.constraint_catalog as constraint_catalog, tc.table_name as table_name,tc.table_schema as table_schema,tc.table_catalog as table_catalog,tc.initially_deferred as initially_deferred,tc.is_deferrable as is_deferrable,kcu.column_name as column_name,ccu.table_schema  AS referenced_table_schema,ccu.table_catalog  AS referenced_table_catalog,ccu.table_name  AS referenced_table_name,ccu.column_name AS referenced_column_name FROM information_schema.table_constraints AS tc JOIN information_schema.key_column_usage AS kcu ON tc.constraint_name = kcu.constraint_name JOIN information_schema.constraint_column_usage AS ccu ON ccu.constraint_name = tc.constraint_name WHERE constraint_type = 'FOREIGN KEY' AND tc.table_name = 'Tags' AND tc.table_catalog = 'sequelize' AND tc.table_schema = 'app'

SELECT t.typname enum_name, array_agg(e.enumlabel ORDER BY enumsortorder) enum_value FROM pg_type t JOIN pg_enum e ON t.oid = e.enumtypid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = 'app' AND t.typname='enum_inv_st' GROUP BY 1

SELECT i.relname AS name, ix.indisprimary AS primary, ix.indisunique AS unique, ix.indkey AS indkey, array_agg(a.attnum) as column_indexes, array_agg(a.attname) AS column_names, pg_get_indexdef(ix.indexrelid) AS definition FROM pg_class t, pg_class i, pg_index ix, pg_attribute a, pg_namespace s WHERE t.oid = ix.indrelid AND i.oid = ix.indexrelid AND a.attrelid = t.oid AND t.relkind = 'r' and t.relname = 'Tags' AND s.oid = t.relnamespace AND s.nspname = 'app' GROUP BY i.relname, ix.indexrelid, ix.indisprimary, ix.indisunique, ix.indkey ORDER BY i.relname

SELECT table_name FROM information_schema.tables WHERE table_schema = 'app' AND table_name = 'Users'

SELECT pk.constraint_type as "Constraint",c.column_name as "Field", c.column_default as "Default",c.is_nullable as "Null", (CASE WHEN c.udt_name = 'hstore' THEN c.udt_name ELSE c.data_type END) || (CASE WHEN c.character_maximum_length IS NOT NULL THEN '(' || c.character_maximum_length || ')' ELSE '' END) as "Type", (SELECT array_agg(e.enumlabel) FROM pg_catalog.pg_type t JOIN pg_catalog.pg_enum e ON t.oid=e.enumtypid WHERE t.typname=c.udt_name) AS "special", (SELECT pgd.description FROM pg_catalog.pg_statio_all_tables AS st INNER JOIN pg_catalog.pg_description pgd on (pgd.objoid=st.relid) WHERE c.ordinal_position=pgd.objsubid AND c.table_name=st.relname) AS "Comment" FROM information_schema.columns c LEFT JOIN (SELECT tc.table_schema, tc.table_name, cu.column_name, tc.constraint_type FROM information_schema.TABLE_CONSTRAINTS tc JOIN information_schema.KEY_COLUMN_USAGE  cu ON tc.table_schema=cu.table_schema and tc.table_name=cu.table_name and tc.constraint_name=cu.constraint_name and tc.constraint_type='PRIMARY KEY') pk ON pk.table_schema=c.table_schema AND pk.table_name=c.table_name AND pk.column_name=c.column_name WHERE c.table_name = 'inv' AND c.table_schema = 'app'

SELECT table_name FROM information_schema.tables WHERE table_schema = 'app' AND table_name = 'posts'

SELECT table_name FROM information_schema.tables WHERE table_schema = 'app' AND table_name = 'Tags'

SELECT table_name FROM information_schema.tables WHERE table_schema = 'app' AND table_name = 'PostTag'

SELECT table_name FROM information_schema.tables WHERE table_schema = 'app' AND table_type LIKE '%TABLE' AND table_name != 'spatial_ref_sys'

SELECT table_name FROM information_schema.tables WHERE table_schema = 'app' AND table_name = 'SequelizeMeta'

select "a"."attname" as "column", "a"."attnotnull" as "not_null", "a"."atthasdef" as "has_default", "c"."relname" as "table", "c"."relkind" as "table_type", "ns"."nspname" as "schema", "typ"."typname" as "type", "dtns"."nspname" as "type_schema", col_description(a.attrelid, a.attnum) as "column_description", pg_get_serial_sequence(quote_ident(ns.nspname) || '.' || quote_ident(c.relname), a.attname) as "auto_incrementing" from "pg_catalog"."pg_attribute" as "a" inner join "pg_catalog"."pg_class" as "c" on "a"."attrelid" = "c"."oid" inner join "pg_catalog"."pg_namespace" as "ns" on "c"."relnamespace" = "ns"."oid" inner join "pg_catalog"."pg_type" as "typ" on "a"."atttypid" = "typ"."oid" inner join "pg_catalog"."pg_namespace" as "dtns" on "typ"."typnamespace" = "dtns"."oid" where "c"."relkind" in ($1, $2, $3) and "ns"."nspname" !~ $4 and "ns"."nspname" != $5 and "ns"."nspname" != $6 and has_schema_privilege(ns.nspname, 'USAGE') and "a"."attnum" >= $7 and "a"."attisdropped" != $8 order by "ns"."nspname", "c"."relname", "a"."attnum"

SELECT n.nspname AS table_schema, c.relname AS table_name, CASE WHEN c.relkind = 'r' THEN 'table' WHEN c.relkind = 'v' THEN 'view' WHEN c.relkind = 'm' THEN 'materialized_view' END AS type, c.relrowsecurity AS rls_enabled FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname = 'public'

select s.nspname as table_schema from pg_catalog.pg_namespace s join pg_catalog.pg_user u on u.usesysid = s.nspowner where nspname not in ('information_schema', 'pg_catalog', 'public') and nspname not like 'pg_toast%' and nspname not like 'pg_temp_%' order by table_schema

select n.nspname as enum_schema, t.typname as enum_name, e.enumlabel as enum_value, e.enumsortorder as sort_order from pg_type t join pg_enum e on t.oid = e.enumtypid join pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = 'public' order by enum_schema, enum_name, sort_order

SELECT
 a.attrelid::regclass::text AS table_name,  -- Table, view, or materialized view name
 a.attname AS column_name,   -- Column name
 CASE
 WHEN NOT a.attisdropped THEN
 CASE
 WHEN a.attnotnull THEN 'NO'
 ELSE 'YES'
 END
 ELSE NULL
 END AS is_nullable,  -- NULL or NOT NULL constraint
 a.attndims AS array_dimensions,  -- Array dimensions
 CASE
 WHEN a.atttypid = ANY ('{int,int8,int2}'::regtype[])
 AND EXISTS (
 SELECT FROM pg_attrdef ad
 WHERE ad.adrelid = a.attrelid
 AND ad.adnum = a.attnum
 AND pg_get_expr(ad.adbin, ad.adrelid) = 'nextval('''
 || pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)::regclass || '''::regclass)'
 )
 THEN CASE a.atttypid
 WHEN 'int'::regtype THEN 'serial'
 WHEN 'int8'::regtype THEN 'bigserial'
 WHEN 'int2'::regtype THEN 'smallserial'
 END
 ELSE format_type(a.atttypid, a.atttypmod)
 END AS data_type,  -- Column data type
--    ns.nspname AS type_schema,  -- Schema name
 pg_get_serial_sequence('"public"."posts"', a.attname)::regclass AS seq_name,  -- Serial sequence (if any)
 c.column_default,  -- Column default value
 c.data_type AS additional_dt,  -- Data type from information_schema
 c.udt_name AS enum_name,  -- Enum type (if applicable)
 c.is_generated,  -- Is it a generated column?
 c.generation_expression,  -- Generation expression (if generated)
 c.is_identity,  -- Is it an identity column?
 c.identity_generation,  -- Identity generation strategy (ALWAYS or BY DEFAULT)
 c.identity_start,  -- Start value of identity column
 c.identity_increment,  -- Increment for identity column
 c.identity_maximum,  -- Maximum value for identity column
 c.identity_minimum,  -- Minimum value for identity column
 c.identity_cycle,  -- Does the identity column cycle?
 enum_ns.nspname AS type_schema  -- Schema of the enum type
FROM
 pg_attribute a
JOIN
 pg_class cls ON cls.oid = a.attrelid  -- Join pg_class to get table/view/materialized view info
JOIN
 pg_namespace ns ON ns.oid = cls.relnamespace  -- Join namespace to get schema info
LEFT JOIN
 information_schema.columns c ON c.column_name = a.attname
 AND c.table_schema = ns.nspname
 AND c.table_name = cls.relname  -- Match schema and table/view name
LEFT JOIN
 pg_type enum_t ON enum_t.oid = a.atttypid  -- Join to get the type info
LEFT JOIN
 pg_namespace enum_ns ON enum_ns.oid = enum_t.typnamespace  -- Join to get the enum schema
WHERE
 a.attnum > 0  -- Valid column numbers only
 AND NOT a.attisdropped  -- Skip dropped columns
 AND cls.relkind IN ('r', 'v', 'm')  -- Include regular tables ('r'), views ('v'), and materialized views ('m')
 AND ns.nspname = 'public'  -- Filter by schema
 AND cls.relname = 'posts'  -- Filter by table name
ORDER BY
 a.attnum;  -- Order by column number

SELECT c.column_name, c.data_type, constraint_type, constraint_name, constraint_schema FROM information_schema.table_constraints tc JOIN information_schema.constraint_column_usage AS ccu USING (constraint_schema, constraint_name) JOIN information_schema.columns AS c ON c.table_schema = tc.constraint_schema AND tc.table_name = c.table_name AND ccu.column_name = c.column_name WHERE tc.table_name = 'posts' and constraint_schema = 'public'

SELECT tc.constraint_name, tc.constraint_type, pg_get_constraintdef(con.oid) AS constraint_definition FROM information_schema.table_constraints AS tc JOIN pg_constraint AS con ON tc.constraint_name = con.conname AND con.conrelid = ( SELECT oid FROM pg_class WHERE relname = tc.table_name AND relnamespace = ( SELECT oid FROM pg_namespace WHERE nspname = tc.constraint_schema ) ) WHERE tc.table_name = 'posts' AND tc.constraint_schema = 'public' AND tc.constraint_type = 'CHECK' AND con.contype = 'c'

SELECT con.contype AS constraint_type, nsp.nspname AS constraint_schema, con.conname AS constraint_name, rel.relname AS table_name, att.attname AS column_name, fnsp.nspname AS foreign_table_schema, frel.relname AS foreign_table_name, fatt.attname AS foreign_column_name, CASE con.confupdtype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'n' THEN 'SET NULL' WHEN 'c' THEN 'CASCADE' WHEN 'd' THEN 'SET DEFAULT' END AS update_rule, CASE con.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'n' THEN 'SET NULL' WHEN 'c' THEN 'CASCADE' WHEN 'd' THEN 'SET DEFAULT' END AS delete_rule FROM pg_catalog.pg_constraint con JOIN pg_catalog.pg_class rel ON rel.oid = con.conrelid JOIN pg_catalog.pg_namespace nsp ON nsp.oid = con.connamespace LEFT JOIN pg_catalog.pg_attribute att ON att.attnum = ANY (con.conkey) AND att.attrelid = con.conrelid LEFT JOIN pg_catalog.pg_class frel ON frel.oid = con.confrelid LEFT JOIN pg_catalog.pg_namespace fnsp ON fnsp.oid = frel.relnamespace LEFT JOIN pg_catalog.pg_attribute fatt ON fatt.attnum = ANY (con.confkey) AND fatt.attrelid = con.confrelid WHERE nsp.nspname = 'public' AND rel.relname = 'posts' AND con.contype IN ('f')

SELECT  DISTINCT ON (t.relname, ic.relname, k.i) t.relname as table_name, ic.relname AS indexname, k.i AS index_order, i.indisunique as is_unique, am.amname as method, ic.reloptions as with, coalesce(a.attname, pg_get_indexdef(i.indexrelid, k.i, false)) AS column_name, CASE WHEN pg_get_expr(i.indexprs, i.indrelid) IS NOT NULL THEN 1 ELSE 0 END AS is_expression, i.indoption[k.i-1] & 1 = 1 AS descending, i.indoption[k.i-1] & 2 = 2 AS nulls_first, pg_get_expr( i.indpred, i.indrelid ) as where, opc.opcname FROM pg_class t LEFT JOIN pg_index i ON t.oid = i.indrelid LEFT JOIN pg_class ic ON ic.oid = i.indexrelid CROSS JOIN LATERAL (SELECT unnest(i.indkey), generate_subscripts(i.indkey, 1) + 1) AS k(attnum, i) LEFT JOIN pg_attribute AS a ON i.indrelid = a.attrelid AND k.attnum = a.attnum JOIN pg_namespace c on c.oid = t.relnamespace LEFT JOIN pg_am AS am ON ic.relam = am.oid JOIN pg_opclass opc ON opc.oid = ANY(i.indclass) WHERE c.nspname = 'public' AND t.relname = 'posts'

SELECT idx.indexrelname AS index_name, idx.relname AS table_name, schemaname, CASE WHEN con.conname IS NOT NULL THEN 1 ELSE 0 END AS generated_by_constraint FROM pg_stat_user_indexes idx LEFT JOIN pg_constraint con ON con.conindid = idx.indexrelid WHERE idx.relname = 'posts' and schemaname = 'public' group by index_name, table_name,schemaname, generated_by_constraint

select column_name from information_schema.columns where table_name='users' order by 1

select b.oid, b.typarray from pg_catalog.pg_type a left join pg_catalog.pg_type b on b.oid = a.typelem where a.typcategory = 'A' group by b.oid, b.typarray order by b.oid

select table_name, table_schema as schema_name, (select pg_catalog.obj_description(c.oid) from pg_catalog.pg_class c where c.oid = (select ('"' || table_schema || '"."' || table_name || '"')::regclass::oid) and c.relname = table_name) as table_comment from information_schema.tables t where "table_schema" not like 'pg_%' and "table_schema" not like 'crdb_%' and "table_schema" not like '_timescaledb_%' and "table_schema" not in ('information_schema', 'tiger', 'topology') and table_name != 'geometry_columns' and table_name != 'spatial_ref_sys' and table_type != 'VIEW' and not exists (select 1 from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_namespace n on n.oid = c.relnamespace where c.relname = t.table_name and n.nspname = t.table_schema) order by table_name

select t.typname as enum_name, n.nspname as schema_name, array_remove(array_agg(e.enumlabel order by e.enumsortorder), null) as enum_value from pg_type t left join pg_enum e on t.oid = e.enumtypid join pg_catalog.pg_namespace n on n.oid = t.typnamespace where t.typtype = 'e' and n.nspname in ('app') group by t.typname, n.nspname order by n.nspname, t.typname

select table_schema as schema_name, table_name, column_name, column_default, is_nullable, udt_name, udt_schema, pg_catalog.format_type(pga.atttypid, pga.atttypmod) format_type, coalesce(datetime_precision, character_maximum_length) length, atttypmod custom_length, numeric_precision, numeric_scale, data_type, is_identity, identity_generation, generation_expression, pg_catalog.col_description(pgc.oid, cols.ordinal_position::int) column_comment, coll.collname as collation_name from information_schema.columns cols join pg_class pgc on cols.table_name = pgc.relname join pg_attribute pga on pgc.oid = pga.attrelid and cols.column_name = pga.attname left join pg_collation coll on pga.attcollation = coll.oid and coll.collname <> 'default' where ((table_schema = 'app' and table_name in ('posts','posts_tags','tags','users'))) order by ordinal_position

select indrelid::regclass as table_name, ns.nspname as schema_name, relname as constraint_name, idx.indisunique as unique, idx.indisprimary as primary, contype, condeferrable, condeferred, array( select pg_get_indexdef(idx.indexrelid, k + 1, true) from generate_subscripts(idx.indkey, 1) as k order by k ) as index_def, pg_get_indexdef(idx.indexrelid) as expression, c.condeferrable as deferrable, c.condeferred as initially_deferred, i.reloptions, am.amname as index_type from pg_index idx join pg_class as i on i.oid = idx.indexrelid join pg_namespace as ns on i.relnamespace = ns.oid join pg_am as am on am.oid = i.relam left join pg_constraint as c on c.conname = i.relname where indrelid in ('"mk"."posts"'::regclass, '"mk"."posts_tags"'::regclass, '"mk"."tags"'::regclass, '"mk"."users"'::regclass) and (c.contype is null or c.contype <> 'x') order by relname

select ccu.table_name as table_name, ccu.table_schema as schema_name, pgc.conname as name, conrelid::regclass as table_from, ccu.column_name as column_name, pg_get_constraintdef(pgc.oid) as expression from pg_constraint pgc join pg_namespace nsp on nsp.oid = pgc.connamespace join pg_class cls on pgc.conrelid = cls.oid join information_schema.constraint_column_usage ccu on pgc.conname = ccu.constraint_name and nsp.nspname = ccu.constraint_schema and cls.relname = ccu.table_name where pgc.contype = 'c' and (ccu.table_name in ('posts','posts_tags','tags','users') and ccu.table_schema = 'app') union all select cls.relname as table_name, nsp.nspname as schema_name, pgc.conname as name, conrelid::regclass as table_from, null as column_name, pg_get_constraintdef(pgc.oid) as expression from pg_constraint pgc join pg_namespace nsp on nsp.oid = pgc.connamespace join pg_class cls on pgc.conrelid = cls.oid where pgc.contype = 'x' and (cls.relname in ('posts','posts_tags','tags','users') and nsp.nspname = 'app') order by schema_name, table_name, name, column_name

select nsp1.nspname schema_name, cls1.relname table_name, nsp2.nspname referenced_schema_name, cls2.relname referenced_table_name, a.attname column_name, af.attname referenced_column_name, conname constraint_name, confupdtype update_rule, confdeltype delete_rule, array_position(con.conkey,a.attnum) as ord, condeferrable, condeferred, pg_get_constraintdef(con.oid) as constraint_def from pg_attribute a join pg_constraint con on con.conrelid = a.attrelid AND a.attnum = ANY (con.conkey) join pg_attribute af on af.attnum = con.confkey[array_position(con.conkey,a.attnum)] AND af.attrelid = con.confrelid join pg_namespace nsp1 on nsp1.oid = con.connamespace join pg_class cls1 on cls1.oid = con.conrelid join pg_class cls2 on cls2.oid = confrelid join pg_namespace nsp2 on nsp2.oid = cls2.relnamespace where ((cls1.relname in ('posts','posts_tags','tags','users') and nsp1.nspname = 'app')) and confrelid > 0 and con.conparentid = 0 order by nsp1.nspname, cls1.relname, constraint_name, ord

with targets(schema_name, table_name) as (values ('app'::text, 'posts'), ('app'::text, 'posts_tags'), ('app'::text, 'tags'), ('app'::text, 'users')) select parent_ns.nspname as schema_name, parent.relname as table_name, pg_get_partkeydef(parent.oid) as partition_definition, child_ns.nspname as partition_schema_name, child.relname as partition_name, pg_get_expr(child.relpartbound, child.oid) as partition_bound from targets join pg_class parent on parent.relname = targets.table_name join pg_namespace parent_ns on parent_ns.oid = parent.relnamespace and parent_ns.nspname = coalesce(targets.schema_name, current_schema()) join pg_partitioned_table partitioned on partitioned.partrelid = parent.oid left join pg_inherits inherits on inherits.inhparent = parent.oid left join pg_class child on child.oid = inherits.inhrelid left join pg_namespace child_ns on child_ns.oid = child.relnamespace order by parent_ns.nspname, parent.relname, child_ns.nspname, child.relname

select t.trigger_name, t.event_object_schema as schema_name, t.event_object_table as table_name, t.event_manipulation as event, t.action_timing as timing, t.action_orientation as for_each, t.action_condition as when_clause, pg_get_functiondef(p.oid) as function_def, p.prosrc as function_body from information_schema.triggers t left join pg_namespace n on n.nspname = t.event_object_schema left join pg_proc p on p.proname = t.event_object_table || '_' || t.trigger_name || '_fn' and p.pronamespace = n.oid where ((t.event_object_schema = 'app' and t.event_object_table in ('posts', 'posts_tags', 'tags', 'users'))) order by t.trigger_name, t.event_manipulation

select cls.relname as table_name, ns.nspname as schema_name, cls.relrowsecurity as enabled, cls.relforcerowsecurity as forced from pg_class cls join pg_namespace ns on ns.oid = cls.relnamespace where ((ns.nspname = 'app' and cls.relname in ('posts', 'posts_tags', 'tags', 'users')))

select table_name as view_name, table_schema as schema_name, view_definition from information_schema.views where "table_schema" not like 'pg_%' and "table_schema" not like 'crdb_%' and "table_schema" not like '_timescaledb_%' and "table_schema" not in ('information_schema', 'tiger', 'topology') and table_name != 'geography_columns' and table_name != 'geometry_columns' order by table_name

select matviewname as view_name, schemaname as schema_name, definition as view_definition, ispopulated as is_populated from pg_matviews where "schemaname" not like 'pg_%' and "schemaname" not like 'crdb_%' and "schemaname" not like '_timescaledb_%' and "schemaname" not in ('information_schema', 'tiger', 'topology') order by matviewname

select
 n.nspname as schema_name,
 p.proname as name,
 case when p.prokind = 'p' then 'procedure' else 'function' end as kind,
 l.lanname as language,
 case when p.proisstrict then false else null end as is_strict,
 case when p.provolatile = 'i' then true when p.provolatile = 'v' then false else null end as deterministic,
 case when p.prosecdef then 'definer' else 'invoker' end as security,
 pg_get_functiondef(p.oid) as full_def,
 pg_get_function_arguments(p.oid) as arg_signature,
 pg_get_function_result(p.oid) as result_type,
 d.description as comment
 from pg_proc p
 join pg_namespace n on n.oid = p.pronamespace
 join pg_language l on l.oid = p.prolang
 left join pg_description d on d.objoid = p.oid and d.classoid = 'pg_proc'::regclass
 where n.nspname in ('app')
 and l.lanname not in ('c', 'internal')
 -- exclude functions owned by extensions (PostGIS et al.)
 and not exists (
 select 1 from pg_depend dep
 where dep.objid = p.oid
 and dep.classid = 'pg_proc'::regclass
 and dep.deptype = 'e'
 )
 -- exclude trigger-helper functions; they're managed alongside their owning trigger.
 and p.prorettype <> 'trigger'::regtype
 order by n.nspname, p.proname

select 1 from information_schema.tables where table_schema = 'app' and table_name = 'mk_migrations'

select schema_name from information_schema.schemata where "schema_name" not like 'pg_%' and "schema_name" not like 'crdb_%' and "schema_name" not like '_timescaledb_%' and "schema_name" not in ('information_schema', 'tiger', 'topology') order by schema_name

with targets(schema_name, table_name) as (values ('app'::text, 'inv'), ('app'::text, 'posts'), ('app'::text, 'posts_tags'), ('app'::text, 'tags'), ('app'::text, 'users')) select parent_ns.nspname as schema_name, parent.relname as table_name, pg_get_partkeydef(parent.oid) as partition_definition, child_ns.nspname as partition_schema_name, child.relname as partition_name, pg_get_expr(child.relpartbound, child.oid) as partition_bound from targets join pg_class parent on parent.relname = targets.table_name join pg_namespace parent_ns on parent_ns.oid = parent.relnamespace and parent_ns.nspname = coalesce(targets.schema_name, current_schema()) join pg_partitioned_table partitioned on partitioned.partrelid = parent.oid left join pg_inherits inherits on inherits.inhparent = parent.oid left join pg_class child on child.oid = inherits.inhrelid left join pg_namespace child_ns on child_ns.oid = child.relnamespace order by parent_ns.nspname, parent.relname, child_ns.nspname, child.relname

-- @see https://www.postgresql.org/docs/9.5/static/catalogs.html
-- @see https://github.com/graphile/graphile-engine/blob/master/packages/graphile-build-pg/src/plugins/introspectionQuery.js
--
-- ## Parameters
-- - `$1`: An array of strings that represent the namespaces we are introspecting.
-- - `$2`: set true to include functions/tables/etc that come from extensions
with
 accessible_roles as (
 select oid _oid, pg_roles.*
 from pg_roles
 where rolname = current_user
 ),
 -- @see https://www.postgresql.org/docs/9.5/static/catalog-pg-namespace.html
 namespace as (
 select
 'namespace' as "kind",
 nsp.oid as "id",
 nsp.nspname as "name",
 dsc.description as "description"
 from
 pg_catalog.pg_namespace as nsp
 left join pg_catalog.pg_description as dsc on dsc.objoid = nsp.oid and dsc.classoid = 'pg_catalog.pg_namespace'::regclass
 where
 nsp.nspname = any ($1)
 order by
 nsp.nspname
 ),
 -- Select all of the remote procedures we can use in this schema. This comes
 -- first so that we can select types and classes using the information we get
 -- from it.
 --
 -- @see https://www.postgresql.org/docs/9.6/static/catalog-pg-proc.html
 procedure as (
 select
 'procedure' as "kind",
 pro.oid as "id",
 pro.proname as "name",
 dsc.description as "description",
 pro.pronamespace as "namespaceId",
 nsp.nspname as "namespaceName",
 pro.proisstrict as "isStrict",
 pro.proretset as "returnsSet",
 case
 when pro.provolatile = 'i' then true
 when pro.provolatile = 's' then true
 else false
 end as "isStable",
 pro.prorettype as "returnTypeId",
 coalesce(pro.proallargtypes, pro.proargtypes) as "argTypeIds",
 coalesce(pro.proargmodes, array[]::text[]) as "argModes",
 coalesce(pro.proargnames, array[]::text[]) as "argNames",
 pro.pronargs as "inputArgsCount",
 pro.pronargdefaults as "argDefaultsNum",
 pro.procost as "cost",
 exists(select 1 from accessible_roles where has_function_privilege(accessible_roles.oid, pro.oid, 'EXECUTE')) as "aclExecutable",
 (select lanname from pg_catalog.pg_language where pg_language.oid = pro.prolang) as "language"
 from
 pg_catalog.pg_proc as pro
 left join pg_catalog.pg_description as dsc on dsc.objoid = pro.oid and dsc.classoid = 'pg_catalog.pg_proc'::regclass
 left join pg_catalog.pg_namespace as nsp on nsp.oid = pro.pronamespace
 where
 pro.pronamespace in (select "id" from namespace) and
 -- Currently we don’t support functions with variadic arguments. In the
 -- future we may, but for now let’s just ignore functions with variadic
 -- arguments.
 -- TODO: Variadic arguments.
 pro.provariadic = 0 and
 -- Filter our aggregate functions and window functions.
 pro.prokind = 'f' and
 -- We want to make sure the argument modes for all of our arguments are
 -- `IN`, `OUT`, `INOUT`, or `TABLE` (not `VARIADIC`).
 (pro.proargmodes is null or pro.proargmodes operator(pg_catalog.<@) array['i','o','b','t']::"char"[]) and
 -- Do not select procedures that return `RECORD` (oid 2249) unless they
 -- have `OUT`, `INOUT`, or `TABLE` arguments to define the return type.
 (pro.prorettype operator(pg_catalog.<>) 2249 or pro.proargmodes && array['o','b','t']::"char"[]) and
 -- Do not select procedures that have `RECORD` arguments.
 (pro.proallargtypes is null or not (pro.proallargtypes operator(pg_catalog.@>) array[2249::oid])) and
 -- Do not select procedures that create range types. These are utility
 -- functions that really don’t need to be exposed in an API.
 pro.proname not in (
 select typ.typname
 from pg_catalog.pg_type as typ
 where typ.typtype = 'r'
 and typ.typnamespace = pro.pronamespace
 ) and
 -- Do not expose trigger functions (type trigger has oid 2279)
 pro.prorettype operator(pg_catalog.<>) 2279 and
 -- We don't want functions that will clash with GraphQL (treat them as private)
 pro.proname not like E'\\_\\_%' and
 -- We also don’t want procedures that have been defined in our namespace
 -- twice. This leads to duplicate fields in the API which throws an
 -- error. In the future we may support this case. For now though, it is
 -- too complex.
 (
 select count(pro2.*)
 from pg_catalog.pg_proc as pro2
 where pro2.pronamespace = pro.pronamespace
 and pro2.proname = pro.proname
 ) = 1 and
 ($2 is true or not exists(
 select 1
 from pg_catalog.pg_depend
 where pg_depend.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
 and pg_depend.deptype = 'e'
 and pg_depend.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
 and pg_depend.objid = pro.oid
 ))
 order by
 pro.pronamespace, pro.proname
 ),
 -- @see https://www.postgresql.org/docs/9.5/static/catalog-pg-class.html
 class as (
 select
 'class' as "kind",
 rel.oid as "id",
 rel.relname as "name",
 rel.relkind as "classKind",
 dsc.description as "description",
 rel.relnamespace as "namespaceId",
 nsp.nspname as "namespaceName",
 rel.reltype as "typeId",
 -- Here we determine whether or not we can use this class in a
 -- `SELECT`’s `FROM` clause. In order to determine this we look at them
 -- `relkind` column, if it is `i` (index) or `c` (composite), we cannot
 -- select this class. Otherwise we can.
 rel.relkind not in ('i', 'c') as "isSelectable",
 -- Here we are determining whether we can insert/update/delete a class.
 -- This is helpful as it lets us detect non-updatable views and then
 -- exclude them from being inserted/updated/deleted into. For more info
 -- on how `pg_catalog.pg_relation_is_updatable` works:
 --
 -- - https://www.postgresql.org/message-id/CAEZATCV2_qN9P3zbvADwME_TkYf2gR_X2cLQR4R+pqkwxGxqJg@mail.gmail.com
 -- - https://github.com/postgres/postgres/blob/2410a2543e77983dab1f63f48b2adcd23dba994e/src/backend/utils/adt/misc.c#L684
 -- - https://github.com/postgres/postgres/blob/3aff33aa687e47d52f453892498b30ac98a296af/src/backend/rewrite/rewriteHandler.c#L2351
 (pg_catalog.pg_relation_is_updatable(rel.oid, true)::bit(8) operator(pg_catalog.&) B'00010000') = B'00010000' as "isDeletable",
 (pg_catalog.pg_relation_is_updatable(rel.oid, true)::bit(8) operator(pg_catalog.&) B'00001000') = B'00001000' as "isInsertable",
 (pg_catalog.pg_relation_is_updatable(rel.oid, true)::bit(8) operator(pg_catalog.&) B'00000100') = B'00000100' as "isUpdatable",
 exists(select 1 from accessible_roles where has_table_privilege(accessible_roles.oid, rel.oid, 'SELECT')) as "aclSelectable",
 exists(select 1 from accessible_roles where has_table_privilege(accessible_roles.oid, rel.oid, 'INSERT')) as "aclInsertable",
 exists(select 1 from accessible_roles where has_table_privilege(accessible_roles.oid, rel.oid, 'UPDATE')) as "aclUpdatable",
 exists(select 1 from accessible_roles where has_table_privilege(accessible_roles.oid, rel.oid, 'DELETE')) as "aclDeletable"
 from
 pg_catalog.pg_class as rel
 left join pg_catalog.pg_description as dsc on dsc.objoid = rel.oid and dsc.objsubid = 0 and dsc.classoid = 'pg_catalog.pg_class'::regclass
 left join pg_catalog.pg_namespace as nsp on nsp.oid = rel.relnamespace
 where
 rel.relpersistence in ('p') and
 -- We don't want classes that will clash with GraphQL (treat them as private)
 rel.relname not like E'\\_\\_%' and
 rel.relkind in ('r', 'v', 'm', 'c', 'f') and
 ($2 is true or not exists(
 select 1
 from pg_catalog.pg_depend
 where pg_depend.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
 and pg_depend.deptype = 'e'
 and pg_depend.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
 and pg_depend.objid = rel.oid
 ))
 order by
 rel.relnamespace, rel.relname
 ),
 -- @see https://www.postgresql.org/docs/9.5/static/catalog-pg-attribute.html
 attribute as (
 select
 'attribute' as "kind",
 att.attrelid as "classId",
 att.attnum as "num",
 att.attname as "name",
 dsc.description as "description",
 att.atttypid as "typeId",
 nullif(att.atttypmod, -1) as "typeModifier",
 att.attnotnull as "isNotNull",
 att.atthasdef as "hasDefault",
 att.attidentity as "identity",
 exists(select 1 from accessible_roles where has_column_privilege(accessible_roles.oid, att.attrelid, att.attname, 'SELECT')) as "aclSelectable",
 exists(select 1 from accessible_roles where has_column_privilege(accessible_roles.oid, att.attrelid, att.attname, 'INSERT')) as "aclInsertable",
 exists(select 1 from accessible_roles where has_column_privilege(accessible_roles.oid, att.attrelid, att.attname, 'UPDATE')) as "aclUpdatable",
 -- https://git.postgresql.org/gitweb/?p=postgresql.git;a=commit;h=c62dd80cdf149e2792b13c13777a539f5abb0370
 att.attacl is not null and exists(select 1 from aclexplode(att.attacl) aclitem where aclitem.privilege_type = 'SELECT' and grantee in (select oid from accessible_roles)) as "columnLevelSelectGrant"
 from
 pg_catalog.pg_attribute as att
 left join pg_catalog.pg_description as dsc on dsc.objoid = att.attrelid and dsc.objsubid = att.attnum and dsc.classoid = 'pg_catalog.pg_class'::regclass
 where
 att.attrelid in (select "id" from class) and
 att.attnum > 0 and
 -- We don't want attributes that will clash with GraphQL (treat them as private)
 att.attname not like E'\\_\\_%' and
 not att.attisdropped
 order by
 att.attrelid, att.attnum
 ),
 -- @see https://www.postgresql.org/docs/9.5/static/catalog-pg-type.html
 type as (
 -- Use another `WITH` statement here, because our `WHERE` clause will need
 -- to use it.
 with type_all as (
 select
 'type' as "kind",
 typ.oid as "id",
 typ.typname as "name",
 dsc.description as "description",
 typ.typnamespace as "namespaceId",
 -- We include the namespace name in types only because we select so
 -- many types that are outside of our core set of namespaces. Having
 -- the namespace name is super helpful when generating SQL, so
 -- conditionally having namespace names for types is a pain.
 nsp.nspname as "namespaceName",
 typ.typtype as "type",
 typ.typcategory as "category",
 typ.typnotnull as "domainIsNotNull",
 nullif(typ.typelem, 0) as "arrayItemTypeId",
 typ.typlen as "typeLength",
 (typ.typelem <> 0 and typ.typlen = -1) as "isPgArray",
 nullif(typ.typrelid, 0) as "classId",
 nullif(typ.typbasetype, 0) as "domainBaseTypeId",
 nullif(typ.typtypmod, -1) as "domainTypeModifier",
 typ.typdefaultbin is not null as "domainHasDefault",
 -- If this type is an enum type, let’s select all of its enum variants.
 --
 -- @see https://www.postgresql.org/docs/9.5/static/catalog-pg-enum.html
 case
 when typ.typtype = 'e' then array(
 select enm.enumlabel
 from pg_catalog.pg_enum as enm
 where enm.enumtypid = typ.oid
 order by enm.enumsortorder
 )
 else null
 end as "enumVariants",
 -- If this type is a range type, we want to select the sub type of the
 -- range.
 --
 -- @see https://www.postgresql.org/docs/9.6/static/catalog-pg-range.html
 case
 when typ.typtype = 'r' then (
 select rng.rngsubtype
 from pg_catalog.pg_range as rng
 where rng.rngtypid = typ.oid
 limit 1
 )
 else null
 end as "rangeSubTypeId"
 from
 pg_catalog.pg_type as typ
 left join pg_catalog.pg_description as dsc on dsc.objoid = typ.oid and dsc.classoid = 'pg_catalog.pg_type'::regclass
 left join pg_catalog.pg_namespace as nsp on nsp.oid = typ.typnamespace
 )
 select
 *
 from
 type_all as typ
 where
 typ.id in (
 select "typeId" from class
 union all
 select "typeId" from attribute
 union all
 select "returnTypeId" from procedure
 union all
 select unnest("argTypeIds") from procedure
 union all
 -- If this type is a base type for *any* domain type, we will include it
 -- in our selection. This may mean we fetch more types than we need, but
 -- the alternative is to do some funky SQL recursion which would be hard
 -- code to read. So we prefer code readability over selecting like 3 or
 -- 4 less type rows.
 --
 -- We also do this for range sub types and array item types.
 select "domainBaseTypeId" from type_all
 union all
 select "rangeSubTypeId" from type_all
 union all
 select "arrayItemTypeId" from type_all
 )
 order by
 "namespaceId", "name"
 ),
 -- @see https://www.postgresql.org/docs/9.5/static/catalog-pg-constraint.html
 "constraint" as (
 select distinct on (con.conrelid, con.conkey, con.confrelid, con.confkey)
 'constraint' as "kind",
 con.oid as "id",
 con.conname as "name",
 con.contype as "type",
 con.conrelid as "classId",
 nullif(con.confrelid, 0) as "foreignClassId",
 dsc.description as "description",
 con.conkey as "keyAttributeNums",
 con.confkey as "foreignKeyAttributeNums"
 from
 pg_catalog.pg_constraint as con
 inner join class on (con.conrelid = class.id)
 left join pg_catalog.pg_description as dsc on dsc.objoid = con.oid and dsc.classoid = 'pg_catalog.pg_constraint'::regclass
 where
 -- Only get constraints for classes we have selected.
 con.conrelid in (select "id" from class where "namespaceId" in (select "id" from namespace)) and
 case
 -- If this is a foreign key constraint, we want to ensure that the
 -- foreign class is also in the list of classes we have already
 -- selected.
 when con.contype = 'f' then con.confrelid in (select "id" from class where "namespaceId" in (select "id" from namespace))
 -- Otherwise, this should be true.
 else true
 end and
 -- We only want foreign key, primary key, and unique constraints. We
 -- made add support for more constraints in the future.
 con.contype in ('f', 'p', 'u')
 order by
 con.conrelid, con.conkey, con.confrelid, con.confkey, con.conname
 ),
 -- @see https://www.postgresql.org/docs/9.5/static/catalog-pg-extension.html
 "extension" as (
 select
 'extension' as "kind",
 ext.oid as "id",
 ext.extname as "name",
 ext.extnamespace as "namespaceId",
 nsp.nspname as "namespaceName",
 ext.extrelocatable as "relocatable",
 ext.extversion as "version",
 ext.extconfig as "configurationClassIds",
 dsc.description as "description"
 from
 pg_catalog.pg_extension as ext
 left join pg_catalog.pg_description as dsc on dsc.objoid = ext.oid and dsc.classoid = 'pg_catalog.pg_extension'::regclass
 left join pg_catalog.pg_namespace as nsp on nsp.oid = ext.extnamespace
 order by
 ext.extname, ext.oid
 ),
 -- @see https://www.postgresql.org/docs/9.5/static/catalog-pg-index.html
 "indexes" as (
 select
 'index' as "kind",
 idx.indexrelid as "id",
 idx_more.relname as "name",
 nsp.nspname as "namespaceName",
 idx.indrelid as "classId",
 idx.indnatts as "numberOfAttributes",
 idx.indisunique as "isUnique",
 idx.indisprimary as "isPrimary",
 idx.indimmediate as "isImmediate", -- enforce uniqueness immediately on insert
 idx.indisreplident as "isReplicaIdentity",
 idx.indisvalid as "isValid", -- if false, don't use for queries
 idx.indpred is not null as "isPartial", -- if true, index is not on on rows.
 idx.indkey as "attributeNums",
 am.amname as "indexType",
 (
 select array_agg(pg_index_column_has_property(idx.indexrelid,n::int2,'asc'))
 from unnest(idx.indkey) with ordinality as ord(key,n)
 ) as "attributePropertiesAsc",
 (
 select array_agg(pg_index_column_has_property(idx.indexrelid,n::int2,'nulls_first'))
 from unnest(idx.indkey) with ordinality as ord(key,n)
 ) as "attributePropertiesNullsFirst",
 dsc.description as "description"
 from
 pg_catalog.pg_index as idx
 inner join pg_catalog.pg_class idx_more on (idx.indexrelid = idx_more.oid)
 inner join class on (idx.indrelid = class.id)
 inner join pg_catalog.pg_namespace as nsp on (nsp.oid = idx_more.relnamespace)
 inner join pg_catalog.pg_am as am on (am.oid = idx_more.relam)
 left join pg_catalog.pg_description as dsc on dsc.objoid = idx.indexrelid and dsc.objsubid = 0 and dsc.classoid = 'pg_catalog.pg_class'::regclass
 where
 idx.indislive is not false and
 idx.indisexclusion is not true and -- exclusion index
 idx.indpred is null -- no partial index predicate
 order by
 idx.indrelid, idx.indexrelid
 )
select row_to_json(x) as object from namespace as x
union all
select row_to_json(x) as object from class as x
union all
select row_to_json(x) as object from attribute as x
union all
select row_to_json(x) as object from type as x
union all
select row_to_json(x) as object from "constraint" as x
union all
select row_to_json(x) as object from procedure as x
union all
select row_to_json(x) as object from extension as x
union all
select row_to_json(x) as object from indexes as x
