/**
 * One immutable record of what a proxy did. Events of one proxy are numbered without gaps and chained by hash:
 * `hash = SHA-256(prev ‖ body)`, both as in `core/event/chain.ts`. Neither values nor literals are in clear in any event.
 */
import { z } from 'zod';
import { levels } from '../catalog/classification.ts';
import { detectorKinds } from '../mask/detectors/kinds.ts';
import { effects } from '../policy/schema.ts';
import { actions, hazardCodes } from '../sql/analysis.ts';

const text = (max: number) => z.string().max(max);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** What fits a column of the control plane's tables; nothing real comes near it. */
const counted = z.number().int().max(2_147_483_647);

const columnRef = z.object({ schema: text(128), relation: text(128), column: text(128), label: text(80).optional() });

export const identityChainSchema = z.object({
  id: z.uuid(),
  kind: z.enum(['user', 'agent', 'service']),
  login: text(320),
  onBehalfOf: z.object({ id: z.uuid(), login: text(320) }).nullable(),
  tokenId: z.uuid(),
});

export const factsSchema = z.object({
  kinds: z.array(text(30)),
  accesses: z
    .array(
      z.object({
        action: z.enum(actions),
        verb: text(30),
        kind: text(30),
        object: text(260),
        system: z.boolean().optional(),
      }),
    )
    .max(2000),
  /** Labelled columns that are involved, and how. */
  classified: z.array(columnRef.extend({ use: text(30) })).max(2000),
  hazards: z.array(z.object({ code: z.enum(hazardCodes), object: text(260) })).max(200),
  functions: z.array(text(260)).max(500),
  flows: z.array(z.object({ target: columnRef, origins: z.array(columnRef).max(200) })).max(500),
  outputs: z.number().int(),
});
export type Facts = z.infer<typeof factsSchema>;

export const sealedSchema = z.object({
  /** Names the content key, which `proxy.key` introduced as a JWE to the control plane. */
  key: z.uuid(),
  iv: z.string().max(24),
  /** AES-256-GCM ciphertext and tag, base64url. */
  data: z.string().max(2_000_000),
});
export type Sealed = z.infer<typeof sealedSchema>;

/** How many values of one output column one detector found something in; never the values. */
export const detectedSchema = z.object({
  /** 1 for the first output column. */
  output: z.number().int().positive(),
  /** The column whose values it shows as they are; null when it is computed. */
  column: columnRef.nullable(),
  relationOid: z.number().int().nonnegative(),
  attnum: z.number().int(),
  detector: z.enum(detectorKinds),
  verdict: z.enum(['mask', 'alert']),
  rule: text(140),
  values: z.number().int().positive(),
  /** Values that were looked at. */
  looked: z.number().int().nonnegative(),
});
export type Detected = z.infer<typeof detectedSchema>;

export const endedBySchema = z.object({
  rule: text(140),
  limit: z.enum(['rows', 'bytes', 'durationSeconds', 'budget', 'affectedRows']),
  max: z.number().int(),
});
export type EndedBy = z.infer<typeof endedBySchema>;

/** Columns in one event; more are further events. */
export const inheritedColumnsMax = 200;
export const inheritedColumnSchema = z.object({
  target: columnRef.omit({ label: true }),
  labels: z
    .array(z.object({ label: text(80), level: z.enum(levels) }))
    .min(1)
    .max(20),
  origins: z.array(columnRef.omit({ label: true })).max(20),
});
export type InheritedColumn = z.infer<typeof inheritedColumnSchema>;

const base = {
  v: z.literal(1),
  proxy: z.uuid(),
  /** 1, 2, 3 … without gaps for one proxy. */
  seq: z.number().int().positive(),
  /** UTC, RFC 3339 with milliseconds. Not before there were proxies: the years before 1 are no dates to PostgreSQL. */
  time: z.iso.datetime({ precision: 3 }).refine(time => time >= '1970', 'is before 1970'),
};
const inSession = { ...base, session: z.uuid() };

