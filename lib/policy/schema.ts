/**
 * Inputs and outputs of policies: documents in YAML with versions, and the set they form.
 * Procedures are `policy.policies.*`, `policy.policySet.get` and `policy.masking`.
 */
import { z } from 'zod';
import { policyModes, policySchema, ruleEffects } from '#core/policy/schema.ts';
import { oidSchema } from '#lib/catalog/schema.ts';
import { identityRefSchema, listInput, listOutput, timeSchema, writtenText } from '#lib/orpc/list.ts';

export const policyYamlBytesMax = 256 * 1024;
export const policyNameSchema = policySchema.shape.name;
const yamlSchema = z.string().max(policyYamlBytesMax);

export const policyItemSchema = z.object({
  name: z.string(),
  description: z.string(),
  mode: z.enum(policyModes),
  version: z.number().int(),
  rules: z.number().int(),
  /** Those its rules have, strongest first. */
  effects: z.array(z.enum(ruleEffects)),
  /** In words, e.g. "prod" or "all connections". */
  where: z.string(),
  /** In words, e.g. "AI agents" or "everyone". */
  who: z.string(),
  updatedAt: timeSchema,
  updatedBy: identityRefSchema.nullable(),
});
export type PolicyItem = z.infer<typeof policyItemSchema>;

export const policyListInputSchema = z.object({
  ...listInput,
  mode: z.enum(policyModes).optional(),
  effect: z.enum(ruleEffects).optional(),
});
export const policyListOutputSchema = listOutput(policyItemSchema).extend({
  /** Version of the whole set: what proxies and events name. */
  setVersion: z.number().int(),
});

export const policyVersionItemSchema = z.object({
  version: z.number().int(),
  /** The set's version that this change made. */
  setVersion: z.number().int(),
  comment: z.string(),
  /** True where this version took the policy out of the set. */
  removed: z.boolean(),
  at: timeSchema,
  by: identityRefSchema.nullable(),
});

export const policyGetInputSchema = z.object({
  name: policyNameSchema,
  /** An earlier version; absent: the current one. */
  version: z.coerce.number().int().positive().optional(),
});
export const policyGetOutputSchema = policyItemSchema.extend({
  yaml: z.string(),
  policy: policySchema,
  /** The version that is in force; 0 when the policy was removed. */
  currentVersion: z.number().int(),
  /** Newest first, at most 20; `policies.versions` has them all. */
  history: z.array(policyVersionItemSchema),
});
export const policyVersionsInputSchema = z.object({ ...listInput, name: policyNameSchema });
export const policyVersionsOutputSchema = listOutput(policyVersionItemSchema.extend({ yaml: z.string() }));

export const diagnosticSchema = z.object({
  /** 1-based. */
  line: z.number().int().positive(),
  column: z.number().int().positive(),
  endLine: z.number().int().positive(),
  endColumn: z.number().int().positive(),
  message: z.string(),
  severity: z.enum(['error', 'warning']),
});
export type PolicyDiagnostic = z.infer<typeof diagnosticSchema>;
export const policyValidateInputSchema = z.object({ yaml: yamlSchema }).strict();
export const policyValidateOutputSchema = z.object({
  diagnostics: z.array(diagnosticSchema),
  /** Present when there is no error. */
  policy: policySchema.optional(),
});

export const policyPublishInputSchema = z
  .object({
    name: policyNameSchema,
    yaml: yamlSchema,
    /** The version this edit started from; null to create. Another one: 412. */
    expectedVersion: z.number().int().positive().nullable(),
    comment: writtenText(1000).default(''),
  })
  .strict();
export const policyPublishOutputSchema = z.object({
  name: z.string(),
  version: z.number().int(),
  setVersion: z.number().int(),
  /** About the document. */
  diagnostics: z.array(diagnosticSchema),
  /** About the set it is now in. */
  warnings: z.array(z.string()),
});
export const policyRemoveInputSchema = z
  .object({
    name: policyNameSchema,
    expectedVersion: z.coerce.number().int().positive(),
    comment: writtenText(1000).default(''),
  })
  .strict();
export const policyRemoveOutputSchema = z.object({ name: z.string(), setVersion: z.number().int() });

export const policySetOutputSchema = z.object({
  version: z.number().int(),
  policies: z.number().int(),
  enforced: z.number().int(),
  updatedAt: timeSchema.nullable(),
  /** What the set as a whole lacks, e.g. that nothing may be read. */
  warnings: z.array(z.string()),
});

// Masks in force

export const columnMaskSchema = z.object({
  policy: z.string(),
  rule: z.string(),
  /** False for a policy that only observes. */
  enforced: z.boolean(),
  /** In words, after the column as the subject, e.g. "shows the last four digits". */
  what: z.string(),
  /** In words, e.g. "everyone, but not its owners". */
  whom: z.string(),
});
export type ColumnMask = z.infer<typeof columnMaskSchema>;
export const maskingInputSchema = z.object({ connectionId: z.uuid(), oid: oidSchema });
export const maskingOutputSchema = z.object({
  policyVersion: z.number().int(),
  /** The labelled columns; without masks where no policy hides them. */
  columns: z.array(z.object({ attnum: z.number().int(), masks: z.array(columnMaskSchema) })),
});
