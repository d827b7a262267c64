/**
 * The SQL that reads a catalog: one statement per kind of object, for PostgreSQL 15 to 18, as any role. Always in one order, so that
 * what is the same reads the same.
 */

/** `all` reads the system schemas too; `user` is what can change, including this session's own temporary schema. */
export type IntrospectScope = 'all' | 'user';

const systemSchemas = `('pg_catalog', 'information_schema')`;

/** FirstNormalObjectId (src/include/access/transam.h): what is below was made with the database itself. */
export const userOid = 16384;

/** Schemas that names can mean something in: other sessions' temporary ones and TOAST storage never do. */
const schemaFilter = (scope: IntrospectScope, oid: string | null = null): string =>
  [
    `n.nspname NOT LIKE 'pg\\_toast%'`,
    `(n.nspname NOT LIKE 'pg\\_temp\\_%' OR n.oid = pg_catalog.pg_my_temp_schema())`,
    ...(scope === 'user' ? [`n.nspname NOT IN ${systemSchemas}`] : []),
    // Thousands of rows that the system's own objects have need not be joined with anything.
    ...(scope === 'user' && oid !== null ? [`${oid} >= ${userOid}`] : []),
  ].join(' AND ');

/** Members of extensions. Joined rather than asked for each object: a large database has tens of thousands. */
const extensionsOf = (catalog: string): string =>
  `(SELECT d.objid, pg_catalog.min(e.extname) AS extname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
    WHERE d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND d.deptype = 'e'
    AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass GROUP BY d.objid)`;

const ifUser = (expression: string): string => `CASE WHEN n.nspname NOT IN ${systemSchemas} THEN ${expression} END`;

const oids = (array: string): string => `pg_catalog.array_to_string(${array}, ' ')`;

export const headerQuery = `SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.current_database(), current_user,
  pg_catalog.to_json(pg_catalog.current_schemas(true))::pg_catalog.text,
  (SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = pg_catalog.pg_my_temp_schema())`;

const schemasQuery = (scope: IntrospectScope): string =>
  `SELECT n.oid, n.nspname, pg_catalog.has_schema_privilege(n.oid, 'USAGE') FROM pg_catalog.pg_namespace n WHERE ${schemaFilter(scope)}`;

const triggersOf = `(SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', t.tgname, 'functionOid', t.tgfoid::pg_catalog.int8,
    'enabled', t.tgenabled <> 'D', 'deferrable', t.tgdeferrable, 'type', t.tgtype,
    'definition', CASE WHEN t.tgqual IS NOT NULL THEN pg_catalog.pg_get_triggerdef(t.oid) END)) FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)::pg_catalog.text`;

const rulesOf = `(SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', r.rulename, 'event', r.ev_type,
    'definition', pg_catalog.pg_get_ruledef(r.oid))) FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type <> '1')::pg_catalog.text`;

const relationsQuery = (scope: IntrospectScope): string =>
  `SELECT c.oid, n.nspname, c.relname, c.relkind, c.reltype,
  ${ifUser(`CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END`)},
  CASE WHEN c.relispartition OR c.relhassubclass OR c.relkind IN ('r', 'f') THEN
    i.parents WHEN c.relkind IN ('i', 'I') THEN x.indrelid::pg_catalog.text END,
  c.reltuples, c.relpages::pg_catalog.int8 * 8192, c.relrowsecurity, ${ifUser('e.extname')}, c.relpersistence = 't',
  CASE WHEN c.relhastriggers THEN ${triggersOf} END,
  CASE WHEN c.relhasrules AND ${`n.nspname NOT IN ${systemSchemas}`} THEN ${rulesOf} END,
  CASE WHEN c.relkind = 'p' THEN
    (SELECT k.partattrs::pg_catalog.text FROM pg_catalog.pg_partitioned_table k WHERE k.partrelid = c.oid) END
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN (SELECT inhrelid, pg_catalog.string_agg(inhparent::pg_catalog.text, ' ' ORDER BY inhseqno) AS parents
    FROM pg_catalog.pg_inherits GROUP BY inhrelid) i ON i.inhrelid = c.oid
  LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid LEFT JOIN ${extensionsOf('pg_class')} e ON e.objid = c.oid
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c', 'i', 'I') AND ${schemaFilter(scope, 'c.oid')}
  AND (c.relkind NOT IN ('i', 'I') OR n.nspname NOT IN ${systemSchemas}) ORDER BY c.oid`;

const columnsQuery = (scope: IntrospectScope): string =>
  `SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attgenerated, a.atthasdef OR a.attidentity <> '',
  CASE WHEN a.atthasdef THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attrdef d ON a.atthasdef AND d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c', 'i', 'I') AND ${schemaFilter(scope, 'a.attrelid')}
  AND (c.relkind NOT IN ('i', 'I') OR n.nspname NOT IN ${systemSchemas})
  ORDER BY a.attrelid, a.attnum`;

