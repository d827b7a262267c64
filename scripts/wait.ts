/** Waiting for a condition, and ports nobody listens on. */
import fs from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** The first value that is neither null, undefined nor false; throws when the time is up. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  { timeoutMs, everyMs = 50 }: { timeoutMs: number; everyMs?: number },
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== null && value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`Waited ${Math.round(timeoutMs / 1000)} s in vain for ${what}.`);
    await sleep(everyMs);
  }
}

/** Whether a port of the loopback interface can be listened on. */
export function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise(resolve => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port the system hands out. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen({ port: 0, host }, () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/** `wanted`, or the next of the `triesMax` ports after it that is free. */
export async function freePortFrom(wanted: number, triesMax = 20): Promise<number> {
  for (let port = wanted; port < wanted + triesMax; port += 1) if (await isFree(port)) return port;
  throw new Error(`Ports ${wanted} to ${wanted + triesMax - 1} are all taken.`);
}

/** False for a process that has ended but that nobody has waited for yet, as happens in containers without an init. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const state = process.platform === 'linux' ? fs.readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
    return !/\) Z /.test(state);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
