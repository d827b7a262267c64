/** What runs where, for other programs on this machine: `running.json` in the state directory while everything is up. */
import fs from 'node:fs';
import path from 'node:path';
import { isAlive } from '../wait.ts';
import type { Installed } from './installation.ts';
import type { Settings } from './settings.ts';
import { writePrivate } from './state.ts';

export type Running = {
  pid: number;
  consoleUrl: string;
  proxy: { host: string; port: number };
  operationsUrl: string;
  people: readonly { login: string; what: string }[];
  /** Files, readable by this account alone. */
  passwordFile: string;
  tokenFile: string | null;
};

export function writeRunning(
  state: string,
  { settings, installed }: { settings: Settings; installed: Installed },
): void {
  const file = path.join(state, 'running.json');
  const running: Running = {
    pid: process.pid,
    consoleUrl: settings.consoleUrl,
    proxy: { host: settings.host === '0.0.0.0' ? '127.0.0.1' : settings.host, port: settings.proxyPort },
    operationsUrl: `http://127.0.0.1:${settings.operationsPort}`,
    people: installed.people,
    passwordFile: path.join(state, 'demo-password'),
    tokenFile: installed.tokenFile,
  };
  writePrivate(file, `${JSON.stringify(running, null, 2)}\n`);
  process.on('exit', () => fs.rmSync(file, { force: true }));
}

/** Null where nothing runs; what a killed supervisor left behind does not count. */
export function readRunning(state: string): Running | null {
  try {
    const running = JSON.parse(fs.readFileSync(path.join(state, 'running.json'), 'utf8')) as Running;
    return isAlive(running.pid) ? running : null;
  } catch {
    return null;
  }
}
