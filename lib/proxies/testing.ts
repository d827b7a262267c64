/** A proxy as the control plane sees one: enrolled, signing its requests, reading its stream. For tests. */
import { randomUUID } from 'node:crypto';
import type { HeldStatement, StreamMessage } from '#core/contract/proxy.ts';
import { generateSigningKey, type PrivateSigningKey, type SigningKey } from '#core/identity/key.ts';
import { issueProxyToken } from '#core/identity/token.ts';
import type { Bundle, SignedBundle } from '#core/policy/bundle.ts';
import { verifyBundle } from '#core/policy/sign.ts';
import type { TestAnswer, TestIdentity, TestPlane } from '#lib/testing.ts';

export type TestProxy = {
  id: string;
  key: { public: SigningKey; private: PrivateSigningKey };
  bundleKeys: SigningKey[];
  /** A new token, as for one request. */
  bearer(): Promise<{ bearer: string }>;
  rest(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<TestAnswer>;
  /** Fetches and verifies; null for 304. */
  bundle(etag?: string): Promise<{ bundle: Bundle; etag: string } | null>;
  stream(lastEventId?: string): Promise<TestStream>;
};

export type TestStream = {
  /** The next message that passes, within a few seconds; others are dropped. */
  next(passes?: (message: StreamMessage) => boolean): Promise<{ id: string; message: StreamMessage }>;
  /** Resolves when the server ends the stream. */
  ended(): Promise<void>;
  close(): void;
};

const waitMs = 10_000;

async function openStream(response: Response, abort: AbortController): Promise<TestStream> {
  if (response.status !== 200 || !response.body) throw new Error(`the stream answered ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const waiting: { id: string; message: StreamMessage }[] = [];
  let rest = '';
  const pull = async (): Promise<boolean> => {
    const late = AbortSignal.timeout(waitMs);
    const chunk = await Promise.race([
      reader.read(),
      new Promise<never>((_, reject) => late.addEventListener('abort', () => reject(new Error('nothing came')))),
    ]);
    if (chunk.done) return false;
    rest += chunk.value;
    const events = rest.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(event)?.[1];
      const data = field('data');
      if (data) waiting.push({ id: field('id') ?? '', message: JSON.parse(data) as StreamMessage });
    }
    return true;
  };
  return {
    async next(passes = () => true) {
      for (;;) {
        for (let item = waiting.shift(); item; item = waiting.shift()) if (passes(item.message)) return item;
        if (!(await pull())) throw new Error('the stream ended');
      }
    },
    async ended() {
      while (await pull());
    },
    close: () => {
      abort.abort();
      void reader.cancel().catch(() => undefined);
    },
  };
}

export async function enrolTestProxy(plane: TestPlane, operator: TestIdentity, name = 'edge-1'): Promise<TestProxy> {
  const made = await plane.rest('POST', '/enrolments', { as: operator, body: { name } });
  if (made.status !== 200) throw new Error(`no enrolment: ${JSON.stringify(made.body)}`);
  const key = await generateSigningKey();
  const enrolled = await plane.rest('POST', '/proxies/enrol', {
    body: { token: made.body.token, name, version: '1.0.0', host: 'test', publicKey: key.public },
  });
  if (enrolled.status !== 200) throw new Error(`not enrolled: ${JSON.stringify(enrolled.body)}`);
  const { proxyId: id, bundleKeys } = enrolled.body as unknown as { proxyId: string; bundleKeys: SigningKey[] };
  const bearer = async () => ({
    bearer: await issueProxyToken({ proxyId: id, id: randomUUID(), nowMs: plane.clock.now().getTime() }, key.private),
  });
  const rest: TestProxy['rest'] = async (method, path, body, headers) =>
    plane.rest(method, path, { as: await bearer(), body, headers });
  return {
    id,
    key,
    bundleKeys,
    bearer,
    rest,
    async bundle(etag) {
      const headers: Record<string, string> = etag === undefined ? {} : { 'if-none-match': etag };
      const answer = await rest('GET', '/proxies/self/bundle', undefined, headers);
      if (answer.status === 304) return null;
      const verified = await verifyBundle(answer.body as unknown as SignedBundle, {
        keys: bundleKeys,
        nowMs: plane.clock.now().getTime(),
        versionMin: 0,
      });
      if (!verified.ok) throw new Error(verified.error.message);
      return { bundle: verified.value, etag: answer.headers.get('etag') ?? '' };
    },
    async stream(lastEventId) {
      const abort = new AbortController();
      const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
      const response = await plane.response('GET', '/proxies/self/stream', { as: await bearer(), headers });
      return openStream(response, abort);
    },
  };
}

/** What a proxy that serves one connection reports of itself. */
export const heartbeatOf = (connectionId: string, parts: object = {}) => ({
  version: '1.2.3',
  startedAt: 0,
  bundleVersion: 0,
  policyVersion: 0,
  sessions: 0,
  spool: { events: 0, bytes: 0, limitBytes: 1 },
  parser: { workers: 1, killed: 0, refused: 0 },
  memoryBytes: 1,
  addedUs: { p50: 20, p95: 40, statements: 10 },
  connections: [{ connectionId, name: 'shop-prod', reachable: true, message: null, catalogAt: null }],
  listen: '127.0.0.1:6432',
  tls: true,
  ...parts,
});

/** What the catalog push of a small shop looks like. OIDs can be shifted, as after a restore. */
export function shopPush(connectionId: string, { hash = 'h1', shift = 0 } = {}) {
  const column = (attnum: number, name: string, type = 'text') => ({ attnum, name, type, notNull: false });
  return {
    connectionId,
    serverVersion: 180004,
    database: 'shop',
    hash,
    relations: [
      {
        oid: 16400 + shift,
        schema: 'public',
        name: 'customers',
        kind: 'r',
        rowsEstimate: 2000,
        bytesEstimate: 500_000,
        columns: [column(1, 'id', 'bigint'), column(2, 'email'), column(3, 'phone'), column(4, 'city')],
      },
      {
        oid: 16410 + shift,
        schema: 'public',
        name: 'orders',
        kind: 'r',
        rowsEstimate: 8000,
        bytesEstimate: 900_000,
        columns: [column(1, 'id', 'bigint'), column(2, 'customer_id', 'bigint'), column(3, 'total', 'numeric')],
      },
      {
        oid: 16420 + shift,
        schema: 'public',
        name: 'customer_emails',
        kind: 'v',
        rowsEstimate: -1,
        bytesEstimate: 0,
        columns: [column(1, 'email')],
      },
    ],
    functions: [
      {
        oid: 16500 + shift,
        schema: 'public',
        name: 'find_customer',
        arguments: 'text',
        result: 'bigint',
        language: 'sql',
      },
    ],
    foreignKeys: [
      {
        name: 'orders_customer',
        relationOid: 16410 + shift,
        columns: [2],
        referencedOid: 16400 + shift,
        referencedColumns: [1],
        onDelete: 'c',
      },
    ],
    edges: [
      { via: 'view', from: { relationOid: 16400 + shift, attnum: 2 }, to: { oid: 16420 + shift, attnum: 1 } },
      { via: 'function', from: { relationOid: 16400 + shift, attnum: 2 }, to: { oid: 16500 + shift, attnum: 0 } },
    ],
  };
}

/** A held `update public.customers …`. */
export function heldUpdate(
  parts: Pick<HeldStatement, 'connectionId' | 'identityId'> & Partial<HeldStatement>,
): HeldStatement {
  const column = { schema: 'public', relation: 'customers', column: 'email', label: 'pii.email' };
  return {
    id: randomUUID(),
    sessionId: randomUUID(),
    statement: 1,
    onBehalfOf: null,
    text: 'update public.customers set email = :text where id = :int',
    literals: null,
    literalsJwe: null,
    hash: 'a'.repeat(64),
    fingerprint: 'b'.repeat(64),
    facts: {
      kinds: ['update'],
      accesses: [{ action: 'write', verb: 'update', kind: 'relation', object: 'public.customers' }],
      classified: [{ ...column, use: 'target' }],
      hazards: [],
      functions: [],
      flows: [],
      outputs: 0,
    },
    reasons: [
      {
        rule: 'writes-need-approval/owner-approves',
        effect: 'approve',
        subject: 'public.customers',
        message: 'approval required',
      },
    ],
    rule: 'writes-need-approval/owner-approves',
    approvers: { owners: true, count: 1, expireMinutes: 60, windowMinutes: 15 },
    ownerOf: ['public.customers'],
    policyVersion: 1,
    bundleVersion: 1,
    waiting: true,
    ...parts,
  };
}
