/**
 * Inputs and outputs of proxies: the fleet as the console shows it, enrolment, and the data plane's own API (shapes of
 * `core/contract/proxy.ts`). Procedures are `proxies.list/get/revoke`, `proxies.enrolments.*` and `proxies.plane.*`.
 */
import { z } from 'zod';
import {
  budgetAnswerSchema,
  budgetReportSchema,
  catalogPushSchema,
  enrolInputSchema,
  enrolOutputSchema,
  heartbeatSchema,
  heldStatementSchema,
  impactSchema,
} from '#core/contract/proxy.ts';
import { signedBundleSchema } from '#core/policy/bundle.ts';
import { budgetUnits } from '#core/policy/schema.ts';
import { identityRefSchema, listInput, listOutput, timeSchema, writtenText } from '#lib/orpc/list.ts';

/** `behind`: online, on an older bundle than the current one. `offline`: no heartbeat for `proxyOfflineAfterMs`. */
export const proxyStates = ['online', 'behind', 'offline', 'revoked'] as const;
export type ProxyState = (typeof proxyStates)[number];

export const proxyItemSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  state: z.enum(proxyStates),
  host: z.string(),
  version: z.string(),
  enrolledAt: timeSchema,
  enrolledBy: identityRefSchema.nullable(),
  revokedAt: timeSchema.nullable(),
  revokedBy: identityRefSchema.nullable(),
  revokeReason: z.string().nullable(),
  /** Null before the first heartbeat. */
  lastSeenAt: timeSchema.nullable(),
  heartbeat: heartbeatSchema.nullable(),
  bundle: z.object({
    applied: z.number().int().nullable(),
    current: z.number().int(),
    /** Versions it is behind; null when it has reported none. */
    lag: z.number().int().nullable(),
    /** For how long a newer bundle than its own has existed; 0 when it is current. */
    lagSeconds: z.number().int().nullable(),
  }),
  policy: z.object({ applied: z.number().int().nullable(), current: z.number().int() }),
});
export type ProxyItem = z.infer<typeof proxyItemSchema>;

export const proxyListInputSchema = z.object({ ...listInput, state: z.enum(proxyStates).optional() });
export const proxyListOutputSchema = listOutput(proxyItemSchema).extend({
  counts: z.record(z.enum(proxyStates), z.number().int()),
});
export const proxyIdInputSchema = z.object({ id: z.uuid() });
export const proxyRevokeInputSchema = z.object({ id: z.uuid(), reason: writtenText(500).min(1, 'say why') }).strict();
export const proxyRevokeOutputSchema = z.object({ id: z.uuid(), revokedAt: timeSchema });

// Limits and budgets

export const identityLimitsInputSchema = z.object({ id: z.uuid() });
export const identityLimitsOutputSchema = z.object({
  /** One per rule of a policy that is about the identity, as far as its kind, groups, roles and login tell. */
  limits: z.array(
    z.object({
      policy: z.string(),
      rule: z.string(),
      /** The connections it is about, in words. */
      where: z.string(),
      /** False: the policy only observes, and limits nothing. */
      enforced: z.boolean(),
      /** All it sets, in words. */
      what: z.string(),
      budgets: z.array(
        z.object({
          unit: z.enum(budgetUnits),
          max: z.number(),
          /** In the present window, over all proxies, as they reported it last. */
          used: z.number(),
          windowMinutes: z.number().int(),
          resetsAt: timeSchema,
        }),
      ),
    }),
  ),
});
export type IdentityLimits = z.infer<typeof identityLimitsOutputSchema>;

// Enrolment

