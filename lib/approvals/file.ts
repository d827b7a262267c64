/** Files a statement that a proxy holds. Filing twice is filing once. */
import 'server-only';
import { and, count, eq, sql } from 'drizzle-orm';
import { knownLabels, type Level, levelRank } from '#core/catalog/classification.ts';
import type { HeldStatement } from '#core/contract/proxy.ts';
import type { Tx } from '#db/client.ts';
import { type RequestNeed, request } from '#db/schema/approvals.ts';
import { columnLabel, connection } from '#db/schema/catalog.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { principalOf } from '#lib/policy/principals.ts';
import { takeBackUnfounded } from './execute.ts';
import { isFinal, lockRequest, noteRequest, type RequestRow } from './state.ts';

/** What one identity may have waiting, so that a loop in an agent cannot bury everybody else's requests. */
export const pendingPerIdentityMax = 100;
const objectsMax = 200;

const verbWords: Readonly<Record<string, string>> = {
  select: 'read',
  insert: 'insert into',
  update: 'update',
  delete: 'delete from',
  merge: 'merge into',
  truncate: 'empty',
  copy_from: 'copy into',
  copy_to: 'copy out of',
};

/** e.g. "update public.customers and read public.orders". */
function deedOf({ accesses, kinds }: HeldStatement['facts']): string {
  const own = accesses.filter(access => !access.system && access.kind === 'relation');
  const written = own.filter(access => access.action !== 'read');
  const shown = written.length > 0 ? written : own;
  const deeds = [...new Set(shown.map(access => `${verbWords[access.verb] ?? access.verb} ${access.object}`))];
  if (deeds.length === 0) return `run a ${kinds.join(', ')} statement`;
  const listed = deeds.slice(0, 3).join(' and ');
  return deeds.length > 3 ? `${listed} and ${deeds.length - 3} more` : listed;
}

export const needsOf = (held: HeldStatement): RequestNeed[] => [
  { rule: held.rule, approvers: held.approvers, ownerOf: held.ownerOf },
  ...(held.further ?? []),
];

/** The highest level of the columns involved, by the labels they carry now, else by what the product knows of the label. */
async function levelOf(tx: Tx, held: HeldStatement): Promise<Level | null> {
  const labels = [...new Set(held.facts.classified.flatMap(({ label }) => (label === undefined ? [] : [label])))];
  if (labels.length === 0) return null;
  const rows = await tx
    .selectDistinct({ label: columnLabel.label, level: columnLabel.level })
    .from(columnLabel)
    .where(eq(columnLabel.connectionId, held.connectionId));
  const found = labels.flatMap(label => {
    const own = rows.filter(row => row.label === label).map(row => row.level);
    return own.length > 0 ? own : (knownLabels[label]?.level ?? []);
  });
  return found.reduce<Level | null>(
    (top, level) => (top === null || levelRank(level) > levelRank(top) ? level : top),
    null,
  );
}

async function assertRoom(tx: Tx, identityId: string): Promise<void> {
  const [row] = await tx
    .select({ pending: count() })
    .from(request)
    .where(and(eq(request.identityId, identityId), eq(request.state, 'pending')));
  if (row && row.pending >= pendingPerIdentityMax)
    throw new AppError('rate_limited', `this identity has ${pendingPerIdentityMax} requests waiting already`);
}

async function partiesOf(tx: Tx, held: HeldStatement) {
  const [on] = await tx.select().from(connection).where(eq(connection.id, held.connectionId));
  const who = await principalOf(tx, held.identityId);
  if (!on) throw notFound('connection');
  if (!who) throw notFound('identity');
  if (!who.enabled) throw new AppError('identity_disabled', `identity \`${who.login}\` is disabled`);
  return { on, who };
}

const minutes = (count: number): number => count * 60_000;

/** The shortest window any rule allows. */
export const windowMinutesOf = (needs: readonly RequestNeed[]): number =>
  Math.min(...needs.map(need => need.approvers.windowMinutes));

export type Filed = { row: RequestRow; isNew: boolean };

