/** Samples of the audit and overview contexts. */
import 'server-only';
import { randomUUID } from 'node:crypto';
import { createContentKey, sealLiterals } from '#core/event/seal.ts';
import type { Desk } from '#lib/approvals/testing.ts';
import { controlSourceId } from '#lib/audit/append.ts';
import { ingestEvents } from '#lib/audit/ingest.ts';
import { decided, pen, sessionStart } from '#lib/audit/testing.ts';
import { installationKeys } from '#lib/keys.ts';
import { list, nowhere, type Sample, type Samples } from './sample.ts';

const auditor = (desk: Desk) => desk.auditor;
const reason = 'looking into it';

/** A live session of the owner with one statement, through a proxy of its own. */
async function liveSession({ plane, owner }: Desk): Promise<string> {
  const { db } = plane.database;
  const proxy = pen(plane.clock);
  const contentKey = await createContentKey((await installationKeys(db)).literals);
  const identity = { id: owner.id, kind: 'user' as const, login: owner.login, onBehalfOf: null, tokenId: randomUUID() };
  const id = randomUUID();
  proxy.write({ type: 'proxy.key', key: contentKey.id, jwe: contentKey.jwe });
  proxy.write(sessionStart(id, { identity }));
  proxy.write(decided(id, 1, { literals: sealLiterals(contentKey, ['7']) }));
  await ingestEvents({ db, clock: plane.clock }, proxy.proxyId, proxy.lines);
  return id;
}

/** The developer may read sessions, but not this one. */
const onSession = async (desk: Desk, suffix: string): Promise<Sample> => {
  const path = `/sessions/${await liveSession(desk)}${suffix}`;
  return {
    as: desk.auditor,
    path,
    malformed: { path: `/sessions/x${suffix}`, field: 'id' },
    absent: `/sessions/${nowhere}${suffix}`,
    hidden: { as: desk.developer, path },
  };
};

const file =
  (path: string): Samples[string] =>
  desk => ({
    as: desk.auditor,
    path,
    malformed: { path: `${path}${path.includes('?') ? '&' : '?'}format=xls`, field: 'format' },
  });

export const auditSamples: Samples = {
  'audit.sessions.list': list('/sessions', auditor),
  'audit.sessions.get': desk => onSession(desk, ''),
  'audit.sessions.statements': desk => onSession(desk, '/statements'),
  'audit.sessions.kill': async desk => ({
    as: desk.admin,
    path: `/sessions/${await liveSession(desk)}/kill`,
    body: { reason },
    malformed: { body: { reason: '' }, field: 'reason' },
    absent: `/sessions/${nowhere}/kill`,
  }),
  'audit.sessions.watch': desk => ({ as: desk.auditor, path: '/sessions/live' }),
  'audit.sessions.export': file('/sessions/export'),
  'audit.statements.list': list('/statements', auditor),
  'audit.statements.get': async desk => {
    const path = `/statements/${await liveSession(desk)}.1`;
    return {
      as: desk.auditor,
      path,
      malformed: { path: '/statements/x', field: 'id' },
      absent: `/statements/${nowhere}.1`,
      hidden: { as: desk.developer, path },
    };
  },
  'audit.statements.reveal': async desk => ({
    as: desk.reviewer,
    path: `/statements/${await liveSession(desk)}.1/literals`,
    body: { reason },
    malformed: { body: { reason: '' }, field: 'reason' },
    absent: `/statements/${nowhere}.1/literals`,
  }),
  'audit.statements.export': file('/statements/export?decision=deny'),
  'audit.events.list': list('/audit', auditor),
  'audit.events.get': desk => ({
    as: desk.auditor,
    path: `/audit/${controlSourceId}.1`,
    malformed: { path: '/audit/x', field: 'id' },
    absent: `/audit/${controlSourceId}.999999999`,
  }),
  'audit.events.export': file('/audit/export?action=group.'),
  'audit.events.facets': desk => ({
    as: desk.auditor,
    path: '/audit/facets',
    malformed: { path: '/audit/facets?from=yesterday', field: 'from' },
  }),
  'audit.chain.get': desk => ({ as: desk.auditor, path: '/audit/chain' }),
  'audit.chain.verify': desk => ({
    as: desk.auditor,
    path: '/audit/chain/verify',
    body: {},
    malformed: { body: { source: 'x' }, field: 'source' },
  }),
  'audit.chain.export': desk => ({
    as: desk.auditor,
    path: `/audit/chain/${controlSourceId}/export?to=3`,
    malformed: { path: `/audit/chain/${controlSourceId}/export?from=0`, field: 'from' },
    absent: `/audit/chain/${nowhere}/export`,
  }),
  'overview.get': desk => ({
    as: desk.developer,
    path: '/overview',
    malformed: { path: '/overview?from=yesterday', field: 'from' },
  }),
};