export const enrolmentMinutesMax = 7 * 24 * 60;
export const enrolmentStates = ['open', 'used', 'expired', 'revoked'] as const;
export const enrolmentItemSchema = z.object({
  id: z.uuid(),
  /** The name the proxy must take; null: its own choice. */
  name: z.string().nullable(),
  state: z.enum(enrolmentStates),
  createdAt: timeSchema,
  createdBy: identityRefSchema.nullable(),
  expiresAt: timeSchema,
  usedAt: timeSchema.nullable(),
  proxyId: z.uuid().nullable(),
});
export type EnrolmentItem = z.infer<typeof enrolmentItemSchema>;
export const enrolmentCreateInputSchema = z
  .object({
    name: enrolInputSchema.shape.name.nullable().default(null),
    ttlMinutes: z.number().int().min(1).max(enrolmentMinutesMax).default(60),
  })
  .strict();
export const enrolmentCreateOutputSchema = z.object({
  id: z.uuid(),
  /** Shown this once; only its hash is kept. */
  token: z.string(),
  expiresAt: timeSchema,
});
export const enrolmentListInputSchema = z.object({ ...listInput, state: z.enum(enrolmentStates).optional() });
export const enrolmentListOutputSchema = listOutput(enrolmentItemSchema);
export const enrolmentRevokeInputSchema = z.object({ id: z.uuid() });

// The data plane's side

export {
  budgetAnswerSchema,
  budgetReportSchema,
  catalogPushSchema,
  enrolInputSchema,
  enrolOutputSchema,
  heartbeatSchema,
};

export const bundleWaitSecondsMax = 25;
export const bundleInputSchema = z.object({
  query: z
    .object({
      /** Long poll: seconds to wait for a bundle other than the one `If-None-Match` names. */
      wait: z.coerce.number().int().min(0).max(bundleWaitSecondsMax).default(0),
    })
    .default({ wait: 0 }),
  headers: z.object({ 'if-none-match': z.string().max(200).optional() }).default({}),
});
const bundleHeadersSchema = z.object({ etag: z.string() });
/** 304 without a body when the proxy has this one already. */
export const bundleOutputSchema = z.union([
  z.object({ status: z.literal(200), headers: bundleHeadersSchema, body: signedBundleSchema }),
  z.object({ status: z.literal(304), headers: bundleHeadersSchema }),
]);

/** NDJSON of `EventLine` (core/event/schema.ts), at most `eventBatchMax`. */
export const eventsInputSchema = z.file();

export const eventsOutputSchema = z.object({
  /** The highest sequence number that is stored; the proxy may forget what is not above it. */
  acknowledged: z.number().int().nonnegative(),
});
export const catalogPushOutputSchema = z.object({
  changed: z.boolean(),
  relations: z.object({ added: z.number().int(), changed: z.number().int(), removed: z.number().int() }),
  columns: z.object({ added: z.number().int(), changed: z.number().int(), removed: z.number().int() }),
  suggestions: z.number().int(),
});
export const fileRequestInputSchema = heldStatementSchema;
export const fileRequestOutputSchema = z.object({
  id: z.uuid(),
  /** Where people see and decide it. */
  url: z.url(),
  /** Another state than pending when it was filed before. */
  state: z.string(),
});
export const attachImpactInputSchema = impactSchema.extend({ id: z.uuid() });
export const planeWithdrawInputSchema = z.object({ id: z.uuid(), reason: z.string().max(500).default('') });
export const statementResultSchema = z.object({
  outcome: z.enum(['ok', 'error', 'cancelled']),
  rows: z.number().int().nonnegative(),
  sqlstate: z.string().max(5).nullable(),
});
export const planeResultInputSchema = statementResultSchema.extend({ id: z.uuid() });
export const claimInputSchema = z
  .object({
    hash: heldStatementSchema.shape.hash,
    connectionId: z.uuid(),
    identityId: z.uuid(),
  })
  .strict();
export const claimOutputSchema = z.object({
  /** Null: there is nothing to use. */
  requestId: z.uuid().nullable(),
});
export const heartbeatOutputSchema = z.object({
  /** The control plane's clock, milliseconds since the epoch. */
  now: z.number().int(),
  bundleVersion: z.number().int(),
});
export const requestStateBodySchema = z.object({ id: z.uuid(), state: z.string() });
