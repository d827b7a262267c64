/** Directories for servers that live as long as a test run. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isReachable, serverAccount, systemStateDir } from './postgres-binaries.ts';

/** A new directory that the embedded server can reach. */
export function throwAwayDir(prefix: string): string {
  const account = serverAccount();
  const parent = isReachable(os.tmpdir(), account) ? os.tmpdir() : systemStateDir;
  fs.mkdirSync(parent, { recursive: true });
  const dir = fs.mkdtempSync(path.join(parent, prefix));
  if (account) fs.chmodSync(dir, 0o755);
  return dir;
}
