/** Which masks are in force on the columns of one relation, for whom, in words. What a statement gets is decided by core/policy alone. */
import 'server-only';
import { and, asc, eq } from 'drizzle-orm';
import type { Level } from '#core/catalog/classification.ts';
import type { Mask } from '#core/mask/rule.ts';
import type { Connection } from '#core/policy/bundle.ts';
import { compareMasks } from '#core/policy/column-mask.ts';
import { type CompiledPolicy, compilePolicies } from '#core/policy/compile.ts';
import { connectionMatches, qualifiedName, type Target } from '#core/policy/match.ts';
import type { Policy, Rule } from '#core/policy/schema.ts';
import { catalogRelation, columnLabel, connection } from '#db/schema/catalog.ts';
import { query } from '#lib/orpc/base.ts';
import { notFound } from '#lib/orpc/error.ts';
import { type ColumnMask, maskingInputSchema, maskingOutputSchema } from './schema.ts';
import { currentPolicySet } from './set.ts';
import { whoOf } from './words.ts';

const shapes = {
  email: 'shows its shape, a***@***.com',
  phone: 'shows the last two digits',
  card: 'shows the last four digits',
} as const;

export function maskWords(mask: Mask): string {
  switch (mask.kind) {
    case 'redact':
      return 'shows a fixed value';
    case 'hash':
      return 'shows a keyed hash';
    case 'null':
      return 'shows null';
    case 'year':
      return 'shows the year';
    case 'partial': {
      if (mask.shape !== 'text') return shapes[mask.shape];
      const ends = [mask.first > 0 ? `first ${mask.first}` : '', mask.last > 0 ? `last ${mask.last}` : ''];
      const kept = ends.filter(Boolean).join(' and ');
      return kept ? `shows the ${kept} characters` : 'shows a fixed value';
    }
  }
}

function forWhom(policy: Policy, rule: Rule): string {
  const condition = rule.when === undefined ? '' : ', under a condition';
  if (rule.onlyOwner) return `${whoOf(policy)}, where they own it${condition}`;
  return `${whoOf(policy)}${rule.unlessOwner ? ', but not its owners' : ''}${condition}`;
}

type Column = { attnum: number; label: string; level: Level };
type Relation = { schema: string; name: string; columns: readonly Column[] };

const targetOf = ({ schema, name }: Relation): Target => ({
  action: 'read',
  verb: 'select',
  kind: 'relation',
  schema,
  name,
  qualified: qualifiedName(schema, name),
  system: false,
  temporary: false,
  tags: [],
  owned: false,
  unresolved: false,
});

function masksBy({ policy, rules }: CompiledPolicy, target: Target, { label, level }: Column) {
  return rules.flatMap(compiled => {
    const { rule } = compiled;
    if (rule.effect !== 'mask' || !compiled.matchesPlace(target) || !compiled.matchesTag({ label, level })) return [];
    const mask = compiled.maskFor(label);
    return mask === null ? [] : [{ policy, rule, mask, enforced: !compiled.observed }];
  });
}

/** Those that show least come first: where several are about the same person, the first holds. */
export function masksOf(
  set: { version: number; policies: readonly Policy[] },
  on: Connection,
  relation: Relation,
): { attnum: number; masks: ColumnMask[] }[] {
  const compiled = compilePolicies(set.policies, set.version).policies;
  const here = compiled.filter(({ policy }) => connectionMatches(policy.connections, on));
  const target = targetOf(relation);
  return relation.columns.map(column => ({
    attnum: column.attnum,
    masks: here
      .flatMap(policy => masksBy(policy, target, column))
      .sort((a, b) => Number(b.enforced) - Number(a.enforced) || compareMasks(b.mask, a.mask))
      .map(({ policy, rule, mask, enforced }) => ({
        policy: policy.name,
        rule: rule.id,
        enforced,
        what: maskWords(mask),
        whom: forWhom(policy, rule),
      })),
  }));
}

export const masking = query({ permission: 'policy:read' })
  .route({
    method: 'GET',
    path: '/catalog/{connectionId}/relations/{oid}/masks',
    tags: ['Policies'],
    summary: 'Read which masks are in force on the columns of a relation',
  })
  .input(maskingInputSchema)
  .output(maskingOutputSchema)
  .handler(async ({ context: { db }, input: { connectionId, oid } }) => {
    const [[on], [relation], columns, set] = await Promise.all([
      db.select().from(connection).where(eq(connection.id, connectionId)),
      db
        .select({ schema: catalogRelation.schema, name: catalogRelation.name })
        .from(catalogRelation)
        .where(and(eq(catalogRelation.connectionId, connectionId), eq(catalogRelation.oid, oid))),
      db
        .select({ attnum: columnLabel.attnum, label: columnLabel.label, level: columnLabel.level })
        .from(columnLabel)
        .where(and(eq(columnLabel.connectionId, connectionId), eq(columnLabel.relationOid, oid)))
        .orderBy(asc(columnLabel.attnum)),
      currentPolicySet(db),
    ]);
    if (!on || !relation) throw notFound('relation');
    return { policyVersion: set.version, columns: masksOf(set, on, { ...relation, columns }) };
  });
