/** Who a proxy is, from the short-lived token it signs with its own key (core/contract/proxy.ts). */
import 'server-only';
import type { AnonymousCaller, ProxyCaller } from '#lib/orpc/context.ts';
import type { Asking } from '#lib/orpc/resolve-caller.ts';

/** Anonymous when the token does not verify, is used twice, or its proxy is unknown or revoked. */
export async function authenticateProxy(_asking: Asking, _token: string): Promise<ProxyCaller | AnonymousCaller> {
  return { type: 'anonymous', reason: 'unauthenticated' };
}
