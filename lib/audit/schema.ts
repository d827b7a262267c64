/** Inputs and outputs of sessions, statements, the audit log and its chains. Pure zod, so that the browser may import it. */
import { z } from 'zod';
import { detectedSchema, endedBySchema, factsSchema } from '#core/event/schema.ts';
import { tallies } from '#core/event/tally.ts';
import { identityKinds } from '#core/identity/principal.ts';
import { detectorKinds } from '#core/mask/detectors/kinds.ts';
import { effects } from '#core/policy/schema.ts';
import { listInput, listOutput, timeSchema, writtenText } from '#lib/orpc/list.ts';

export const exportFormats = ['csv', 'ndjson'] as const;
export const outcomes = ['ok', 'error', 'refused', 'cancelled', 'unknown'] as const;

const { q: _anyText, ...paging } = listInput;
/** Trigram search needs three characters; shorter ones would read everything. */
const searchText = z.string().trim().min(3, 'search for at least three characters').max(500).optional();
const flag = z.boolean().optional();
const oneOrMore = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    value => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(item).max(50).optional(),
  );

const timeRange = { from: timeSchema.optional(), to: timeSchema.optional() };

/** As the events name who acted; identities may be gone or renamed since. */
const actorChainSchema = z.object({
  id: z.uuid(),
  kind: z.enum(identityKinds),
  login: z.string(),
  onBehalfOf: z.object({ id: z.uuid(), login: z.string() }).nullable(),
});

// Sessions

/**
 * `unknown`: not ended as far as its proxy said, but the proxy is not heard from. `lost`: its proxy stopped without ending it;
 * what was running has an unknown outcome.
 */
export const sessionStates = ['live', 'unknown', 'ended', 'lost'] as const;

const sessionFilters = {
  /** In the normalised text of a statement, in a login, or in the connection's name. */
  q: searchText,
  /** `schema.relation`, or a relation's name in any schema. */
  table: z.string().trim().min(1).max(260).optional(),
  /** Identity id, or part of a login; also finds sessions on behalf of that person. */
  identity: z.string().trim().min(1).max(320).optional(),
  /** `deny` is what policy refused; `mistake` what the database would have refused as well. */
  decision: oneOrMore(z.enum(tallies)),
  /** Connection id or name. */
  connection: z.string().trim().min(1).max(100).optional(),
  label: z.string().trim().min(1).max(80).optional(),
  proxy: z.uuid().optional(),
  state: oneOrMore(z.enum(sessionStates)),
  /** True: those in state `live`; false: those that ended or were lost. */
  live: flag,
  ...timeRange,
};
export const sessionListInputSchema = z.object({ ...paging, ...sessionFilters });
export const sessionExportInputSchema = z.object({ ...sessionFilters, format: z.enum(exportFormats).default('csv') });

export const sessionViewSchema = z.object({
  id: z.uuid(),
  identity: actorChainSchema,
  connectionId: z.uuid(),
  connection: z.string(),
  proxyId: z.uuid(),
  client: z.object({
    address: z.string(),
    port: z.number().int(),
    application: z.string(),
    tls: z.string().nullable(),
  }),
  upstreamRole: z.string(),
  grantId: z.uuid().nullable(),
  startedAt: timeSchema,
  activeAt: timeSchema,
  endedAt: timeSchema.nullable(),
  endReason: z.string().nullable(),
  state: z.enum(sessionStates),
  /** In state `unknown`: when its proxy was last heard from, if ever. Null in the others. */
  knownUntil: timeSchema.nullable(),
  statements: z.number().int(),
  rows: z.number().int(),
  bytesIn: z.number().int(),
  bytesOut: z.number().int(),
  maskedCells: z.number().int(),
  errors: z.number().int(),
  decisions: z.record(z.enum(tallies), z.number().int()),
});
export type SessionView = z.infer<typeof sessionViewSchema>;
export const sessionListOutputSchema = listOutput(sessionViewSchema);

