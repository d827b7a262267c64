/** Bounds and decompresses a request's body before anything reads it. */
import 'server-only';
import { ORPCError } from '@orpc/server';
import type { Caller } from './context.ts';

export const bodyBytesMax = 1024 * 1024;

/** Larger bodies, by path under /api/v1. */
const largerBodies: readonly { pattern: RegExp; bytesMax: number }[] = [
  // eventBatchMax.bytes of events, quoted once more as JSON strings at worst
  { pattern: /^\/proxies\/self\/events$/, bytesMax: 20 * 1024 * 1024 },
  { pattern: /^\/proxies\/self\/catalogs\//, bytesMax: 64 * 1024 * 1024 },
];

/** What strangers send is read before anybody knows what it is for. */
export const strangerBytesMax = 64 * 1024;

/** Only a proxy that has said who it is may send more than others. */
export function bodyLimitOf(path: string, caller: Caller): number {
  if (caller.type === 'anonymous') return strangerBytesMax;
  const larger = largerBodies.find(entry => entry.pattern.test(path))?.bytesMax;
  return larger !== undefined && caller.type === 'proxy' ? larger : bodyBytesMax;
}

/** Paths on which only proxies have business. */
export const isProxyBody = (path: string): boolean => largerBodies.some(entry => entry.pattern.test(path));

const tooLarge = (bytesMax: number) =>
  new ORPCError('payload_too_large', { status: 413, message: `the body is larger than ${bytesMax} bytes` });

function counted(bytesMax: number): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) controller.error(tooLarge(bytesMax));
      else controller.enqueue(chunk);
    },
  });
}

/** The same request with a body that errors beyond the limit, compressed or not. Throws when the declared length is beyond it. */
export function boundedRequest(request: Request, bytesMax: number): Request {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax);
  if (request.body === null) return request;
  const encoding = request.headers.get('content-encoding')?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip')
    throw new ORPCError('invalid_input', { status: 415, message: 'only gzip is understood as Content-Encoding' });
  let body = request.body.pipeThrough(counted(bytesMax));
  if (encoding === 'gzip')
    body = body.pipeThrough(new DecompressionStream('gzip') as never).pipeThrough(counted(bytesMax));
  const headers = new Headers(request.headers);
  headers.delete('content-encoding');
  headers.delete('content-length');
  const { method, signal, url } = request;
  return new Request(url, { method, headers, signal, body, duplex: 'half' } as RequestInit);
}
