/** What `npm start` takes from its command line, and what it says of itself. */
import { parseArgs } from 'node:util';

const options = {
  dev: { type: 'boolean', default: false },
  build: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export type Arguments = { dev: boolean; build: boolean; help: boolean };

export const usage = `usage: npm start [-- OPTION …]

Starts the control database, the console and a proxy in front of a demo shop; Ctrl-C stops all of it.

  --dev     reload console and proxy when their sources change (npm run dev)
  --build   only build what a start would build
  --help    show this

Settings come from the environment:

  DATABASE_URL        an existing PostgreSQL 15 or newer for the control database, instead of the embedded one
  WEIR_STATE_DIR      keys, secrets and the embedded database (default .data)
  WEIR_CONSOLE_PORT   default 3000, or the next free one
  WEIR_PROXY_PORT     default 6432, or the next free one
  WEIR_HOST           where to listen (default 127.0.0.1)
  WEIR_DEMO=0         no demo: one administrator, nothing governed yet

README.md has the others.`;

/** Throws a sentence when there is something it does not know. */
export function readArguments(argv: readonly string[]): Arguments {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${usage}`);
  }
}
