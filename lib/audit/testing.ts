/** A proxy's pen for tests: events numbered, chained and written as the recorder writes them. */
import { randomUUID } from 'node:crypto';
import { nextLine } from '#core/event/chain.ts';
import { type Event, type EventLine, type Facts, zeroHash } from '#core/event/schema.ts';
import { type EventBody, serialize } from '#core/event/serialize.ts';
import type { Db } from '#db/client.ts';
import { proxy } from '#db/schema/proxies.ts';

export type Pen = {
  proxyId: string;
  lines: EventLine[];
  write(body: EventBody): EventLine;
  /** The lines written since the last call. */
  take(): EventLine[];
};

export function pen(clock: { now(): Date }, proxyId: string = randomUUID()): Pen {
  const lines: EventLine[] = [];
  let taken = 0;
  return {
    proxyId,
    lines,
    write(body) {
      const time = clock.now().toISOString();
      const numbered = { v: 1, proxy: proxyId, seq: lines.length + 1, time, ...body } as Event;
      const line = nextLine(lines.at(-1)?.hash ?? zeroHash, serialize(numbered));
      lines.push(line);
      return line;
    },
    take() {
      const fresh = lines.slice(taken);
      taken = lines.length;
      return fresh;
    },
  };
}

/** Makes the pen's proxy one that was heard from at that moment. */
export async function hearFrom(db: Db, { proxyId }: Pen, at: Date): Promise<void> {
  const row = { id: proxyId, name: `pen-${proxyId.slice(0, 8)}`, host: 'h', version: '0.1.0', publicKey: {} };
  await db
    .insert(proxy)
    .values({ ...row, enrolledAt: at, lastSeenAt: at })
    .onConflictDoUpdate({ target: proxy.id, set: { lastSeenAt: at } });
}

type Body<T extends EventBody['type']> = Extract<EventBody, { type: T }>;

export const sessionStart = (session: string, more: Partial<Body<'session.start'>> = {}): Body<'session.start'> => ({
  type: 'session.start',
  session,
  connectionId: '00000000-0000-4000-8000-00000000c0de',
  connection: 'shop-prod',
  identity: {
    id: '00000000-0000-4000-8000-0000000000de',
    kind: 'user',
    login: 'dev@example.com',
    onBehalfOf: null,
    tokenId: randomUUID(),
  },
  grantId: null,
  client: { address: '192.0.2.10', port: 50_000, application: 'psql', tls: 'TLSv1.3' },
  upstreamRole: 'shop',
  bundleVersion: 1,
  ...more,
});

export const sessionEnd = (session: string, more: Partial<Body<'session.end'>> = {}): Body<'session.end'> => ({
  type: 'session.end',
  session,
  reason: 'client left',
  statements: 1,
  rows: 3,
  bytesIn: 100,
  bytesOut: 2000,
  durationMs: 1500,
  ...more,
});

export const facts = (more: Partial<Facts> = {}): Facts => ({
  kinds: ['select'],
  accesses: [{ action: 'read', verb: 'select', kind: 'relation', object: 'public.customers' }],
  classified: [{ schema: 'public', relation: 'customers', column: 'email', label: 'pii.email', use: 'output_column' }],
  hazards: [],
  functions: [],
  flows: [],
  outputs: 1,
  ...more,
});

export const decided = (session: string, statement: number, more: Partial<Body<'statement.decided'>> = {}) =>
  ({
    type: 'statement.decided',
    session,
    statement,
    text: 'select email from public.customers where id = :int',
    truncated: false,
    fingerprint: 'ab'.repeat(32),
    literals: null,
    protocol: 'simple',
    facts: facts(),
    effect: 'mask',
    reasons: [
      { rule: 'starter/mask', effect: 'mask', subject: 'public.customers.email', message: 'm', observed: false },
    ],
    requestId: null,
    policyVersion: 1,
    bundleVersion: 1,
    ...more,
  }) satisfies Body<'statement.decided'>;

export const completed = (session: string, statement: number, more: Partial<Body<'statement.completed'>> = {}) =>
  ({
    type: 'statement.completed',
    session,
    statement,
    outcome: 'ok',
    tag: 'SELECT 3',
    rows: 3,
    bytes: 300,
    maskedCells: 3,
    durationUs: 900,
    sqlstate: null,
    ...more,
  }) satisfies Body<'statement.completed'>;
