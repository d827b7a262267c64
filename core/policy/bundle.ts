/** What a proxy is given: policies, labels, owners, grants, revocations, keys and an expiry. This file is its shape. */
import { z } from 'zod';
import { columnLabelSchema, ownerSchema } from '../catalog/classification.ts';
import { principalSchema } from '../identity/principal.ts';
import { policySchema } from './schema.ts';

export const connectionSchema = z.object({
  id: z.uuid(),
  /** What clients name as the database. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  engine: z.literal('postgresql'),
  environment: z.string().max(40),
  region: z.string().max(40),
  tags: z.record(z.string(), z.string()),
});
export type Connection = z.infer<typeof connectionSchema>;

export const grantSchema = z.object({
  id: z.uuid(),
  identityId: z.uuid(),
  connectionId: z.uuid(),
  /** Milliseconds since the epoch. */
  startsAt: z.number().int(),
  expiresAt: z.number().int(),
});
export type Grant = z.infer<typeof grantSchema>;

export const jwkSchema = z.looseObject({ kty: z.string(), kid: z.string() });
export type Jwk = z.infer<typeof jwkSchema>;

export const bundleSchema = z.object({
  schema: z.literal(1),
  /** Increases with every change; a proxy never goes back. */
  version: z.number().int().positive(),
  /** Version of the policy set in it; every event carries it. */
  policyVersion: z.number().int().nonnegative(),
  issuedAt: z.number().int(),
  expiresAt: z.number().int(),
  connections: z.array(connectionSchema).max(5000),
  policies: z.array(policySchema).max(1000),
  identities: z.array(principalSchema).max(50_000),
  labels: z.record(z.uuid(), z.array(columnLabelSchema)),
  owners: z.record(z.uuid(), z.array(ownerSchema)),
  grants: z.array(grantSchema).max(25_000),
  /** Token ids that are no longer good although unexpired. */
  revokedTokens: z.array(z.uuid()).max(100_000),
  keys: z.object({
    /** Public keys that sign client tokens (EdDSA). */
    tokens: z.array(jwkSchema).min(1).max(10),
    /** The control plane's public key for sealing literals (ECDH-ES, X25519). */
    literals: jwkSchema,
    /** Key of the hash mask, base64url, 32 bytes. Only ever sent inside a bundle over the proxy's authenticated channel. */
    mask: z.string().length(43),
  }),
  /** Where people open requests, e.g. http://127.0.0.1:3000 */
  consoleUrl: z.url(),
});
export type Bundle = z.infer<typeof bundleSchema>;

/** A bundle as it travels: JWS flattened JSON serialisation (RFC 7515 §7.2.2), EdDSA, key id in the protected header. */
export const signedBundleSchema = z.object({ protected: z.string(), payload: z.string(), signature: z.string() });
export type SignedBundle = z.infer<typeof signedBundleSchema>;
