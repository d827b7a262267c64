/** Functions that are a hazard by what they are, wherever they come from: files, connections, locks, other backends, SQL as text. */
import type { CatalogFunction } from '../catalog/snapshot.ts';
import type { HazardCode } from './analysis.ts';
import type { Analyzer } from './state.ts';

const patterns: readonly (readonly [RegExp, HazardCode])[] = [
  [
    /^pg_(read_(binary_)?file|ls_.*|stat_file|file_(read|write|sync|rename|unlink)|logdir_ls|current_logfile)/,
    'server_file',
  ],
  [/^pg_(hba_file_rules|ident_file_mappings|show_all_file_settings|file_settings)$/, 'server_file'],
  [
    /^(get_raw_page|page_header|heap_page_.*|heap_tuple_infomask.*|bt_page_.*|brin_page.*|gin_page.*|gist_page.*)$/,
    'server_file',
  ],
  [
    /^(hash_page.*|tuple_data_split|fsm_page_contents|bt_metap|bt_multi_page_stats|brin_metapage_info|brin_revmap_data)$/,
    'server_file',
  ],
  [/^(lo_.*|loread|lowrite|lowrite|lo_import|lo_export)$/, 'large_object'],
  [/^dblink(_.*)?$/, 'foreign_connection'],
  [/^postgres_fdw_.*$/, 'foreign_connection'],
  [/^(query|cursor|table|schema|database)_to_xml.*$/, 'dynamic_sql'],
  [/^(ts_stat|ts_rewrite|crosstab.*|connectby|xpath_table|xslt_process|normal_rand_sql)$/, 'dynamic_sql'],
  [
    /^pg_(terminate_backend|cancel_backend|log_backend_memory_contexts|reload_conf|rotate_logfile.*|promote)$/,
    'backend_control',
  ],
  [
    /^pg_(wal_replay_.*|switch_wal|backup_start|backup_stop|create_restore_point|start_backup|stop_backup)$/,
    'backend_control',
  ],
  // Giving back what the session itself holds is what pools do between two users.
  [/^pg_(try_)?advisory_(?!unlock_all$)/, 'advisory_lock'],
  [/^pg_sleep/, 'sleep'],
  [/^pg_notify$/, 'notify'],
  [/^pg_(create_(logical|physical)_replication_slot|drop_replication_slot|replication_slot_advance)$/, 'replication'],
  [
    /^pg_(logical_slot_.*|logical_emit_message|replication_origin_.*|copy_.*_replication_slot|sync_replication_slots)$/,
    'replication',
  ],
  [
    /^pg_(stat_reset.*|clear_(attribute|relation)_stats|restore_(attribute|relation)_stats|stat_statements.*)$/,
    'statistics',
  ],
  [/^pg_(mcv_list_items|stat_get_(backend_)?activity.*|stat_get_backend_activity)$/, 'statistics'],
  [/^pg_(prepared_statement|cursor|prepared_xact)$/, 'statistics'],
  [
    /^(currtid2?|binary_upgrade_.*|pg_nextoid|pg_import_system_collations|pg_extension_config_dump)$/,
    'backend_control',
  ],
  [/^(pg_export_snapshot|setseed|brin_.*|gin_clean_pending_list)$/, 'backend_control'],
];

const byName = new Map<string, HazardCode | null>();

/** Null for a harmless name. */
export function hazardOfFunction(name: string): HazardCode | null {
  const known = byName.get(name);
  if (known !== undefined) return known;
  const found = patterns.find(([pattern]) => pattern.test(name))?.[1] ?? null;
  if (byName.size < 10_000) byName.set(name, found);
  return found;
}

/** Only functions of the server or an extension: a user's own function may be called anything, and is looked into instead. */
export function functionHazard(a: Analyzer, fn: CatalogFunction, location?: number): void {
  if (fn.schema !== 'pg_catalog' && fn.extension === null) return;
  const code = hazardOfFunction(fn.name);
  if (code) a.out.hazard(code, `${fn.schema}.${fn.name}`, location ?? null);
}
