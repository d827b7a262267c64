/** For the supervisor and load balancers. */
import { handleHealth } from '#lib/health.ts';

export const dynamic = 'force-dynamic';

export { handleHealth as GET };
