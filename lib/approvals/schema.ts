/**
 * Inputs and outputs of approvals: requests of every kind, their decisions, access and grants.
 * Procedures are `approvals.requests.*`, `approvals.access.*` (with `access.mine`: what the caller may open) and
 * `approvals.grants.*`.
 */
import { z } from 'zod';
import { levels } from '#core/catalog/classification.ts';
import { impactSchema } from '#core/contract/proxy.ts';
import { factsSchema } from '#core/event/schema.ts';
import { approversSchema, effects } from '#core/policy/schema.ts';
import { ownerRefSchema } from '#lib/catalog/schema.ts';
import { lineageGraphSchema } from '#lib/lineage/schema.ts';
import { identityRefSchema, listInput, listOutput, timeSchema, writtenText } from '#lib/orpc/list.ts';

export const requestKinds = ['statement', 'access'] as const;
export type RequestKind = (typeof requestKinds)[number];

export const requestStates = [
  'pending',
  'approved',
  'executing',
  'done',
  'failed',
  'denied',
  'expired',
  'withdrawn',
  'revoked',
] as const;
export type RequestState = (typeof requestStates)[number];

export const reasonMax = 2000;
const reason = writtenText(reasonMax);
const reasonRequired = reason.min(1, 'say why');

// List

export const requestTabs = ['needs_me', 'team', 'mine', 'decided'] as const;
export type RequestTab = (typeof requestTabs)[number];

export const requestItemSchema = z.object({
  id: z.uuid(),
  kind: z.enum(requestKinds),
  state: z.enum(requestStates),
  connection: z.object({ id: z.uuid(), name: z.string(), environment: z.string() }),
  requester: identityRefSchema,
  /** The person an agent or service account acts for. */
  onBehalfOf: identityRefSchema.nullable(),
  /** Who answers for an agent or service account. */
  requesterOwner: identityRefSchema.nullable(),
  /** One sentence, e.g. "dev@example.com wants to update about 12 rows of public.customers". */
  summary: z.string(),
  /** Text with literals as placeholders; null for an access request. */
  text: z.string().nullable(),
  /** `policy/rule` that asked for approval. */
  rule: z.string(),
  /** The highest level of the columns involved. */
  level: z.enum(levels).nullable(),
  objects: z.array(z.string()),
  /** Rows the statement is expected to touch: exact where counted, else the plan's. */
  rows: z.object({ value: z.number(), exact: z.boolean() }).nullable(),
  votes: z.object({ approved: z.number().int(), needed: z.number().int() }),
  createdAt: timeSchema,
  expiresAt: timeSchema,
  decidedAt: timeSchema.nullable(),
  decidedBy: z.array(identityRefSchema),
  /** True when the client waits on the wire, so that approving runs the statement at once. */
  waiting: z.boolean(),
  /** True when the caller may decide it now. */
  canDecide: z.boolean(),
});
export type RequestItem = z.infer<typeof requestItemSchema>;

export const requestListInputSchema = z.object({
  ...listInput,
  tab: z.enum(requestTabs).default('needs_me'),
  kind: z.enum(requestKinds).optional(),
  state: z.enum(requestStates).optional(),
  connectionId: z.uuid().optional(),
});
export const requestListOutputSchema = listOutput(requestItemSchema).extend({
  /** Under the same search and filters, so that tabs tell where the matches are. `countMax` means that many or more. */
  counts: z.record(z.enum(requestTabs), z.number().int()),
});

export const countMax = 1000;

// Detail

export const exclusionReasons = [
  'requester',
  'owner_of_agent',
  'acts_for',
  'already_voted',
  'not_permitted',
  'disabled',
  'not_a_person',
] as const;
export const exclusionTitle: Readonly<Record<(typeof exclusionReasons)[number], string>> = {
  requester: 'made this request',
  owner_of_agent: 'owns the agent that made this request',
  acts_for: 'the agent acts on this person’s behalf',
  already_voted: 'has voted already',
  not_permitted: 'may not decide requests (no approval:decide)',
  disabled: 'is disabled',
  not_a_person: 'only people decide',
};

