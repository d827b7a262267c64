/** Labels on columns, as people set them. A label a person set is never overwritten by a rule. */
import 'server-only';
import { and, eq, sql } from 'drizzle-orm';
import { knownLabels, type Level } from '#core/catalog/classification.ts';
import { must } from '#core/contract/assert.ts';
import type { Tx } from '#db/client.ts';
import { catalogColumn, catalogRelation, columnLabel, connection, suggestion } from '#db/schema/catalog.ts';
import { peopleOf } from '#lib/identity/people.ts';
import { command } from '#lib/orpc/base.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { publish } from '#lib/transaction.ts';
import { setLabelInputSchema, setLabelOutputSchema } from './schema.ts';

/** The level given, or the one the product knows for the label. */
export function levelOf(label: string, given: Level | undefined): Level {
  const level = given ?? knownLabels[label]?.level;
  if (level === undefined)
    throw new AppError('invalid_input', `\`${label}\` is your own label: say its level`, {
      issues: [{ path: 'level', message: 'required for a label the product does not know' }],
    });
  return level;
}

export type ColumnAt = { connectionId: string; oid: number; attnum: number };

export async function findColumn(tx: Tx, { connectionId, oid, attnum }: ColumnAt) {
  const [found] = await tx
    .select({
      connection: connection.name,
      schema: catalogRelation.schema,
      relation: catalogRelation.name,
      column: catalogColumn.name,
    })
    .from(catalogColumn)
    .innerJoin(
      catalogRelation,
      and(
        eq(catalogRelation.connectionId, catalogColumn.connectionId),
        eq(catalogRelation.oid, catalogColumn.relationOid),
      ),
    )
    .innerJoin(connection, eq(connection.id, catalogColumn.connectionId))
    .where(
      and(
        eq(catalogColumn.connectionId, connectionId),
        eq(catalogColumn.relationOid, oid),
        eq(catalogColumn.attnum, attnum),
      ),
    );
  return found ?? null;
}

type NewLabel = {
  label: string;
  level: Level;
  source: 'human' | 'suggestion';
  evidence: string | null;
  by: string;
  at: Date;
};

/** Puts a label on a column in place of the one it has; null takes it off. Returns what was and what is. */
export async function replaceLabel(tx: Tx, at: ColumnAt, next: NewLabel | null) {
  const found = await findColumn(tx, at);
  if (!found) throw notFound('column');
  const { connection: name, ...names } = found;
  const [before] = await tx
    .delete(columnLabel)
    .where(
      and(
        eq(columnLabel.connectionId, at.connectionId),
        eq(columnLabel.relationOid, at.oid),
        eq(columnLabel.attnum, at.attnum),
      ),
    )
    .returning();
  const inserted =
    next === null
      ? []
      : await tx
          .insert(columnLabel)
          .values({ connectionId: at.connectionId, relationOid: at.oid, attnum: at.attnum, ...names, ...next })
          .onConflictDoNothing()
          .returning();
  if (next !== null && inserted.length === 0)
    throw new AppError('conflict', 'somebody else is labelling this column at the same time');
  publish(tx, { topic: 'bundle', key: '', payload: { reason: 'label' } });
  const label = `${name} / ${names.schema}.${names.relation}.${names.column}`;
  const target = { type: 'column', id: `${at.connectionId}/${at.oid}/${at.attnum}`, label };
  return { before: before ?? null, after: inserted[0] ?? null, target };
}

/** The same copy made again must not bring back what a person has taken off: their no is kept where a suggestion's would be. */
async function rememberNo(
  tx: Tx,
  label: typeof columnLabel.$inferSelect,
  { by, at }: { by: string; at: Date },
): Promise<void> {
  const { connectionId, relationOid, attnum, schema, relation, column, level } = label;
  const decided = {
    state: 'rejected' as const,
    decidedBy: by,
    decidedAt: at,
    reason: 'the inherited label was taken off',
  };
  await tx
    .insert(suggestion)
    .values({
      ...{ connectionId, relationOid, attnum, schema, relation, column, label: label.label, level },
      ...decided,
      confidence: 0,
      evidence: [],
      createdAt: at,
    })
    .onConflictDoUpdate({
      target: [suggestion.connectionId, suggestion.relationOid, suggestion.attnum, suggestion.label],
      set: decided,
    });
}

export const auditedLabel = (row: { label: string; level: string; source: string } | null) =>
  row === null ? null : { label: row.label, level: row.level, source: row.source };

export const setLabel = command({ permission: 'catalog:write' })
  .route({
    method: 'PUT',
    path: '/catalog/{connectionId}/relations/{oid}/columns/{attnum}/label',
    tags: ['Catalog'],
    summary: 'Label a column, or take its label off',
  })
  .input(setLabelInputSchema)
  .output(setLabelOutputSchema)
  .handler(async ({ context: { tx, clock, caller }, input }) => {
    const at = clock.now();
    const next =
      input.label === null
        ? null
        : {
            label: input.label,
            level: levelOf(input.label, input.level),
            source: 'human' as const,
            evidence: null,
            by: caller.id,
            at,
          };
    const { before, after, target } = await replaceLabel(tx, input, next);
    if (before?.source === 'inherited' && before.label !== input.label)
      await rememberNo(tx, before, { by: caller.id, at });
    // The person has answered what the suggestions for this column ask.
    await tx
      .update(suggestion)
      .set({
        state:
          input.label === null
            ? 'rejected'
            : sql`case when ${suggestion.label} = ${input.label} then 'accepted' else 'rejected' end`,
        decidedBy: caller.id,
        decidedAt: at,
        reason: input.label === null ? 'the label was taken off' : `labelled ${input.label} instead`,
      })
      .where(
        and(
          eq(suggestion.connectionId, input.connectionId),
          eq(suggestion.relationOid, input.oid),
          eq(suggestion.attnum, input.attnum),
          input.label === null ? undefined : eq(suggestion.state, 'open'),
        ),
      );
    const people = await peopleOf(tx, [caller.id]);
    const view = after && {
      label: after.label,
      level: after.level,
      source: after.source,
      evidence: after.evidence,
      by: people.of(must(after.by, 'a person set it')),
      at: after.at.toISOString(),
    };
    return {
      result: { label: view },
      audit: {
        action: 'catalog.set_label',
        target,
        before: { label: auditedLabel(before) },
        after: { label: auditedLabel(after) },
      },
    };
  });
