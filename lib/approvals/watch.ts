/** Live: what happens to the requests the caller may see, as it happens. Resumes with Last-Event-ID. */
import 'server-only';
import { eventIterator, withEventMeta } from '@orpc/server';
import { stream } from '#lib/orpc/base.ts';
import { notFound } from '#lib/orpc/error.ts';
import type { Delivery } from '#lib/outbox/hub.ts';
import { subscribe } from '#lib/outbox/subscribe.ts';
import { type RequestChange, requestChangeSchema, requestWatchEventSchema, requestWatchInputSchema } from './schema.ts';
import { maySee } from './visible.ts';

export const resumeAfter = (lastEventId: string | undefined): number | undefined =>
  lastEventId !== undefined && /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : undefined;

function changeOf({ topic, key, payload }: Delivery): RequestChange | null {
  if (topic !== 'request') return null;
  const change = requestChangeSchema.safeParse({ id: key, ...payload });
  return change.success ? change.data : null;
}

export const watchRequests = stream({ permission: 'approval:read' })
  .route({ method: 'GET', path: '/requests/watch', tags: ['Approvals'], summary: 'Follow requests as they change' })
  .input(requestWatchInputSchema)
  .output(eventIterator(requestWatchEventSchema))
  .handler(async function* ({ context: { db, sql, caller, signal }, input, lastEventId }) {
    if (input.id !== undefined && !(await maySee(db, input.id, caller))) throw notFound('request');
    const after = resumeAfter(lastEventId);
    const source = subscribe({ sql }, { topics: ['request'], key: input.id, after, signal });
    for await (const received of source) {
      // What was missed is gone: the view reads everything again.
      if (received.topic === 'reset') yield withEventMeta({ type: 'reset' as const }, { id: String(received.id) });
      else {
        const change = changeOf(received);
        if (change === null || !(await maySee(db, change.id, caller))) continue;
        yield withEventMeta({ type: 'change' as const, change }, { id: String(received.id) });
      }
    }
  });
