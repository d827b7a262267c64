/** The words in which decisions speak of actions, hazards and uses. Documentation and console use the same ones. */
import type { Access, Action, HazardCode, UseContext } from '../sql/analysis.ts';
import { type BudgetUnit, budgetUnits, type Rule, type Uses } from './schema.ts';

export const actionWords: Readonly<Record<Action, string>> = {
  connect: 'connect to',
  read: 'read',
  write: 'write to',
  define: 'define',
  drop: 'drop',
  call: 'call',
  session: 'change the session with',
  lock: 'lock',
  maintain: 'maintain',
  privilege: 'change privileges on',
  opaque: 'run what cannot be resolved in',
};

export const hazardWords: Readonly<Record<HazardCode, string>> = {
  drop: 'drops an object',
  drop_column: 'drops a column',
  truncate: 'empties a table',
  unbounded_update: 'updates every row',
  unbounded_delete: 'deletes every row',
  alter_destructive: 'alters a table so that data is lost',
  alter_rewrite: 'rewrites a table under an exclusive lock',
  copy_program: 'runs a program on the server',
  copy_file: 'reads or writes a file on the server',
  server_file: 'uses a function that reads or writes server files',
  large_object: 'uses large objects',
  foreign_connection: 'opens or defines a connection to another server',
  dynamic_sql: 'runs SQL that is made at run time',
  anonymous_block: 'runs an anonymous code block',
  alter_system: 'changes settings or databases of the server',
  extension: 'installs, changes or drops an extension',
  privilege: 'changes privileges',
  role: 'creates, changes or drops a role',
  owner: 'changes the owner of an object',
  security_definer: "defines a function that runs with its owner's rights",
  untrusted_language: 'defines a function in an untrusted language',
  row_security: 'switches row security or changes its policies',
  set_row_security: 'chooses what row security does to statements it applies to',
  trigger_disable: 'disables or enables triggers',
  replication: 'uses replication',
  publication: 'defines a publication or subscription',
  set_role: 'changes the role of the session',
  set_limits: 'changes the limits of the session',
  set_parsing: 'changes how the server reads statements',
  set_planner: 'changes how the server plans statements',
  set_messages: 'has the server report how it works',
  set_search_path: 'changes the search path',
  lock_table: 'locks a table',
  row_lock: 'locks rows',
  vacuum_full: 'rewrites a table with VACUUM FULL',
  rewrite_table: 'rewrites a table',
  two_phase: 'uses two-phase commit',
  notify: 'sends a notification',
  backend_control: 'controls other sessions',
  advisory_lock: 'takes an advisory lock',
  statistics: 'reads or defines statistics about data',
  sleep: 'makes the server wait',
  cascade: 'acts on dependent objects too',
  event_trigger: 'defines an event trigger',
  rule: 'defines a rewrite rule',
  code: 'defines code that runs later in other statements',
  cross_join: 'joins tables without a condition',
  unbounded_recursion: 'recurses without a bound',
};

/**
 * Which verdict of a mask rule decides a use. `harmless` reveals nothing about the column's values; `never` cannot be permitted,
 * because what becomes of the value is out of sight.
 */
export const useKeys: Readonly<Record<UseContext, keyof Uses | 'harmless' | 'never'>> = {
  predicate_null: 'null_test',
  predicate_constant: 'equality',
  predicate: 'predicate',
  join: 'join',
  join_key: 'join',
  group: 'group',
  distinct: 'group',
  order: 'order',
  set_operation: 'group',
  window: 'order',
  limit: 'predicate',
  aggregate: 'aggregate',
  aggregate_total: 'harmless',
  case: 'predicate',
  function_argument: 'never',
  source: 'write',
  target: 'harmless',
  default: 'write',
  conflict: 'equality',
  lock: 'harmless',
};

/** `… may not be used in <words>`. */
export const useWords: Readonly<Record<UseContext | 'derived', string>> = {
  predicate_null: 'a test for null',
  predicate_constant: 'a comparison with a given value',
  predicate: 'a condition',
  join: 'a join condition',
  join_key: 'a join condition',
  group: 'GROUP BY',
  distinct: 'DISTINCT',
  order: 'ORDER BY',
  set_operation: 'UNION, INTERSECT or EXCEPT',
  window: 'a window',
  limit: 'LIMIT or OFFSET',
  aggregate: 'an aggregate',
  aggregate_total: 'an aggregate',
  case: 'CASE',
  function_argument: 'the argument of a function',
  source: 'what is written elsewhere',
  target: 'the target of a write',
  default: 'a default',
  conflict: 'ON CONFLICT',
  lock: 'a row lock',
  derived: 'an expression that may raise an error',
};

/**
 * Hazards behind which data moves unseen. For an identity with masked columns they count as an `opaque` access of their own.
 */
