/**
 * Settings that a client names while it connects and that policy has a say in. The server's session starts with them, so that RESET
 * and DISCARD come back to them; before the client is greeted they are set once more, as a statement that is decided on and recorded.
 */
import { splitIdentifiers } from '#core/sql/search-path.ts';

/** What may be named at the start: it acts on statements alone, and none has run before the decision. */
const decided: ReadonlySet<string> = new Set([
  'search_path',
  'statement_timeout',
  'lock_timeout',
  'transaction_timeout',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'default_transaction_isolation',
  'default_transaction_read_only',
  'default_transaction_deferrable',
  'synchronous_commit',
  'client_min_messages',
  'bytea_output',
  'lc_messages',
  'lc_monetary',
  'lc_numeric',
  'lc_time',
  'jit',
  'plan_cache_mode',
  'work_mem',
  'max_parallel_workers_per_gather',
  'tcp_keepalives_idle',
  'tcp_keepalives_interval',
  'tcp_keepalives_count',
  'tcp_user_timeout',
]);

/** `app.tenant`: what applications keep for themselves, row security among other things. */
const ofApplications = /^[a-z_]\w*\.[a-z_]\w*$/;
const namesMax = 64;

export const isDecided = (name: string): boolean =>
  decided.has(name) || (ofApplications.test(name) && name.length <= namesMax && !name.startsWith('weir.'));

const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** In a packet a path is a list; in SET it is one name for each literal. */
function valuesOf(name: string, value: string): string {
  const names = name === 'search_path' ? splitIdentifiers(value, ',') : null;
  return names === null || names.length === 0 ? literal(value) : names.map(literal).join(', ');
}

export const settingStatements = (settings: ReadonlyMap<string, string>): string =>
  [...settings]
    .map(
      ([name, value]) =>
        `SET ${name
          .split('.')
          .map(part => `"${part}"`)
          .join('.')} = ${valuesOf(name, value)}`,
    )
    .join('; ');