export const sessionGetInputSchema = z.object({ id: z.uuid() });
export const sessionDetailSchema = sessionViewSchema.extend({
  tokenId: z.uuid(),
  proxyName: z.string().nullable(),
  /** Who looked at this session before, most recent first. */
  viewedBy: z.array(z.object({ login: z.string(), at: timeSchema })),
});
export type SessionDetail = z.infer<typeof sessionDetailSchema>;

// Statements

/** `<session id>.<number in the session>` */
export const statementIdSchema = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[1-9]\d{0,8}$/, 'a statement id is <session id>.<number>');

export const statementViewSchema = z.object({
  id: statementIdSchema,
  sessionId: z.uuid(),
  number: z.number().int(),
  time: timeSchema,
  identity: actorChainSchema,
  connectionId: z.uuid(),
  connection: z.string(),
  /** Literals as placeholders, at most 2,000 characters in lists. */
  text: z.string(),
  truncated: z.boolean(),
  effect: z.enum(effects),
  /** Denied, but not by policy: it is no SQL, or names what does not exist, and the database would have refused it as well. */
  isMistake: z.boolean(),
  kinds: z.array(z.string()),
  relations: z.array(z.string()),
  labels: z.array(z.string()),
  hazards: z.array(z.string()),
  requestId: z.uuid().nullable(),
  /** Null while it runs. */
  outcome: z.enum(outcomes).nullable(),
  tag: z.string().nullable(),
  rows: z.number().int().nullable(),
  bytes: z.number().int().nullable(),
  maskedCells: z.number().int().nullable(),
  durationUs: z.number().int().nullable(),
  sqlstate: z.string().nullable(),
  /** The limit of a policy that ended it, with the rule that set it. */
  endedBy: endedBySchema.nullable(),
  /** What detectors found in its values, by output column; never the values. */
  detected: z.array(detectedSchema),
  hasLiterals: z.boolean(),
});
export type StatementView = z.infer<typeof statementViewSchema>;

const statementFilters = {
  q: searchText,
  table: sessionFilters.table,
  identity: sessionFilters.identity,
  decision: sessionFilters.decision,
  connection: sessionFilters.connection,
  label: sessionFilters.label,
  kind: z.string().trim().min(1).max(30).optional(),
  hazard: z.string().trim().min(1).max(40).optional(),
  /** Detectors that found something in a value of it. */
  detected: oneOrMore(z.enum(detectorKinds)),
  outcome: oneOrMore(z.enum(outcomes)),
  requestId: z.uuid().optional(),
  ...timeRange,
};
export const statementListInputSchema = z.object({ ...paging, ...statementFilters });
export const statementListOutputSchema = listOutput(statementViewSchema);
export const statementExportInputSchema = z.object({
  ...statementFilters,
  format: z.enum(exportFormats).default('csv'),
});
/** In the order they ran. */
export const sessionStatementsInputSchema = z.object({
  ...paging,
  id: z.uuid(),
  decision: sessionFilters.decision,
});

export const statementGetInputSchema = z.object({ id: statementIdSchema });
export const statementDetailSchema = statementViewSchema.extend({
  fingerprint: z.string(),
  protocol: z.enum(['simple', 'extended', 'internal']),
  facts: factsSchema.nullable(),
  reasons: z.array(
    z.object({
      rule: z.string(),
      effect: z.enum(effects),
      subject: z.string(),
      message: z.string(),
      observed: z.boolean(),
    }),
  ),
  policyVersion: z.number().int(),
  bundleVersion: z.number().int(),
  event: z.object({ source: z.uuid(), seq: z.number().int(), hash: z.string() }),
});
export type StatementDetail = z.infer<typeof statementDetailSchema>;

const reasonSchema = writtenText(500).min(5, 'say why, in a few words');
export const sessionKillInputSchema = z.object({ id: z.uuid(), reason: reasonSchema }).strict();
export const sessionKillOutputSchema = z.object({ state: z.enum(['asked', 'already_ended']) });
export const revealInputSchema = z.object({ id: statementIdSchema, reason: reasonSchema }).strict();
export const revealOutputSchema = z.object({
  /** In the order of the placeholders. */
  literals: z.array(z.string()),
});

/** Tells that something about these sessions is new; read again. */
export const sessionWatchOutputSchema = z.object({ type: z.literal('changed'), proxyId: z.string() });

