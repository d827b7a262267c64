/** Key pairs as JWK (RFC 7517, RFC 8037): Ed25519 to sign with, X25519 to seal to. The key id is the RFC 7638 thumbprint. */
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  type GenerateKeyPairResult,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import { z } from 'zod';

const okp = { kty: z.literal('OKP'), kid: z.string().min(1).max(200), x: z.string().max(60) };
const strictly = { alg: z.string().optional(), use: z.string().optional(), d: z.undefined().optional() };

/** Public keys never carry `d`: a private key in their place is refused rather than passed on. */
export const signingKeySchema = z.object({ ...okp, ...strictly, crv: z.literal('Ed25519') });
export type SigningKey = z.infer<typeof signingKeySchema>;
export const privateSigningKeySchema = z.object({ ...okp, crv: z.literal('Ed25519'), d: z.string().max(60) });
export type PrivateSigningKey = z.infer<typeof privateSigningKeySchema>;

export const sealingKeySchema = z.object({ ...okp, ...strictly, crv: z.literal('X25519') });
export type SealingKey = z.infer<typeof sealingKeySchema>;
export const privateSealingKeySchema = z.object({ ...okp, crv: z.literal('X25519'), d: z.string().max(60) });
export type PrivateSealingKey = z.infer<typeof privateSealingKeySchema>;

async function pairOf({ publicKey, privateKey }: GenerateKeyPairResult): Promise<{ public: JWK; private: JWK }> {
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  return { public: { ...publicJwk, kid }, private: { ...(await exportJWK(privateKey)), kid } };
}

/** A new pair from the platform's random source. */
export async function generateSigningKey(): Promise<{ public: SigningKey; private: PrivateSigningKey }> {
  const pair = await pairOf(await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true }));
  return { public: signingKeySchema.parse(pair.public), private: privateSigningKeySchema.parse(pair.private) };
}

/** A new pair from the platform's random source. */
export async function generateSealingKey(): Promise<{ public: SealingKey; private: PrivateSealingKey }> {
  const pair = await pairOf(await generateKeyPair('ECDH-ES+A256KW', { crv: 'X25519', extractable: true }));
  return { public: sealingKeySchema.parse(pair.public), private: privateSealingKeySchema.parse(pair.private) };
}

/** The public half of a private signing key. */
export function publicHalf({ kty, crv, kid, x }: PrivateSigningKey): SigningKey {
  return { kty, crv, kid, x };
}

const imported = new WeakMap<object, Promise<CryptoKey>>();

/** A key ready for use; made once per JWK object. Rejects when the JWK is not what `algorithm` needs. */
export function importKey(jwk: object, algorithm: 'EdDSA' | 'ECDH-ES+A256KW'): Promise<CryptoKey> {
  const held = imported.get(jwk);
  if (held !== undefined) return held;
  const key = importJWK(jwk as JWK, algorithm).then(result => {
    if (result instanceof Uint8Array) throw new TypeError('a symmetric key where a key pair is needed');
    return result;
  });
  imported.set(jwk, key);
  return key;
}
