/**
 * Inputs and outputs of the catalog: connections, what was found in them, labels, owners and suggestions.
 * Procedures are `catalog.connections.*`, `catalog.schemas`, `catalog.relation`, `catalog.search`, `catalog.setLabel`,
 * `catalog.setOwner` and `catalog.suggestions.*`. What the caller may open is `approvals.access.mine`.
 */
import { z } from 'zod';
import { labelSchema, levels } from '#core/catalog/classification.ts';
import { connectionSchema } from '#core/policy/bundle.ts';
import { identityRefSchema, listInput, listOutput, timeSchema, writtenText } from '#lib/orpc/list.ts';

export const oidSchema = z.coerce.number().int().min(1).max(4_294_967_295);
export const attnumSchema = z.coerce.number().int().min(1).max(1700);
const objectName = z.string().min(1).max(128);

// Connections

const tagsSchema = z
  .record(z.string().min(1).max(80), z.string().max(200))
  .refine(tags => Object.keys(tags).length <= 50, 'at most 50 tags');

export const connectionViewSchema = connectionSchema.extend({
  description: z.string(),
  /** Send back as `expectedVersion` when editing. */
  version: z.number().int(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  /** Null until a proxy has introspected the database. */
  catalog: z
    .object({
      pushedAt: timeSchema,
      database: z.string(),
      /** server_version_num, e.g. 180004 */
      serverVersion: z.number().int(),
      relations: z.number().int(),
      columns: z.number().int(),
      classified: z.number().int(),
      openSuggestions: z.number().int(),
    })
    .nullable(),
  /** Proxies that serve it, as their last heartbeat said. */
  proxies: z.array(
    z.object({
      id: z.uuid(),
      name: z.string(),
      /** Address clients use, e.g. 127.0.0.1:6432 */
      listen: z.string(),
      tls: z.boolean(),
      reachable: z.boolean(),
      message: z.string().nullable(),
    }),
  ),
});
export type ConnectionView = z.infer<typeof connectionViewSchema>;

export const connectionListInputSchema = z.object({ ...listInput, environment: z.string().max(40).optional() });
export const connectionListOutputSchema = listOutput(connectionViewSchema);
export const connectionGetInputSchema = z.object({ id: z.uuid() });
export const connectionCreateInputSchema = z
  .object({
    name: connectionSchema.shape.name,
    environment: writtenText(40).min(1),
    region: writtenText(40).min(1),
    tags: tagsSchema.default({}),
    description: writtenText(500).default(''),
  })
  .strict();
export const connectionUpdateInputSchema = z
  .object({
    id: z.uuid(),
    expectedVersion: z.number().int().optional(),
    name: connectionSchema.shape.name.optional(),
    environment: writtenText(40).min(1).optional(),
    region: writtenText(40).min(1).optional(),
    tags: tagsSchema.optional(),
    description: writtenText(500).optional(),
  })
  .strict();

// Owners

export const ownerRefSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('identity'), identity: identityRefSchema }),
  z.object({ type: z.literal('group'), group: z.string() }),
]);
export type OwnerRef = z.infer<typeof ownerRefSchema>;

/** An owner and where it comes from: the relation itself, or the schema around it. */
export const effectiveOwnerSchema = z.object({ owner: ownerRefSchema, inherited: z.boolean() });

export const setOwnerInputSchema = z
  .object({
    connectionId: z.uuid(),
    schema: objectName,
    /** Null: the whole schema. */
    relation: objectName.nullable(),
    /** Null: nobody. */
    owner: z
      .union([z.object({ identity: z.uuid() }).strict(), z.object({ group: z.string().min(1).max(100) }).strict()])
      .nullable(),
  })
  .strict();
export const setOwnerOutputSchema = z.object({ owner: ownerRefSchema.nullable() });

// Tree, relation, search

export const relationKinds = ['r', 'p', 'v', 'm', 'f'] as const;
export const relationKindTitle: Readonly<Record<(typeof relationKinds)[number], string>> = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
};

export const relationNodeSchema = z.object({
  oid: z.number().int(),
  name: z.string(),
  kind: z.enum(relationKinds),
  columns: z.number().int(),
  classified: z.number().int(),
  openSuggestions: z.number().int(),
  /** The highest level of its columns. */
  level: z.enum(levels).nullable(),
  owner: effectiveOwnerSchema.nullable(),
  /** pg_class.reltuples; -1 when never analysed. */
  rowsEstimate: z.number(),
});
export const schemaNodeSchema = z.object({
  name: z.string(),
  owner: ownerRefSchema.nullable(),
  relations: z.array(relationNodeSchema),
});
export type SchemaNode = z.infer<typeof schemaNodeSchema>;
export const schemasInputSchema = z.object({ connectionId: z.uuid() });
export const schemasOutputSchema = z.object({
  connection: z.object({ id: z.uuid(), name: z.string(), environment: z.string() }),
  pushedAt: timeSchema.nullable(),
  schemas: z.array(schemaNodeSchema),
});
export type CatalogTree = z.infer<typeof schemasOutputSchema>;

