/** The proxy's gate and recorder in this process: the shipped policies, a given catalog, a spool on disk. */
import { randomUUID } from 'node:crypto';
import { resolveLabels } from '#core/catalog/labels.ts';
import { catalogOf } from '#core/catalog/lookup.ts';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import { must } from '#core/contract/assert.ts';
import { ok } from '#core/contract/error.ts';
import { generateSealingKey } from '#core/identity/key.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { Connection, Jwk } from '#core/policy/bundle.ts';
import { parsePolicyYaml } from '#core/policy/document.ts';
import { analyze } from '#core/sql/analyze.ts';
import { loadParser } from '#core/sql/parse.ts';
import { appliedBundle } from '#proxy/control/bundle.ts';
import { Budgets } from '#proxy/enforce/budgets.ts';
import { Gate } from '#proxy/enforce/gate.ts';
import type { Clock, ConnectionView, SessionIdentity } from '#proxy/ports.ts';
import { realDisk } from '#proxy/record/disk.ts';
import { SpoolRecorder } from '#proxy/record/recorder.ts';
import { Spool, spoolDefaults } from '#proxy/record/spool.ts';
import { benchConnection, benchInstallation, benchLogin } from './installation.ts';

export type Governor = {
  gate: Gate;
  recorder: SpoolRecorder;
  clock: Clock;
  identity: SessionIdentity;
  spoolBytes(): number;
  close(): Promise<void>;
};

const connection: Connection = {
  id: randomUUID(),
  name: benchConnection,
  engine: 'postgresql',
  environment: 'production',
  region: 'local',
  tags: {},
};

const principal: Principal = {
  id: randomUUID(),
  kind: 'user',
  login: benchLogin,
  displayName: 'Developer',
  groups: [],
  roles: ['developer'],
  ownerId: null,
  enabled: true,
};

export async function makeGovernor(directory: string, data: CatalogData): Promise<Governor> {
  await loadParser();
  const literals = (await generateSealingKey()).public as Jwk;
  const bundle = {
    schema: 1 as const,
    version: 1,
    policyVersion: 1,
    issuedAt: Date.now(),
    expiresAt: Date.now() + 86_400_000,
    connections: [connection],
    policies: benchInstallation().policies.map(text => must(parsePolicyYaml(text).policy, 'a shipped policy is valid')),
    identities: [principal],
    labels: {},
    owners: {},
    grants: [],
    revokedTokens: [],
    keys: { tokens: [literals], literals, mask: 'A'.repeat(43) },
    consoleUrl: 'http://127.0.0.1:3000',
  };
  const catalog = catalogOf(data);
  const labels = resolveLabels(data, { labels: [], owners: [] });
  const applied = appliedBundle(bundle, 1);
  const view: ConnectionView = { applied, connection, catalog, data, labels, generation: 1 };
  const clock: Clock = { nowMs: () => Date.now(), nowUs: () => performance.now() * 1000 };
  const spool = new Spool({ ...spoolDefaults, directory, disk: realDisk });
  const recorder = new SpoolRecorder({ spool, clock, proxyId: randomUUID() });
  // biome-ignore lint/correctness/useHookAtTopLevel: it is no hook
  await recorder.useLiteralsKey(literals);
  const gate = new Gate({
    views: { of: () => ok(view), refresh: () => Promise.resolve(ok(view)) },
    recorder,
    clock,
    analyse: ({ text, settings }) => Promise.resolve(analyze(text, catalog, settings)),
    retire: () => {},
    budgets: new Budgets(),
  });
  return {
    gate,
    recorder,
    clock,
    identity: {
      principal,
      onBehalfOf: null,
      tokenId: randomUUID(),
      tokenExpiresAt: Date.now() + 86_400_000,
      connection,
      grant: null,
    },
    spoolBytes: () => spool.state.bytes,
    close: () => spool.close(),
  };
}
