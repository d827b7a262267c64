/** What the planes say to each other under /api/v1/proxies: enrolment, bundle, stream, catalog, requests, events, heartbeat. */
import { z } from 'zod';
import { factsSchema, sealedSchema } from '../event/schema.ts';
import { jwkSchema } from '../policy/bundle.ts';
import { approversSchema, budgetUnits, effects } from '../policy/schema.ts';

export const proxyApiVersion = 1;

/** What fits a column of the control plane's tables: one number too large must not break the pages that show it. */
const counted = z.number().int().max(2_147_483_647);
/** Milliseconds since the epoch, up to the end of the year 9999: beyond, a time cannot be written as a date. */
const instantMs = z.number().int().nonnegative().max(253_402_300_799_999);
const oid = z.number().int().nonnegative().max(4_294_967_295);
const attnum = z.number().int().min(-32_768).max(32_767);

/** Batch limits of the event push. Bytes are of the NDJSON before compression. */
export const eventBatchMax = { events: 1000, bytes: 8 * 1024 * 1024 } as const;

export const enrolInputSchema = z.object({
  /** One-time enrolment token, as shown once by the console. */
  token: z.string().min(20).max(200),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  version: z.string().max(40),
  host: z.string().max(255),
  /** The proxy's own Ed25519 public key; the private half never leaves it. */
  publicKey: jwkSchema,
});
export const enrolOutputSchema = z.object({
  proxyId: z.uuid(),
  /** Keys that sign bundles; the proxy pins them. */
  bundleKeys: z.array(jwkSchema).min(1),
});

/**
 * Every later request carries `Authorization: Bearer <JWT>`, signed by the proxy's own key (EdDSA), with `iss` the proxy id,
 * `aud` `weir-control`, at most 60 s between `iat` and `exp`, and a random `jti` (UUID): each token is good for one request.
 */
export const proxyTokenAudience = 'weir-control';
export const proxyTokenLifetimeSeconds = 60;

/** Messages of the proxy's stream (SSE). Ids increase; a proxy resumes with Last-Event-ID. */
export const streamMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('bundle'), version: z.number().int() }),
  z.object({
    type: z.literal('decided'),
    requestId: z.uuid(),
    outcome: z.enum(['approved', 'denied', 'expired', 'withdrawn', 'revoked']),
    by: z.array(z.string().max(320)),
    reason: z.string().max(2000),
  }),
  z.object({ type: z.literal('kill'), sessionId: z.uuid(), reason: z.string().max(500) }),
  z.object({ type: z.literal('revoked'), reason: z.string().max(500) }),
  z.object({ type: z.literal('introspect'), connectionId: z.uuid() }),
  z.object({ type: z.literal('ping') }),
]);
export type StreamMessage = z.infer<typeof streamMessageSchema>;

const catalogName = z.string().max(128);
const areDistinct = (items: readonly unknown[]): boolean => new Set(items).size === items.length;
export const catalogPushSchema = z.object({
  connectionId: z.uuid(),
  serverVersion: counted,
  database: catalogName,
  /** Fingerprint of what was introspected; the control plane skips an unchanged push. */
  hash: z.string().max(64),
  relations: z
    .array(
      z.object({
        oid,
        schema: catalogName,
        name: catalogName,
        kind: z.enum(['r', 'p', 'v', 'm', 'f']),
        rowsEstimate: z.number(),
        bytesEstimate: z.number(),
        columns: z
          .array(z.object({ attnum, name: catalogName, type: z.string().max(200), notNull: z.boolean() }))
          .max(1700)
          .refine(columns => areDistinct(columns.map(column => column.attnum)), 'names a column twice'),
      }),
    )
    .max(50_000)
    .refine(relations => areDistinct(relations.map(relation => relation.oid)), 'names a relation twice'),
  functions: z
    .array(
      z.object({
        oid,
        schema: catalogName,
        name: catalogName,
        arguments: z.string().max(2000),
        result: z.string().max(500),
        language: catalogName,
      }),
    )
    .max(50_000),
  foreignKeys: z
    .array(
      z.object({
        name: catalogName,
        relationOid: oid,
        columns: z.array(attnum),
        referencedOid: oid,
        referencedColumns: z.array(attnum),
        onDelete: z.string().max(1),
      }),
    )
    .max(100_000),
  /** Column to column, as the analyser resolved view and function bodies. `attnum` 0 is the whole object. */
  edges: z
    .array(
      z.object({
        via: z.enum(['view', 'materialized_view', 'function', 'partition']),
        from: z.object({ relationOid: oid, attnum }),
        /** A relation's column, or a function (attnum 0). */
        to: z.object({ oid, attnum }),
      }),
    )
    .max(500_000),
});
export type CatalogPush = z.infer<typeof catalogPushSchema>;