const functionsQuery = (scope: IntrospectScope): string =>
  `SELECT p.oid, n.nspname, p.proname, p.prokind, p.proargtypes::pg_catalog.text, ${oids('p.proallargtypes')},
  pg_catalog.array_to_string(p.proargmodes, ''), pg_catalog.to_json(p.proargnames)::pg_catalog.text, p.pronargdefaults, p.provariadic,
  p.prorettype, p.proretset, p.provolatile, p.proisstrict, p.proleakproof, p.prosecdef, l.lanname,
  ${ifUser(`CASE WHEN l.lanname IN ('sql', 'plpgsql') THEN COALESCE(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc) END`)},
  p.prosqlbody IS NOT NULL, pg_catalog.to_json(p.proconfig)::pg_catalog.text, a.aggkind, ${ifUser('e.extname')},
  ${ifUser('CASE WHEN p.pronargdefaults > 0 THEN pg_catalog.pg_get_expr(p.proargdefaults, 0) END')},
  ${ifUser(`pg_catalog.concat_ws(' ', a.aggtransfn::pg_catalog.oid, a.aggfinalfn::pg_catalog.oid, a.aggcombinefn::pg_catalog.oid, a.aggserialfn::pg_catalog.oid,
    a.aggdeserialfn::pg_catalog.oid, a.aggmtransfn::pg_catalog.oid, a.aggminvtransfn::pg_catalog.oid, a.aggmfinalfn::pg_catalog.oid)`)}
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang LEFT JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = p.oid
  LEFT JOIN ${extensionsOf('pg_proc')} e ON e.objid = p.oid
  WHERE ${schemaFilter(scope, 'p.oid')} ORDER BY p.oid`;

const typesQuery = (scope: IntrospectScope): string =>
  `SELECT t.oid, n.nspname, t.typname, t.typtype, t.typcategory, t.typispreferred, t.typelem, t.typarray, t.typrelid, t.typbasetype,
  t.typtypmod, t.typlen, COALESCE(r.rngsubtype, m.rngsubtype, 0), CASE WHEN t.typtype = 'd' THEN k.checks END, t.typnotnull,
  COALESCE(r.rngmultitypid, m.rngtypid, 0), ${ifUser(`CASE WHEN t.typtype = 'd' THEN pg_catalog.pg_get_expr(t.typdefaultbin, 0) END`)}
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid LEFT JOIN pg_catalog.pg_range m ON m.rngmultitypid = t.oid
  LEFT JOIN (SELECT contypid, pg_catalog.json_agg(pg_catalog.pg_get_expr(conbin, 0) ORDER BY oid)::pg_catalog.text AS checks
    FROM pg_catalog.pg_constraint WHERE contypid <> 0 AND contype = 'c' GROUP BY contypid) k ON k.contypid = t.oid
  WHERE ${schemaFilter(scope, 't.oid')} ORDER BY t.oid`;

const operatorsQuery = (scope: IntrospectScope): string =>
  `SELECT o.oid, n.nspname, o.oprname, o.oprleft, o.oprright, o.oprresult, o.oprcode::pg_catalog.oid,
  o.oprnegate, o.oprcom FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace WHERE ${schemaFilter(scope, 'o.oid')}
  ORDER BY o.oid`;

/** Casts have no schema; those made after initdb count as the user's. */
const castsQuery = (scope: IntrospectScope): string =>
  `SELECT castsource, casttarget, castfunc, castcontext, castmethod FROM pg_catalog.pg_cast
  ${scope === 'user' ? `WHERE oid >= ${userOid}` : ''}`;

/** Letters of pg_policy.polcmd (r, a, w, d) stand for the events. */
const codeQuery = `SELECT e.relation, e.events, e.expression FROM (
  SELECT k.conrelid, 'aw', pg_catalog.pg_get_expr(k.conbin, k.conrelid) FROM pg_catalog.pg_constraint k
    WHERE k.contype = 'c' AND k.conrelid <> 0
  UNION ALL SELECT x.indrelid, 'aw', pg_catalog.pg_get_expr(x.indexprs, x.indrelid) FROM pg_catalog.pg_index x WHERE x.indexprs IS NOT NULL
  UNION ALL SELECT x.indrelid, 'aw', pg_catalog.pg_get_expr(x.indpred, x.indrelid) FROM pg_catalog.pg_index x WHERE x.indpred IS NOT NULL
  UNION ALL SELECT k.partrelid, 'aw', pg_catalog.pg_get_expr(k.partexprs, k.partrelid) FROM pg_catalog.pg_partitioned_table k
    WHERE k.partexprs IS NOT NULL
  UNION ALL SELECT p.polrelid, CASE p.polcmd WHEN '*' THEN 'rawd' ELSE p.polcmd::pg_catalog.text END, pg_catalog.pg_get_expr(p.polqual, p.polrelid)
    FROM pg_catalog.pg_policy p WHERE p.polqual IS NOT NULL
  UNION ALL SELECT p.polrelid, CASE p.polcmd WHEN '*' THEN 'aw' ELSE p.polcmd::pg_catalog.text END, pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
    FROM pg_catalog.pg_policy p WHERE p.polwithcheck IS NOT NULL) e(relation, events, expression)
  JOIN pg_catalog.pg_class c ON c.oid = e.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname NOT IN ${systemSchemas}`;

const foreignKeysQuery = `SELECT k.conname, k.conrelid, ${oids('k.conkey')}, k.confrelid, ${oids('k.confkey')}, k.confdeltype, k.confupdtype
  FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0`;

const extensionsQuery = `SELECT extname, extversion FROM pg_catalog.pg_extension`;

/** Everything that `readCatalog` asks, by kind. */
export const catalogQueries = (scope: IntrospectScope) => ({
  header: headerQuery,
  schemas: schemasQuery(scope),
  relations: relationsQuery(scope),
  columns: columnsQuery(scope),
  functions: functionsQuery(scope),
  types: typesQuery(scope),
  operators: operatorsQuery(scope),
  casts: castsQuery(scope),
  code: codeQuery,
  foreignKeys: foreignKeysQuery,
  extensions: extensionsQuery,
});
export type CatalogQueryKind = keyof ReturnType<typeof catalogQueries>;
