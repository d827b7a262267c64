/** Where the proxy of a connection listens: as told, else as the control plane knows from the proxies' heartbeats. */
import { z } from 'zod';
import { controlClient } from '../control/client.ts';
import { CliError, type Io } from './command.ts';
import type { Credential } from './credentials.ts';

export const proxyPortDefault = 6432;

const connectionsSchema = z.object({
  items: z.array(
    z.looseObject({
      connection: z.looseObject({ name: z.string(), environment: z.string() }),
      access: z.string(),
      endpoints: z.array(z.looseObject({ proxy: z.string(), listen: z.string() })),
    }),
  ),
});
export type KnownConnection = z.infer<typeof connectionsSchema>['items'][number];

/** The connections the caller may know of. Fails in the control plane's words. */
export async function knownConnections(credential: Credential) {
  const client = controlClient({ url: credential.controlUrl, bearer: async () => credential.token });
  return client.get(connectionsSchema, { method: 'GET', path: '/connections/mine?limit=200', timeoutMs: 5_000 });
}

type Asking = {
  host: string | undefined;
  port: string | undefined;
  io: Io;
  credential: Credential;
  name: string;
};

export async function findAddress({
  host,
  port,
  io,
  credential,
  name,
}: Asking): Promise<{ host: string; port: number }> {
  if (host !== undefined) return { host, port: portOf(port) };
  if (io.env.WEIR_PROXY) return parseAddress(io.env.WEIR_PROXY, port);
  if (port !== undefined) return { host: '127.0.0.1', port: portOf(port) };
  const known = await knownConnections(credential);
  const endpoints = known.ok ? known.value.items.find(item => item.connection.name === name)?.endpoints : undefined;
  const [first] = endpoints ?? [];
  return first ? parseAddress(first.listen, undefined) : { host: '127.0.0.1', port: proxyPortDefault };
}

function parseAddress(address: string, port: string | undefined): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(address);
  if (!match) throw new CliError(`"${address}" is not an address of the form host:port`);
  return { host: match[1] ?? match[2] ?? '', port: portOf(port ?? match[3]) };
}

function portOf(text: string | undefined): number {
  if (text === undefined) return proxyPortDefault;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new CliError(`"${text}" is not a port`);
  return port;
}
