/** Every capability of the control plane. REST, the browser client and calls inside the server are all made from this object. */
import 'server-only';
import type { RouterClient } from '@orpc/server';
import { identityRouter } from './identity/router.ts';

export const router = {
  identity: identityRouter,
};

export type AppRouter = typeof router;
export type AppClient = RouterClient<AppRouter>;
