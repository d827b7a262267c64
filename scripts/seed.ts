/** Fills an empty installation, as its own process so that the supervisor does not carry the control plane's code with it. */
import fs from 'node:fs';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { must } from '#core/contract/assert.ts';
import { proxy } from '#db/schema/proxies.ts';
import { administrator, bareInstallation, demoInstallation, developer, people } from './demo/installation.ts';
import { applyClassification, applyInstallation } from './seeding/apply.ts';
import { isEmpty, openPlane, type Plane } from './seeding/plane.ts';
import { writePrivate } from './supervisor/state.ts';

/** What the supervisor wants done. */
const orderSchema = z.object({
  demo: z.boolean(),
  /** What the proxy is called. */
  proxyName: z.string(),
  /** Where the proxy keeps its identity once it is enrolled. */
  proxyState: z.string(),
  /** Where a token of the demo's developer is left (0600). */
  tokenFile: z.string(),
});
export type SeedOrder = z.infer<typeof orderSchema>;

export type SeedMessage = {
  type: 'installed';
  enrolToken: string | null;
  people: { login: string; what: string }[];
};

const tokenMinutes = 480;
const catalogTimeoutMs = 120_000;

async function main(): Promise<void> {
  const order = orderSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
  const plane = openPlane(must(process.env.DATABASE_URL, 'DATABASE_URL is set'));
  const document = order.demo ? demoInstallation() : bareInstallation();
  if (await isEmpty(plane)) {
    await applyInstallation(plane, document, must(process.env.WEIR_DEMO_PASSWORD, 'WEIR_DEMO_PASSWORD is set'));
  }
  const shown = order.demo ? people : people.slice(0, 1);
  const message: SeedMessage = {
    type: 'installed',
    enrolToken: await enrolToken(plane, order),
    people: shown.map(({ login, what }) => ({ login, what })),
  };
  process.send?.(message);
  if (order.demo) {
    const { token } = await (await plane.as(developer)).identity.tokens.issue({ ttlMinutes: tokenMinutes });
    writePrivate(order.tokenFile, token);
    await applyClassification(plane, document, catalogTimeoutMs);
  }
  await plane.close();
  process.disconnect?.();
}

/** Null when the proxy is enrolled. One that the database does not know, because it was set up anew, is enrolled again. */
async function enrolToken(plane: Plane, order: SeedOrder): Promise<string | null> {
  const file = path.join(order.proxyState, 'enrolment.json');
  if (fs.existsSync(file)) {
    const { proxyId } = z.object({ proxyId: z.uuid() }).parse(JSON.parse(fs.readFileSync(file, 'utf8')));
    const [known] = await plane.database.db.select({ id: proxy.id }).from(proxy).where(eq(proxy.id, proxyId));
    if (known) return null;
    fs.rmSync(order.proxyState, { recursive: true, force: true });
  }
  const api = await plane.as(administrator.login);
  const { token } = await api.proxies.enrolments.create({ name: order.proxyName, ttlMinutes: 60 });
  return token;
}

process.on('disconnect', () => process.exit(1));
await main();
process.exit(0);
