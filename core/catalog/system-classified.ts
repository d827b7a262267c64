/**
 * Columns of the server's own catalogs and views that hold user data, credentials or other people's statements. They are classified
 * on every connection without anybody saying so; all other columns of the system schemas describe the database, not what is in it.
 */
import type { Level } from './classification.ts';

/** `relation` in pg_catalog unless `schema` says otherwise. */
export type SystemClassified = { schema: string; relation: string; column: string; label: string; level: Level };

const level: Level = 'restricted';

function of(label: string, relation: string, columns: string, schema = 'pg_catalog'): SystemClassified[] {
  return columns.split(' ').map(column => ({ schema, relation, column, label, level }));
}

const text = 'pii.free_text';
const credential = 'secret.token';

/** Of PostgreSQL 15 to 18; a column that a server does not have is no harm. */
export const systemClassified: readonly SystemClassified[] = [
  // Samples of the values of every column, gathered by ANALYZE.
  ...of(
    text,
    'pg_stats',
    'most_common_vals most_common_freqs histogram_bounds most_common_elems most_common_elem_freqs elem_count_histogram range_length_histogram range_empty_frac range_bounds_histogram correlation',
  ),
  ...of(text, 'pg_stats_ext', 'most_common_vals most_common_val_nulls most_common_freqs most_common_base_freqs'),
  ...of(
    text,
    'pg_stats_ext_exprs',
    'most_common_vals most_common_freqs histogram_bounds most_common_elems most_common_elem_freqs elem_count_histogram range_length_histogram range_empty_frac range_bounds_histogram correlation',
  ),
  ...of(
    text,
    'pg_statistic',
    'stanumbers1 stanumbers2 stanumbers3 stanumbers4 stanumbers5 stavalues1 stavalues2 stavalues3 stavalues4 stavalues5',
  ),
  ...of(text, 'pg_statistic_ext_data', 'stxdndistinct stxddependencies stxdmcv stxdexpr'),
  ...of(text, 'pg_largeobject', 'data'),
  // What other sessions ask, with their literals.
  ...of(text, 'pg_stat_activity', 'query'),
  ...of(text, 'pg_prepared_statements', 'statement'),
  ...of(text, 'pg_cursors', 'statement'),
  // What rows that a cursor or a sort keeps take up, and so how long their values are.
  ...of(text, 'pg_backend_memory_contexts', 'total_bytes total_nblocks free_bytes free_chunks used_bytes'),
  ...of(text, 'pg_stat_database', 'temp_bytes'),
  ...['public', 'extensions', 'monitoring'].flatMap(schema => of(text, 'pg_stat_statements', 'query', schema)),
  ...of('secret.password', 'pg_authid', 'rolpassword'),
  ...of('secret.password', 'pg_shadow', 'passwd'),
  // Passwords and keys of other servers, and settings in which they are kept.
  ...of(credential, 'pg_user_mapping', 'umoptions'),
  ...of(credential, 'pg_user_mappings', 'umoptions'),
  ...of(credential, 'user_mapping_options', 'option_value', 'information_schema'),
  ...of(credential, '_pg_user_mappings', 'umoptions', 'information_schema'),
  ...of(credential, 'pg_subscription', 'subconninfo'),
  ...of(credential, 'pg_stat_wal_receiver', 'conninfo'),
  ...of(credential, 'pg_db_role_setting', 'setconfig'),
  // Who may log in from where.
  ...of(credential, 'pg_hba_file_rules', 'file_name database user_name address netmask auth_method options error'),
  ...of(credential, 'pg_ident_file_mappings', 'file_name map_name sys_name pg_username error'),
  ...of(credential, 'pg_file_settings', 'sourcefile setting error'),
];
