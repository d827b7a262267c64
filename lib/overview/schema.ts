/** Inputs and outputs of the overview. Pure zod, so that the browser may import it. */
import { z } from 'zod';
import { tallies } from '#core/event/tally.ts';
import { timeSchema } from '#lib/orpc/list.ts';

export const overviewBucketsMax = 60;

export const overviewInputSchema = z.object({
  /** The last 24 hours unless given; at most 92 days. */
  from: timeSchema.optional(),
  to: timeSchema.optional(),
});

const topSchema = z.array(
  z.object({ id: z.string(), label: z.string(), statements: z.number().int(), rows: z.number().int() }),
);

export const overviewSchema = z.object({
  from: timeSchema,
  to: timeSchema,
  /** True: of the caller's own statements and those of their agents only, without changes. False: of everybody's. */
  isOwn: z.boolean(),
  tiles: z.object({
    approvalsWaiting: z.number().int(),
    oldestWaitingAt: timeSchema.nullable(),
    /** Refused by policy. */
    deniedCount: z.number().int(),
    /** In the same length of time just before. */
    deniedCountBefore: z.number().int(),
    /** Statements that the database would have refused as well; not among those denied. */
    mistakeCount: z.number().int(),
    maskedCells: z.number().int(),
    /** Statements that returned classified columns unmasked. */
    unmaskedClassified: z.number().int(),
    liveSessions: z.number().int(),
    /** Not ended as far as their proxies said, but those are not heard from. */
    unknownSessions: z.number().int(),
    proxiesOnline: z.number().int(),
    proxiesTotal: z.number().int(),
    /** Online proxies that do not have the current bundle yet. */
    behind: z.number().int(),
    chainIntact: z.boolean(),
  }),
  /** Milliseconds per bucket; the first starts at or before `from`. */
  bucketMs: z.number().int(),
  decisions: z
    .array(z.object({ at: timeSchema, counts: z.record(z.enum(tallies), z.number().int()) }))
    .max(overviewBucketsMax),
  changes: z.array(
    z.object({
      id: z.string(),
      time: timeSchema,
      action: z.string(),
      actor: z.string().nullable(),
      target: z.object({ type: z.string(), id: z.string(), label: z.string() }).nullable(),
    }),
  ),
  topIdentities: topSchema,
  topTables: topSchema,
});
export type Overview = z.infer<typeof overviewSchema>;