export const requestObjectSchema = z.object({
  schema: z.string(),
  relation: z.string(),
  /** Null for what the catalog does not know. */
  oid: z.number().int().nullable(),
  /** Verbs, e.g. select, update. */
  verbs: z.array(z.string()),
  level: z.enum(levels).nullable(),
  labels: z.array(z.string()),
  owner: ownerRefSchema.nullable(),
  rowsEstimate: z.number().nullable(),
});

export const chainHopSchema = z.object({
  kind: z.enum(['user', 'agent', 'service', 'proxy', 'upstream_role']),
  /** Null for a proxy or a role of the database. */
  id: z.uuid().nullable(),
  name: z.string(),
  /** In words, e.g. "signed token", "acts on behalf of". */
  how: z.string(),
});

export const timelineEventSchema = z.object({
  id: z.string(),
  at: timeSchema,
  type: z.enum([
    'created',
    'impact',
    'approved',
    'denied',
    'voted',
    'executing',
    'done',
    'failed',
    'expired',
    'withdrawn',
    'revoked',
    'literals_read',
    'granted',
    'grant_ended',
  ]),
  /** Null: the system or a proxy, named in `message`. */
  actor: identityRefSchema.nullable(),
  message: z.string(),
  reason: z.string().nullable(),
});

export const precedentSchema = z.object({
  id: z.uuid(),
  state: z.enum(requestStates),
  createdAt: timeSchema,
  requester: identityRefSchema,
  decidedBy: z.array(identityRefSchema),
  reason: z.string().nullable(),
});

export const requestDetailSchema = requestItemSchema.extend({
  chain: z.array(chainHopSchema),
  statement: z
    .object({
      text: z.string(),
      hasLiterals: z.boolean(),
      /** What an approval is bound to: SHA-256 over connection, identity, text and parameters. */
      hash: z.string(),
      fingerprint: z.string(),
      sessionId: z.uuid(),
      /** Its number in the session. */
      number: z.number().int(),
      facts: factsSchema,
      policyVersion: z.number().int(),
      bundleVersion: z.number().int(),
      outcome: z
        .object({
          outcome: z.enum(['ok', 'error', 'cancelled']),
          rows: z.number().int(),
          sqlstate: z.string().nullable(),
        })
        .nullable(),
    })
    .nullable(),
  access: z
    .object({
      durationMinutes: z.number().int(),
      reason: z.string(),
      grant: z
        .object({ id: z.uuid(), startsAt: timeSchema, expiresAt: timeSchema, revokedAt: timeSchema.nullable() })
        .nullable(),
    })
    .nullable(),
  reasons: z.array(z.object({ rule: z.string(), effect: z.enum(effects), subject: z.string(), message: z.string() })),
  objectDetails: z.array(requestObjectSchema),
  classified: factsSchema.shape.classified,
  approvers: z.object({
    /** What rules ask for; all of it must be met. */
    needs: z.array(
      z.object({
        rule: z.string(),
        approvers: approversSchema,
        /** In words, e.g. "the owner or role reviewer". */
        words: z.string(),
        /** Objects that still lack the vote of their owner. */
        uncovered: z.array(z.string()),
        /** Those of them that have no owner: as long as none is named, nobody can give that vote. */
        ownerless: z.array(z.string()),
        approved: z.number().int(),
      }),
    ),
    eligible: z.array(z.object({ identity: identityRefSchema, because: z.string() })),
    excluded: z.array(z.object({ identity: identityRefSchema, reason: z.enum(exclusionReasons) })),
  }),
  voteList: z.array(
    z.object({
      identity: identityRefSchema,
      verdict: z.enum(['approve', 'deny']),
      reason: z.string(),
      at: timeSchema,
    }),
  ),
  impact: impactSchema.nullable(),
  downstream: lineageGraphSchema.nullable(),
  timeline: z.array(timelineEventSchema),
  precedent: z.array(precedentSchema),
  /** Until when an approval that nobody waited for may be used. */
  usableUntil: timeSchema.nullable(),
  viewer: z.object({
    canDecide: z.boolean(),
    /** In words, when not. */
    cannotDecideBecause: z.string().nullable(),
    canWithdraw: z.boolean(),
    canRevoke: z.boolean(),
    canReadLiterals: z.boolean(),
  }),
});
export type RequestDetail = z.infer<typeof requestDetailSchema>;

export const requestIdInputSchema = z.object({ id: z.uuid() });

