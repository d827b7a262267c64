/** SET, RESET, SHOW and set_config(): which settings matter, and what they become. */

import type { CatalogFunction } from '../catalog/snapshot.ts';
import type { HazardCode } from './analysis.ts';
import { stringsOf } from './names.ts';
import type { Pg } from './parse.ts';
import { unresolved } from './refuse.ts';
import { joinSearchPath, splitSearchPath } from './search-path.ts';
import type { Analyzer } from './state.ts';
import { nothing, type Outcome, rows } from './statement.ts';
import { oid } from './types/oid.ts';
import { constant, type Literal, type Value } from './value.ts';

/** Settings that decide how a text is read, who is asking, or what protects the server. */
const hazardous: Readonly<Record<string, HazardCode>> = {
  search_path: 'set_search_path',
  role: 'set_role',
  session_authorization: 'set_role',
  is_superuser: 'set_role',
  row_security: 'set_row_security',
  session_replication_role: 'trigger_disable',
  event_triggers: 'trigger_disable',
  standard_conforming_strings: 'set_parsing',
  backslash_quote: 'set_parsing',
  escape_string_warning: 'set_parsing',
  client_encoding: 'set_parsing',
  names: 'set_parsing',
  transform_null_equals: 'set_parsing',
  'plpgsql.variable_conflict': 'set_parsing',
  operator_precedence_warning: 'set_parsing',
  statement_timeout: 'set_limits',
  lock_timeout: 'set_limits',
  transaction_timeout: 'set_limits',
  idle_in_transaction_session_timeout: 'set_limits',
  idle_session_timeout: 'set_limits',
  temp_file_limit: 'set_limits',
  work_mem: 'set_limits',
  maintenance_work_mem: 'set_limits',
  logical_decoding_work_mem: 'set_limits',
  temp_buffers: 'set_limits',
  max_parallel_workers: 'set_limits',
  max_parallel_maintenance_workers: 'set_limits',
  max_stack_depth: 'set_limits',
  client_connection_check_interval: 'set_limits',
  max_parallel_workers_per_gather: 'set_limits',
  deadlock_timeout: 'set_limits',
  local_preload_libraries: 'code',
  session_preload_libraries: 'code',
  dynamic_library_path: 'code',
  jit_provider: 'code',
  allow_in_place_tablespaces: 'set_limits',
  allow_system_table_mods: 'row_security',
  ignore_checksum_failure: 'row_security',
  zero_damaged_pages: 'row_security',
};

/** Plans and query trees in the log can be sent to the client, literals and all. */
const debugging = /^(debug_print_.*|log_.*|auto_explain\..*|trace_.*|track_.*|pg_stat_statements\..*|pgaudit\..*)$/;

/** Which way to the rows is taken, and so their order: rows read along an index come in the order of its column. */
const planning =
  /^(enable_\w+|(seq|random)_page_cost|(cpu|parallel|jit)_\w+_cost|geqo\w*|(join|from)_collapse_limit|cursor_tuple_fraction|hash_mem_multiplier|effective_cache_size|min_parallel_\w+_scan_size|recursive_worktable_factor|debug_parallel_query|parallel_leader_participation)$/;

/** More than this, and the client hears about sorts, files and plans. */
const usualMessages: ReadonlySet<string> = new Set(['info', 'notice', 'warning', 'error', 'fatal', 'panic']);

/** Null for what the server starts with. */
function hazardOf(name: string, value: string | null): HazardCode | null {
  const known = Object.hasOwn(hazardous, name) ? hazardous[name] : undefined;
  // Nobody is more than who signed in: pools give a session back so, and DISCARD ALL does no less.
  if (known === 'set_role' && value === null) return null;
  if (name === 'client_min_messages')
    return value === null || usualMessages.has(value.toLowerCase()) ? null : 'set_messages';
  return known ?? (debugging.test(name) ? 'statistics' : planning.test(name) ? 'set_planner' : null);
}

/** Settings are case-insensitive. */
export const settingName = (name: string): string => name.toLowerCase();

/** What else a setting may be, where only a value at run time will tell. */
const anySetting: readonly HazardCode[] = [
  'set_parsing',
  'set_planner',
  'set_messages',
  'set_role',
  'set_limits',
  'set_search_path',
  'row_security',
  'set_row_security',
];

/** What every session has from its first statement to its last: many clients say so again. */
const inForce: Readonly<Record<string, ReadonlySet<string>>> = {
  client_encoding: new Set(['utf8', 'utf-8', 'unicode']),
  standard_conforming_strings: new Set(['on', 'true', 'yes']),
};

const changesNothing = (name: string, value: string | null): boolean =>
  value !== null && Object.hasOwn(inForce, name) && inForce[name]?.has(value.toLowerCase()) === true;

type Setting = { name: string; value: string | null };

function noteSetting(a: Analyzer, { name, value }: Setting, location?: number): void {
  a.out.object('session', 'set', 'setting', name);
  const code = hazardOf(name, value);
  if (code && !changesNothing(name, value)) a.out.hazard(code, name, location ?? null);
}

function constantText(node: Pg.Node): string {
  if ('A_Const' in node) {
    const { sval, ival, fval, boolval } = node.A_Const;
    if (sval) return sval.sval ?? '';
    if (fval) return fval.fval ?? '';
    if (boolval) return String(boolval.boolval === true);
    return String(ival?.ival ?? 0);
  }
  // SET TIME ZONE INTERVAL '…'
  if ('TypeCast' in node && node.TypeCast.arg) return constantText(node.TypeCast.arg);
  return unresolved('SET');
}

