/** One writer per state directory, and no lock that outlives its process. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LockHeld, takeLock } from './lock.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-lock-'));
  path = join(directory, 'lock');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('is held by one, and free again when released', () => {
  const lock = takeLock(directory);
  expect(() => takeLock(directory)).toThrow(LockHeld);
  lock.release();
  takeLock(directory).release();
  expect(readdirSync(directory)).toEqual([]);
});

it('passes on from a process that is gone, also when its number was given to another', () => {
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const owner = { pid: dead, host: hostname(), started: 'then' };
  for (const left of [owner, { ...owner, pid: process.pid }, 'not JSON', {}]) {
    writeFileSync(path, typeof left === 'string' ? left : JSON.stringify(left));
    const lock = takeLock(directory);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
    lock.release();
  }
});

it('stays with a process on another host for as long as that refreshes it', () => {
  writeFileSync(path, JSON.stringify({ pid: 1, host: 'elsewhere', started: 'then' }));
  expect(() => takeLock(directory)).toThrow(/elsewhere/);
  const before = new Date(Date.now() - 60_000);
  utimesSync(path, before, before);
  takeLock(directory).release();
});

it('leaves a lock alone that has become somebody else’s', () => {
  const lock = takeLock(directory);
  const other = JSON.stringify({ pid: 1, host: 'elsewhere', started: 'now' });
  writeFileSync(path, other);
  lock.release();
  expect(readFileSync(path, 'utf8')).toBe(other);
});
