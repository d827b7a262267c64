/** What is known of an HTTP request besides its content. Addresses come from the socket, never from what a client claims. */
import 'server-only';
import { randomUUID } from 'node:crypto';
import { addressHeader, addressProof } from './address.ts';
import type { RequestInfo } from './context.ts';
import { AppError } from './error.ts';
import { idempotencyKeyLengthMax } from './idempotency.ts';

type HeaderReader = { get(name: string): string | null };

/** The client's address as the instrumentation wrote it (instrumentation-node.ts); null without a valid proof. */
export function addressOf(headers: HeaderReader): string | null {
  const [proof, address] = headers.get(addressHeader)?.split(' ') ?? [];
  return proof === addressProof() && address ? address : null;
}

export function requestInfo(headers: HeaderReader, via: RequestInfo['via']): RequestInfo {
  return {
    id: randomUUID(),
    via,
    address: addressOf(headers),
    userAgent: headers.get('user-agent')?.slice(0, 300) ?? null,
    idempotencyKey: idempotencyKeyOf(headers.get('idempotency-key')),
    ifMatch: versionOf(headers.get('if-match')),
  };
}

function idempotencyKeyOf(value: string | null): string | null {
  if (value === null || value === '') return null;
  if (value.length > idempotencyKeyLengthMax || !/^[\x21-\x7e]+$/.test(value))
    throw new AppError('invalid_input', 'the Idempotency-Key is not valid', {
      issues: [{ path: 'Idempotency-Key', message: `at most ${idempotencyKeyLengthMax} printable ASCII characters` }],
    });
  return value;
}

/** Entity tags of this API are version numbers in quotes. */
function versionOf(value: string | null): number | null {
  const digits = value?.match(/^(?:W\/)?"(\d{1,9})"$/)?.[1];
  return digits === undefined ? null : Number(digits);
}
