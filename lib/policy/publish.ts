/** Changing policies: check, publish a version, take out. Everything published is kept. */
import 'server-only';
import { and, eq, ne } from 'drizzle-orm';
import type { Policy } from '#core/policy/schema.ts';
import type { Tx } from '#db/client.ts';
import { policyDocument, policyVersion } from '#db/schema/policy.ts';
import { command, query } from '#lib/orpc/base.ts';
import { expectedVersion } from '#lib/orpc/context.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import { publish } from '#lib/transaction.ts';
import { parsePolicy } from './parse.ts';
import {
  type PolicyDiagnostic,
  policyPublishInputSchema,
  policyPublishOutputSchema,
  policyRemoveInputSchema,
  policyRemoveOutputSchema,
  policyValidateInputSchema,
  policyValidateOutputSchema,
} from './schema.ts';
import { currentPolicySet, nextSetVersion, setWarnings } from './set.ts';

/** What a bundle takes (core/policy/bundle.ts). */
export const policiesMax = 1000;

export const validatePolicy = query({ permission: 'policy:read' })
  .route({
    method: 'POST',
    path: '/policies/validate',
    tags: ['Policies'],
    summary: 'Check a policy without publishing it',
  })
  .input(policyValidateInputSchema)
  .output(policyValidateOutputSchema)
  .handler(async ({ context: { db }, input }) => {
    const { policies } = await currentPolicySet(db);
    return parsePolicy(input.yaml, policies);
  });

type Row = typeof policyDocument.$inferSelect;
type Change = { setVersion: number; yaml: string; comment: string; by: string | null; at: Date };

/** Stores one more version of a document. `setVersion` was taken before the document was looked at, so that changes are in order. */
async function storeVersion(
  tx: Tx,
  { name, policy, removed, before }: { name: string; policy: Policy; removed: boolean; before: Row | undefined },
  { setVersion, yaml, comment, by, at }: Change,
): Promise<{ version: number; setVersion: number }> {
  const version = (before?.version ?? 0) + 1;
  const row = { version, yaml, document: policy, removed, updatedBy: by, updatedAt: at };
  await tx
    .insert(policyDocument)
    .values({ name, ...row })
    .onConflictDoUpdate({ target: policyDocument.name, set: row });
  await tx.insert(policyVersion).values({ name, version, setVersion, yaml, comment, removed, by, at });
  publish(tx, { topic: 'bundle', key: '', payload: { reason: 'policy' } });
  return { version, setVersion };
}

async function findDocument(tx: Tx, name: string): Promise<Row | undefined> {
  const [row] = await tx.select().from(policyDocument).where(eq(policyDocument.name, name));
  return row;
}

function refuseStale(before: Row | undefined, expected: number | null): void {
  const current = before && !before.removed ? before.version : null;
  if (current === expected) return;
  const message =
    current === null
      ? 'the policy does not exist (any more)'
      : expected === null
        ? 'there is a policy of this name already'
        : `the policy is at version ${current} by now`;
  throw new AppError('precondition_failed', message, current === null ? {} : { currentVersion: current });
}

const audited = (row: Row | undefined) =>
  row === undefined || row.removed ? null : { version: row.version, mode: row.document.mode, yaml: row.yaml };

function parsedOrRefused(yaml: string, name: string): { policy: Policy; diagnostics: PolicyDiagnostic[] } {
  const { policy, diagnostics } = parsePolicy(yaml);
  const errors = diagnostics.filter(each => each.severity === 'error');
  if (policy === undefined || errors.length > 0)
    throw new AppError(
      'invalid_input',
      `the policy has ${errors.length === 1 ? 'an error' : `${errors.length} errors`}`,
      {
        issues: errors.map(({ line, column, message }) => ({ path: `yaml:${line}:${column}`, message })),
      },
    );
  if (policy.name !== name)
    throw new AppError('invalid_input', `the document names itself \`${policy.name}\`, not \`${name}\``, {
      issues: [{ path: 'yaml', message: 'name must be the name it is published under' }],
    });
  return { policy, diagnostics };
}

export const publishPolicy = command({ permission: 'policy:write' })
  .route({ method: 'PUT', path: '/policies/{name}', tags: ['Policies'], summary: 'Publish a version of a policy' })
  .input(policyPublishInputSchema)
  .output(policyPublishOutputSchema)
  .handler(async ({ context, input }) => {
    const { tx, clock, caller } = context;
    const { policy, diagnostics } = parsedOrRefused(input.yaml, input.name);
    const at = clock.now();
    const setVersion = await nextSetVersion(tx, at);
    const before = await findDocument(tx, input.name);
    refuseStale(before, expectedVersion(context, input));
    const others = await tx
      .select({ document: policyDocument.document })
      .from(policyDocument)
      .where(and(eq(policyDocument.removed, false), ne(policyDocument.name, input.name)));
    if (others.length >= policiesMax)
      throw new AppError('invalid_input', `there may be at most ${policiesMax} policies`);
    const { yaml, comment } = input;
    const document = { name: input.name, policy, removed: false, before };
    const stored = await storeVersion(tx, document, { setVersion, yaml, comment, by: caller.id, at });
    return {
      result: {
        name: input.name,
        ...stored,
        diagnostics,
        warnings: setWarnings([policy, ...others.map(row => row.document)]),
      },
      audit: {
        action: 'policy.publish',
        target: { type: 'policy', id: input.name, label: input.name },
        before: audited(before),
        after: { ...stored, mode: policy.mode, yaml },
        reason: comment || null,
      },
    };
  });

export const removePolicy = command({ permission: 'policy:write' })
  .route({ method: 'DELETE', path: '/policies/{name}', tags: ['Policies'], summary: 'Take a policy out of the set' })
  .input(policyRemoveInputSchema)
  .output(policyRemoveOutputSchema)
  .handler(async ({ context, input }) => {
    const { tx, clock, caller } = context;
    const at = clock.now();
    const setVersion = await nextSetVersion(tx, at);
    const before = await findDocument(tx, input.name);
    if (!before || before.removed) throw notFound('policy');
    refuseStale(before, expectedVersion(context, input));
    const { yaml, document: policy } = before;
    const { comment } = input;
    const change = { setVersion, yaml, comment, by: caller.id, at };
    await storeVersion(tx, { name: input.name, policy, removed: true, before }, change);
    return {
      result: { name: input.name, setVersion },
      audit: {
        action: 'policy.remove',
        target: { type: 'policy', id: input.name, label: input.name },
        before: audited(before),
        after: { removed: true, setVersion },
        reason: comment || null,
      },
    };
  });
