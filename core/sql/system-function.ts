/** Functions behind system views: what they return is what the view's columns hold, and is classified as those are. */
import type { CatalogFunction } from '../catalog/snapshot.ts';
import type { ColumnRef } from './analysis.ts';
import { checkType } from './domain.ts';
import type { Analyzer } from './state.ts';
import { changed, pureOver, unionOrigins, type Value } from './value.ts';

/** Function → relation in pg_catalog and the columns it gives. */
const behind: Readonly<Record<string, readonly [string, string]>> = {
  pg_stat_get_activity: ['pg_stat_activity', 'query'],
  pg_stat_get_backend_activity: ['pg_stat_activity', 'query'],
  pg_prepared_statement: ['pg_prepared_statements', 'statement'],
  pg_cursor: ['pg_cursors', 'statement'],
  pg_get_backend_memory_contexts: ['pg_backend_memory_contexts', 'used_bytes'],
  pg_stat_get_db_temp_bytes: ['pg_stat_database', 'temp_bytes'],
  pg_hba_file_rules: ['pg_hba_file_rules', 'address'],
  pg_ident_file_mappings: ['pg_ident_file_mappings', 'sys_name'],
  pg_show_all_file_settings: ['pg_file_settings', 'setting'],
  pg_mcv_list_items: ['pg_stats_ext', 'most_common_vals'],
  pg_stat_get_wal_receiver: ['pg_stat_wal_receiver', 'conninfo'],
  lo_get: ['pg_largeobject', 'data'],
  loread: ['pg_largeobject', 'data'],
};

function columnBehind(a: Analyzer, fn: CatalogFunction): ColumnRef | null {
  const entry = Object.hasOwn(behind, fn.name) ? behind[fn.name] : undefined;
  const relation = entry && a.catalog.relationNamed('pg_catalog', entry[0]);
  const column = relation?.columns.find(candidate => candidate.name === entry?.[1]);
  return relation && column ? a.catalog.columnRef(relation, column) : null;
}

export function systemFunctionValue(a: Analyzer, fn: CatalogFunction, value: Value): Value {
  checkType(a, value.type);
  if (fn.schema !== 'pg_catalog') return value;
  const ref = columnBehind(a, fn);
  if (!ref) return value;
  const kind = pureOver([value]);
  return changed(value, { origins: unionOrigins([[ref], value.origins]), kind: kind === 'constant' ? 'pure' : kind });
}