export const labelSources = ['human', 'suggestion', 'inherited'] as const;
export const columnLabelViewSchema = z.object({
  label: labelSchema,
  level: z.enum(levels),
  source: z.enum(labelSources),
  /** In words: what the label rests on. */
  evidence: z.string().nullable(),
  by: identityRefSchema.nullable(),
  at: timeSchema,
});
export const suggestionStates = ['open', 'accepted', 'rejected'] as const;
export const suggestionBases = ['name', 'values'] as const;
export type SuggestionBasis = (typeof suggestionBases)[number];
export const suggestionBriefSchema = z.object({
  id: z.uuid(),
  label: labelSchema,
  level: z.enum(levels),
  state: z.enum(suggestionStates),
  /** 0..1 */
  confidence: z.number(),
  /** In words, e.g. "the name `email` matches". Never sample values. */
  evidence: z.array(z.string()),
  /** What speaks for it: the column's name, or what proxies found in its values. */
  basis: z.array(z.enum(suggestionBases)),
});
export const columnViewSchema = z.object({
  attnum: z.number().int(),
  name: z.string(),
  /** As PostgreSQL prints it. */
  type: z.string(),
  notNull: z.boolean(),
  label: columnLabelViewSchema.nullable(),
  suggestion: suggestionBriefSchema.nullable(),
});
export type ColumnView = z.infer<typeof columnViewSchema>;
export const relationInputSchema = z.object({ connectionId: z.uuid(), oid: oidSchema });
export const relationOutputSchema = z.object({
  connection: z.object({ id: z.uuid(), name: z.string(), environment: z.string() }),
  oid: z.number().int(),
  schema: z.string(),
  name: z.string(),
  kind: z.enum(relationKinds),
  rowsEstimate: z.number(),
  bytesEstimate: z.number(),
  owner: effectiveOwnerSchema.nullable(),
  level: z.enum(levels).nullable(),
  columns: z.array(columnViewSchema),
  foreignKeys: z.array(
    z.object({
      name: z.string(),
      /** `out`: this relation references another; `in`: another references this one. */
      direction: z.enum(['out', 'in']),
      columns: z.array(z.string()),
      relation: z.object({ oid: z.number().int(), schema: z.string(), name: z.string() }),
      referencedColumns: z.array(z.string()),
      onDelete: z.string(),
    }),
  ),
});
export type RelationDetail = z.infer<typeof relationOutputSchema>;

export const searchInputSchema = z.object({
  ...listInput,
  /** Absent: everything, which makes sense with a level. */
  q: z.string().trim().max(200).default(''),
  connectionId: z.uuid().optional(),
  level: z.enum(levels).optional(),
});
export const searchHitSchema = z.object({
  type: z.enum(['relation', 'column']),
  connection: z.object({ id: z.uuid(), name: z.string() }),
  oid: z.number().int(),
  schema: z.string(),
  relation: z.string(),
  column: z.string().nullable(),
  attnum: z.number().int().nullable(),
  label: labelSchema.nullable(),
  level: z.enum(levels).nullable(),
});
export type SearchHit = z.infer<typeof searchHitSchema>;
export const searchOutputSchema = listOutput(searchHitSchema);

// Labels

export const setLabelInputSchema = z
  .object({
    connectionId: z.uuid(),
    oid: oidSchema,
    attnum: attnumSchema,
    /** Null takes the label off. */
    label: labelSchema.nullable(),
    /** Absent: the level the product knows for the label; an own label needs one. */
    level: z.enum(levels).optional(),
  })
  .strict();
export const setLabelOutputSchema = z.object({ label: columnLabelViewSchema.nullable() });

// Suggestions

export const suggestionViewSchema = suggestionBriefSchema.extend({
  connection: z.object({ id: z.uuid(), name: z.string() }),
  relation: z.object({ oid: z.number().int(), schema: z.string(), name: z.string() }),
  column: z.object({ attnum: z.number().int(), name: z.string(), type: z.string() }),
  /** What the column carries now. */
  current: z.object({ label: labelSchema, level: z.enum(levels) }).nullable(),
  createdAt: timeSchema,
  decidedAt: timeSchema.nullable(),
  decidedBy: identityRefSchema.nullable(),
  reason: z.string().nullable(),
  /** True when it was rejected before and has come back because the evidence changed; `reason` is then the old one. */
  reopened: z.boolean(),
});
export type SuggestionView = z.infer<typeof suggestionViewSchema>;

export const suggestionListInputSchema = z.object({
  ...listInput,
  connectionId: z.uuid().optional(),
  state: z.enum(suggestionStates).default('open'),
  label: labelSchema.optional(),
  /** Those that rest on this, whatever else speaks for them. */
  basis: z.enum(suggestionBases).optional(),
  /** `label`: those of one label together, in the order of their columns. */
  order: z.enum(['newest', 'label']).default('newest'),
});
/** What a list of suggestions is narrowed to, whatever their state. */
export type SuggestionFilter = Partial<
  Pick<z.infer<typeof suggestionListInputSchema>, 'q' | 'label' | 'basis' | 'connectionId'>
>;
export const suggestionLabelsMax = 100;
export const suggestionListOutputSchema = listOutput(suggestionViewSchema).extend({
  counts: z.record(z.enum(suggestionStates), z.number().int()),
  /** How many there are of each label in the chosen state, whichever label was asked for. */
  labels: z.array(z.object({ label: labelSchema, count: z.number().int() })).max(suggestionLabelsMax),
});
export const suggestionAcceptInputSchema = z
  .object({
    id: z.uuid(),
    /** To accept with another label than the one suggested. */
    label: labelSchema.optional(),
    level: z.enum(levels).optional(),
  })
  .strict();
export const suggestionRejectInputSchema = z.object({ id: z.uuid(), reason: writtenText(1000).min(1) }).strict();
export const suggestionAcceptManyMax = 500;
export const suggestionAcceptManyInputSchema = z
  .object({ ids: z.array(z.uuid()).min(1).max(suggestionAcceptManyMax) })
  .strict();
export const suggestionAcceptManyOutputSchema = z.object({
  accepted: z.number().int(),
  /** Those no longer open, with why. */
  skipped: z.array(z.object({ id: z.uuid(), reason: z.string() })),
});
