/** A Chromium for the browser tests that needs nothing but npm: finds one, or unpacks the one in @sparticuz/chromium. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';

export type Browser = { executablePath: string | undefined; args: string[]; env: Record<string, string> };

/** Not the package's own list, which switches web security and process isolation off. */
const args = ['--no-sandbox', '--disable-gpu', '--no-zygote'];

/** CHROMIUM_PATH, the one from npm (Linux on x64), the system's, and last whatever Playwright finds by itself. */
export async function resolveBrowser(cache = path.resolve('node_modules/.cache/chromium')): Promise<Browser> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  if (process.env.CHROMIUM_PATH) return { executablePath: process.env.CHROMIUM_PATH, args, env };
  if (process.platform === 'linux' && process.arch === 'x64') return unpackedBrowser(cache, env);
  const system = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(file => fs.existsSync(file));
  return { executablePath: system, args, env };
}

async function unpackedBrowser(cache: string, env: Record<string, string>): Promise<Browser> {
  const [root] = createRequire(import.meta.url)
    .resolve('@sparticuz/chromium')
    .split(`${path.sep}build${path.sep}`);
  const packed = path.join(String(root), 'bin');
  const { version } = JSON.parse(fs.readFileSync(path.join(String(root), 'package.json'), 'utf8')) as {
    version: string;
  };
  const dir = path.join(cache, version);
  if (!fs.existsSync(dir)) await unpack(packed, cache, dir);
  return {
    executablePath: path.join(dir, 'chromium'),
    args,
    env: {
      ...env,
      FONTCONFIG_PATH: path.join(dir, 'fonts'),
      FONTCONFIG_FILE: path.join(dir, 'fonts', 'fonts.conf'),
      // A bare machine has no NSS libraries.
      LD_LIBRARY_PATH: [env.LD_LIBRARY_PATH, path.join(dir, 'libraries', 'lib')].filter(Boolean).join(':'),
    },
  };
}

/** Beside the cache and renamed when complete, so that two runs at once, or a killed one, leave no half of a browser. */
async function unpack(packed: string, cache: string, dir: string): Promise<void> {
  fs.mkdirSync(cache, { recursive: true });
  const partial = fs.mkdtempSync(path.join(cache, 'partial-'));
  try {
    await Promise.all([
      pipeline(
        fs.createReadStream(path.join(packed, 'chromium.br')),
        zlib.createBrotliDecompress(),
        fs.createWriteStream(path.join(partial, 'chromium'), { mode: 0o755 }),
      ),
      untar(path.join(packed, 'fonts.tar.br'), path.join(partial, 'fonts')),
      untar(path.join(packed, 'swiftshader.tar.br'), partial),
      untar(path.join(packed, 'al2023.tar.br'), path.join(partial, 'libraries')),
    ]);
    fs.writeFileSync(path.join(partial, 'fonts', 'fonts.conf'), fontsConfiguration(dir));
    fs.renameSync(partial, dir);
  } catch (error) {
    fs.rmSync(partial, { recursive: true, force: true });
    if (!fs.existsSync(dir)) throw error;
  }
}

async function untar(archive: string, target: string): Promise<void> {
  fs.mkdirSync(target, { recursive: true });
  const tar = spawn('tar', ['-x', '-C', target], { stdio: ['pipe', 'ignore', 'inherit'] });
  const exit = new Promise<number | null>((resolve, reject) => tar.once('exit', resolve).once('error', reject));
  // tar stops reading at the archive's end mark, which may come before the last byte.
  tar.stdin.on('error', () => {});
  Readable.from([zlib.brotliDecompressSync(fs.readFileSync(archive))]).pipe(tar.stdin);
  if ((await exit) !== 0) throw new Error(`tar could not unpack ${archive}`);
}

/** The one in the package points elsewhere, and without any font Chromium loses typed text and crashes. */
const fontsConfiguration = (dir: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${dir}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <cachedir>${dir}/fonts-cache</cachedir>
  <config></config>
</fontconfig>
`;
