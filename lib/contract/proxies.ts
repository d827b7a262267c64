/** Samples of the proxies context: the fleet, and the side that proxies themselves call. */
import 'server-only';
import { randomUUID } from 'node:crypto';
import { generateSigningKey } from '#core/identity/key.ts';
import { type Desk, distinctHash } from '#lib/approvals/testing.ts';
import { pen } from '#lib/audit/testing.ts';
import { enrolTestProxy, heldUpdate, shopPush } from '#lib/proxies/testing.ts';
import { approvedRequest, heldRequest } from './approvals.ts';
import { list, nowhere, type Samples } from './sample.ts';

const admin = (desk: Desk) => desk.admin;

async function openEnrolment({ plane, admin: as }: Desk) {
  const { body } = await plane.rest('POST', '/enrolments', { as, body: {} });
  return body as { id: string; token: string };
}

const heartbeat = {
  version: '1.0.0',
  startedAt: 1,
  bundleVersion: 1,
  policyVersion: 1,
  sessions: 0,
  spool: { events: 0, bytes: 0, limitBytes: 1 },
  parser: { workers: 1, killed: 0, refused: 0 },
  memoryBytes: 1,
  addedUs: { p50: 0, p95: 0, statements: 0 },
  connections: [],
  listen: '127.0.0.1:6432',
  tls: true,
};

const impact = {
  planRows: 1,
  planCost: 1,
  exactRows: 1,
  exactMs: 1,
  tableRows: 2000,
  cascades: [],
  triggers: [],
  lock: null,
  note: null,
  computedAt: 1,
};

export const proxySamples: Samples = {
  'proxies.list': list('/proxies', admin),
  'proxies.get': desk => ({
    as: desk.admin,
    path: `/proxies/${desk.proxy.id}`,
    malformed: { path: '/proxies/x', field: 'id' },
    absent: `/proxies/${nowhere}`,
  }),
  'proxies.revoke': async desk => ({
    as: desk.admin,
    path: `/proxies/${(await enrolTestProxy(desk.plane, desk.admin, 'edge-9')).id}/revoke`,
    body: { reason: 'replaced' },
    malformed: { body: { reason: '' }, field: 'reason' },
    absent: `/proxies/${nowhere}/revoke`,
  }),
  'proxies.enrolments.create': desk => ({
    as: desk.admin,
    path: '/enrolments',
    body: { ttlMinutes: 5 },
    malformed: { body: { ttlMinutes: 0 }, field: 'ttlMinutes' },
  }),
  'proxies.enrolments.list': list('/enrolments', admin),
  'proxies.enrolments.revoke': async desk => ({
    as: desk.admin,
    path: `/enrolments/${(await openEnrolment(desk)).id}/revoke`,
    body: {},
    malformed: { path: '/enrolments/x/revoke', field: 'id' },
    absent: `/enrolments/${nowhere}/revoke`,
  }),
  'proxies.plane.enrol': async desk => {
    const { token } = await openEnrolment(desk);
    const publicKey = (await generateSigningKey()).public;
    const body = { token, name: 'edge-8', version: '1.0.0', host: 'test', publicKey };
    return { path: '/proxies/enrol', body, malformed: { body: { ...body, name: 'Not A Name' }, field: 'name' } };
  },
  'proxies.plane.bundle': () => ({
    as: 'proxy',
    path: '/proxies/self/bundle',
    malformed: { path: '/proxies/self/bundle?wait=900', field: 'query.wait' },
  }),
  'proxies.plane.stream': () => ({ as: 'proxy', path: '/proxies/self/stream' }),
  'proxies.plane.events': desk => {
    const events = pen(desk.plane.clock, desk.proxy.id);
    events.write({ type: 'proxy.start', version: '1.0.0', host: 'test' });
    const body = JSON.stringify(events.lines[0]);
    const headers = { 'content-type': 'application/x-ndjson' };
    return { as: 'proxy', path: '/proxies/self/events', body, headers };
  },
  'proxies.plane.catalog': desk => ({
    as: 'proxy',
    path: `/proxies/self/catalogs/${desk.connectionId}`,
    body: shopPush(desk.connectionId),
    malformed: { body: { ...shopPush(desk.connectionId), serverVersion: 'x' }, field: 'serverVersion' },
    absent: `/proxies/self/catalogs/${nowhere}`,
    isSilent: true,
  }),
  'proxies.plane.heartbeat': () => ({
    as: 'proxy',
    path: '/proxies/self/heartbeat',
    body: heartbeat,
    malformed: { body: { ...heartbeat, sessions: 'x' }, field: 'sessions' },
    isSilent: true,
  }),
  'proxies.plane.file': desk => {
    const on = { connectionId: desk.connectionId, identityId: desk.developer.id, hash: distinctHash() };
    const body = heldUpdate({ ...on, sessionId: randomUUID() });
    return {
      as: 'proxy',
      path: '/proxies/self/requests',
      body,
      malformed: { body: { ...body, hash: 'x' }, field: 'hash' },
    };
  },
  'proxies.plane.impact': async desk => ({
    as: 'proxy',
    path: `/proxies/self/requests/${await heldRequest(desk)}/impact`,
    body: impact,
    malformed: { body: { ...impact, planRows: 'x' }, field: 'planRows' },
    absent: `/proxies/self/requests/${nowhere}/impact`,
    isSilent: true,
  }),
  'proxies.identityLimits': desk => ({
    as: desk.developer,
    path: `/identities/${desk.developer.id}/limits`,
    malformed: { path: '/identities/x/limits', field: 'id' },
    absent: `/identities/${nowhere}/limits`,
    hidden: { as: desk.developer, path: `/identities/${desk.admin.id}/limits` },
  }),
  'proxies.plane.budgets': () => ({
    as: 'proxy',
    path: '/proxies/self/budgets',
    body: { instance: nowhere, uses: [], since: 0 },
    malformed: { body: { instance: nowhere, uses: 7, since: 0 }, field: 'uses' },
    isSilent: true,
  }),
  'proxies.plane.withdraw': async desk => ({
    as: 'proxy',
    path: `/proxies/self/requests/${await heldRequest(desk)}/withdraw`,
    body: {},
    malformed: { body: { reason: 7 }, field: 'reason' },
    absent: `/proxies/self/requests/${nowhere}/withdraw`,
  }),
  'proxies.plane.result': async desk => ({
    as: 'proxy',
    path: `/proxies/self/requests/${await approvedRequest(desk)}/result`,
    body: { outcome: 'ok', rows: 1, sqlstate: null },
    malformed: { body: { outcome: 'fine', rows: 1, sqlstate: null }, field: 'outcome' },
    absent: `/proxies/self/requests/${nowhere}/result`,
  }),
  'proxies.plane.claim': desk => ({
    as: 'proxy',
    path: '/proxies/self/approvals/claim',
    body: { hash: distinctHash(), connectionId: desk.connectionId, identityId: desk.developer.id },
    malformed: { body: { hash: 'x', connectionId: desk.connectionId, identityId: nowhere }, field: 'hash' },
    isSilent: true,
  }),
};
