/** Directories for servers that live as long as a run; what a killed run left behind is cleared away by the next. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isReachable, serverAccount, systemStateDir } from './postgres-binaries.ts';
import { isAlive } from './wait.ts';

const ownerFile = 'owner.pid';

/** A new directory that the embedded server can reach. */
export function throwAwayDir(prefix: `weir-${string}-`): string {
  const account = serverAccount();
  const parent = isReachable(os.tmpdir(), account) ? os.tmpdir() : systemStateDir;
  fs.mkdirSync(parent, { recursive: true });
  sweep(parent);
  const dir = fs.mkdtempSync(path.join(parent, prefix));
  fs.writeFileSync(path.join(dir, ownerFile), String(process.pid));
  if (account) fs.chmodSync(dir, 0o755);
  return dir;
}

function sweep(parent: string): void {
  for (const name of fs.readdirSync(parent).filter(entry => entry.startsWith('weir-'))) {
    const dir = path.join(parent, name);
    const owner = numberIn(path.join(dir, ownerFile));
    if (owner === null || isAlive(owner)) continue;
    for (const data of ['data', 'postgres/data']) {
      const server = numberIn(path.join(dir, data, 'postmaster.pid'));
      if (server !== null) endServer(server, path.join(dir, data));
    }
    try {
      fs.rmSync(dir, { recursive: true, force: true });
    } catch {
      // Somebody else's.
    }
  }
}

function numberIn(file: string): number | null {
  try {
    return Number.parseInt(fs.readFileSync(file, 'utf8'), 10) || null;
  } catch {
    return null;
  }
}

/** Only where the process still is what the file says: numbers are used again. */
function endServer(pid: number, data: string): void {
  try {
    if (fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(data)) process.kill(pid, 'SIGQUIT');
  } catch {
    // Gone, or not ours to end.
  }
}