export const decideInputSchema = z
  .object({
    id: z.uuid(),
    verdict: z.enum(['approve', 'deny']),
    /** Always said, and shown to the requester. */
    reason: reasonRequired,
    scope: z.literal('once').default('once'),
  })
  .strict();
export const decideOutputSchema = z.object({
  id: z.uuid(),
  /** Still `pending` while votes are missing. */
  state: z.enum(requestStates),
  votes: requestItemSchema.shape.votes,
});

export const withdrawInputSchema = z.object({ id: z.uuid(), reason: reason.default('') }).strict();
export const revokeInputSchema = z.object({ id: z.uuid(), reason: reasonRequired }).strict();
export const requestStateOutputSchema = z.object({ id: z.uuid(), state: z.enum(requestStates) });

export const openLiteralsInputSchema = z.object({ id: z.uuid(), reason: reasonRequired }).strict();
export const openLiteralsOutputSchema = z.object({
  /** In order of appearance in the text; parameters of a prepared statement follow the literals. */
  literals: z.array(z.string()),
});

// Live

export const requestWatchInputSchema = z.object({
  /** Only this request; absent: everything the caller may see. */
  id: z.uuid().optional(),
});
export const requestChangeSchema = z.object({
  id: z.uuid(),
  state: z.enum(requestStates),
  /** What happened, as in the timeline. */
  type: timelineEventSchema.shape.type,
  at: timeSchema,
});
export type RequestChange = z.infer<typeof requestChangeSchema>;
export const requestWatchEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('change'), change: requestChangeSchema }),
  /** Too much was missed: read everything again. */
  z.object({ type: z.literal('reset') }),
]);

// Access and grants

export const accessMinutesMax = 7 * 24 * 60;
export const accessRequestInputSchema = z
  .object({
    connectionId: z.uuid(),
    durationMinutes: z.number().int().min(5).max(accessMinutesMax),
    reason: reasonRequired,
    /** For an agent or service account the caller owns; absent: the caller. */
    identityId: z.uuid().optional(),
  })
  .strict();
export const accessRequestOutputSchema = z.object({ id: z.uuid(), state: z.enum(requestStates) });

export const accessMineInputSchema = z.object({ ...listInput });
export const accessMineOutputSchema = listOutput(
  z.object({
    connection: z.object({
      id: z.uuid(),
      name: z.string(),
      environment: z.string(),
      region: z.string(),
      description: z.string(),
    }),
    /** `standing` by policy, `granted` until the grant expires, `requested` and waiting, or `none`: ask for it. */
    access: z.enum(['standing', 'granted', 'requested', 'none']),
    grant: z.object({ id: z.uuid(), startsAt: timeSchema, expiresAt: timeSchema }).nullable(),
    requestId: z.uuid().nullable(),
    /** Sentences, e.g. "writes to classified tables wait for approval by their owner". */
    rights: z.array(z.string()),
    /** Where to connect to, one per proxy that serves it now. */
    endpoints: z.array(z.object({ proxy: z.string(), listen: z.string(), tls: z.boolean() })),
  }),
);

export const grantTabs = ['active', 'upcoming', 'ended'] as const;
export const grantStates = ['upcoming', 'active', 'expired', 'revoked'] as const;
export const grantItemSchema = z.object({
  id: z.uuid(),
  state: z.enum(grantStates),
  identity: identityRefSchema,
  connection: z.object({ id: z.uuid(), name: z.string(), environment: z.string() }),
  requestId: z.uuid(),
  reason: z.string(),
  approvedBy: z.array(identityRefSchema),
  startsAt: timeSchema,
  expiresAt: timeSchema,
  revokedAt: timeSchema.nullable(),
  revokedBy: identityRefSchema.nullable(),
  revokeReason: z.string().nullable(),
  canRevoke: z.boolean(),
});
export type GrantItem = z.infer<typeof grantItemSchema>;
export const grantListInputSchema = z.object({
  ...listInput,
  tab: z.enum(grantTabs).default('active'),
  connectionId: z.uuid().optional(),
});
export const grantListOutputSchema = listOutput(grantItemSchema).extend({
  counts: z.record(z.enum(grantTabs), z.number().int()),
});
export const grantStateOutputSchema = z.object({ id: z.uuid(), state: z.enum(grantStates) });
