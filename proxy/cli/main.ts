/** The `weir` command: finds the subcommand, gives it its arguments, and turns what came of it into an exit code. */
import { runCli } from './run-cli.ts';

const { stdin, stdout, stderr, env } = process;
// A reader that has seen enough (`weir … | head`) is no error.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exit(await runCli(process.argv.slice(2), { stdin, stdout, stderr, env }));
