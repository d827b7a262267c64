/** pgbench's select-only script, at one endpoint. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Endpoint = {
  name: string;
  url: string;
  /** Of what stands between client and server. */
  pid?: number;
};

export const protocols = ['simple', 'extended', 'prepared'] as const;
export type Protocol = (typeof protocols)[number];

/** Transactions per second, without the time to connect. */
export async function pgbench(
  { url }: Endpoint,
  { protocol, clients, seconds }: { protocol: Protocol; clients: number; seconds: number },
): Promise<number> {
  const threads = String(Math.min(clients, 2));
  const flags = [
    '--select-only',
    '--no-vacuum',
    '--protocol',
    protocol,
    '--client',
    String(clients),
    '--jobs',
    threads,
  ];
  const { stdout } = await run('pgbench', [...flags, '--time', String(seconds), `${url}?sslmode=disable`]);
  const found = /tps = ([\d.]+) \(without initial connection time\)/.exec(stdout);
  if (!found) throw new Error(`pgbench said: ${stdout}`);
  return Number(found[1]);
}
