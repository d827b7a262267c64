/** What a session's decisions rest on at one moment, and the key under which other sessions find the same rulings. */
import { type Copy, type Labels, resolveLabels, withFlows } from '#core/catalog/labels.ts';
import type { Catalog } from '#core/catalog/lookup.ts';
import type { CatalogData } from '#core/catalog/snapshot.ts';
import { residual } from '#core/policy/evaluate.ts';
import type { Residual } from '#core/policy/residual.ts';
import { splitSearchPath } from '#core/sql/search-path.ts';
import { type QueriesPort, readCatalog } from '../control/introspect.ts';
import type { ConnectionView, SessionIdentity } from '../ports.ts';
import type { GatedSession } from '../postgres/open-gate.ts';
import type { Bucket, RulingCache } from './ruling-cache.ts';

export type Context = {
  readonly view: ConnectionView;
  readonly identity: SessionIdentity;
  readonly catalog: Catalog;
  readonly data: CatalogData;
  readonly labels: Labels;
  readonly residual: Residual;
  readonly searchPath: readonly string[];
  readonly bucket: Bucket;
  /** Where a condition asks for the time: the minute this holds for. */
  readonly minute: number | null;
};

/** Objects of the session's own: temporary ones, and what its open transaction has changed. */
export type LocalCatalog = {
  /** The shared catalog it was read beside. */
  view: ConnectionView;
  catalog: Catalog;
  data: CatalogData;
  labels: Labels;
  /** There is something that no other session sees even after commit. */
  hasTemporary: boolean;
  /** Distinguishes it from every other one. */
  version: number;
};

/** What a session sees beside what everybody does; null where that is nothing. Rejects where the server does not say. */
export async function readOwn({ internal, state }: Pick<GatedSession, 'internal' | 'state'>): Promise<Own | null> {
  const ask: QueriesPort = async texts => {
    const answers = await internal(texts);
    if (answers === null) throw new Error('the catalog could not be read');
    return answers;
  };
  // Much of what DDL costs is reading the catalog: it need not be read where there can be nothing in it.
  const hasNothing = async () => (await ask(['SELECT pg_catalog.pg_my_temp_schema()']))[0]?.[0]?.[0] === '0';
  if (!state().isInTransaction && (await hasNothing())) return null;
  const data = await readCatalog(ask, 'user');
  const hasTemporary = [data.relations, data.types, data.functions].some(objects =>
    objects.some(({ schema }) => schema === data.temporarySchema),
  );
  return hasTemporary || state().isInTransaction ? { data, hasTemporary } : null;
}

type Own = Pick<LocalCatalog, 'data' | 'hasTemporary'>;

export function makeLocal(
  view: ConnectionView,
  data: CatalogData,
  { hasTemporary, version }: Pick<LocalCatalog, 'hasTemporary' | 'version'>,
): LocalCatalog {
  const { bundle } = view.applied;
  const labels = resolveLabels(data, {
    labels: bundle.labels[view.connection.id] ?? [],
    owners: bundle.owners[view.connection.id] ?? [],
  });
  return { view, catalog: view.catalog.withUser(data), data, labels, hasTemporary, version };
}

export type ContextParts = {
  view: ConnectionView;
  identity: SessionIdentity;
  session: { id: string; application: string; address: string };
  searchPath: string;
  local: LocalCatalog | null;
  /** Copies of labelled columns, and a number that changes with them. */
  flows: { list: readonly Copy[]; version: string };
  minute: number;
  cache: RulingCache;
};

/** Objects get a number when they are first seen, so that a key can name them. */
const numbers = new WeakMap<object, number>();
let lastNumber = 0;

function numberOf(object: object | null): number {
  if (object === null) return 0;
  const known = numbers.get(object);
  if (known !== undefined) return known;
  lastNumber += 1;
  numbers.set(object, lastNumber);
  return lastNumber;
}

export function makeContext(parts: ContextParts): Context {
  const { view, identity, session, local, flows, cache } = parts;
  const { principal, onBehalfOf } = identity;
  const subject = {
    principal,
    onBehalfOf,
    connection: view.connection,
    session: { application: session.application, address: session.address },
  };
  const narrowed = residual(view.applied.policies, subject);
  const minute = narrowed.timed ? parts.minute : null;
  const key = JSON.stringify([
    numberOf(view),
    numberOf(principal),
    numberOf(onBehalfOf),
    session.application,
    session.address,
    parts.searchPath,
    local === null ? null : [session.id, local.version],
    flows.version,
    minute,
  ]);
  const labels = local?.labels ?? view.labels;
  return {
    view,
    identity,
    catalog: local?.catalog ?? view.catalog,
    data: local?.data ?? view.data,
    labels: flows.list.length === 0 ? labels : withFlows(labels, flows.list),
    residual: narrowed,
    searchPath: splitSearchPath(parts.searchPath),
    bucket: cache.bucket(key, local?.data ?? view.data),
    minute,
  };
}