// The audit log

export const eventKinds = ['change', 'read'] as const;

const eventFilters = {
  q: searchText,
  source: z.enum(['control', 'proxy']).optional(),
  /** `read`: somebody looked at or exported what is recorded. `change`: everything else. */
  kind: z.enum(eventKinds).optional(),
  /** Identity id, or part of a login. */
  actor: z.string().trim().min(1).max(320).optional(),
  /** Exact, or a prefix that ends with `.`: `policy.` */
  action: z.string().trim().min(1).max(80).optional(),
  /** Target id, or a target type. */
  target: z.string().trim().min(1).max(200).optional(),
  ...timeRange,
};
export const eventListInputSchema = z.object({ ...paging, ...eventFilters });
export const eventExportInputSchema = z.object({ ...eventFilters, format: z.enum(exportFormats).default('csv') });

export const eventViewSchema = z.object({
  /** `<source>.<seq>` */
  id: z.string(),
  source: z.uuid(),
  sourceKind: z.enum(['control', 'proxy']),
  seq: z.number().int(),
  time: timeSchema,
  action: z.string(),
  outcome: z.enum(['ok', 'refused']),
  actor: z.object({ id: z.uuid().nullable(), login: z.string().nullable() }),
  target: z.object({ type: z.string(), id: z.string(), label: z.string() }).nullable(),
  sessionId: z.uuid().nullable(),
  address: z.string().nullable(),
  via: z.string().nullable(),
  reason: z.string().nullable(),
});
export type EventView = z.infer<typeof eventViewSchema>;
export const eventListOutputSchema = listOutput(eventViewSchema);

export const eventIdSchema = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[1-9]\d{0,15}$/);
export const eventGetInputSchema = z.object({ id: eventIdSchema });
export const eventDetailSchema = eventViewSchema.extend({
  prev: z.string(),
  hash: z.string(),
  receivedAt: timeSchema,
  /** The exact text that was hashed. Literals in it are sealed. */
  body: z.string(),
  before: z.unknown(),
  after: z.unknown(),
});
export type EventDetail = z.infer<typeof eventDetailSchema>;

const facetSchema = z.array(z.object({ value: z.string(), count: z.number().int() }));
export const eventFacetsInputSchema = z.object(timeRange);
export const eventFacetsOutputSchema = z.object({
  actions: facetSchema,
  actors: facetSchema,
  targets: facetSchema,
  /** Counts are of so many latest events, when the range has more; null when they are of all of them. */
  latest: z.number().int().nullable(),
});

export const chainSchema = z.object({
  source: z.uuid(),
  kind: z.enum(['control', 'proxy']),
  name: z.string(),
  lastSeq: z.number().int(),
  lastHash: z.string(),
  lastTime: timeSchema.nullable(),
  /** The stored chain was walked up to here, and every event fits: its hash, what it is found by, and what is shown of it. */
  verifiedSeq: z.number().int(),
  verifiedAt: timeSchema.nullable(),
  /** The first event that does not fit, if the walk found one, and in what way. */
  brokenSeq: z.number().int().nullable(),
  brokenReason: z.string().nullable(),
  /** How far the latest walk from the start has come; it goes on by itself. */
  walkedSeq: z.number().int(),
  walkBeganAt: timeSchema.nullable(),
  /** The last batch that was refused because it had a gap, forked the chain or did not hash. */
  fault: z.object({ code: z.string(), seq: z.number().int(), message: z.string(), at: timeSchema }).nullable(),
  faults: z.number().int(),
});
export type Chain = z.infer<typeof chainSchema>;
export const chainOutputSchema = z.object({
  sources: z.array(chainSchema),
  gaps: z.number().int(),
  intact: z.boolean(),
});
/** Lines of `core/event/schema.ts`, which `weir verify` checks offline. */
export const chainExportInputSchema = z.object({
  source: z.uuid(),
  from: z.number().int().positive().default(1),
  to: z.number().int().positive().optional(),
});
export const chainVerifyInputSchema = z.object({ source: z.uuid().optional() }).strict();
