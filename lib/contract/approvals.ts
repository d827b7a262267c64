/** Samples of the approvals context. */
import 'server-only';
import { randomUUID } from 'node:crypto';
import { createContentKey, sealLiterals } from '#core/event/seal.ts';
import { type Desk, distinctHash } from '#lib/approvals/testing.ts';
import { installationKeys } from '#lib/keys.ts';
import { heldUpdate } from '#lib/proxies/testing.ts';
import { list, nowhere, type Sample, type Samples } from './sample.ts';

const reason = 'as agreed with the owner';

/** Held for the developer, to be decided by the owner of the table. */
export async function heldRequest(desk: Desk): Promise<string> {
  const { plane, proxy, connectionId, developer } = desk;
  const contentKey = await createContentKey((await installationKeys(plane.database.db)).literals);
  const literals = sealLiterals(contentKey, ['a@example.com']);
  const on = { connectionId, identityId: developer.id, sessionId: randomUUID(), hash: distinctHash() };
  const held = heldUpdate({ ...on, literals, literalsJwe: contentKey.jwe });
  const answer = await proxy.rest('POST', '/proxies/self/requests', held);
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return held.id;
}

export async function approvedRequest(desk: Desk): Promise<string> {
  const id = await heldRequest(desk);
  const body = { verdict: 'approve', reason };
  await desk.plane.rest('POST', `/requests/${id}/decisions`, { as: desk.owner, body });
  return id;
}

/** Access that the developer asked for and the reviewer gave. */
async function activeGrant({ plane, admin, reviewer, developer }: Desk): Promise<string> {
  const made = { name: `granted-${randomUUID().slice(0, 8)}`, environment: 'dev', region: 'eu' };
  const connectionId = (await plane.rest('POST', '/connections', { as: admin, body: made })).body.id;
  const ask = { connectionId, durationMinutes: 30, reason };
  const asked = await plane.rest('POST', '/access/requests', { as: developer, body: ask });
  const body = { verdict: 'approve', reason };
  await plane.rest('POST', `/requests/${asked.body.id}/decisions`, { as: reviewer, body });
  const { items } = (await plane.rest('GET', '/grants', { as: reviewer })).body as { items: Grant[] };
  const found = items.find(each => each.connection.id === connectionId);
  if (!found) throw new Error('the grant is active');
  return found.id;
}
type Grant = { id: string; connection: { id: string } };

const onRequest = (id: string, verb: string): Pick<Sample, 'path' | 'absent'> => ({
  path: `/requests/${id}/${verb}`,
  absent: `/requests/${nowhere}/${verb}`,
});

/** A developer who has nothing to do with any of it. */
const stranger = ({ plane }: Desk) => plane.identity({ roles: ['developer'] });

export const approvalSamples: Samples = {
  'approvals.requests.list': list('/requests', desk => desk.owner),
  'approvals.requests.watch': desk => ({
    as: desk.owner,
    path: '/requests/watch',
    malformed: { path: '/requests/watch?id=x', field: 'id' },
  }),
  'approvals.requests.get': async desk => {
    const path = `/requests/${await heldRequest(desk)}`;
    return {
      as: desk.owner,
      path,
      malformed: { path: '/requests/x', field: 'id' },
      absent: `/requests/${nowhere}`,
      hidden: { as: await stranger(desk), path },
    };
  },
  'approvals.requests.decide': async desk => ({
    as: desk.owner,
    ...onRequest(await heldRequest(desk), 'decisions'),
    body: { verdict: 'deny', reason },
    malformed: { body: { verdict: 'maybe', reason }, field: 'verdict' },
  }),
  'approvals.requests.withdraw': async desk => {
    const on = onRequest(await heldRequest(desk), 'withdraw');
    return {
      as: desk.developer,
      ...on,
      body: {},
      malformed: { body: { reason: 7 }, field: 'reason' },
      hidden: { as: await stranger(desk), path: on.path },
    };
  },
  'approvals.requests.revoke': async desk => ({
    as: desk.owner,
    ...onRequest(await approvedRequest(desk), 'revoke'),
    body: { reason },
    malformed: { body: { reason: '' }, field: 'reason' },
  }),
  'approvals.requests.statement': async desk => ({
    as: desk.owner,
    ...onRequest(await heldRequest(desk), 'literals'),
    body: { reason },
    malformed: { body: { reason: '' }, field: 'reason' },
  }),
  'approvals.access.request': desk => ({
    as: desk.developer,
    path: '/access/requests',
    body: { connectionId: desk.connectionId, durationMinutes: 30, reason },
    malformed: { body: { connectionId: desk.connectionId, durationMinutes: 0, reason }, field: 'durationMinutes' },
  }),
  'approvals.access.mine': list('/connections/mine', desk => desk.developer),
  'approvals.grants.list': list('/grants', desk => desk.reviewer),
  'approvals.grants.revoke': async desk => {
    const path = `/grants/${await activeGrant(desk)}/revoke`;
    return {
      as: desk.reviewer,
      path,
      body: { reason },
      malformed: { body: { reason: '' }, field: 'reason' },
      absent: `/grants/${nowhere}/revoke`,
      hidden: { as: await stranger(desk), path },
    };
  },
};
