/** A control plane without a console, filled from a document: for the corpus, the benchmark and wire tests. Its own process. */
import { z } from 'zod';
import { must } from '#core/contract/assert.ts';
import { benchInstallation } from '../bench/installation.ts';
import { boot } from '../instrumentation-node.ts';
import { corpusInstallation } from './corpus/installation.ts';
import { serveRest } from './rig/serve.ts';
import { applyClassification, applyInstallation } from './seeding/apply.ts';
import { openPlane, type Plane } from './seeding/plane.ts';
import { until } from './wait.ts';

const orderSchema = z.object({
  port: z.number().int(),
  proxyName: z.string(),
  world: z.discriminatedUnion('kind', [
    /** The corpus', with these canaries. */
    z.object({ kind: z.literal('corpus'), canaries: z.string() }),
    z.object({ kind: z.literal('bench') }),
  ]),
});
export type PlaneOrder = z.infer<typeof orderSchema>;

export type PlaneMessage =
  | { type: 'listening'; enrolToken: string; tokens: Record<string, string> }
  /** Labels are set, and every proxy has the bundle that carries them. */
  | { type: 'classified' };

const tokenMinutes = 480;
const readyTimeoutMs = 60_000;

async function main(): Promise<void> {
  const order = orderSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
  const { world } = order;
  const document = world.kind === 'corpus' ? corpusInstallation(world.canaries) : benchInstallation();
  const plane = openPlane(must(process.env.DATABASE_URL, 'DATABASE_URL is set'));
  await applyInstallation(plane, document, 'nobody signs in here');
  await boot();
  await serveRest(order.port);
  const admin = await plane.as(must(document.identities[0], 'an administrator').login);
  const { token: enrolToken } = await admin.proxies.enrolments.create({ name: order.proxyName, ttlMinutes: 10 });
  const tokens: Record<string, string> = {};
  for (const { login, owner, roles } of document.identities) {
    if (!roles.includes('developer')) continue;
    const issuer = await plane.as(owner ?? login);
    const identityId = owner === undefined ? undefined : await plane.idOf(login);
    tokens[login] = (await issuer.identity.tokens.issue({ ttlMinutes: tokenMinutes, identityId })).token;
  }
  tell({ type: 'listening', enrolToken, tokens });
  await applyClassification(plane, document, readyTimeoutMs);
  await proxiesAreCurrent(plane, document.identities[0]?.login ?? '');
  tell({ type: 'classified' });
}

const tell = (message: PlaneMessage): void => {
  process.send?.(message);
};

async function proxiesAreCurrent(plane: Plane, login: string): Promise<void> {
  const api = await plane.as(login);
  const current = async () => {
    const { items } = await api.proxies.list({ limit: 50 });
    return items.length > 0 && items.every(({ bundle }) => bundle.applied === bundle.current);
  };
  await until('the proxy to have the current bundle', current, { timeoutMs: readyTimeoutMs, everyMs: 100 });
}

process.on('disconnect', () => process.exit(0));
await main();
