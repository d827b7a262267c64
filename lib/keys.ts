/**
 * The installation's own keys, made once and shared by every replica through the database: the one that signs client tokens,
 * the one that signs bundles, the one literals are sealed to, and the key of the hash mask. Sealed at rest under WEIR_SECRET.
 */
import 'server-only';
import { hkdfSync, randomBytes } from 'node:crypto';
import { asc, isNull } from 'drizzle-orm';
import {
  base64url,
  CompactEncrypt,
  type CryptoKey,
  compactDecrypt,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import { must } from '#core/contract/assert.ts';
import type { Db, Tx } from '#db/client.ts';
import { controlKey } from '#db/schema/identity.ts';
import { env } from '#lib/env.ts';

export type PublicJwk = { kty: string; kid: string; [member: string]: unknown };
export type PrivateKey = { kid: string; privateKey: CryptoKey; publicJwk: PublicJwk };

export type Keys = {
  /** Signs client tokens (EdDSA, Ed25519). */
  token: PrivateKey;
  /** Every key whose tokens may still be alive, the current one first. */
  tokenPublic: readonly PublicJwk[];
  /** Signs bundles (EdDSA, Ed25519). */
  bundle: PrivateKey;
  bundlePublic: readonly PublicJwk[];
  /** Opens sealed literals (ECDH-ES, X25519). */
  literals: PrivateKey;
  /** Also those retired, by `kid`: what was sealed to them must stay readable. */
  literalsByKid: ReadonlyMap<string, PrivateKey>;
  /** Key of the hash mask, base64url of 32 bytes. */
  mask: string;
};

type Purpose = 'token' | 'bundle' | 'literals' | 'mask';
const purposes: readonly Purpose[] = ['token', 'bundle', 'literals', 'mask'];
type Row = typeof controlKey.$inferSelect;

/** Derived from the installation's secret, apart from every other use of it (RFC 5869). */
function sealingKey(): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', env().WEIR_SECRET, '', 'weir stored keys v1', 32));
}

/** Purpose and key id are in the authenticated header, so that a row cannot be passed off as another. */
async function seal(plain: Uint8Array, about: { kid: string; purpose: Purpose }): Promise<string> {
  return new CompactEncrypt(plain)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: about.kid, typ: `weir-${about.purpose}` })
    .encrypt(sealingKey());
}

async function open(row: Row): Promise<Uint8Array> {
  const { plaintext, protectedHeader } = await compactDecrypt(row.sealedPrivate, sealingKey(), {
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: ['A256GCM'],
  });
  if (protectedHeader.kid !== row.kid || protectedHeader.typ !== `weir-${row.purpose}`)
    throw new Error(`stored key ${row.kid} is not what its row says`);
  return plaintext;
}

async function make(purpose: Purpose): Promise<typeof controlKey.$inferInsert> {
  const kid = `${purpose}-${randomBytes(8).toString('hex')}`;
  if (purpose === 'mask')
    return { kid, purpose, publicJwk: null, sealedPrivate: await seal(randomBytes(32), { kid, purpose }) };
  const pair =
    purpose === 'literals'
      ? await generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true })
      : await generateKeyPair('Ed25519', { extractable: true });
  const [secret, open] = await Promise.all([exportJWK(pair.privateKey), exportJWK(pair.publicKey)]);
  const described = purpose === 'literals' ? { alg: 'ECDH-ES', use: 'enc' } : { alg: 'EdDSA', use: 'sig' };
  return {
    kid,
    purpose,
    publicJwk: { ...open, ...described, kty: must(open.kty, 'a JWK has a kty'), kid },
    sealedPrivate: await seal(new TextEncoder().encode(JSON.stringify(secret)), { kid, purpose }),
  };
}

async function privateKeyOf(row: Row): Promise<PrivateKey> {
  const jwk = JSON.parse(new TextDecoder().decode(await open(row))) as JWK;
  const key = await importJWK(jwk, row.purpose === 'literals' ? 'ECDH-ES' : 'EdDSA');
  if (key instanceof Uint8Array) throw new Error(`stored key ${row.kid} is symmetric`);
  return { kid: row.kid, privateKey: key, publicJwk: must(row.publicJwk, `stored key ${row.kid} has a public half`) };
}

async function readKeys(db: Db | Tx): Promise<Keys> {
  const current = await db.select({ purpose: controlKey.purpose }).from(controlKey).where(isNull(controlKey.retiredAt));
  const missing = purposes.filter(purpose => !current.some(row => row.purpose === purpose));
  // Whoever comes second inserts nothing and reads what the first one made.
  for (const purpose of missing)
    await db
      .insert(controlKey)
      .values(await make(purpose))
      .onConflictDoNothing();
  const rows = await db.select().from(controlKey).orderBy(asc(controlKey.createdAt));
  const of = (purpose: Purpose) =>
    rows
      .filter(row => row.purpose === purpose)
      .sort((a, b) => Number(a.retiredAt !== null) - Number(b.retiredAt !== null));
  const newest = (purpose: Purpose) => must(of(purpose)[0], `there is a ${purpose} key`);
  const publicOf = (purpose: Purpose) => of(purpose).map(row => must(row.publicJwk, 'a signing key has a public half'));
  const literals = await Promise.all(of('literals').map(privateKeyOf));
  return {
    token: await privateKeyOf(newest('token')),
    tokenPublic: publicOf('token'),
    bundle: await privateKeyOf(newest('bundle')),
    bundlePublic: publicOf('bundle'),
    literals: must(literals[0], 'there is a key for literals'),
    literalsByKid: new Map(literals.map(key => [key.kid, key])),
    mask: base64url.encode(await open(newest('mask'))),
  };
}

const cache = new WeakMap<object, Promise<Keys>>();

/** Made on first use; kept for the life of the process per database. */
export function installationKeys(db: Db): Promise<Keys> {
  const found = cache.get(db);
  if (found) return found;
  const reading = readKeys(db);
  cache.set(db, reading);
  reading.catch(() => cache.delete(db));
  return reading;
}
