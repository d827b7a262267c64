/** The procedures of policies. */
import 'server-only';
import { getPolicy, listPolicies, listVersions } from './documents.ts';
import { masking } from './masking.ts';
import { publishPolicy, removePolicy, validatePolicy } from './publish.ts';
import { getPolicySet } from './set.ts';

export const policyRouter = {
  policies: {
    list: listPolicies,
    get: getPolicy,
    validate: validatePolicy,
    publish: publishPolicy,
    remove: removePolicy,
    versions: listVersions,
  },
  policySet: { get: getPolicySet },
  masking,
};
