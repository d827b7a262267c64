/** The control database being away: how that is told from other faults, and how long an answer is waited for. */
import 'server-only';

/** An unreachable database refuses; a frozen one says nothing, and whoever waits for it would wait as long as it does. */
export const databaseAnswersWithinMs = 8000;

/**
 * Of postgres.js and of sockets. SQLSTATE 53300 is too_many_connections; 25006 and 53100 come from one that only answers questions: a
 * standby, one that was set to read only, one whose disk is full.
 */
const goneCodes: ReadonlySet<unknown> = new Set([
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  '53300',
  '25006',
  '53100',
]);

/** FATAL ends the connection, whatever for: shutting down, starting up, not accepting connections. Class 08 are its own faults. */
const saysGone = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  (('code' in thrown && (goneCodes.has(thrown.code) || /^08...$/.test(String(thrown.code)))) ||
    ('severity' in thrown && ['FATAL', 'PANIC'].includes(String(thrown.severity))));

export const isDatabaseGone = (thrown: unknown): boolean =>
  saysGone(thrown) || (thrown instanceof Error && saysGone(thrown.cause));

export class DatabaseSilent extends Error {
  readonly code = 'ETIMEDOUT';

  constructor() {
    super('the database does not answer');
  }
}

/** Rejects with what `isDatabaseGone` recognises when the database does not answer in time. */
export async function answeredInTime<T>(work: Promise<T>, timeoutMs = databaseAnswersWithinMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DatabaseSilent()), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
