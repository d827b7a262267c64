/**
 * The certificate clients see. `auto`: a certificate authority of this proxy's own, made at first start, whose certificate clients
 * may be given, and a server certificate by it, renewed before it expires or when names are missing.
 */
import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import { hostname } from 'node:os';
import { generate } from 'selfsigned';
import type { ProxyConfig } from './config.ts';
import { writePrivate } from './control/keys.ts';

export type ServerCertificate = {
  cert: string;
  key: string;
  /** PEM of the authority, to be handed to clients; null for a certificate from files. */
  caFile: string | null;
};

type Dated = { nowMs: number };
const dayMs = 24 * 3600 * 1000;
const authorityDays = 3650;
const serverDays = 397;
const renewDays = 30;

/** Null when TLS is off. Throws when configured files cannot be read. */
export async function serverCertificate(
  config: Pick<ProxyConfig, 'tls' | 'state' | 'listen'>,
  at: Dated,
): Promise<ServerCertificate | null> {
  const { tls } = config;
  if (tls.mode === 'off') return null;
  if (tls.mode === 'files') {
    return { cert: fs.readFileSync(tls.cert, 'utf8'), key: fs.readFileSync(tls.key, 'utf8'), caFile: null };
  }
  const folder = `${config.state}/tls`;
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const authority = await ensureAuthority(folder, at);
  const names = namesOf(config.listen, tls.names);
  const kept = readPair(folder, 'server');
  const pair = kept && isGood(kept.cert, authority.cert, { names, ...at }) ? kept : await issue(authority, names, at);
  if (pair !== kept) writePair(folder, 'server', pair);
  return { ...pair, caFile: `${folder}/ca.pem` };
}

type Pair = { cert: string; key: string };

async function ensureAuthority(folder: string, { nowMs }: Dated): Promise<Pair> {
  const kept = readPair(folder, 'ca');
  if (kept && new Date(new X509Certificate(kept.cert).validTo).getTime() > nowMs + serverDays * dayMs) return kept;
  const made = await generate([{ name: 'commonName', value: `Weir proxy ${hostname()}`.slice(0, 64) }], {
    ...common(nowMs, authorityDays),
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const pair = { cert: made.cert, key: made.private };
  writePair(folder, 'ca', pair);
  return pair;
}

async function issue(authority: Pair, names: readonly string[], { nowMs }: Dated): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: (names[0] ?? 'localhost').slice(0, 64) }], {
    ...common(nowMs, serverDays),
    ca: authority,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map(name =>
          net.isIP(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
        ),
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}

const common = (nowMs: number, days: number) => ({
  keyType: 'ec' as const,
  curve: 'P-256' as const,
  algorithm: 'sha256',
  // Clocks of clients may be behind.
  notBeforeDate: new Date(nowMs - dayMs),
  notAfterDate: new Date(nowMs + days * dayMs),
});

/** Everything a client may reasonably call this proxy. */
function namesOf(listen: ProxyConfig['listen'], more: readonly string[]): string[] {
  const advertised = listen.advertise?.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  const any = ['0.0.0.0', '::'];
  const all = [advertised, listen.host, 'localhost', '127.0.0.1', '::1', hostname(), ...more];
  return [...new Set(all.filter(name => name !== undefined && name !== '' && !any.includes(name)))] as string[];
}

function isGood(cert: string, authority: string, wanted: Dated & { names: readonly string[] }): boolean {
  const certificate = new X509Certificate(cert);
  const isCurrent = new Date(certificate.validTo).getTime() > wanted.nowMs + renewDays * dayMs;
  const isOurs = certificate.verify(new X509Certificate(authority).publicKey);
  const names = wanted.names.every(name =>
    net.isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name, { subject: 'never' }),
  );
  return isCurrent && isOurs && names;
}

/** Null when either half is missing or is not what it should be. */
function readPair(folder: string, name: string): Pair | null {
  try {
    const cert = fs.readFileSync(`${folder}/${name}.pem`, 'utf8');
    new X509Certificate(cert);
    return { cert, key: fs.readFileSync(`${folder}/${name}.key`, 'utf8') };
  } catch {
    return null;
  }
}

function writePair(folder: string, name: string, { cert, key }: Pair): void {
  writePrivate(`${folder}/${name}.key`, key);
  writePrivate(`${folder}/${name}.pem`, cert);
}
