/**
 * One database's catalog as a read-only value: what names mean there. Object identifiers are PostgreSQL's own OIDs.
 * System schemas are part of it, because clients read them all the time.
 */

/** pg_class.relkind, for those that can be read from. */
export type RelationKind = 'r' | 'p' | 'v' | 'm' | 'f' | 'S' | 'c' | 't' | 'i' | 'I';

export type CatalogColumn = {
  /** pg_attribute.attnum; 1-based, negative for system columns (which are not listed). */
  attnum: number;
  name: string;
  typeOid: number;
  typmod: number;
  notNull: boolean;
  /** A stored or virtual generated column, with its expression. */
  generated: string | null;
  /** Generated when read (PostgreSQL 18), not when written. */
  virtual: boolean;
  hasDefault: boolean;
  /** The default expression as pg_get_expr prints it. */
  defaultText: string | null;
};

export type CatalogRelation = {
  oid: number;
  schema: string;
  name: string;
  kind: RelationKind;
  columns: readonly CatalogColumn[];
  /** The row type of the relation (pg_class.reltype), 0 if none. */
  rowTypeOid: number;
  /** pg_get_viewdef for views and materialised views outside the system schemas, to be read under `searchPath` of the snapshot. */
  definition: string | null;
  /** Name of the extension that owns it. */
  extension: string | null;
  temporary: boolean;
  /** Parents by inheritance or partitioning; of an index, its table. */
  parents: readonly number[];
  /** Of a partitioned table: what decides where a row lies, as column numbers; 0 for an expression over any of them. */
  partitionKey?: readonly number[];
  /** pg_class.reltuples, -1 when never analysed. */
  rowsEstimate: number;
  bytesEstimate: number;
  rowSecurity: boolean;
  /** User triggers (not internal ones) and non-select rules: what else a write does. */
  triggers: readonly {
    name: string;
    functionOid: number;
    enabled: boolean;
    events: readonly ('insert' | 'update' | 'delete' | 'truncate')[];
    /** The whole CREATE TRIGGER as the catalog prints it, where the trigger has a condition. */
    definition: string | null;
    /** It may run as late as when the transaction ends. */
    deferrable?: boolean;
  }[];
  rules: readonly { name: string; event: 'insert' | 'update' | 'delete'; definition: string }[];
  /**
   * What else is computed over its rows: check constraints, expressions of indexes and of the partition key, policies of row
   * security. One expression, or a list of them, as pg_get_expr prints it.
   */
  code?: readonly { events: readonly ('select' | 'insert' | 'update' | 'delete')[]; text: string }[];
};

export type CatalogFunction = {
  oid: number;
  schema: string;
  name: string;
  kind: 'function' | 'procedure' | 'aggregate' | 'window';
  argumentTypes: readonly number[];
  /** Names of all arguments, modes i/o/b/v/t, when declared; outputs of RETURNS TABLE and OUT arguments come from here. */
  allArguments: readonly { name: string; mode: 'i' | 'o' | 'b' | 'v' | 't'; typeOid: number }[];
  defaults: number;
  /** The defaults of the last arguments as pg_get_expr prints them, separated by commas; null for those of the system schemas. */
  defaultsText: string | null;
  variadicTypeOid: number;
  returnTypeOid: number;
  returnsSet: boolean;
  volatility: 'i' | 's' | 'v';
  strict: boolean;
  leakproof: boolean;
  securityDefiner: boolean;
  language: string;
  /** prosrc for sql and plpgsql; null for compiled ones and for those of the system schemas. */
  body: string | null;
  /** The body is SQL-standard (RETURN or BEGIN ATOMIC), bound at creation; names are read under `searchPath` of the snapshot. */
  atomic: boolean;
  /** search_path from the function's own SET clause, as its elements. */
  searchPath: readonly string[] | null;
  /** For aggregates: normal, ordered-set or hypothetical-set. */
  aggregate: 'n' | 'o' | 'h' | null;
  /** The functions that an aggregate of a user runs. */
  steps?: readonly number[];
  extension: string | null;
};

export type CatalogType = {
  oid: number;
  schema: string;
  name: string;
  /** pg_type.typtype */
  kind: 'b' | 'c' | 'd' | 'e' | 'p' | 'r' | 'm';
  category: string;
  preferred: boolean;
  elementOid: number;
  arrayOid: number;
  relationOid: number;
  /** Of a domain. */
  baseOid: number;
  /** Of a domain: the type modifier it puts on its base. */
  baseTypmod: number;
  length: number;
  /** Element type of a range or multirange. */
  rangeSubtypeOid: number;
  /** Of a range its multirange, of a multirange its range. */
  rangePartnerOid: number;
  /** Of a domain: its CHECK constraints as expressions over VALUE. */
  checks: readonly string[];
  /** Of a domain: what a column of it is where nothing is given. */
  defaultText?: string;
  notNull: boolean;
};

export type CatalogCast = {
  sourceOid: number;
  targetOid: number;
  /** 0 unless `method` is f. */
  functionOid: number;
  context: 'i' | 'a' | 'e';
  method: 'f' | 'i' | 'b';
};

export type CatalogForeignKey = {
  name: string;
  relationOid: number;
  columns: readonly number[];
  referencedOid: number;
  referencedColumns: readonly number[];
  onDelete: 'a' | 'r' | 'c' | 'n' | 'd';
  onUpdate: 'a' | 'r' | 'c' | 'n' | 'd';
};

export type CatalogOperator = {
  oid: number;
  schema: string;
  name: string;
  left: number;
  right: number;
  result: number;
  functionOid: number;
  /** Of a user: operators that the server may run in its place, where NOT stands before it or with its operands the other way round. */
  negatorOid?: number;
  commutatorOid?: number;
};

export type CatalogData = {
  /** server_version_num, e.g. 180004 */
  serverVersion: number;
  database: string;
  /** The upstream role, because "$user" in a search_path is its name. */
  role: string;
  /** What current_schemas(true) said when this was read: definitions are printed relative to it. */
  searchPath: readonly string[];
  /** pg_my_temp_schema() by name, where the snapshot was taken on a session that has one. */
  temporarySchema: string | null;
  /** Closed: the upstream role may not use what is in it, so names are not looked up there. */
  schemas: readonly { oid: number; name: string; isClosed?: boolean }[];
  relations: readonly CatalogRelation[];
  functions: readonly CatalogFunction[];
  types: readonly CatalogType[];
  operators: readonly CatalogOperator[];
  casts: readonly CatalogCast[];
  foreignKeys: readonly CatalogForeignKey[];
  extensions: readonly { name: string; version: string }[];
};
