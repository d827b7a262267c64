/** The caller as the log names it. */
import 'server-only';
import type { Actor } from '#lib/audit/append.ts';
import type { Caller } from './context.ts';

/** `claimed` is what an unknown caller said to be. */
export function actorOf(caller: Caller, claimed = 'anonymous'): Actor {
  switch (caller.type) {
    case 'identity': {
      const { id, login, sessionId, apiTokenId } = caller;
      return { type: 'identity', id, login, sessionId, apiTokenId };
    }
    case 'proxy':
      return { type: 'proxy', id: caller.id, login: caller.name };
    case 'system':
      return { type: 'system', id: null, login: caller.name };
    case 'anonymous':
      return { type: 'anonymous', id: null, login: claimed };
  }
}
