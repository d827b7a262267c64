/**
 * One database's catalog as a read-only value: what names mean there. Object identifiers are PostgreSQL's own OIDs.
 * System schemas are part of it, because clients read them all the time.
 */

/** pg_class.relkind, for those that can be read from. */
export type RelationKind = 'r' | 'p' | 'v' | 'm' | 'f' | 'S' | 'c' | 't';

export type CatalogColumn = {
  /** pg_attribute.attnum; 1-based, negative for system columns (which are not listed). */
  attnum: number;
  name: string;
  typeOid: number;
  typmod: number;
  notNull: boolean;
  /** A stored or virtual generated column, with its expression. */
  generated: string | null;
  hasDefault: boolean;
};

export type CatalogRelation = {
  oid: number;
  schema: string;
  name: string;
  kind: RelationKind;
  columns: readonly CatalogColumn[];
  /** The row type of the relation (pg_class.reltype), 0 if none. */
  rowTypeOid: number;
  /** pg_get_viewdef for views and materialised views. */
  definition: string | null;
  /** Parents by inheritance or partitioning. */
  parents: readonly number[];
  /** pg_class.reltuples, -1 when never analysed. */
  rowsEstimate: number;
  bytesEstimate: number;
  rowSecurity: boolean;
  /** User triggers (not internal ones) and non-select rules: what else a write does. */
  triggers: readonly { name: string; functionOid: number; enabled: boolean }[];
  rules: readonly { name: string; event: 'insert' | 'update' | 'delete'; definition: string }[];
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
  variadicTypeOid: number;
  returnTypeOid: number;
  returnsSet: boolean;
  volatility: 'i' | 's' | 'v';
  strict: boolean;
  leakproof: boolean;
  securityDefiner: boolean;
  language: string;
  /** prosrc for sql and plpgsql; the whole CREATE text for BEGIN ATOMIC bodies; null for compiled ones. */
  body: string | null;
};

export type CatalogType = {
  oid: number;
  schema: string;
  name: string;
  /** pg_type.typtype */
  kind: 'b' | 'c' | 'd' | 'e' | 'p' | 'r' | 'm';
  category: string;
  elementOid: number;
  arrayOid: number;
  relationOid: number;
  baseOid: number;
  length: number;
};

export type CatalogForeignKey = {
  name: string;
  relationOid: number;
  columns: readonly number[];
  referencedOid: number;
  referencedColumns: readonly number[];
  onDelete: 'a' | 'r' | 'c' | 'n' | 'd';
};

export type CatalogOperator = {
  oid: number;
  schema: string;
  name: string;
  left: number;
  right: number;
  result: number;
  functionOid: number;
};

export type CatalogData = {
  /** server_version_num, e.g. 180004 */
  serverVersion: number;
  database: string;
  /** The upstream role and its memberships, because names such as "$user" depend on it. */
  role: string;
  searchPath: readonly string[];
  schemas: readonly { oid: number; name: string }[];
  relations: readonly CatalogRelation[];
  functions: readonly CatalogFunction[];
  types: readonly CatalogType[];
  operators: readonly CatalogOperator[];
  foreignKeys: readonly CatalogForeignKey[];
  extensions: readonly { name: string; version: string }[];
};