const settingValue = (name: string, args: readonly Pg.Node[]): string => {
  const values = args.map(constantText);
  return name === 'search_path' ? joinSearchPath(values) : values.join(', ');
};

export function setStatement(a: Analyzer, node: Pg.VariableSetStmt): Outcome {
  const name = settingName(node.name ?? '');
  const local = node.is_local === true;
  switch (node.kind) {
    case 'VAR_SET_VALUE': {
      const value = settingValue(name, node.args ?? []);
      noteSetting(a, { name, value }, node.location);
      a.out.effects.push({ type: 'set', name, value, local });
      break;
    }
    case 'VAR_SET_DEFAULT':
      noteSetting(a, { name, value: null }, node.location);
      a.out.effects.push(local ? { type: 'set', name, value: null, local } : { type: 'reset', name });
      break;
    case 'VAR_SET_CURRENT':
      noteSetting(a, { name, value: null }, node.location);
      break;
    case 'VAR_RESET':
      noteSetting(a, { name, value: null }, node.location);
      a.out.effects.push({ type: 'reset', name });
      break;
    case 'VAR_RESET_ALL':
      a.out.object('session', 'set', 'setting', 'all');
      a.out.effects.push({ type: 'reset_all' });
      break;
    case 'VAR_SET_MULTI':
      transactionMode(a, name);
      break;
    default:
      unresolved('SET', node.location);
  }
  return nothing('set');
}

/** What a function sets for as long as it runs, which is where the hazards of that lie. Its search_path is read with its body. */
export function functionSetting(a: Analyzer, name: string, node: Pg.VariableSetStmt): void {
  const setting = settingName(node.name ?? '');
  if (node.kind !== 'VAR_SET_VALUE' || setting === 'search_path') return;
  const code = hazardOf(setting, settingValue(setting, node.args ?? []));
  if (code) a.out.hazard(code, `${name} (${setting})`);
}

/** SET TRANSACTION …, SET SESSION CHARACTERISTICS …, SET TRANSACTION SNAPSHOT … */
function transactionMode(a: Analyzer, name: string): void {
  a.out.object('session', 'transaction', 'setting', name);
  if (name === 'transaction snapshot') a.out.hazard('backend_control', name);
}

export function showStatement(a: Analyzer, node: Pg.VariableShowStmt): Outcome {
  const name = settingName(node.name ?? '');
  a.out.object('session', 'other', 'setting', name);
  const column = (label: string) => ({ name: label, value: constant(oid.text) });
  if (name === 'all') return rows('show', [column('name'), column('setting'), column('description')]);
  return rows('show', [column(node.name ?? '')]);
}

const textOf = (literal: Literal | null): string | null =>
  literal?.kind === 'text' || literal?.kind === 'number' ? literal.text : null;

/** `SELECT set_config(name, …) FROM pg_settings WHERE name = '…'`, as pg_dump asks: the column is that literal. */
function pinnedName(a: Analyzer, value: Value | undefined): string | null {
  const [origin] = value?.origins ?? [];
  const isName = origin?.schema === 'pg_catalog' && origin.relation === 'pg_settings' && origin.column === 'name';
  return isName && value?.kind === 'column' ? a.pinnedSetting : null;
}

/** The setting's name that a query over pg_settings alone is restricted to. */
export function settingPinnedBy(node: Pg.SelectStmt): string | null {
  const [source, ...others] = node.fromClause ?? [];
  if (!source || others.length > 0 || !('RangeVar' in source) || source.RangeVar.relname !== 'pg_settings') return null;
  const where = node.whereClause;
  if (!where || !('A_Expr' in where) || where.A_Expr.kind !== 'AEXPR_OP') return null;
  const { name, lexpr, rexpr } = where.A_Expr;
  const isName = lexpr && 'ColumnRef' in lexpr && stringsOf(lexpr.ColumnRef.fields).at(-1) === 'name';
  if (!isName || stringsOf(name).join('.') !== '=' || !rexpr || !('A_Const' in rexpr)) return null;
  return rexpr.A_Const.sval?.sval ?? null;
}

/** set_config(name, value, is_local) is SET by another name: without literals nobody can tell what it sets. */
export function setConfig(a: Analyzer, fn: CatalogFunction, args: readonly Value[], location?: number): void {
  if (fn.name !== 'set_config' || fn.schema !== 'pg_catalog') return;
  const [nameValue, value, localValue] = args;
  const name = textOf(nameValue?.literal ?? null) ?? pinnedName(a, nameValue);
  if (name === null) {
    for (const code of anySetting) a.out.hazard(code, 'set_config', location ?? null);
    unresolved('set_config', location, 'the setting that set_config changes cannot be told');
  }
  const setting = settingName(name);
  const text = textOf(value?.literal ?? null);
  noteSetting(a, { name: setting, value: text ?? 'unknown' }, location);
  if (setting === 'search_path') {
    if (text === null) unresolved('set_config', location, 'the search_path that set_config gives cannot be told');
    a.out.effects.push({
      type: 'set',
      name: setting,
      value: joinSearchPath(splitSearchPath(text)),
      local: isLocal(localValue),
    });
  } else a.out.effects.push({ type: 'set', name: setting, value: text, local: isLocal(localValue) });
}

const isLocal = (value: Value | undefined): boolean => value?.literal?.kind === 'boolean' && value.literal.value;
