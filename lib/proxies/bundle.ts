/**
 * The bundle every proxy is given. Its version goes up when its content changes and at no other time; signature and expiry are
 * renewed well before it expires. Any replica may make it: a lock lets one do so, and the same content gives the same bytes.
 */
import 'server-only';
import { createHash } from 'node:crypto';
import { desc, eq, sql } from 'drizzle-orm';
import { must } from '#core/contract/assert.ts';
import type { SignedBundle } from '#core/policy/bundle.ts';
import { signBundle } from '#core/policy/sign.ts';
import type { Db, Sql, Tx } from '#db/client.ts';
import { outbox } from '#db/schema/identity.ts';
import { bundle } from '#db/schema/proxies.ts';
import type { Job } from '#lib/jobs/scheduler.ts';
import { installationKeys } from '#lib/keys.ts';
import { log } from '#lib/log.ts';
import type { Clock } from '#lib/orpc/context.ts';
import { subscribe } from '#lib/outbox/subscribe.ts';
import { publish, transact } from '#lib/transaction.ts';
import { type BundleContent, readContent } from './bundle-content.ts';

export const bundleLifetimeMs = 24 * 3_600_000;
/** Renewed when less is left, so that a proxy can do without the control plane for at least this long. */
export const bundleRenewalMs = 12 * 3_600_000;

/** Clocks of replicas differ by less. */
const clockSkewMs = 60_000;

const makingLock = 7_305_181_142;
/** After a failure; the job tries as well. */
const retryMs = 1000;

export type CurrentBundle = { version: number; etag: string; signed: SignedBundle };
type Head = typeof bundle.$inferSelect;
type On = { db: Db; clock: Clock };

const etagOf = ({ version, issuedAt }: Head): string => `"${version}-${issuedAt.getTime()}"`;

async function readHead(db: Db | Tx): Promise<Head | null> {
  const [head] = await db.select().from(bundle).orderBy(desc(bundle.version)).limit(1);
  return head ?? null;
}

/** The last change that bundles have to follow; 0 when there was none lately. */
async function lastChange(db: Db | Tx): Promise<number> {
  const [row] = await db
    .select({ id: sql<number>`coalesce(max(${outbox.id}), 0)::float8` })
    .from(outbox)
    .where(eq(outbox.topic, 'bundle'));
  return row?.id ?? 0;
}

/** Also one from the future: a clock was set back, and the bundle would be good for longer than a bundle may be. */
const isDue = (head: Head, now: Date): boolean => {
  const leftMs = head.expiresAt.getTime() - now.getTime();
  return leftMs < bundleRenewalMs || leftMs > bundleLifetimeMs + clockSkewMs;
};

type Making = { head: Head | null; content: BundleContent; through: number; now: Date };

/** The head for this content: the same, renewed, or a new version. Says so to proxies where there is something to fetch. */
async function settleHead(tx: Tx, { head, content, through, now }: Making): Promise<Head> {
  const contentHash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  const isSame = head !== null && head.contentHash === contentHash;
  if (isSame && !isDue(head, now)) {
    await tx.update(bundle).set({ builtThrough: through }).where(eq(bundle.version, head.version));
    return { ...head, builtThrough: through };
  }
  const times = { issuedAt: now, expiresAt: new Date(now.getTime() + bundleLifetimeMs), builtThrough: through };
  const version = isSame ? head.version : (head?.version ?? 0) + 1;
  const values = { version, policyVersion: content.policyVersion, contentHash, createdAt: now, ...times };
  const [settled] = await tx
    .insert(bundle)
    .values(values)
    .onConflictDoUpdate({ target: bundle.version, set: times })
    .returning();
  publish(tx, { topic: 'proxies', key: '', payload: { type: 'bundle', version } });
  return must(settled, 'an upsert gives a row');
}

async function make(on: On): Promise<CurrentBundle> {
  const keys = await installationKeys(on.db);
  const now = on.clock.now();
  const { head, content } = await transact(on, async tx => {
    await tx.execute(sql`select pg_advisory_xact_lock(${makingLock})`);
    // Read before the content, so that a change in between is seen as one that is not in it yet.
    const through = await lastChange(tx);
    const [before, content] = await Promise.all([readHead(tx), readContent(tx, keys, now)]);
    return { head: await settleHead(tx, { head: before, content, through, now }), content };
  });
  const times = { issuedAt: head.issuedAt.getTime(), expiresAt: head.expiresAt.getTime() };
  const signed = await signBundle({ ...content, version: head.version, ...times }, keys.bundle);
  return { version: head.version, etag: etagOf(head), signed };
}

const kept = new WeakMap<object, CurrentBundle>();
const underWay = new WeakMap<object, Promise<CurrentBundle>>();

async function check(on: On): Promise<CurrentBundle> {
  const [head, changed] = await Promise.all([readHead(on.db), lastChange(on.db)]);
  const held = kept.get(on.db);
  const isFresh = head !== null && head.builtThrough >= changed && !isDue(head, on.clock.now());
  if (isFresh && held?.etag === etagOf(head)) return held;
  const made = await make(on);
  kept.set(on.db, made);
  return made;
}

/** The bundle as of now: every change that was committed before the call is in it. Callers at the same time share the work. */
export async function currentBundle(on: On): Promise<CurrentBundle> {
  // What is under way may have looked before the latest change: wait for it, and look again.
  await underWay.get(on.db)?.catch(() => undefined);
  const running = underWay.get(on.db);
  if (running) return running;
  const started = check(on).finally(() => underWay.delete(on.db));
  underWay.set(on.db, started);
  return started;
}

export async function currentVersion(db: Db | Tx): Promise<{ version: number; policyVersion: number }> {
  const head = await readHead(db);
  return { version: head?.version ?? 0, policyVersion: head?.policyVersion ?? 0 };
}

const keepers = new WeakMap<object, AbortController>();

/** Follows every change at once, for as long as the process lives. Started by the first proxy that connects to this replica. */
export function keepBundle(on: On & { sql: Sql }): void {
  if (keepers.has(on.db)) return;
  const controller = new AbortController();
  keepers.set(on.db, controller);
  void follow(on, controller.signal).finally(() => keepers.delete(on.db));
}

async function follow(on: On & { sql: Sql }, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      // A subscription that fell behind ends: look at the present state, and go on from there.
      for await (const _ of subscribe({ sql: on.sql }, { topics: ['bundle'], signal })) await currentBundle(on);
    } catch (error) {
      log().error({ err: error }, 'the bundle could not be made');
      await new Promise(resolve => setTimeout(resolve, retryMs));
    }
  }
}

/** Ends what `keepBundle` started; for tests and shutdown. */
export function releaseBundle(db: Db): void {
  keepers.get(db)?.abort();
}

/** Renewal, and whatever a lost notification left undone. */
export const bundleJobs: readonly Job[] = [
  { name: 'proxies.bundle', everySeconds: 15, run: async on => void (await currentBundle(on)) },
];
