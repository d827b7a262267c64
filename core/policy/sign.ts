/** Bundles as flattened JWS (RFC 7515 §7.2.2, EdDSA). A proxy takes only what a pinned key signed, unexpired, and never an older one. */
import { decodeProtectedHeader, FlattenedSign, flattenedVerify } from 'jose';
import { fail, ok, type Result } from '../contract/error.ts';
import { importKey, type PrivateSigningKey } from '../identity/key.ts';
import { type Bundle, bundleSchema, type Jwk, type SignedBundle, signedBundleSchema } from './bundle.ts';

export const bundleType = 'weir-bundle';
/** Of the encoded payload; refused unread above it. */
export const bundleBytesMax = 256 * 1024 * 1024;

export async function signBundle(bundle: Bundle, key: PrivateSigningKey): Promise<SignedBundle> {
  const payload = new TextEncoder().encode(JSON.stringify(bundleSchema.parse(bundle)));
  const signer = new FlattenedSign(payload).setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: bundleType });
  return signedBundleSchema.parse(await signer.sign(await importKey(key, 'EdDSA')));
}

async function verifiedPayload(signed: SignedBundle, keys: readonly Jwk[]): Promise<unknown> {
  const { kid, typ } = decodeProtectedHeader(signed);
  const key = keys.find(each => each.kid === kid && each.kty === 'OKP');
  if (key === undefined || typ !== bundleType) return undefined;
  const { payload } = await flattenedVerify(signed, await importKey(key, 'EdDSA'), { algorithms: ['EdDSA'] });
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
}

export type BundleTrust = {
  /** Keys pinned at enrolment. */
  keys: readonly Jwk[];
  nowMs: number;
  /** Version of the bundle in force, 0 without one. The same version may be verified again, as after a restart. */
  versionMin: number;
};

/**
 * Fails with `unauthenticated` (no pinned key signed it), `invalid_input` (not a bundle this version understands), `conflict`
 * (older than the one in force) or `bundle_expired`.
 */
export async function verifyBundle(input: unknown, trust: BundleTrust): Promise<Result<Bundle>> {
  const signed = signedBundleSchema.safeParse(input);
  if (!signed.success) return fail('invalid_input', 'this is not a signed bundle');
  if (signed.data.payload.length > bundleBytesMax) return fail('payload_too_large', 'the bundle is too large');
  let payload: unknown;
  try {
    payload = await verifiedPayload(signed.data, trust.keys);
  } catch {
    payload = undefined;
  }
  if (payload === undefined) return fail('unauthenticated', 'the bundle is not signed by a key this proxy trusts');
  const bundle = bundleSchema.safeParse(payload);
  if (!bundle.success) {
    const [issue] = bundle.error.issues;
    return fail(
      'invalid_input',
      `the bundle is not understood: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
  }
  const { version, expiresAt } = bundle.data;
  if (version < trust.versionMin) {
    return fail('conflict', `bundle ${version} is older than ${trust.versionMin}, which is in force`);
  }
  if (expiresAt <= trust.nowMs) {
    return fail('bundle_expired', `bundle ${version} expired at ${new Date(expiresAt).toISOString()}`);
  }
  return ok(bundle.data);
}