export const impactSchema = z.object({
  /** Rows the plan expects; null with the reason in `note` where it could not be had. */
  planRows: z.number().nullable(),
  planCost: z.number().nullable(),
  /** Counted read-only under a timeout. */
  exactRows: z.number().int().nullable(),
  exactMs: z.number().nullable(),
  tableRows: z.number().nullable(),
  /** What else the write sets off. */
  cascades: z.array(z.object({ relation: z.string(), constraint: z.string(), action: z.string() })).max(100),
  triggers: z.array(z.string()).max(100),
  lock: z.string().max(60).nullable(),
  note: z.string().max(500).nullable(),
  /** Milliseconds since the epoch. */
  computedAt: instantMs,
});
export type Impact = z.infer<typeof impactSchema>;

/** What one request can ask for: objects whose owners are asked, and further needs of other rules. */
export const heldMax = { ownerOf: 200, further: 20 } as const;

export const heldStatementSchema = z.object({
  /** Made by the proxy, so that filing twice is filing once. */
  id: z.uuid(),
  sessionId: z.uuid(),
  statement: counted.positive(),
  connectionId: z.uuid(),
  identityId: z.uuid(),
  onBehalfOf: z.uuid().nullable(),
  /** Literals as placeholders. */
  text: z.string().max(200_000),
  literals: sealedSchema.nullable(),
  /** Names the content key of `literals`: the JWE that opens it, since events may arrive later than the request. */
  literalsJwe: z.string().max(4000).nullable(),
  /** SHA-256 over connection, identity, text and parameters: what an approval is bound to. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  facts: factsSchema,
  reasons: z
    .array(z.object({ rule: z.string(), effect: z.enum(effects), subject: z.string(), message: z.string() }))
    .max(200),
  /** `policy/rule` that asks for approval. */
  rule: z.string().max(140),
  approvers: approversSchema,
  /** `schema.relation` of the objects whose owners may approve. */
  ownerOf: z.array(z.string().max(260)).max(heldMax.ownerOf),
  /** What other rules ask for; all of it must be met as well. Absent is none. */
  further: z
    .array(
      z.object({
        rule: z.string().max(140),
        approvers: approversSchema,
        ownerOf: z.array(z.string().max(260)).max(heldMax.ownerOf),
      }),
    )
    .max(heldMax.further)
    .optional(),
  policyVersion: counted,
  bundleVersion: counted,
  waiting: z.boolean(),
});
export type HeldStatement = z.infer<typeof heldStatementSchema>;

/** What one identity has taken from one budget in one window: absolute, so that hearing it twice changes nothing. */
export const budgetUseSchema = z.object({
  /** `policy/rule`. */
  rule: z.string().max(140),
  identityId: z.uuid(),
  unit: z.enum(budgetUnits),
  windowMinutes: counted.positive(),
  /** Of the window, milliseconds since the epoch. */
  startsAt: instantMs,
  used: z.number().nonnegative(),
});
export type BudgetUseMessage = z.infer<typeof budgetUseSchema>;

/** Uses in one report and in one answer. */
export const budgetUsesMax = 2000;

export const budgetReportSchema = z.object({
  /** Of the counters: a proxy that has lost them counts anew under another id, and what it had said before stays said. */
  instance: z.uuid(),
  uses: z.array(budgetUseSchema).max(budgetUsesMax),
  /** `through` of the last answer; 0 for the first report. */
  since: z.number().int().nonnegative(),
});
export type BudgetReport = z.infer<typeof budgetReportSchema>;

/** What all other counters have together, of windows that go on and were reported on since. */
export const budgetAnswerSchema = z.object({ uses: z.array(budgetUseSchema), through: z.number().int() });

export const heartbeatSchema = z.object({
  version: z.string().max(40),
  startedAt: instantMs,
  bundleVersion: counted,
  policyVersion: counted,
  sessions: z.number().int(),
  spool: z.object({ events: z.number().int(), bytes: z.number().int(), limitBytes: z.number().int() }),
  parser: z.object({ workers: z.number().int(), killed: z.number().int(), refused: z.number().int() }),
  memoryBytes: z.number().int(),
  /** Added by the proxy per statement, microseconds, over the last interval. */
  addedUs: z.object({ p50: z.number(), p95: z.number(), statements: z.number().int() }),
  connections: z
    .array(
      z.object({
        connectionId: z.uuid(),
        name: z.string(),
        reachable: z.boolean(),
        message: z.string().max(300).nullable(),
        catalogAt: instantMs.nullable(),
      }),
    )
    .max(1000),
  /** Address clients reach this proxy at, e.g. 127.0.0.1:6432 */
  listen: z.string().max(255),
  tls: z.boolean(),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;

/** A proxy that has sent no heartbeat for so long is offline. */
export const proxyOfflineAfterMs = 30_000;
