/** Every recurring job. */
import 'server-only';
import { identityJobs } from '#lib/identity/jobs.ts';
import type { Job } from './scheduler.ts';

export const jobs: readonly Job[] = [...identityJobs];
