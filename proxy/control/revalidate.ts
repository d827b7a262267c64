/**
 * Applies what changed to sessions that are already open: with every bundle, and when a grant ends. Who may no longer be in is cut
 * off; everyone else goes on with what the new bundle says of them.
 */
import type { Failure, Result } from '#core/contract/error.ts';
import type { AppliedBundle, Clock, LiveSession, LiveSessions, SessionIdentity } from '../ports.ts';
import { admitAgain } from './authenticate.ts';

export type RevalidateOptions = {
  sessions: LiveSessions;
  current: () => Result<AppliedBundle>;
  clock: Clock;
  intervalMs?: number;
};

export class Revalidator {
  private readonly options: RevalidateOptions;
  private timer: NodeJS.Timeout | null = null;

  constructor(options: RevalidateOptions) {
    this.options = options;
  }

  start(): void {
    this.timer ??= setInterval(() => this.endGrants(), this.options.intervalMs ?? 250);
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  /** With a new bundle. */
  all(applied: AppliedBundle): void {
    for (const session of [...this.options.sessions.list()]) this.check(session, applied);
  }

  cutAll(failure: Failure): void {
    for (const session of [...this.options.sessions.list()]) session.cut(failure);
  }

  /** False when there is no such session. */
  kill(sessionId: string, reason: string): boolean {
    const session = [...this.options.sessions.list()].find(each => each.id === sessionId);
    session?.cut({
      code: 'session_revoked',
      message: 'this session was ended by an administrator',
      ...(reason !== '' && { detail: reason }),
    });
    return session !== undefined;
  }

  private endGrants(): void {
    const current = this.options.current();
    if (!current.ok) return;
    const nowMs = this.options.clock.nowMs();
    for (const session of [...this.options.sessions.list()]) {
      const { grant } = session.identity;
      if (grant && grant.expiresAt <= nowMs) this.check(session, current.value);
    }
  }

  private check(session: LiveSession, applied: AppliedBundle): void {
    const { identity, application, address } = session;
    const nowMs = this.options.clock.nowMs();
    const admitted = admitAgain(applied, identity, { session: { application, address }, nowMs });
    if (admitted.ok) session.refresh(admitted.value);
    else session.cut(cutFailure(admitted.error, identity));
  }
}

/** The reason of the refusal, as the end of a session. */
function cutFailure(error: Failure, identity: SessionIdentity): Failure {
  const message = identity.grant
    ? `your access has ended: ${error.message}`
    : `this session was ended: ${error.message}`;
  return { ...error, code: 'session_revoked', message };
}
