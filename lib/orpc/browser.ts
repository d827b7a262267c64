/** The typed client for the browser, and its TanStack Query helpers. Imports the router as a type only. */
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/fetch';
import { createTanstackQueryUtils } from '@orpc/tanstack-query';
import type { AppClient } from '#lib/router.ts';

/** The header that only a page of the console sends (lib/orpc/handle.ts). */
export const csrfHeaders = { 'x-csrf-token': 'weir' } as const;

const link = new RPCLink({
  url: () => `${window.location.origin}/api/rpc`,
  headers: () => csrfHeaders,
});

export const client: AppClient = createORPCClient(link);

/** `useQuery(orpc.audit.sessions.list.queryOptions({ input }))` */
export const orpc = createTanstackQueryUtils(client);

/** Address of a GET procedure for a plain link, which the browser downloads as it streams: `['audit', 'sessions', 'export']`. */
export function downloadUrl(path: readonly string[], input: Record<string, unknown>): string {
  const data = JSON.stringify({ json: input });
  return `/api/rpc/${path.join('/')}?data=${encodeURIComponent(data)}`;
}
