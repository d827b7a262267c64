/** The proxy's own key pair: made here, kept in the state directory, never sent. It signs the short-lived token of every request. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import {
  generateSigningKey,
  type PrivateSigningKey,
  privateSigningKeySchema,
  publicHalf,
  type SigningKey,
} from '#core/identity/key.ts';
import { issueProxyToken } from '#core/identity/token.ts';
import type { Clock } from '../ports.ts';

export type ProxyKey = { private: PrivateSigningKey; public: SigningKey };

const fileName = 'key.json';

/** The key of this state directory, made at first use. Throws when the file is there but holds no key. */
export async function loadOrMakeKey(directory: string): Promise<ProxyKey> {
  const path = `${directory}/${fileName}`;
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!fs.existsSync(path)) writePrivate(path, JSON.stringify((await generateSigningKey()).private));
  const key = privateSigningKeySchema.parse(JSON.parse(fs.readFileSync(path, 'utf8')));
  return { private: key, public: publicHalf(key) };
}

/** Readable by the proxy alone; whole or not there. */
export function writePrivate(path: string, content: string): void {
  const partial = `${path}.${process.pid}.new`;
  const fd = fs.openSync(partial, 'w', 0o600);
  try {
    // All of it, or an error: a single write may stop where the disk is full.
    fs.writeFileSync(fd, content);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(partial, path);
}

/** Gives the bearer token of one request; the control plane takes each of them once. */
export function bearerOf(key: ProxyKey, proxyId: string, clock: Clock): () => Promise<string> {
  return () => issueProxyToken({ proxyId, id: randomUUID(), nowMs: clock.nowMs() }, key.private);
}
