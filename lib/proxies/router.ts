/** The procedures of proxies: the fleet for people, `plane` for the proxies themselves. */
import 'server-only';
import { exchangeBudgets, readIdentityLimits } from './budgets.ts';
import { createEnrolment, enrolProxy, listEnrolments, revokeEnrolment } from './enrolments.ts';
import { getProxy, listProxies, revokeProxy } from './fleet.ts';
import { beat, pushCatalog, pushEvents, readBundle } from './plane.ts';
import { claim, fileRequest, reportImpact, reportResult, withdrawHeld } from './plane-requests.ts';
import { followStream } from './stream.ts';

export const proxiesRouter = {
  list: listProxies,
  get: getProxy,
  revoke: revokeProxy,
  identityLimits: readIdentityLimits,
  enrolments: { create: createEnrolment, list: listEnrolments, revoke: revokeEnrolment },
  plane: {
    enrol: enrolProxy,
    bundle: readBundle,
    stream: followStream,
    events: pushEvents,
    catalog: pushCatalog,
    heartbeat: beat,
    budgets: exchangeBudgets,
    file: fileRequest,
    impact: reportImpact,
    withdraw: withdrawHeld,
    result: reportResult,
    claim,
  },
};
