/**
 * One writer per spool: a lock file that names its process. A process that is gone on this host frees it at once; one on another
 * host (a shared volume) only when it has not been refreshed for a while.
 */
import fs from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

const refreshMs = 5_000;
const abandonedMs = 30_000;

const ownerSchema = z.object({ pid: z.number().int(), host: z.string(), started: z.string() });
type Owner = z.infer<typeof ownerSchema>;

export class LockHeld extends Error {
  override name = 'LockHeld';
}

export type Lock = { release(): void };

/** Throws `LockHeld` when another living process has it. */
export function takeLock(directory: string): Lock {
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = `${directory}/lock`;
  const mine = `${path}.${process.pid}`;
  const content = JSON.stringify({ pid: process.pid, host: hostname(), started: startOf(process.pid) } satisfies Owner);
  fs.writeFileSync(mine, content, { mode: 0o600 });
  try {
    if (!linked(mine, path)) {
      breakAbandoned(path);
      if (!linked(mine, path)) throw new LockHeld(`${path} is held by another process`);
    }
  } finally {
    fs.rmSync(mine, { force: true });
  }
  const refresh = setInterval(() => {
    const now = new Date();
    fs.utimes(path, now, now, () => {});
  }, refreshMs);
  refresh.unref();
  return {
    release: () => {
      clearInterval(refresh);
      if (read(path) === content) fs.rmSync(path, { force: true });
    },
  };
}

/** link(2) is atomic and fails where the name exists. */
function linked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function breakAbandoned(path: string): void {
  const seen = read(path);
  if (seen === null) return;
  const owner = parseOwner(seen);
  if (owner && !abandoned(owner, path)) {
    throw new LockHeld(`${path} is held by process ${owner.pid} on ${owner.host}; one proxy per state directory`);
  }
  const aside = `${path}.${process.pid}.stale`;
  try {
    fs.renameSync(path, aside);
  } catch {
    return;
  }
  // Somebody else may have taken it between the look and the rename: then it is theirs.
  if (read(aside) !== seen) linked(aside, path);
  fs.rmSync(aside, { force: true });
}

function abandoned(owner: Owner, path: string): boolean {
  if (owner.host !== hostname()) return Date.now() - fs.statSync(path).mtimeMs > abandonedMs;
  return startOf(owner.pid) !== owner.started;
}

function parseOwner(text: string): Owner | null {
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function read(path: string): string | null {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Something that differs between two processes that had the same number: where the system tells, when it started. */
function startOf(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
  } catch {
    return isAlive(pid) ? 'alive' : 'gone';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
