/** Answers that take long (streams, exports) end when their caller loses what it takes to have them: at once when that is said, else soon. */
import 'server-only';
import type { Permission } from '#core/identity/role.ts';
import { log } from '#lib/log.ts';
import { hubOf } from '#lib/outbox/hub.ts';
import type { BaseContext, Caller } from './context.ts';

/** What nobody said, because it happened elsewhere or by time alone, is noticed within this time. */
export const recheckIntervalMs = 10_000;

/** The same identity with nothing taken away: what it sees was decided by what it had when it began. */
export const keepsRights =
  (before: Caller, permission: Permission | null) =>
  (now: Caller): boolean =>
    before.type === 'identity' &&
    now.type === 'identity' &&
    now.id === before.id &&
    (permission === null || now.permissions.has(permission)) &&
    [...before.permissions].every(held => now.permissions.has(held));

type Watched = { permits: (caller: Caller) => boolean; end: () => void };

/** Returns what ends the watch. Where nothing can be learnt of the caller, it is not allowed. */
export function watchCaller(context: BaseContext, { permits, end }: Watched): () => void {
  const { authenticate, caller, sql } = context;
  if (authenticate === undefined) return () => undefined;
  let isOver = false;
  let unsubscribe: () => void = () => undefined;
  const check = () => {
    authenticate()
      .then(now => permits(now))
      .catch(() => false)
      .then(isAllowed => {
        if (!isAllowed && !isOver) end();
      });
  };
  const timer = setInterval(check, recheckIntervalMs);
  timer.unref();
  if (caller.type === 'identity')
    hubOf({ sql })
      .then(hub => {
        if (isOver) return;
        unsubscribe = hub.add(deliveries => {
          if (deliveries.some(({ topic, key }) => topic === 'signout' && key === caller.id)) check();
        });
        // What was said before anybody listened.
        check();
      })
      .catch(error => log().warn({ err: error }, 'nothing is heard of sign-outs at the moment'));
  return () => {
    isOver = true;
    clearInterval(timer);
    unsubscribe();
  };
}
