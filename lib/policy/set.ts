/** The policies in force, as one set with one version. */
import 'server-only';
import { asc, eq, sql } from 'drizzle-orm';
import type { Policy } from '#core/policy/schema.ts';
import type { Db, Tx } from '#db/client.ts';
import { policyDocument, policySet } from '#db/schema/policy.ts';
import { query } from '#lib/orpc/base.ts';
import { policySetOutputSchema } from './schema.ts';

export type PolicySet = { version: number; updatedAt: Date | null; policies: readonly Policy[] };

/** Drafts are in it; whoever compiles it leaves them out. */
export async function currentPolicySet(db: Db | Tx): Promise<PolicySet> {
  const [[head], rows] = await Promise.all([
    db.select().from(policySet).where(eq(policySet.id, 1)),
    db
      .select({ document: policyDocument.document })
      .from(policyDocument)
      .where(eq(policyDocument.removed, false))
      .orderBy(asc(policyDocument.name)),
  ]);
  return { version: head?.version ?? 0, updatedAt: head?.updatedAt ?? null, policies: rows.map(row => row.document) };
}

/** Counts the set on. The row's lock orders publications, so that versions have no gaps and no twins. */
export async function nextSetVersion(tx: Tx, at: Date): Promise<number> {
  const [row] = await tx
    .insert(policySet)
    .values({ id: 1, version: 1, updatedAt: at })
    .onConflictDoUpdate({ target: policySet.id, set: { version: sql`${policySet.version} + 1`, updatedAt: at } })
    .returning({ version: policySet.version });
  return row?.version ?? 1;
}

/** What the set as a whole lacks. None of it is an error: a set may be meant to be closed. */
export function setWarnings(policies: readonly Policy[]): string[] {
  const rules = policies.filter(policy => policy.mode === 'enforce').flatMap(policy => policy.rules);
  const allows = (action: 'connect' | 'read') =>
    rules.some(rule => rule.effect === 'allow' && (rule.actions === undefined || rule.actions.includes(action)));
  const warnings: string[] = [];
  if (!allows('read')) warnings.push('no enforced policy allows reading anything: every statement is refused');
  if (!allows('connect')) warnings.push('no enforced policy allows connecting: everybody needs a grant');
  if (!rules.some(rule => rule.effect === 'mask')) warnings.push('no enforced policy masks classified columns');
  return warnings;
}

export const getPolicySet = query({ permission: 'policy:read' })
  .route({
    method: 'GET',
    path: '/policy-set',
    tags: ['Policies'],
    summary: 'Read the version of the policies in force',
  })
  .output(policySetOutputSchema)
  .handler(async ({ context: { db } }) => {
    const set = await currentPolicySet(db);
    return {
      version: set.version,
      policies: set.policies.length,
      enforced: set.policies.filter(policy => policy.mode === 'enforce').length,
      updatedAt: set.updatedAt?.toISOString() ?? null,
      warnings: setWarnings(set.policies),
    };
  });
