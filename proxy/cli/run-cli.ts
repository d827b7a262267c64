/** The subcommands of `weir` and how one of them is run. */
import { version } from '../version.ts';
import { CliError, type Command, exitCodes, helpOf, type Io, parseGiven } from './command.ts';
import { connect } from './connect.ts';
import { connections, status } from './connections.ts';
import { login, logout, token, whoami } from './login.ts';
import { proxyEnrol, proxyStart } from './proxy.ts';
import { verify } from './verify.ts';

export const commands: readonly Command[] = [
  login,
  logout,
  whoami,
  connections,
  connect,
  token,
  status,
  verify,
  proxyStart,
  proxyEnrol,
];

function overview(): string {
  const width = Math.max(...commands.map(command => command.name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `weir ${version}: governed access to databases\n\n${lines.join('\n')}\n\nweir <command> --help says more.\n`;
}

/** The longest name that the arguments begin with. */
function find(args: readonly string[]): { command: Command; rest: readonly string[] } | null {
  const fitting = commands
    .map(command => ({ command, words: command.name.split(' ') }))
    .filter(({ words }) => words.every((word, index) => args[index] === word))
    .sort((left, right) => right.words.length - left.words.length)[0];
  return fitting ? { command: fitting.command, rest: args.slice(fitting.words.length) } : null;
}

export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const [first = '--help'] = args;
  if (first === '--version' || first === '-v') {
    io.stdout.write(`${version}\n`);
    return exitCodes.ok;
  }
  if (first === '--help' || first === '-h' || first === 'help') {
    io.stdout.write(overview());
    return exitCodes.ok;
  }
  const found = find(args);
  if (!found) {
    io.stderr.write(`weir: there is no command "${args.join(' ')}"\n\n${overview()}`);
    return exitCodes.usage;
  }
  return runCommand(found.command, found.rest, io);
}

async function runCommand(command: Command, args: readonly string[], io: Io): Promise<number> {
  try {
    const given = parseGiven(command, args);
    if (given.values.help === true) {
      io.stdout.write(helpOf(command));
      return exitCodes.ok;
    }
    return await command.run(given, io);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    io.stderr.write(`weir: ${error.message}\n`);
    if (error.hint) io.stderr.write(`      ${error.hint}\n`);
    return error.exitCode;
  }
}
