/** The inbox of suggested labels. Accepting labels the column; rejecting is remembered. */
import 'server-only';
import { and, eq, inArray, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Level } from '#core/catalog/classification.ts';
import { must } from '#core/contract/assert.ts';
import type { Db, Tx } from '#db/client.ts';
import { catalogColumn, columnLabel, connection, suggestion } from '#db/schema/catalog.ts';
import type { AuditEntry } from '#lib/audit/append.ts';
import { peopleOf } from '#lib/identity/people.ts';
import { command, query } from '#lib/orpc/base.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { auditedLabel, levelOf, replaceLabel } from './labels.ts';
import {
  type SuggestionView,
  suggestionAcceptInputSchema,
  suggestionAcceptManyInputSchema,
  suggestionAcceptManyOutputSchema,
  suggestionLabelsMax,
  suggestionListInputSchema,
  suggestionListOutputSchema,
  suggestionRejectInputSchema,
  suggestionViewSchema,
} from './schema.ts';
import { evidenceOf, surenessOf } from './sureness.ts';

type Row = typeof suggestion.$inferSelect;

const sameColumn = (table: typeof columnLabel | typeof catalogColumn) =>
  and(
    eq(table.connectionId, suggestion.connectionId),
    eq(table.relationOid, suggestion.relationOid),
    eq(table.attnum, suggestion.attnum),
  );

type Order = { by: SQL; limit: number };

async function viewsOf(db: Db | Tx, where: SQL | undefined, { by, limit }: Order): Promise<SuggestionView[]> {
  const rows = await db
    .select({
      suggestion,
      connection: connection.name,
      type: catalogColumn.type,
      label: columnLabel.label,
      level: columnLabel.level,
    })
    .from(suggestion)
    .innerJoin(connection, eq(connection.id, suggestion.connectionId))
    .leftJoin(catalogColumn, sameColumn(catalogColumn))
    .leftJoin(columnLabel, sameColumn(columnLabel))
    .where(where)
    .orderBy(by)
    .limit(limit);
  const people = await peopleOf(
    db,
    rows.map(row => row.suggestion.decidedBy),
  );
  return rows.map(({ suggestion: row, connection: name, type, label, level }) => ({
    id: row.id,
    label: row.label,
    level: row.level,
    state: row.state,
    ...surenessOf(row),
    connection: { id: row.connectionId, name },
    relation: { oid: row.relationOid, schema: row.schema, name: row.relation },
    column: { attnum: row.attnum, name: row.column, type: type ?? '' },
    current: label !== null && level !== null ? { label, level } : null,
    createdAt: row.createdAt.toISOString(),
    decidedAt: row.decidedAt?.toISOString() ?? null,
    decidedBy: people.maybe(row.decidedBy),
    reason: row.reason,
    reopened: row.reopened,
  }));
}

const isNot = (column: typeof suggestion.evidence | typeof suggestion.found, json: string): SQL =>
  sql`${column} <> ${json}::jsonb`;

type Listing = {
  by: SQL;
  /** Rows after the one the cursor names. */
  after: (cursor: string | undefined) => SQL | undefined;
  keyOf: (view: SuggestionView) => string[];
};

const newestKey = z.tuple([z.iso.datetime(), z.uuid()]);
const labelKey = z.tuple([z.string(), z.string(), z.string(), z.string(), z.uuid()]);

const placeOf = sql`${suggestion.label}, ${suggestion.schema}, ${suggestion.relation}, ${suggestion.column}, ${suggestion.id}`;

const listings: Record<'newest' | 'label', Listing> = {
  newest: {
    by: sql`${suggestion.createdAt} desc, ${suggestion.id} desc`,
    after: cursor => {
      const key = decodeCursor(cursor, newestKey);
      return key
        ? sql`(${suggestion.createdAt}, ${suggestion.id}) < (${key[0]}::timestamptz, ${key[1]}::uuid)`
        : undefined;
    },
    keyOf: view => [view.createdAt, view.id],
  },
  label: {
    by: placeOf,
    after: cursor => {
      const key = decodeCursor(cursor, labelKey);
      return key ? sql`(${placeOf}) > (${key[0]}, ${key[1]}, ${key[2]}, ${key[3]}, ${key[4]}::uuid)` : undefined;
    },
    keyOf: view => [view.label, view.relation.schema, view.relation.name, view.column.name, view.id],
  },
};

const listSuggestions = query({ permission: 'catalog:read' })
  .route({ method: 'GET', path: '/catalog/suggestions', tags: ['Catalog'], summary: 'List suggested labels' })
  .input(suggestionListInputSchema)
  .output(suggestionListOutputSchema)
  .handler(async ({ context: { db }, input }) => {
    const ofAnyLabel = and(
      input.connectionId ? eq(suggestion.connectionId, input.connectionId) : undefined,
      input.basis && isNot(input.basis === 'name' ? suggestion.evidence : suggestion.found, '[]'),
      input.q
        ? or(
            contains(suggestion.column, input.q),
            contains(sql`${suggestion.schema} || '.' || ${suggestion.relation}`, input.q),
            contains(suggestion.label, input.q),
          )
        : undefined,
    );
    const inState = eq(suggestion.state, input.state);
    const matching = and(ofAnyLabel, input.label ? eq(suggestion.label, input.label) : undefined);
    const { by, after, keyOf } = listings[input.order];
    const [views, counted, labels] = await Promise.all([
      viewsOf(db, and(matching, inState, after(input.cursor)), { by, limit: input.limit + 1 }),
      db
        .select({ state: suggestion.state, count: sql<number>`count(*)::int` })
        .from(suggestion)
        .where(matching)
        .groupBy(suggestion.state),
      db
        .select({ label: suggestion.label, count: sql<number>`count(*)::int` })
        .from(suggestion)
        .where(and(ofAnyLabel, inState))
        .groupBy(suggestion.label)
        .orderBy(suggestion.label)
        .limit(suggestionLabelsMax),
    ]);
    const count = (state: Row['state']) => counted.find(row => row.state === state)?.count ?? 0;
    return {
      ...pageOf(views, input.limit, keyOf),
      about: count(input.state),
      counts: { open: count('open'), accepted: count('accepted'), rejected: count('rejected') },
      labels,
    };
  });

