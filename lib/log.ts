/** The control plane's own log: JSON lines on stdout. Causes of errors go here and nowhere else; secrets go nowhere. */
import 'server-only';
import pino, { type Logger } from 'pino';

const redactPaths = ['password', 'token', 'secret', 'authorization', 'cookie'].flatMap(name => [name, `*.${name}`]);

let instance: Logger | undefined;

export function log(): Logger {
  instance ??= pino({
    name: 'weir-console',
    level: process.env.WEIR_LOG_LEVEL || (process.env.VITEST ? 'silent' : 'info'),
    redact: { paths: redactPaths, censor: '[redacted]' },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
  return instance;
}
