/**
 * A policy document as people write it (YAML) and as the bundle carries it. Effects combine: deny over approve over allow,
 * masks add up, and what no rule allows is denied. Limits bound what is allowed: of several the smallest holds.
 */
import { z } from 'zod';
import { labelPattern, levels } from '../catalog/classification.ts';
import { identityKinds } from '../identity/principal.ts';
import { roles } from '../identity/role.ts';
import { detectorKinds, detectorVerdicts } from '../mask/detectors/kinds.ts';
import { maskSchema } from '../mask/rule.ts';
import { actions, hazardCodes } from '../sql/analysis.ts';

const name = z.string().min(1).max(200);
const names = z.array(name).min(1).max(200);

export const identitySelectorSchema = z
  .object({
    kinds: z.array(z.enum(identityKinds)).min(1).optional(),
    /** Any of these groups. */
    groups: names.optional(),
    roles: z.array(z.enum(roles)).min(1).optional(),
    logins: names.optional(),
  })
  .strict();
export type IdentitySelector = z.infer<typeof identitySelectorSchema>;

export const connectionSelectorSchema = z
  .object({
    names: names.optional(),
    environments: z.array(z.string().max(40)).min(1).optional(),
    tags: z.record(z.string().max(80), z.string().max(200)).optional(),
  })
  .strict();
export type ConnectionSelector = z.infer<typeof connectionSelectorSchema>;

/** Everything given must match; an absent field matches all. Names may end in `*`. */
export const objectSelectorSchema = z
  .object({
    schemas: names.optional(),
    /** `schema.relation`; either part may be `*` or end in `*`. */
    relations: names.optional(),
    /** `schema.function`. */
    functions: names.optional(),
    /** Labels, `pii.*` for a family. A relation matches when one of its columns does. */
    labels: z
      .array(
        z
          .string()
          .max(80)
          .refine(label => labelPattern.test(label.replace(/\.\*$/, '')), 'a label such as pii.email or pii.*'),
      )
      .min(1)
      .optional(),
    /** At least this level. */
    level: z.enum(levels).optional(),
    /** Only the system schemas, or only others. */
    system: z.boolean().optional(),
    temporary: z.boolean().optional(),
  })
  .strict();
export type ObjectSelector = z.infer<typeof objectSelectorSchema>;

/** What a use of a classified column, other than being output, means: allowed or refused. */
export const useVerdicts = ['allow', 'refuse'] as const;
export const usesSchema = z
  .object({
    null_test: z.enum(useVerdicts),
    join: z.enum(useVerdicts),
    equality: z.enum(useVerdicts),
    predicate: z.enum(useVerdicts),
    group: z.enum(useVerdicts),
    order: z.enum(useVerdicts),
    aggregate: z.enum(useVerdicts),
    write: z.enum(useVerdicts),
  })
  .partial()
  .strict();
export type Uses = z.infer<typeof usesSchema>;
/** For a masked column unless the rule says otherwise. */
export const defaultUses: Required<Uses> = {
  null_test: 'allow',
  join: 'allow',
  equality: 'refuse',
  predicate: 'refuse',
  group: 'refuse',
  order: 'refuse',
  aggregate: 'refuse',
  write: 'refuse',
};

export const approversSchema = z
  .object({
    /** The owners of the objects the rule matched. */
    owners: z.boolean().default(false),
    groups: names.optional(),
    roles: z.array(z.enum(roles)).min(1).optional(),
    /** Where owners alone are asked and an object has none: refuse, or ask the administrators in their place. */
    ownerless: z.enum(['refuse', 'admins']).optional(),
    /** Votes needed. */
    count: z.number().int().min(1).max(5).default(1),
    /** How long a request waits before it expires. */
    expireMinutes: z
      .number()
      .int()
      .min(1)
      .max(7 * 24 * 60)
      .default(60),
    /** How long an approval may be used by a session that did not wait. */
    windowMinutes: z
      .number()
      .int()
      .min(1)
      .max(24 * 60)
      .default(15),
  })
  .strict()
  .refine(
    value => value.owners || value.groups !== undefined || value.roles !== undefined,
    'name who may approve: owners, groups or roles',
  );
export type Approvers = z.infer<typeof approversSchema>;

export const effects = ['allow', 'mask', 'approve', 'deny'] as const;
export type Effect = (typeof effects)[number];

const amount = (max: number) => z.number().int().min(1).max(max);

/** What one statement or one session may take at most; the smallest of all matching rules holds. */
export const limitsSchema = z
  .object({
    /** Of one result. */
    rows: amount(1_000_000_000),
    /** Of the rows as the server sends them. */
    bytes: amount(1024 ** 5),
    durationSeconds: amount(7 * 24 * 3600),
    /** A session that keeps a transaction open and sends nothing for longer is ended. */
    idleInTransactionSeconds: amount(7 * 24 * 3600),
    /** Of one identity, at a time. */
    sessions: amount(100_000),
  })
  .partial()
  .strict();
