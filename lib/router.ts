/** Every capability of the control plane. REST, the browser client and calls inside the server are all made from this object. */
import 'server-only';
import type { RouterClient } from '@orpc/server';
import { approvalsRouter } from './approvals/router.ts';
import { auditRouter } from './audit/router.ts';
import { catalogRouter } from './catalog/router.ts';
import { identityRouter } from './identity/router.ts';
import { lineageRouter } from './lineage/router.ts';
import { overviewRouter } from './overview/get.ts';
import { policyRouter } from './policy/router.ts';
import { proxiesRouter } from './proxies/router.ts';

export const router = {
  identity: identityRouter,
  catalog: catalogRouter,
  lineage: lineageRouter,
  policy: policyRouter,
  approvals: approvalsRouter,
  proxies: proxiesRouter,
  audit: auditRouter,
  overview: overviewRouter,
};

export type AppRouter = typeof router;
export type AppClient = RouterClient<AppRouter>;
