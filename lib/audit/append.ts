/** Appends to the control plane's own hash chain. The head's row lock serialises writers; it is taken at the very end. */
import 'server-only';
import { eq } from 'drizzle-orm';
import { assert, must } from '#core/contract/assert.ts';
import { chainHash, controlSource } from '#core/event/chain.ts';
import type { Tx } from '#db/client.ts';
import { event, eventSource } from '#db/schema/audit.ts';
import { controlColumns } from './columns.ts';

/** The source of control events; every proxy's source is its own id. */
export const controlSourceId = controlSource;

export type Actor = {
  type: 'identity' | 'proxy' | 'system' | 'anonymous';
  /** Null for the system and for those who are not known. */
  id: string | null;
  /** Login, proxy name, job name, or what an unknown caller claimed to be. */
  login: string;
  sessionId?: string | null;
  apiTokenId?: string | null;
};

export type AuditTarget = {
  /** `policy`, `request`, `identity`, … */
  type: string;
  id: string;
  /** What people call it. */
  label: string;
};

/** What a command says it did. `before` and `after` hold the members that matter, never a secret. */
export type AuditEntry = {
  /** `object.verb`, e.g. `policy.publish`. */
  action: string;
  target: AuditTarget;
  before: unknown;
  after: unknown;
  reason?: string | null;
};

export type ControlEventDraft = AuditEntry & {
  actor: Actor;
  request: { id: string; via: string; address: string | null } | null;
  outcome?: 'ok' | 'refused';
};

const forbiddenMembers = new Set([
  'password',
  'passwordhash',
  'secret',
  'token',
  'privatekey',
  'devicecode',
  'literals',
]);

function assertNoSecret(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null || depth > 6) return;
  for (const [name, member] of Object.entries(value)) {
    assert(!forbiddenMembers.has(name.toLowerCase()) || member === null, `an audit entry must not carry ${name}`);
    assertNoSecret(member, depth + 1);
  }
}

function bodyOf(draft: ControlEventDraft, at: { seq: number; time: Date }): string {
  assertNoSecret(draft.before);
  assertNoSecret(draft.after);
  return JSON.stringify({
    v: 1,
    source: controlSourceId,
    seq: at.seq,
    time: at.time.toISOString(),
    type: draft.action,
    outcome: draft.outcome ?? 'ok',
    actor: draft.actor,
    request: draft.request,
    target: draft.target,
    before: draft.before ?? null,
    after: draft.after ?? null,
    reason: draft.reason ?? null,
  });
}

export async function appendControlEvents(tx: Tx, drafts: readonly ControlEventDraft[], time: Date): Promise<void> {
  const [head] = await tx
    .select({ seq: eventSource.headSeq, hash: eventSource.headHash, time: eventSource.headTime })
    .from(eventSource)
    .where(eq(eventSource.id, controlSourceId))
    .for('update');
  let { seq, hash } = must(head, 'the control plane has a chain');
  // Clocks of replicas differ; the log's order and its times must not.
  const at = head?.time && head.time > time ? head.time : time;
  const rows = drafts.map(draft => {
    seq += 1;
    const body = bodyOf(draft, { seq, time: at });
    const prev = hash;
    hash = chainHash(prev, body);
    const columns = controlColumns({ type: draft.action, actor: draft.actor, target: draft.target });
    return { source: controlSourceId, seq, ...columns, time: at, prev, hash, body };
  });
  await tx.insert(event).values(rows);
  await tx
    .update(eventSource)
    .set({ headSeq: seq, headHash: hash, headTime: at })
    .where(eq(eventSource.id, controlSourceId));
}