export type Limits = z.infer<typeof limitsSchema>;
/** Those that are about a session rather than a statement. */
export const sessionLimits = ['idleInTransactionSeconds', 'sessions'] as const satisfies readonly (keyof Limits)[];

/** What a budget counts. A cell or row is sensitive when its column is masked or labelled confidential or above. */
export const budgetUnits = ['rows', 'bytes', 'sensitiveRows', 'sensitiveCells'] as const;
export type BudgetUnit = (typeof budgetUnits)[number];

/** What one identity may take in one window of time, over all its sessions. Windows are aligned to the epoch. */
export const budgetSchema = z
  .object({
    windowMinutes: amount(31 * 24 * 60),
    rows: amount(1_000_000_000_000).optional(),
    bytes: amount(1024 ** 5).optional(),
    sensitiveRows: amount(1_000_000_000_000).optional(),
    sensitiveCells: amount(1_000_000_000_000).optional(),
  })
  .strict();
export type Budget = z.infer<typeof budgetSchema>;

/** What happens to values that detectors find in columns without a label; `*` is every kind that is not named. */
export const detectorsSchema = z
  .partialRecord(z.enum([...detectorKinds, '*']), z.enum(detectorVerdicts))
  .refine(value => Object.keys(value).length > 0, 'name what to look for, such as `card: mask`');

const ruleBase = {
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower case letters, digits and hyphens'),
  /** Absent: every action. A mask rule applies to reading and needs none. */
  actions: z.array(z.enum(actions)).min(1).optional(),
  objects: objectSelectorSchema.optional(),
  /** Absent: not looked at. Given: the rule matches when the statement shows one of these hazards (on a matching object). */
  hazards: z.array(z.enum(hazardCodes)).min(1).optional(),
  /** Does not apply to owners of the object. */
  unlessOwner: z.boolean().optional(),
  /** Applies to owners of the object alone. */
  onlyOwner: z.boolean().optional(),
  /** A CEL condition over identity, connection, statement, session (docs/policies.md). An error counts against the statement. */
  when: z.string().min(1).max(2000).optional(),
  /** Shown to whoever is refused or held. */
  reason: z.string().max(500).optional(),
};

/** Matches a write that changes more rows than this, counted before it runs; what cannot be counted counts as more. */
const affectedRowsOver = z.number().int().min(0).max(1_000_000_000_000).optional();

export const ruleSchema = z.discriminatedUnion('effect', [
  z.object({ ...ruleBase, effect: z.literal('allow') }).strict(),
  z.object({ ...ruleBase, effect: z.literal('deny'), affectedRowsOver }).strict(),
  z.object({ ...ruleBase, effect: z.literal('approve'), affectedRowsOver, approvers: approversSchema }).strict(),
  z
    .object({
      ...ruleBase,
      effect: z.literal('limit'),
      limits: limitsSchema.optional(),
      budget: budgetSchema.optional(),
    })
    .strict(),
  z.object({ ...ruleBase, effect: z.literal('detect'), detectors: detectorsSchema }).strict(),
  z
    .object({
      ...ruleBase,
      effect: z.literal('mask'),
      mask: maskSchema,
      /** A mask of its own for some labels, e.g. `pii.email: { kind: partial, shape: email }`. */
      masks: z.record(z.string().max(80), maskSchema).optional(),
      uses: usesSchema.optional(),
    })
    .strict(),
]);
export type Rule = z.infer<typeof ruleSchema>;
/** `limit` and `detect` decide nothing: they bound what is allowed, and look at what it returns. */
export type RuleEffect = Rule['effect'];
export const ruleEffects = [...effects, 'limit', 'detect'] as const satisfies readonly RuleEffect[];

export const policyModes = ['draft', 'observe', 'enforce'] as const;

export const policySchema = z
  .object({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower case letters, digits and hyphens'),
    description: z.string().max(1000).default(''),
    mode: z.enum(policyModes).default('enforce'),
    connections: connectionSelectorSchema.optional(),
    identities: identitySelectorSchema.optional(),
    /** Taken out of `identities`. */
    except: identitySelectorSchema.optional(),
    rules: z.array(ruleSchema).min(1).max(100),
  })
  .strict()
  .refine(policy => new Set(policy.rules.map(rule => rule.id)).size === policy.rules.length, {
    message: 'rule ids must be unique',
    path: ['rules'],
  });
export type Policy = z.infer<typeof policySchema>;
