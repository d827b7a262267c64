/** SCRAM-SHA-256, the client's side (RFC 5802, RFC 7677), as PostgreSQL speaks it: no user name, no channel binding. Pure; salting is the caller's. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { fail, ok, type Result } from '#core/contract/error.ts';

export const scramMechanism = 'SCRAM-SHA-256';
const iterationsMax = 1_000_000;

export type ScramChallenge = { nonce: string; salt: Uint8Array; iterations: number; serverFirst: string };

const clientFirstBare = (nonce: string): string => `n=*,r=${nonce}`;

export const clientFirst = (nonce: string): string => `n,,${clientFirstBare(nonce)}`;

/** Reads server-first-message. The server's nonce must begin with ours. */
export function readChallenge(serverFirst: string, clientNonce: string): Result<ScramChallenge> {
  const match = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+=*),i=([1-9]\d{0,8})(?:,|$)/.exec(serverFirst);
  const [, nonce = '', salt = '', iterationsText = ''] = match ?? [];
  const iterations = Number(iterationsText);
  if (match === null || !nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) {
    return fail('unavailable', 'the database sent a malformed SCRAM challenge');
  }
  if (iterations > iterationsMax) return fail('unavailable', 'the database asks for too many SCRAM iterations');
  return ok({ nonce, salt: Buffer.from(salt, 'base64'), iterations, serverFirst });
}

/** client-final-message, and the signature that the server has to answer with. */
export function clientFinal(
  challenge: ScramChallenge,
  clientNonce: string,
  saltedPassword: Uint8Array,
): { message: string; serverSignature: Uint8Array } {
  const clientKey = hmac(saltedPassword, 'Client Key');
  const storedKey = createHash('sha256').update(clientKey).digest();
  const withoutProof = `c=biws,r=${challenge.nonce}`;
  const authMessage = `${clientFirstBare(clientNonce)},${challenge.serverFirst},${withoutProof}`;
  const clientSignature = hmac(storedKey, authMessage);
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (clientSignature[index] ?? 0)));
  return {
    message: `${withoutProof},p=${proof.toString('base64')}`,
    serverSignature: hmac(hmac(saltedPassword, 'Server Key'), authMessage),
  };
}

/** Whether server-final-message proves that the server knows the password, too. */
export function isServerProof(serverFinal: string, serverSignature: Uint8Array): boolean {
  const match = /^v=([A-Za-z0-9+/]+=*)(?:,|$)/.exec(serverFinal);
  const given = Buffer.from(match?.[1] ?? '', 'base64');
  return given.length === serverSignature.length && timingSafeEqual(given, serverSignature);
}

/** SASLprep (RFC 4013) as far as it changes real passwords; PostgreSQL takes what cannot be prepared as it is. */
export const preparePassword = (password: string): string =>
  password
    .replace(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g, ' ')
    .replace(/\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu, '')
    .normalize('NFKC');

const hmac = (key: Uint8Array, text: string): Uint8Array => createHmac('sha256', key).update(text).digest();
