/** Opens the literals of a held statement for those who have to decide on it. Every opening is recorded with its reason. */
import 'server-only';
import { decodeProtectedHeader } from 'jose';
import { openContentKey, openSealedFor } from '#core/event/seal.ts';
import type { Db } from '#db/client.ts';
import { installationKeys } from '#lib/keys.ts';
import { log } from '#lib/log.ts';
import { command } from '#lib/orpc/base.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { candidatesFor } from './eligible.ts';
import { openLiteralsInputSchema, openLiteralsOutputSchema } from './schema.ts';
import { lockRequest, noteRequest, type RequestRow } from './state.ts';
import { maySee } from './visible.ts';

const unreadable = () => new AppError('unavailable', 'the literals cannot be opened');

async function openLiterals(db: Db, { id, literals, literalsJwe, fingerprint }: RequestRow): Promise<string[]> {
  if (literals === null || literalsJwe === null) throw new AppError('not_found', 'the statement has no literals');
  const { kid } = decodeProtectedHeader(literalsJwe);
  const key = (await installationKeys(db)).literalsPrivate.get(kid ?? '');
  if (!key) throw unreadable();
  const contentKey = await openContentKey(literalsJwe, key);
  const opened = contentKey.ok ? openSealedFor(literals, contentKey.value, fingerprint ?? '') : contentKey;
  if (opened.ok) return opened.value.literals;
  log().warn({ requestId: id, problem: opened.error.message }, 'literals of a request do not open');
  throw unreadable();
}

export const readLiterals = command({ permission: 'literals:read', shownOnce: true })
  .route({
    method: 'POST',
    path: '/requests/{id}/literals',
    tags: ['Approvals'],
    summary: 'Open the literals of a held statement',
  })
  .input(openLiteralsInputSchema)
  .output(openLiteralsOutputSchema)
  .handler(async ({ context: { db, tx, clock, caller }, input: { id, reason } }) => {
    const row = await lockRequest(tx, id);
    if (!row || !(await maySee(tx, id, caller))) throw notFound('request');
    const [own] = await candidatesFor(tx, id, caller.id);
    const decides = row.state === 'pending' && own?.eligible === true;
    if (!decides && own?.exclusion !== 'already_voted')
      throw new AppError('forbidden', 'only who decides the request may read its literals');
    const literals = await openLiterals(db, row);
    await noteRequest(tx, row, 'literals_read', {
      at: clock.now(),
      actorId: caller.id,
      message: 'literals read',
      reason,
    });
    return {
      result: { literals },
      audit: {
        action: 'request.read_literals',
        target: { type: 'request', id, label: row.summary.slice(0, 300) },
        before: null,
        after: { count: literals.length, hash: row.hash },
        reason,
      },
    };
  });
