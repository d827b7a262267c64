/**
 * The installation's own keys, made once and shared by every replica through the database: the one that signs client tokens,
 * the one that signs bundles, the one literals are sealed to, and the key of the hash mask. Sealed at rest under WEIR_SECRET.
 */
import 'server-only';
import { hkdfSync, randomBytes } from 'node:crypto';
import { asc, isNull } from 'drizzle-orm';
import { base64url, CompactEncrypt, compactDecrypt } from 'jose';
import { must } from '#core/contract/assert.ts';
import {
  generateSealingKey,
  generateSigningKey,
  type PrivateSealingKey,
  type PrivateSigningKey,
  privateSealingKeySchema,
  privateSigningKeySchema,
  type SealingKey,
  type SigningKey,
  sealingKeySchema,
  signingKeySchema,
} from '#core/identity/key.ts';
import type { Db, Tx } from '#db/client.ts';
import { controlKey } from '#db/schema/identity.ts';
import { env } from '#lib/env.ts';

export type Keys = {
  /** Signs client tokens. */
  token: PrivateSigningKey;
  /** Every key whose tokens may still be alive, the current one first. */
  tokenPublic: readonly SigningKey[];
  /** Signs bundles. */
  bundle: PrivateSigningKey;
  bundlePublic: readonly SigningKey[];
  /** What proxies seal literals to. */
  literals: SealingKey;
  /** Opens literals, by `kid`; also those retired, because what was sealed to them must stay readable. */
  literalsPrivate: ReadonlyMap<string, PrivateSealingKey>;
  /** Key of the hash mask, base64url of 32 bytes. */
  mask: string;
};

type Purpose = 'token' | 'bundle' | 'literals' | 'mask';
const purposes: readonly Purpose[] = ['token', 'bundle', 'literals', 'mask'];
type Row = typeof controlKey.$inferSelect;

/** Derived from the installation's secret, apart from every other use of it (RFC 5869). */
function sealingSecret(): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', env().WEIR_SECRET, '', 'weir stored keys v1', 32));
}

/** Purpose and key id are in the authenticated header, so that a row cannot be passed off as another. */
async function seal(plain: Uint8Array, about: { kid: string; purpose: Purpose }): Promise<string> {
  return new CompactEncrypt(plain)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: about.kid, typ: `weir-${about.purpose}` })
    .encrypt(sealingSecret());
}

async function open(row: Row): Promise<Uint8Array> {
  const { plaintext, protectedHeader } = await compactDecrypt(row.sealedPrivate, sealingSecret(), {
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: ['A256GCM'],
  });
  if (protectedHeader.kid !== row.kid || protectedHeader.typ !== `weir-${row.purpose}`)
    throw new Error(`stored key ${row.kid} is not what its row says`);
  return plaintext;
}

async function make(purpose: Purpose): Promise<typeof controlKey.$inferInsert> {
  if (purpose === 'mask') {
    const kid = `mask-${randomBytes(8).toString('hex')}`;
    return { kid, purpose, publicJwk: null, sealedPrivate: await seal(randomBytes(32), { kid, purpose }) };
  }
  const pair = purpose === 'literals' ? await generateSealingKey() : await generateSigningKey();
  const { kid } = pair.public;
  const plain = new TextEncoder().encode(JSON.stringify(pair.private));
  return { kid, purpose, publicJwk: pair.public, sealedPrivate: await seal(plain, { kid, purpose }) };
}

const privateJwkOf = async (row: Row): Promise<unknown> => JSON.parse(new TextDecoder().decode(await open(row)));

/** The current key first. */
const rowsOf = (rows: readonly Row[], purpose: Purpose): Row[] =>
  rows
    .filter(row => row.purpose === purpose)
    .sort((a, b) => Number(a.retiredAt !== null) - Number(b.retiredAt !== null));

async function signingKeys(rows: readonly Row[]) {
  const current = must(rows[0], 'there is a signing key');
  return {
    private: privateSigningKeySchema.parse(await privateJwkOf(current)),
    public: rows.map(row => signingKeySchema.parse(row.publicJwk)),
  };
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
  const sealing = rowsOf(rows, 'literals');
  const [token, bundle, opened, mask] = await Promise.all([
    signingKeys(rowsOf(rows, 'token')),
    signingKeys(rowsOf(rows, 'bundle')),
    Promise.all(sealing.map(async row => privateSealingKeySchema.parse(await privateJwkOf(row)))),
    open(must(rowsOf(rows, 'mask')[0], 'there is a mask key')),
  ]);
  return {
    token: token.private,
    tokenPublic: token.public,
    bundle: bundle.private,
    bundlePublic: bundle.public,
    literals: sealingKeySchema.parse(sealing[0]?.publicJwk),
    literalsPrivate: new Map(opened.map(key => [key.kid, key])),
    mask: base64url.encode(mask),
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
