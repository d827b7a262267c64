/** Every recurring job. */
import 'server-only';
import { approvalJobs } from '#lib/approvals/jobs.ts';
import { auditJobs } from '#lib/audit/verify.ts';
import { inheritJobs } from '#lib/catalog/inherit.ts';
import { identityJobs } from '#lib/identity/jobs.ts';
import { budgetJobs } from '#lib/proxies/budgets.ts';
import { bundleJobs } from '#lib/proxies/bundle.ts';
import type { Job } from './scheduler.ts';

export const jobs: readonly Job[] = [
  ...identityJobs,
  ...auditJobs,
  ...approvalJobs,
  ...bundleJobs,
  ...budgetJobs,
  ...inheritJobs,
];
