/** What a subcommand of `weir` is, and how its arguments and its help are read from one declaration. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

export type Io = {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream;
  env: Readonly<Record<string, string | undefined>>;
};

export type Option = { type: 'string' | 'boolean'; short?: string; argument?: string; help: string };
export type Values = Readonly<Record<string, string | boolean | undefined>>;
export type Given = {
  values: Values;
  positionals: readonly string[];
  /** What stood behind `--`. */
  rest: readonly string[];
};

export type Command = {
  /** `proxy start` has two words. */
  name: string;
  summary: string;
  /** Behind the name, e.g. `<connection> [-- psql options]`. */
  arguments: string;
  options: Readonly<Record<string, Option>>;
  positionalsMax: number;
  /** More lines of help. */
  details?: string;
  /** Gives the exit code. May throw `CliError`. */
  run(given: Given, io: Io): Promise<number>;
};

/** 0 done, 1 it did not work (refused, not verified), 2 wrong usage or no way to try. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/** Shown as it is; ends the command. */
export class CliError extends Error {
  override name = 'CliError';
  readonly exitCode: number;
  readonly hint: string | undefined;
  constructor(message: string, more: { hint?: string | undefined; exitCode?: number } = {}) {
    super(message);
    this.exitCode = more.exitCode ?? exitCodes.usage;
    this.hint = more.hint;
  }
}

export const helpOption: Option = { type: 'boolean', short: 'h', help: 'show this help' };

export function parseGiven(command: Command, args: readonly string[]): Given {
  const end = args.indexOf('--');
  const own = end < 0 ? [...args] : args.slice(0, end);
  const declared = { ...command.options, help: helpOption };
  const options: ParseArgsConfig['options'] = {};
  for (const [name, { type, short }] of Object.entries(declared)) options[name] = { type, ...(short && { short }) };
  try {
    const { values, positionals } = parseArgs({ args: own, options, allowPositionals: true, strict: true });
    if (positionals.length > command.positionalsMax) {
      throw new CliError(`weir ${command.name} takes no argument "${positionals[command.positionalsMax]}"`);
    }
    return { values: values as Values, positionals, rest: end < 0 ? [] : args.slice(end + 1) };
  } catch (error) {
    if (error instanceof CliError) throw error;
    const message = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
    throw new CliError(message, { hint: `weir ${command.name} --help` });
  }
}

export function helpOf(command: Command): string {
  const rows = Object.entries({ ...command.options, help: helpOption }).map(([name, option]) => {
    const short = option.short ? `-${option.short}, ` : '    ';
    return [`${short}--${name}${option.argument ? ` ${option.argument}` : ''}`, option.help] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    `${command.summary}`,
    '',
    `  weir ${command.name} ${command.arguments}`.trimEnd(),
    '',
    ...rows.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`),
    ...(command.details ? ['', command.details] : []),
    '',
  ].join('\n');
}

export const text = (value: string | boolean | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;