export const opaqueHazards: ReadonlySet<HazardCode> = new Set([
  'dynamic_sql',
  'anonymous_block',
  'copy_program',
  'copy_file',
  'server_file',
  'large_object',
  'foreign_connection',
  'untrusted_language',
  'replication',
  'set_planner',
  'set_messages',
]);

/** Functions of the server with effects that look at nothing but their arguments. */
export const touchesNoRows: ReadonlySet<string> = new Set([
  'pg_advisory_lock',
  'pg_advisory_lock_shared',
  'pg_advisory_unlock',
  'pg_advisory_unlock_all',
  'pg_advisory_unlock_shared',
  'pg_advisory_xact_lock',
  'pg_advisory_xact_lock_shared',
  'pg_try_advisory_lock',
  'pg_try_advisory_lock_shared',
  'pg_try_advisory_xact_lock',
  'pg_try_advisory_xact_lock_shared',
  'pg_notify',
  'pg_sleep',
  'pg_sleep_for',
  'pg_sleep_until',
]);

/** Control of the transaction and of the session's own statements: what they carry is decided on its own. */
export function isImplicit(access: Pick<Access, 'action' | 'verb'>): boolean {
  return (
    access.action === 'session' &&
    (access.verb === 'transaction' ||
      access.verb === 'prepare' ||
      access.verb === 'cursor' ||
      access.verb === 'explain')
  );
}

const compareOthers = 'find rows by a key or another column that is not masked';

/** What to write instead, before `, or ask the owner`. */
export const useAdvice: Readonly<Record<UseContext | 'derived', string>> = {
  predicate_null: 'leave the test out',
  predicate_constant: compareOthers,
  predicate: compareOthers,
  join: 'join along a foreign key, or on columns that are not masked',
  join_key: 'join on columns that are not masked',
  group: 'group by columns that are not masked',
  distinct: 'leave it out of what has to be distinct',
  order: 'order by columns that are not masked',
  set_operation: 'use UNION ALL, or leave it out',
  window: 'order and partition by columns that are not masked',
  limit: 'write the number out',
  aggregate: 'use an aggregate that cannot fail, such as `max` or `string_agg`',
  aggregate_total: 'leave it out',
  case: 'test columns that are not masked',
  function_argument: 'select the column by itself',
  source: 'leave it out of what is written',
  target: 'leave it out',
  default: 'write the value out',
  conflict: 'name a constraint on columns that are not masked',
  lock: 'leave it out',
  derived: 'select the column by itself',
};

const unitWords: Readonly<Record<BudgetUnit, (max: string) => string>> = {
  rows: max => `${max} rows`,
  bytes: max => `${max} bytes`,
  sensitiveRows: max => `${max} rows of classified data`,
  sensitiveCells: max => `${max} classified values`,
};

/** With separators, so that a long number can be read. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** `10,000 classified values`. */
export const amountWords = (unit: BudgetUnit, max: number): string => unitWords[unit](grouped(max));

/** `every 60 minutes`. */
export const windowWords = (windowMinutes: number): string =>
  windowMinutes === 60 ? 'every hour' : windowMinutes === 1440 ? 'every day' : `every ${windowMinutes} minutes`;

const endWords = {
  rows: 'rows',
  bytes: 'bytes',
  durationSeconds: 'seconds',
  budget: 'for a window of time',
  affectedRows: 'changed rows',
} as const;

/** `the limit of 10,000 rows`: what ended a statement. */
export const endedByWords = ({ limit, max }: { limit: keyof typeof endWords; max: number }): string =>
  `the ${limit === 'budget' ? 'budget' : 'limit'} of ${grouped(max)} ${endWords[limit]}`;

/** What a limit rule says, in one phrase. */
export function limitWords({ limits = {}, budget }: Extract<Rule, { effect: 'limit' }>): string {
  const { rows, bytes, durationSeconds, idleInTransactionSeconds, sessions } = limits;
  const words = [
    rows === undefined ? null : `a statement returns at most ${amountWords('rows', rows)}`,
    bytes === undefined ? null : `a statement returns at most ${amountWords('bytes', bytes)}`,
    durationSeconds === undefined ? null : `a statement runs for at most ${grouped(durationSeconds)} s`,
    idleInTransactionSeconds === undefined
      ? null
      : `a transaction may be left idle for ${grouped(idleInTransactionSeconds)} s`,
    sessions === undefined ? null : `${grouped(sessions)} sessions at a time`,
    ...budgetUnits.map(unit => {
      const max = budget?.[unit];
      return budget === undefined || max === undefined
        ? null
        : `${amountWords(unit, max)} ${windowWords(budget.windowMinutes)}`;
    }),
  ];
  return words.filter(word => word !== null).join(', ');
}
