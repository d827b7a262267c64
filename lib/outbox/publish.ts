/** The sending side of the outbox: messages are rows, numbered in commit order, and a notification says that there are some. */
import 'server-only';
import { sql } from 'drizzle-orm';
import type { StreamMessage } from '#core/contract/proxy.ts';
import type { Tx } from '#db/client.ts';
import { outbox } from '#db/schema/identity.ts';

/** What is told to whom. */
export type Message =
  /** To one proxy, as it goes out on its stream; `key` is the proxy's id. */
  | { topic: 'proxy'; key: string; payload: StreamMessage }
  /** To every proxy. */
  | { topic: 'proxies'; key: ''; payload: StreamMessage }
  /** Something that bundles are made of has changed: identities, tokens, policies, labels, owners, grants, connections. */
  | { topic: 'bundle'; key: ''; payload: { reason: string } }
  /** An approval request was filed, voted on, decided, withdrawn; `key` is its id. */
  | { topic: 'request'; key: string; payload: { state: string; type?: string; at?: string } }
  /** A web session or an API token ended, or what the identity may do has changed; `key` is its id. */
  | { topic: 'signout'; key: string; payload: { sessionId: string | null } };
export type Topic = Message['topic'];

export const outboxChannel = 'weir_outbox';
export const pokeChannel = 'weir_poke';

/** Serialises numbering with committing: without it a reader could see 5, move on, and never see 4. Taken last. */
const numberingLock = 7_305_181_141;

export async function writeMessages(tx: Tx, messages: readonly Message[]): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${numberingLock})`);
  await tx.insert(outbox).values(messages.map(({ topic, key, payload }) => ({ topic, key, payload })));
  await tx.execute(sql`select pg_notify(${outboxChannel}, '')`);
}

/** A hint that something changed, for views that read again. May be lost; costs no row. `key` is at most 100 characters. */
export async function poke(tx: Tx, topic: PokeTopic, key: string): Promise<void> {
  await tx.execute(sql`select pg_notify(${pokeChannel}, ${`${topic} ${key}`})`);
}

/** `sessions` carries the proxy's id, `proxies` the proxy's id. */
export type PokeTopic = 'sessions' | 'proxies' | 'catalog';
