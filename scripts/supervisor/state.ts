/** The state directory: where it is, its secrets (0600), and the lock that lets one supervisor at a time use it. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { isReachable, serverAccount, systemStateDir } from '../postgres-binaries.ts';
import { root } from '../root.ts';
import { isAlive } from '../wait.ts';

/** WEIR_STATE_DIR, or `.data` in the checkout; elsewhere when the database's account could not reach that. */
export function stateDir(): string {
  if (process.env.WEIR_STATE_DIR) return path.resolve(process.env.WEIR_STATE_DIR);
  const account = serverAccount();
  if (isReachable(root, account)) return path.join(root, '.data');
  return path.join(systemStateDir, `state-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`);
}

/** The directory has to be entered by the database's account when this process is root; every file in it has its own mode. */
export function openStateDir(dir: string): void {
  fs.mkdirSync(dir, { recursive: true, mode: serverAccount() ? 0o755 : 0o700 });
}

/** A secret of the installation, made the first time it is asked for. */
export function secret(dir: string, name: string, make = () => randomBytes(32).toString('base64url')): string {
  const file = path.join(dir, name);
  try {
    fs.writeFileSync(file, make(), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return fs.readFileSync(file, 'utf8').trim();
}

/** Replaces a private file at once. */
export function writePrivate(file: string, text: string): void {
  const partial = `${file}.${process.pid}`;
  fs.writeFileSync(partial, text, { mode: 0o600 });
  fs.renameSync(partial, file);
}

type Lock = { pid: number; consoleUrl: string };

/** Throws when another supervisor runs on this directory; a lock left by a killed one is taken over. */
export function lockStateDir(dir: string, consoleUrl: string): () => void {
  const file = path.join(dir, 'supervisor.json');
  const held = readLock(file);
  if (held && held.pid !== process.pid && isSupervisor(held.pid)) {
    throw new Error(`Weir is already running from ${dir} (process ${held.pid}): ${held.consoleUrl}`);
  }
  writePrivate(file, JSON.stringify({ pid: process.pid, consoleUrl } satisfies Lock));
  return () => fs.rmSync(file, { force: true });
}

function readLock(file: string): Lock | null {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Lock;
  } catch {
    return null;
  }
}

/** Process numbers are used again, so the name is looked at as well. */
function isSupervisor(pid: number): boolean {
  if (!isAlive(pid)) return false;
  try {
    const command =
      process.platform === 'linux'
        ? fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return command.includes('run.mjs') || command.includes('start.');
  } catch {
    return true;
  }
}
