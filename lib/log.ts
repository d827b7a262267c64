/** The control plane's own log: JSON lines on stdout. Causes of errors go here and nowhere else; secrets go nowhere. */
import 'server-only';
import pino, { type Logger } from 'pino';
import { redactSecrets } from '#core/event/redact.ts';

const redactPaths = ['password', 'token', 'secret', 'authorization', 'cookie'].flatMap(name => [name, `*.${name}`]);

const causesMax = 4;
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? redactSecrets(value) : undefined);

/** drizzle puts the parameters of a query behind it: hashes of passwords and tokens, and whatever people have typed. */
const withoutParameters = (message: string): string => redactSecrets(message.split('\nparams:')[0] ?? '');

/**
 * What a log needs of an error, member by member: libraries hang requests, answers, parameters and tokens on theirs, and a server's
 * detail quotes rows.
 */
export function errorForLog(thrown: unknown, depth = 0): unknown {
  if (typeof thrown === 'string') return redactSecrets(thrown);
  if (typeof thrown !== 'object' || thrown === null || depth > causesMax) return undefined;
  const { code, cause, table_name, constraint_name, error } = thrown as Record<string, unknown>;
  if (!(thrown instanceof Error)) return error === undefined ? undefined : errorForLog(error, depth + 1);
  const frames = thrown.stack?.indexOf('\n    at ') ?? -1;
  return {
    type: thrown.name,
    message: withoutParameters(thrown.message),
    code: textOf(code),
    table: textOf(table_name),
    constraint: textOf(constraint_name),
    stack: frames < 0 ? undefined : thrown.stack?.slice(frames + 1),
    cause: cause === undefined ? undefined : errorForLog(cause, depth + 1),
  };
}

let instance: Logger | undefined;

export function log(): Logger {
  instance ??= pino({
    name: 'weir-console',
    level: process.env.WEIR_LOG_LEVEL || (process.env.VITEST ? 'silent' : 'info'),
    redact: { paths: redactPaths, censor: '[redacted]' },
    serializers: { err: errorForLog, cause: errorForLog },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
  return instance;
}
