/** Lists that are as long as they are, whatever is in them: options in the server's own catalogs, and arrays as they are written. */
import { firstUserOid, isSystemSchema } from '../../catalog/lookup.ts';
import type { CatalogFunction } from '../../catalog/snapshot.ts';
import type { ColumnRef } from '../analysis.ts';
import type { Value } from '../value.ts';

/** By column. The server itself writes them, as `name=value`, and none is NULL. */
const relations: Readonly<Record<string, ReadonlySet<string>>> = {
  setconfig: new Set(['pg_db_role_setting']),
  umoptions: new Set(['pg_user_mapping', 'pg_user_mappings', '_pg_user_mappings']),
};

const isOptions = ({ schema, relation, relationOid, column }: ColumnRef): boolean =>
  relationOid < firstUserOid && isSystemSchema(schema) && relations[column]?.has(relation) === true;

/** The column as it is: what was computed of it may be of any length. */
const isOptionList = ({ kind, origins }: Value): boolean =>
  kind === 'column' && origins.length > 0 && origins.every(isOptions);

const listing: ReadonlySet<string> = new Set(['unnest', 'pg_options_to_table']);

const isWritten = (fn: CatalogFunction, { document }: Value): boolean => document === 'list' && fn.name === 'unnest';

/** Takes such a list apart: gives a row for each option or element, and cannot fail. */
export const listsOptions = (fn: CatalogFunction, args: readonly Value[]): boolean =>
  fn.returnsSet &&
  fn.schema === 'pg_catalog' &&
  listing.has(fn.name) &&
  args.length === 1 &&
  args.every(value => isOptionList(value) || isWritten(fn, value));
