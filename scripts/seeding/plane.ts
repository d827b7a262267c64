/** The control plane called in process: the same procedures that serve REST and the browser, with an identity as the caller. */
import { randomUUID } from 'node:crypto';
import { createRouterClient } from '@orpc/server';
import { eq } from 'drizzle-orm';
import { must } from '#core/contract/assert.ts';
import { type Database, openDatabase } from '#db/client.ts';
import { identity } from '#db/schema/identity.ts';
import { hashPassword } from '#lib/auth/password.ts';
import { identityCaller } from '#lib/identity/caller.ts';
import { type BaseContext, systemClock } from '#lib/orpc/context.ts';
import { publicErrors } from '#lib/orpc/error.ts';
import { type AppClient, router } from '#lib/router.ts';
import { recordEvent, transact } from '#lib/transaction.ts';
import type { SeedIdentity } from './document.ts';

export type Plane = {
  database: Database;
  /** The procedures, called as the person, agent or service account with this login. */
  as(login: string): Promise<AppClient>;
  idOf(login: string): Promise<string>;
  close(): Promise<void>;
};

export function openPlane(url: string): Plane {
  const database = openDatabase(url, { poolSize: 4 });
  const { db, sql } = database;
  const rowOf = async (login: string) => {
    const [row] = await db.select().from(identity).where(eq(identity.login, login));
    return must(row, `there is an identity ${login}`);
  };
  return {
    database,
    async as(login) {
      const caller = await identityCaller(db, await rowOf(login), { sessionId: randomUUID() });
      const request = { ...jobRequest(), id: randomUUID() };
      const context: BaseContext = { caller: { ...caller, sessionId: null }, db, sql, clock: systemClock, request };
      return createRouterClient(router, { context, interceptors: [publicErrors] });
    },
    idOf: async login => (await rowOf(login)).id,
    close: database.close,
  };
}

const jobRequest = (): BaseContext['request'] => ({
  id: randomUUID(),
  via: 'job',
  address: null,
  userAgent: null,
  idempotencyKey: null,
  ifMatch: null,
});

export async function isEmpty({ database }: Plane): Promise<boolean> {
  const [row] = await database.db.select({ id: identity.id }).from(identity).limit(1);
  return row === undefined;
}

/** Nobody can create the first identity but the installation itself; its event says so. */
export async function createFirstAdmin({ database }: Plane, first: SeedIdentity, password: string): Promise<void> {
  const { login, displayName, roles } = first;
  const passwordHash = await hashPassword(password);
  await transact({ db: database.db, clock: systemClock }, async tx => {
    const values = { kind: 'user' as const, login, displayName, roles: [...roles], passwordHash };
    const [row] = await tx.insert(identity).values(values).returning({ id: identity.id });
    recordEvent(tx, {
      action: 'identity.create',
      target: { type: 'identity', id: must(row, 'the identity was inserted').id, label: login },
      before: null,
      after: { kind: 'user', login, displayName, roles },
      actor: { type: 'system', id: null, login: 'installation' },
      request: { id: randomUUID(), via: 'job', address: null },
    });
  });
}