type Decider = { id: string; at: Date };

async function lockOpen(tx: Tx, id: string): Promise<Row> {
  const [row] = await tx.select().from(suggestion).where(eq(suggestion.id, id)).for('update');
  if (!row) throw notFound('suggestion');
  if (row.state !== 'open') throw new AppError('conflict', `this suggestion is ${row.state} already`);
  return row;
}

type Choice = { label?: string; level?: Level };

async function acceptOne(tx: Tx, row: Row, by: Decider & Choice): Promise<AuditEntry> {
  const label = by.label ?? row.label;
  const level = by.level ?? (label === row.label ? row.level : levelOf(label, undefined));
  const at = { connectionId: row.connectionId, oid: row.relationOid, attnum: row.attnum };
  const evidence = evidenceOf(row).join('; ').slice(0, 500);
  const changed = await replaceLabel(tx, at, { label, level, source: 'suggestion', evidence, by: by.id, at: by.at });
  await tx
    .update(suggestion)
    .set({
      state: 'accepted',
      decidedBy: by.id,
      decidedAt: by.at,
      reason: label === row.label ? null : `accepted as ${label}`,
    })
    .where(eq(suggestion.id, row.id));
  return {
    action: 'catalog.accept_suggestion',
    target: changed.target,
    before: { label: auditedLabel(changed.before) },
    after: { label: auditedLabel(changed.after), suggestion: row.id },
  };
}

async function viewOf(tx: Tx, id: string): Promise<SuggestionView> {
  const [view] = await viewsOf(tx, eq(suggestion.id, id), { by: sql`${suggestion.id}`, limit: 1 });
  return must(view, 'the suggestion was just changed');
}

const acceptSuggestion = command({ permission: 'catalog:write' })
  .route({
    method: 'POST',
    path: '/catalog/suggestions/{id}/accept',
    tags: ['Catalog'],
    summary: 'Accept a suggestion: label the column',
  })
  .input(suggestionAcceptInputSchema)
  .output(suggestionViewSchema)
  .handler(async ({ context: { tx, clock, caller }, input }) => {
    const row = await lockOpen(tx, input.id);
    const { label, level } = input;
    const audit = await acceptOne(tx, row, { id: caller.id, at: clock.now(), label, level });
    return { result: await viewOf(tx, input.id), audit };
  });

const rejectSuggestion = command({ permission: 'catalog:write' })
  .route({
    method: 'POST',
    path: '/catalog/suggestions/{id}/reject',
    tags: ['Catalog'],
    summary: 'Reject a suggestion; it comes back only when its evidence changes',
  })
  .input(suggestionRejectInputSchema)
  .output(suggestionViewSchema)
  .handler(async ({ context: { tx, clock, caller }, input }) => {
    const row = await lockOpen(tx, input.id);
    await tx
      .update(suggestion)
      .set({ state: 'rejected', decidedBy: caller.id, decidedAt: clock.now(), reason: input.reason })
      .where(eq(suggestion.id, row.id));
    return {
      result: await viewOf(tx, row.id),
      audit: {
        action: 'catalog.reject_suggestion',
        target: { type: 'suggestion', id: row.id, label: `${row.schema}.${row.relation}.${row.column}` },
        before: { state: 'open', label: row.label },
        after: { state: 'rejected' },
        reason: input.reason,
      },
    };
  });

const acceptMany = command({ permission: 'catalog:write' })
  .route({
    method: 'POST',
    path: '/catalog/suggestions/accept',
    tags: ['Catalog'],
    summary: 'Accept many suggestions as they are',
  })
  .input(suggestionAcceptManyInputSchema)
  .output(suggestionAcceptManyOutputSchema)
  .handler(async ({ context: { tx, clock, caller }, input }) => {
    const ids = [...new Set(input.ids)];
    const rows = await tx
      .select()
      .from(suggestion)
      .where(inArray(suggestion.id, ids))
      .orderBy(suggestion.id)
      .for('update');
    const found = new Map(rows.map(row => [row.id, row]));
    const entries: AuditEntry[] = [];
    const skipped: { id: string; reason: string }[] = [];
    for (const id of ids) {
      const row = found.get(id);
      if (row?.state === 'open') entries.push(await acceptOne(tx, row, { id: caller.id, at: clock.now() }));
      else skipped.push({ id, reason: row ? `is ${row.state} already` : 'does not exist' });
    }
    const summary: AuditEntry = {
      action: 'catalog.accept_suggestions',
      target: { type: 'suggestion', id: '', label: `${entries.length} suggestions` },
      before: null,
      after: { accepted: entries.length, skipped: skipped.length },
    };
    return { result: { accepted: entries.length, skipped }, audit: [summary, ...entries] };
  });

export const suggestions = { list: listSuggestions, accept: acceptSuggestion, reject: rejectSuggestion, acceptMany };
