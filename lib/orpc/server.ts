/** Calls inside the server: `await (await api()).identity.me.get()` in a page, with the visitor as the caller. */
import 'server-only';
import { createRouterClient } from '@orpc/server';
import { headers } from 'next/headers';
import { cache } from 'react';
import { database } from '#db/client.ts';
import { sessionIdOf } from '#lib/auth/cookie.ts';
import { router } from '#lib/router.ts';
import { type BaseContext, type Caller, systemClock } from './context.ts';
import { publicErrors } from './error.ts';
import { answeredInTime } from './outage.ts';
import { requestInfo } from './request.ts';
import { callerOfCookie } from './resolve-caller.ts';

/** Once per request, however many components ask. */
export const pageContext = cache(async (): Promise<BaseContext> => {
  const incoming = await headers();
  const { db, sql } = database();
  const request = { ...requestInfo(incoming, 'page'), idempotencyKey: null, ifMatch: null };
  const asking = { database: database(), clock: systemClock, address: request.address };
  const authenticate = async (): Promise<Caller> => callerOfCookie(asking, await sessionIdOf(incoming));
  return { caller: await answeredInTime(authenticate()), db, sql, clock: systemClock, request, authenticate };
});

/** The visitor, as the session in the database says. */
export const currentCaller = async (): Promise<Caller> => (await pageContext()).caller;

export const api = cache(async () => {
  const context = await pageContext();
  return createRouterClient(router, { context, interceptors: [publicErrors] });
});
