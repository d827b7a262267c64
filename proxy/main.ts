/** The proxy's program: `WEIR_CONFIG` names its configuration, or the first argument does. */
import { runProxy } from './run.ts';

process.on('uncaughtException', error => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
});
process.exit(await runProxy(process.env, process.argv[2]));
