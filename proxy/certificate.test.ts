/** The proxy's own certificates: clients that trust the authority connect by every name, and nothing is made twice. */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ServerCertificate, serverCertificate } from './certificate.ts';

const nowMs = Date.now();
const dayMs = 24 * 3600 * 1000;
let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'weir-tls-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const make = async (at = nowMs, names: string[] = []): Promise<ServerCertificate> => {
  const tls = { mode: 'auto' as const, names };
  const made = await serverCertificate({ state, tls, listen: { host: '0.0.0.0', port: 6432 } }, { nowMs: at });
  if (!made) throw new Error('no certificate');
  return made;
};

it('is trusted by clients that have the authority, under every name', async () => {
  const { cert, key, caFile } = await make(nowMs, ['db.example.com']);
  const server = tls.createServer({ cert, key }, socket => socket.end('hello'));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const ca = readFileSync(caFile ?? '', 'utf8');
  for (const name of ['127.0.0.1', 'localhost', 'db.example.com']) {
    const text = await new Promise<string>((resolve, reject) => {
      const socket = tls.connect({
        socket: connect((server.address() as AddressInfo).port, '127.0.0.1'),
        ca,
        host: name,
        servername: name === '127.0.0.1' ? '' : name,
      });
      socket.on('data', chunk => resolve(chunk.toString()));
      socket.on('error', reject);
    });
    expect(text).toBe('hello');
  }
  server.close();
});

it('is kept, with its keys readable by nobody else', async () => {
  const first = await make();
  expect(await make(nowMs + 200 * dayMs)).toEqual(first);
  for (const name of ['ca.key', 'server.key']) expect(statSync(join(state, 'tls', name)).mode & 0o077).toBe(0);
});

it('is renewed by the same authority before it expires, and when a name is missing', async () => {
  const first = await make();
  const ca = readFileSync(first.caFile ?? '', 'utf8');
  const renewed = await make(nowMs + 380 * dayMs);
  expect(renewed.cert).not.toBe(first.cert);
  const named = await make(nowMs + 380 * dayMs, ['new.example.com']);
  expect(new X509Certificate(named.cert).subjectAltName).toContain('new.example.com');
  expect(readFileSync(named.caFile ?? '', 'utf8')).toBe(ca);
  expect(new X509Certificate(named.cert).checkIssued(new X509Certificate(ca))).toBe(true);
});

it('comes from files when told, or not at all', async () => {
  const made = await make();
  const listen = { host: '127.0.0.1', port: 1 };
  const files = { mode: 'files' as const, cert: join(state, 'tls/server.pem'), key: join(state, 'tls/server.key') };
  expect(await serverCertificate({ state, listen, tls: files }, { nowMs })).toEqual({ ...made, caFile: null });
  expect(await serverCertificate({ state, listen, tls: { mode: 'off' } }, { nowMs })).toBeNull();
});