export async function fileHeld(tx: Tx, input: { held: HeldStatement; proxyId: string; at: Date }): Promise<Filed> {
  const { held, proxyId, at } = input;
  const [before] = await tx.select().from(request).where(eq(request.id, held.id));
  if (before) {
    const row = await stopWaiting(tx, sameOrRefused(before, held, proxyId), input);
    return { row: await standing(tx, row, at), isNew: false };
  }
  const { on, who } = await partiesOf(tx, held);
  await assertRoom(tx, who.id);
  const needs = needsOf(held);
  const objects = [...new Set(held.facts.accesses.filter(access => !access.system).map(access => access.object))].slice(
    0,
    objectsMax,
  );
  const summary = `${who.login} wants to ${deedOf(held.facts)} on ${on.name}`;
  const expireMinutes = Math.min(...needs.map(need => need.approvers.expireMinutes));
  const { facts, literals, literalsJwe, hash, fingerprint, policyVersion, bundleVersion, waiting, reasons } = held;
  const statement = { text: held.text, hash, fingerprint, literals, literalsJwe, facts, policyVersion, bundleVersion };
  const [row] = await tx
    .insert(request)
    .values({
      ...statement,
      id: held.id,
      kind: 'statement',
      connectionId: on.id,
      identityId: who.id,
      onBehalfOf: held.onBehalfOf,
      identityOwnerId: who.ownerId,
      summary,
      searchText: [summary, held.text, ...objects].join('\n').slice(0, 20_000),
      rule: held.rule,
      reasons,
      needs,
      objects,
      level: await levelOf(tx, held),
      createdAt: at,
      expiresAt: new Date(at.getTime() + minutes(expireMinutes)),
      proxyId,
      sessionId: held.sessionId,
      statementNumber: held.statement,
      waiting,
    })
    .onConflictDoNothing()
    .returning();
  if (!row) throw new AppError('conflict', 'this request is being filed at the same time');
  await noteRequest(tx, row, 'created', { at, actorId: who.id, message: `held by rule ${held.rule}` });
  return { row, isNew: true };
}

function sameOrRefused(before: RequestRow, held: HeldStatement, proxyId: string): RequestRow {
  if (before.proxyId !== proxyId || before.hash !== held.hash)
    throw new AppError('conflict', 'there is another request with this id');
  return before;
}

/**
 * A session whose patience has ended files again without waiting: from then on the approval is there to be claimed, also one that
 * was given while nobody was listening any more.
 */
async function stopWaiting(
  tx: Tx,
  before: RequestRow,
  { held, at }: { held: HeldStatement; at: Date },
): Promise<RequestRow> {
  if (held.waiting || !before.waiting) return before;
  const row = await lockRequest(tx, before.id);
  if (!row || isFinal(row.state)) return row ?? before;
  const usableUntil = row.state === 'approved' ? new Date(at.getTime() + minutes(windowMinutesOf(row.needs))) : null;
  await tx.update(request).set({ waiting: false, usableUntil }).where(eq(request.id, row.id));
  return { ...row, waiting: false, usableUntil };
}

/** A proxy that files again acts on the state it is told. */
async function standing(tx: Tx, row: RequestRow, at: Date): Promise<RequestRow> {
  if (row.state !== 'approved') return row;
  const locked = await lockRequest(tx, row.id);
  return locked ? takeBackUnfounded(tx, locked, at) : row;
}

/** Rows the statement is expected to touch. */
export function rowsOf(impact: RequestRow['impact']): { value: number; exact: boolean } | null {
  if (impact?.exactRows != null) return { value: impact.exactRows, exact: true };
  return impact?.planRows == null ? null : { value: impact.planRows, exact: false };
}

/** The SQL of `rowsOf`, for lists. */
export const rowsSql = sql<{ value: number; exact: boolean } | null>`case
  when ${request.impact}->>'exactRows' is not null
    then jsonb_build_object('value', ${request.impact}->'exactRows', 'exact', true)
  when ${request.impact}->>'planRows' is not null
    then jsonb_build_object('value', ${request.impact}->'planRows', 'exact', false)
end`;