export const eventSchema = z.discriminatedUnion('type', [
  z.object({ ...base, type: z.literal('proxy.start'), version: text(40), host: text(255) }),
  z.object({ ...base, type: z.literal('proxy.stop'), reason: text(200) }),
  z.object({ ...base, type: z.literal('proxy.key'), key: z.uuid(), jwe: text(4000) }),
  z.object({
    ...base,
    type: z.literal('proxy.bundle'),
    bundleVersion: z.number().int(),
    policyVersion: counted,
  }),
  /** Something failed closed: parser killed, bundle expired, spool full, disagreement with RowDescription … */
  z.object({
    ...base,
    type: z.literal('proxy.fault'),
    code: text(60),
    message: text(500),
    session: z.uuid().nullable(),
  }),
  z.object({
    ...base,
    type: z.literal('session.refused'),
    connection: text(100),
    login: text(320),
    address: text(64),
    code: text(40),
    message: text(500),
  }),
  z.object({
    ...inSession,
    type: z.literal('session.start'),
    connectionId: z.uuid(),
    connection: text(100),
    identity: identityChainSchema,
    grantId: z.uuid().nullable(),
    client: z.object({ address: text(64), port: counted, application: text(200), tls: text(40).nullable() }),
    upstreamRole: text(128),
    bundleVersion: z.number().int(),
  }),
  z.object({
    ...inSession,
    type: z.literal('session.end'),
    reason: text(100),
    statements: counted,
    rows: z.number().int(),
    bytesIn: z.number().int(),
    bytesOut: z.number().int(),
    durationMs: z.number().int(),
  }),
  z.object({
    ...inSession,
    type: z.literal('statement.decided'),
    /** 1, 2, 3 … in the session. */
    statement: counted.positive(),
    text: text(200_000),
    /** True when the text was longer and is cut. */
    truncated: z.boolean(),
    fingerprint: hash,
    literals: sealedSchema.nullable(),
    protocol: z.enum(['simple', 'extended', 'internal']),
    facts: factsSchema.nullable(),
    effect: z.enum(effects),
    reasons: z
      .array(
        z.object({
          rule: text(140),
          effect: z.enum(effects),
          subject: text(300),
          message: text(600),
          observed: z.boolean(),
        }),
      )
      .max(200),
    requestId: z.uuid().nullable(),
    policyVersion: counted,
    bundleVersion: z.number().int(),
  }),
  /** A transaction was committed that had copied labelled columns: their labels hold for the targets as well. */
  z.object({
    ...inSession,
    type: z.literal('classification.inherited'),
    /** The last one that copied. */
    statement: counted.positive(),
    columns: z.array(inheritedColumnSchema).min(1).max(inheritedColumnsMax),
  }),
  z.object({
    ...inSession,
    type: z.literal('statement.completed'),
    statement: counted.positive(),
    outcome: z.enum(['ok', 'error', 'refused', 'cancelled', 'unknown']),
    tag: text(64).nullable(),
    rows: z.number().int(),
    bytes: z.number().int(),
    maskedCells: z.number().int(),
    durationUs: z.number().int(),
    sqlstate: text(5).nullable(),
    /** The limit that ended it, with the rule that set it. */
    endedBy: endedBySchema.optional(),
    /** What detectors found in values that passed or would have; absent: nothing. */
    detected: z.array(detectedSchema).max(200).optional(),
  }),
]);
export type Event = z.infer<typeof eventSchema>;
export type EventType = Event['type'];

/** One line of the spool and of the NDJSON push: the exact bytes that were hashed, and the hashes. */
export const eventLineSchema = z.object({ prev: hash, hash, body: z.string().max(4_000_000) });
export type EventLine = z.infer<typeof eventLineSchema>;
export const zeroHash = '0'.repeat(64);
