/**
 * Literals in events: sealed so that proxies can only write them and the control plane alone can read them. One content key per
 * proxy process, itself sealed as a JWE (RFC 7516, ECDH-ES+A256KW over X25519); AES-256-GCM per record with a random 96-bit iv.
 */
import { createCipheriv, createDecipheriv, randomBytes, randomFillSync, randomUUID } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { z } from 'zod';
import { fail, ok, type Result } from '../contract/error.ts';
import { importKey, type PrivateSealingKey, sealingKeySchema } from '../identity/key.ts';
import type { Sealed } from './schema.ts';

export type ContentKey = {
  readonly id: string;
  /** Opens the key; only the control plane can read it. */
  readonly jwe: string;
  readonly secret: Uint8Array;
};

/** Of the plaintext, so that the sealed record stays within the event schema. */
export const literalsBytesMax = 1_400_000;
const tagBytes = 16;
const ivBytes = 12;

const plaintextSchema = z.object({ literals: z.array(z.string()), truncated: z.boolean() });
export type OpenedLiterals = z.infer<typeof plaintextSchema>;

/** `recipient` is the control plane's public X25519 key. Rejects when it is anything else. */
export async function createContentKey(recipient: unknown): Promise<ContentKey> {
  const key = sealingKeySchema.parse(recipient);
  const id = randomUUID();
  const secret = randomBytes(32);
  const jwe = await new CompactEncrypt(secret)
    .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: key.kid, weir: id })
    .encrypt(await importKey(key, 'ECDH-ES+A256KW'));
  return { id, jwe, secret };
}

/** Binds a record to its key and its place: moved elsewhere, it does not open. */
const associated = (keyId: string, place: string): Uint8Array => Buffer.from(`weir.literals.v1\n${keyId}\n${place}`);
/** A proxy seals every record with one key and names no place. */
let lastAssociated = { keyId: '', place: '', bytes: associated('', '') };
function associatedAgain(keyId: string, place: string): Uint8Array {
  if (lastAssociated.keyId !== keyId || lastAssociated.place !== place)
    lastAssociated = { keyId, place, bytes: associated(keyId, place) };
  return lastAssociated.bytes;
}

/** Random bytes are drawn for many records at once: each record costs a tenth, and sealing is on the statement path. */
const ivPool = Buffer.alloc(ivBytes * 512);
let ivNext = ivPool.length;
function freshIv(): Buffer {
  if (ivNext === ivPool.length) {
    randomFillSync(ivPool);
    ivNext = 0;
  }
  ivNext += ivBytes;
  return ivPool.subarray(ivNext - ivBytes, ivNext);
}

/** Characters that fit whatever they are: one takes at most six bytes of JSON text (a control character as an escape). */
const charactersSafe = Math.floor(literalsBytesMax / 6);

/** As many literals as fit, the first one that does not cut short. */
function bounded(literals: readonly string[]): OpenedLiterals {
  const characters = literals.reduce((sum, literal) => sum + literal.length + 1, 0);
  if (characters < charactersSafe) return { literals: literals as string[], truncated: false };
  let room = literalsBytesMax;
  const kept: string[] = [];
  for (const literal of literals) {
    const bytes = Buffer.byteLength(JSON.stringify(literal)) + 1;
    if (bytes > room) {
      kept.push(literal.slice(0, Math.max(0, Math.floor(room / 6) - 1)));
      return { literals: kept, truncated: true };
    }
    kept.push(literal);
    room -= bytes;
  }
  return { literals: kept, truncated: false };
}

/** `place` names the event the record belongs to, where its writer knows it; `openSealed` then has to name the same. */
export function sealLiterals(key: ContentKey, literals: readonly string[], place = ''): Sealed {
  const iv = freshIv();
  const cipher = createCipheriv('aes-256-gcm', key.secret, iv);
  cipher.setAAD(associatedAgain(key.id, place));
  const sealed = cipher.update(JSON.stringify(bounded(literals)), 'utf8');
  // GCM is a stream: nothing is left for the end but the tag.
  cipher.final();
  const data = Buffer.concat([sealed, cipher.getAuthTag()], sealed.length + tagBytes);
  return { key: key.id, iv: iv.toString('base64url'), data: data.toString('base64url') };
}

/** Unwraps a content key once, for all the records of one proxy process. Fails with `invalid_input`. */
export async function openContentKey(jwe: string, key: PrivateSealingKey): Promise<Result<ContentKey>> {
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(jwe, await importKey(key, 'ECDH-ES+A256KW'), {
      keyManagementAlgorithms: ['ECDH-ES+A256KW'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    const id = z.uuid().safeParse(protectedHeader.weir);
    if (!id.success || plaintext.length !== 32) return fail('invalid_input', 'this is not a content key');
    return ok({ id: id.data, jwe, secret: plaintext });
  } catch {
    return fail('invalid_input', 'the content key cannot be opened with this key');
  }
}

/**
 * The literals of a statement: they were sealed for its fingerprint, so that no other statement's can be put in their place. Records
 * of proxies that named no place open as well.
 */
export function openSealedFor(sealed: Sealed, key: ContentKey, fingerprint: string): Result<OpenedLiterals> {
  const opened = openSealed(sealed, key, fingerprint);
  return opened.ok ? opened : openSealed(sealed, key);
}

/** The literals of one record. Fails with `invalid_input` when key, place or content are not those it was sealed with. */
export function openSealed(sealed: Sealed, key: ContentKey, place = ''): Result<OpenedLiterals> {
  if (sealed.key !== key.id) return fail('invalid_input', 'the literals were sealed with another key');
  try {
    const data = Buffer.from(sealed.data, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', key.secret, Buffer.from(sealed.iv, 'base64url'), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(associated(key.id, place));
    decipher.setAuthTag(data.subarray(-tagBytes));
    const text = Buffer.concat([decipher.update(data.subarray(0, -tagBytes)), decipher.final()]).toString('utf8');
    return ok(plaintextSchema.parse(JSON.parse(text)));
  } catch {
    return fail('invalid_input', 'the literals do not open: they were changed or moved');
  }
}
