/** Runs one of the project's programs: `node scripts/run.mjs start|proxy|weir … arguments`. */
import { bundle, programs } from './bundle.mjs';

const [name = '', ...rest] = process.argv.slice(2);
if (!Object.hasOwn(programs, name)) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(programs).join('|')} …`);
  process.exit(2);
}
const needed = name === 'start' ? [name] : [name, 'parser-worker'];
const [file] = await bundle(needed);
process.argv = [process.argv[0], file, ...rest];
process.setSourceMapsEnabled(true);
await import(file);
