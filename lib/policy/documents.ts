/** Reading policies: the list, one document with its history, every version. */
import 'server-only';
import { and, asc, desc, eq, gt, lt, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { policySchema } from '#core/policy/schema.ts';
import type { Db, Tx } from '#db/client.ts';
import { policyDocument, policyVersion } from '#db/schema/policy.ts';
import { type People, peopleOf } from '#lib/identity/people.ts';
import { query } from '#lib/orpc/base.ts';
import { contains, decodeCursor, pageOf } from '#lib/orpc/cursor.ts';
import { notFound } from '#lib/orpc/error.ts';
import { parsePolicy } from './parse.ts';
import {
  type PolicyItem,
  policyGetInputSchema,
  policyGetOutputSchema,
  policyListInputSchema,
  policyListOutputSchema,
  policyVersionsInputSchema,
  policyVersionsOutputSchema,
} from './schema.ts';
import { currentPolicySet } from './set.ts';
import { effectsOf, whereOf, whoOf } from './words.ts';

type Row = typeof policyDocument.$inferSelect;
type VersionRow = typeof policyVersion.$inferSelect;

function itemOf(row: Row, people: People): PolicyItem {
  const { document } = row;
  return {
    name: row.name,
    description: document.description,
    mode: document.mode,
    version: row.version,
    rules: document.rules.length,
    effects: effectsOf(document),
    where: whereOf(document),
    who: whoOf(document),
    updatedAt: row.updatedAt.toISOString(),
    updatedBy: people.maybe(row.updatedBy),
  };
}

export const listPolicies = query({ permission: 'policy:read' })
  .route({ method: 'GET', path: '/policies', tags: ['Policies'], summary: 'List policies' })
  .input(policyListInputSchema)
  .output(policyListOutputSchema)
  .handler(async ({ context: { db }, input }) => {
    const after = decodeCursor(input.cursor, z.tuple([z.string()]));
    const document = policyDocument.document;
    const rows = await db
      .select()
      .from(policyDocument)
      .where(
        and(
          eq(policyDocument.removed, false),
          after ? gt(policyDocument.name, after[0]) : undefined,
          input.mode ? sql`${document}->>'mode' = ${input.mode}` : undefined,
          input.effect ? sql`${document}->'rules' @> ${JSON.stringify([{ effect: input.effect }])}::jsonb` : undefined,
          input.q ? or(contains(policyDocument.name, input.q), contains(policyDocument.yaml, input.q)) : undefined,
        ),
      )
      .orderBy(asc(policyDocument.name))
      .limit(input.limit + 1);
    const page = pageOf(rows, input.limit, row => [row.name]);
    const [people, set] = await Promise.all([
      peopleOf(
        db,
        page.items.map(row => row.updatedBy),
      ),
      currentPolicySet(db),
    ]);
    return {
      items: page.items.map(row => itemOf(row, people)),
      nextCursor: page.nextCursor,
      setVersion: set.version,
    };
  });

const versionItem = (row: VersionRow, people: People) => ({
  version: row.version,
  setVersion: row.setVersion,
  comment: row.comment,
  removed: row.removed,
  at: row.at.toISOString(),
  by: people.maybe(row.by),
});

/** Versions of one policy, newest first. */
async function versionsOf(db: Db | Tx, name: string, { before, limit }: { before: number | null; limit: number }) {
  const rows = await db
    .select()
    .from(policyVersion)
    .where(and(eq(policyVersion.name, name), before === null ? undefined : lt(policyVersion.version, before)))
    .orderBy(desc(policyVersion.version))
    .limit(limit);
  const people = await peopleOf(
    db,
    rows.map(row => row.by),
  );
  return rows.map(row => ({ ...versionItem(row, people), yaml: row.yaml }));
}

const historyShownMax = 20;

async function documentAt(db: Db, row: Row, version: number | undefined) {
  if (version === undefined || version === row.version) return { yaml: row.yaml, policy: row.document, row };
  const [old] = await db
    .select()
    .from(policyVersion)
    .where(and(eq(policyVersion.name, row.name), eq(policyVersion.version, version)));
  if (!old) throw notFound('version');
  // An old document is shown by today's grammar where it still has one.
  const policy = parsePolicy(old.yaml).policy ?? policySchema.parse({ ...row.document });
  return { yaml: old.yaml, policy, row: { ...row, version: old.version, updatedAt: old.at, updatedBy: old.by } };
}

export const getPolicy = query({ permission: 'policy:read' })
  .route({ method: 'GET', path: '/policies/{name}', tags: ['Policies'], summary: 'Read one policy with its history' })
  .input(policyGetInputSchema)
  .output(policyGetOutputSchema)
  .handler(async ({ context: { db }, input }) => {
    const [current] = await db.select().from(policyDocument).where(eq(policyDocument.name, input.name));
    if (!current) throw notFound('policy');
    const { yaml, policy, row } = await documentAt(db, current, input.version);
    const [people, history] = await Promise.all([
      peopleOf(db, [row.updatedBy]),
      versionsOf(db, input.name, { before: null, limit: historyShownMax }),
    ]);
    return {
      ...itemOf({ ...row, document: policy }, people),
      yaml,
      policy,
      currentVersion: current.removed ? 0 : current.version,
      history: history.map(({ yaml: _, ...item }) => item),
    };
  });

export const listVersions = query({ permission: 'policy:read' })
  .route({
    method: 'GET',
    path: '/policies/{name}/versions',
    tags: ['Policies'],
    summary: 'List every version of a policy',
  })
  .input(policyVersionsInputSchema)
  .output(policyVersionsOutputSchema)
  .handler(async ({ context: { db }, input }) => {
    const [known] = await db
      .select({ name: policyDocument.name })
      .from(policyDocument)
      .where(eq(policyDocument.name, input.name));
    if (!known) throw notFound('policy');
    const before = decodeCursor(input.cursor, z.tuple([z.number().int()]));
    const rows = await versionsOf(db, input.name, { before: before?.[0] ?? null, limit: input.limit + 1 });
    return pageOf(rows, input.limit, row => [row.version]);
  });
