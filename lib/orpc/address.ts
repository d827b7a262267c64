/** How the client's address travels from the socket to the procedures: a header that only this process can write. */
import 'server-only';
import { randomBytes } from 'node:crypto';
import { BlockList, isIP } from 'node:net';

export const addressHeader = 'x-weir-address';

const slot = Symbol.for('weir.address-proof');

/** Random per process and known to its module graphs only, so that a client cannot supply the header. */
export function addressProof(): string {
  const holder = globalThis as { [slot]?: string };
  holder[slot] ??= randomBytes(16).toString('hex');
  return holder[slot];
}

const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');

export function parseNetworks(list: string): BlockList {
  const networks = new BlockList();
  for (const entry of list.split(',').map(part => part.trim())) {
    if (entry === '') continue;
    const [address = '', bits] = entry.split('/');
    const version = isIP(address);
    if (version === 0) throw new Error(`not a network: ${entry}`);
    const family = version === 4 ? 'ipv4' : 'ipv6';
    networks.addSubnet(address, bits === undefined ? (version === 4 ? 32 : 128) : Number(bits), family);
  }
  return networks;
}

const contains = (networks: BlockList, address: string): boolean => {
  const version = isIP(address);
  return version !== 0 && networks.check(address, version === 4 ? 'ipv4' : 'ipv6');
};

/**
 * The address to believe: the socket's, unless that is a trusted reverse proxy; then the last entry of X-Forwarded-For
 * that is not one of them.
 */
export function clientAddress(socket: string, forwarded: string | undefined, trusted: BlockList): string {
  let address = plain(socket);
  const hops = (forwarded ?? '').split(',').map(hop => plain(hop.trim()));
  while (contains(trusted, address) && hops.length > 0) {
    const hop = hops.pop() ?? '';
    if (isIP(hop) === 0) break;
    address = hop;
  }
  return address;
}

/** Headers by which a client could pretend to be a reverse proxy. */
export const forwardingHeaders = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'forwarded',
  'x-real-ip',
] as const;

export const isTrusted = contains;
