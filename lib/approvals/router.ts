/** The procedures of approvals. */
import 'server-only';
import { myAccess, requestAccess } from './access.ts';
import { decideRequest } from './decide.ts';
import { getRequest } from './detail.ts';
import { revokeRequest, withdrawRequest } from './end.ts';
import { listGrants, revokeGrant } from './grants.ts';
import { listRequests } from './list.ts';
import { readLiterals } from './literals.ts';
import { watchRequests } from './watch.ts';

export const approvalsRouter = {
  requests: {
    list: listRequests,
    watch: watchRequests,
    get: getRequest,
    decide: decideRequest,
    withdraw: withdrawRequest,
    revoke: revokeRequest,
    statement: readLiterals,
  },
  access: { request: requestAccess, mine: myAccess },
  grants: { list: listGrants, revoke: revokeGrant },
};
