/** From an HTTP request to the procedures and back: the REST API and the browser's RPC, each with its own kind of credential. */
import 'server-only';
import { OpenAPIHandler } from '@orpc/openapi/fetch';
import { RPCHandler } from '@orpc/server/fetch';
import { ResponseHeadersPlugin } from '@orpc/server/plugins';
import { experimental_ZodSmartCoercionPlugin as ZodSmartCoercionPlugin } from '@orpc/zod/zod4';
import { type Database, database } from '#db/client.ts';
import { sessionIdOf } from '#lib/auth/cookie.ts';
import { env } from '#lib/env.ts';
import { stillEnrolled } from '#lib/proxies/authenticate.ts';
import { router } from '#lib/router.ts';
import { proxyOf } from './base.ts';
import { bodyLimitOf, boundedRequest, isProxyBody } from './body.ts';
import { type BaseContext, type Clock, systemClock } from './context.ts';
import { AppError, problemOf, publicErrors, toPublicError } from './error.ts';
import { answeredInTime } from './outage.ts';
import { requestInfo } from './request.ts';
import { callerOfBearer, callerOfCookie } from './resolve-caller.ts';

export const restPrefix = '/api/v1';
export const rpcPrefix = '/api/rpc';

/** Tests put their own database and clock here. */
export type Serving = { database: Database; clock: Clock };
const serving = (): Serving => ({ database: database(), clock: systemClock });

const restHandler = new OpenAPIHandler(router, {
  plugins: [new ZodSmartCoercionPlugin(), new ResponseHeadersPlugin()],
  clientInterceptors: [publicErrors],
  customErrorResponseBodyEncoder: problemOf,
});

const rpcHandler = new RPCHandler(router, {
  plugins: [new ResponseHeadersPlugin()],
  clientInterceptors: [publicErrors],
});

type Via = 'rest' | 'rpc';

async function contextOf(request: Request, via: Via, { database, clock }: Serving): Promise<BaseContext> {
  const { headers } = request;
  const info = requestInfo(headers, via);
  const asking = { database, clock, address: info.address };
  const authenticate = async (isRecheck = false) =>
    via === 'rest'
      ? callerOfBearer({ ...asking, isRecheck }, headers.get('authorization'))
      : callerOfCookie({ ...asking, isRecheck }, await sessionIdOf(headers));
  const { db, sql } = database;
  const caller = await answeredInTime(authenticate());
  // A proxy's token is good for one request only, so that the row is asked instead.
  const again = caller.type === 'proxy' ? () => stillEnrolled(db, caller) : () => authenticate(true);
  const authenticatedAtMs = performance.now();
  return { caller, db, sql, clock, request: info, authenticate: again, authenticatedAtMs, resHeaders: new Headers() };
}

/** RFC 9457; used for refusals outside of any procedure as well. */
export function problemResponse(thrown: unknown, requestId: string): Response {
  const error = toPublicError(thrown, requestId);
  return new Response(JSON.stringify(problemOf(error)), {
    status: error.status,
    headers: { 'content-type': 'application/problem+json' },
  });
}

/** The same for the browser's client, in the form it reads: anything else it would take for a fault of the network. */
function rpcRefusal(thrown: unknown, requestId: string): Response {
  const error = toPublicError(thrown, requestId);
  return Response.json({ json: error.toJSON() }, { status: error.status });
}

/** Data is never cached by intermediaries, streams are never compressed or buffered, and nothing is sniffed. */
function finish(response: Response, via: Via): Response {
  const headers = new Headers(response.headers);
  const type = headers.get('content-type') ?? '';
  // The browser's client reads `application/json` only; of anything else it would know the status and nothing more.
  if (via === 'rest' && response.status >= 400 && type.startsWith('application/json'))
    headers.set('content-type', 'application/problem+json');
  const isStream = type.startsWith('text/event-stream') || headers.has('content-disposition');
  if (!headers.has('cache-control')) headers.set('cache-control', isStream ? 'no-store, no-transform' : 'no-store');
  headers.set('x-content-type-options', 'nosniff');
  if (response.status === 401) headers.set('www-authenticate', 'Bearer realm="weir"');
  return new Response(response.body, { status: response.status, headers });
}

export async function handleRest(request: Request, on: Serving = serving()): Promise<Response> {
  let requestId = crypto.randomUUID() as string;
  try {
    const path = new URL(request.url).pathname.slice(restPrefix.length);
    const context = await contextOf(request, 'rest', on);
    requestId = context.request.id;
    if (isProxyBody(path)) proxyOf(context.caller);
    const bounded = boundedRequest(request, bodyLimitOf(path, context.caller));
    const { matched, response } = await restHandler.handle(bounded, { prefix: restPrefix, context });
    return finish(
      matched ? response : problemResponse(new AppError('not_found', 'no such endpoint'), requestId),
      'rest',
    );
  } catch (thrown) {
    return finish(problemResponse(thrown, requestId), 'rest');
  }
}

/** What another site could make a browser send is refused: browsers say where a request comes from, and they cannot forge it. */
function refuseForeignOrigin(request: Request): void {
  const site = request.headers.get('sec-fetch-site');
  const origin = request.headers.get('origin');
  const isReading = request.method === 'GET';
  const sameSite = site === 'same-origin' || (site === 'none' && isReading);
  const hosts = [new URL(env().WEIR_CONSOLE_URL).host, request.headers.get('host')];
  const sameOrigin = origin !== null && URL.canParse(origin) && hosts.includes(new URL(origin).host);
  const isOwn = site === null ? sameOrigin || (origin === null && isReading) : sameSite;
  const hasToken = request.headers.get('x-csrf-token') === 'weir';
  if (!isOwn || (!isReading && !hasToken)) throw new AppError('forbidden', 'the request comes from another site');
}

export async function handleRpc(request: Request, on: Serving = serving()): Promise<Response> {
  let requestId = crypto.randomUUID() as string;
  try {
    refuseForeignOrigin(request);
    const context = await contextOf(request, 'rpc', on);
    requestId = context.request.id;
    const bounded = boundedRequest(request, bodyLimitOf('', context.caller));
    const { matched, response } = await rpcHandler.handle(bounded, { prefix: rpcPrefix, context });
    return finish(matched ? response : rpcRefusal(new AppError('not_found', 'no such procedure'), requestId), 'rpc');
  } catch (thrown) {
    return finish(rpcRefusal(thrown, requestId), 'rpc');
  }
}
