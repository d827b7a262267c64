/** Inputs and outputs of lineage: where a relation's data goes, one hop at a time. The procedure is `lineage.downstream`. */
import { z } from 'zod';
import { levels } from '#core/catalog/classification.ts';
import { ownerRefSchema } from '#lib/catalog/schema.ts';
import { timeSchema } from '#lib/orpc/list.ts';

export const lineageNodesMax = 200;
export const lineageEdgesMax = 1000;
export const lineageColumnsMax = 200;

export const lineageVias = ['view', 'materialized_view', 'function', 'partition', 'foreign_key', 'copy'] as const;
export type LineageVia = (typeof lineageVias)[number];

export const lineageNodeSchema = z.object({
  /** `relation:<schema>.<name>` or `function:<oid>`. */
  id: z.string(),
  kind: z.enum(['table', 'partitioned_table', 'view', 'materialized_view', 'foreign_table', 'function', 'unknown']),
  /** Null for what is no longer in the catalog. */
  oid: z.number().int().nullable(),
  schema: z.string(),
  name: z.string(),
  /** 0 for what was asked about. */
  hop: z.number().int(),
  level: z.enum(levels).nullable(),
  owner: ownerRefSchema.nullable(),
  rowsEstimate: z.number().nullable(),
});
export type LineageNode = z.infer<typeof lineageNodeSchema>;

export const lineageEdgeSchema = z.object({
  from: z.string(),
  to: z.string(),
  via: z.enum(lineageVias),
  /** Column pairs where they are known; empty for a whole object. */
  columns: z.array(z.object({ from: z.string(), to: z.string() })).max(lineageColumnsMax),
  /** For copies: when a recorded statement last made it, and how many did. */
  lastSeenAt: timeSchema.nullable(),
  seen: z.number().int().nullable(),
});
export type LineageEdge = z.infer<typeof lineageEdgeSchema>;

export const lineageGraphSchema = z.object({
  nodes: z.array(lineageNodeSchema).max(lineageNodesMax),
  edges: z.array(lineageEdgeSchema).max(lineageEdgesMax),
  /** True when there is more than the limits let through. */
  truncated: z.boolean(),
});
export type LineageGraph = z.infer<typeof lineageGraphSchema>;

export const downstreamInputSchema = z.object({
  connectionId: z.uuid(),
  /** `schema.relation`, comma-separated in a query string. */
  relations: z.preprocess(
    value => (typeof value === 'string' ? value.split(',') : value),
    z.array(z.string().min(3).max(260)).min(1).max(50),
  ),
  depth: z.coerce.number().int().min(1).max(3).default(1),
});
