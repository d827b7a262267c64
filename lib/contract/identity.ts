/** Samples of the identity context. */
import 'server-only';
import type { Desk } from '#lib/approvals/testing.ts';
import { makePasswordLink } from '#lib/identity/password-link.ts';
import { transact } from '#lib/transaction.ts';
import { list, nowhere, type Samples } from './sample.ts';

const admin = (desk: Desk) => desk.admin;
const developer = (desk: Desk) => desk.developer;

let count = 0;
const unique = (prefix: string): string => `${prefix}-${++count}`;

const newGroup = async ({ plane, admin: as }: Desk): Promise<string> =>
  String((await plane.rest('POST', '/groups', { as, body: { name: unique('group') } })).body.id);

const newToken = async ({ plane, developer: as }: Desk): Promise<string> =>
  String((await plane.rest('POST', '/tokens', { as, body: {} })).body.jti);

const newApiToken = async ({ plane, developer: as }: Desk): Promise<string> => {
  const input = { name: unique('token'), permissions: ['catalog:read'] };
  const { body } = await plane.rpc('identity/apiTokens/create', input, { as });
  return (body as { apiToken: { id: string } }).apiToken.id;
};

const newDevice = async ({ plane }: Desk) => (await plane.rest('POST', '/device', { body: {} })).body;

const newWebSession = async ({ plane, developer: as }: Desk): Promise<string> =>
  String((await plane.rpc('identity/me/get', {}, { as })).body.sessionId);

export const identitySamples: Samples = {
  'identity.me.get': desk => ({ as: desk.developer, path: '/me' }),
  'identity.me.permissions': desk => ({ as: desk.developer, path: '/me/permissions' }),
  'identity.me.owns': desk => ({ as: desk.developer, path: '/me/agents' }),
  'identity.signInOptions': () => ({ path: '/sign-in' }),
  'identity.identities.list': list('/identities', admin),
  'identity.identities.get': desk => ({
    as: desk.admin,
    path: `/identities/${desk.developer.id}`,
    malformed: { path: '/identities/x', field: 'id' },
    absent: `/identities/${nowhere}`,
  }),
  'identity.identities.create': desk => ({
    as: desk.admin,
    path: '/identities',
    body: { kind: 'user', login: `${unique('person')}@example.com`, displayName: 'Person' },
    malformed: { body: { kind: 'user', login: 'a b', displayName: 'Person' }, field: 'login' },
  }),
  'identity.identities.update': desk => ({
    as: desk.admin,
    path: `/identities/${desk.auditor.id}`,
    body: { displayName: 'Auditor' },
    malformed: { body: { roles: ['king'] }, field: 'roles.0' },
    absent: `/identities/${nowhere}`,
  }),
  'identity.passwords.makeLink': desk => ({
    as: desk.admin,
    path: `/identities/${desk.auditor.id}/password-link`,
    body: {},
    malformed: { path: '/identities/x/password-link', field: 'id' },
    absent: `/identities/${nowhere}/password-link`,
  }),
  'identity.passwords.setByLink': async ({ plane, reviewer }) => {
    const { db } = plane.database;
    const on = { db, clock: plane.clock };
    const { url } = await transact(on, tx => makePasswordLink(tx, reviewer.id, plane.clock.now()));
    const link = new URLSearchParams(new URL(url).hash.slice(1)).get('link');
    const body = { link, password: 'correct horse battery' };
    return { path: '/password', body, malformed: { body: { link, password: 'short' }, field: 'password' } };
  },
  'identity.passwords.change': desk => ({
    // The reviewer, whose password the sample before has set.
    as: desk.reviewer,
    path: '/me/password',
    body: { current: 'correct horse battery', password: 'another horse battery' },
    malformed: { body: { current: 'x', password: '' }, field: 'password' },
  }),
  'identity.groups.list': list('/groups', admin),
  'identity.groups.get': async desk => ({
    as: desk.admin,
    path: `/groups/${await newGroup(desk)}`,
    malformed: { path: '/groups/x', field: 'id' },
    absent: `/groups/${nowhere}`,
  }),
  'identity.groups.create': desk => ({
    as: desk.admin,
    path: '/groups',
    body: { name: unique('group') },
    malformed: { body: { name: 'A Group' }, field: 'name' },
  }),
  'identity.groups.update': async desk => ({
    as: desk.admin,
    path: `/groups/${await newGroup(desk)}`,
    body: { add: [desk.developer.id] },
    malformed: { body: { add: ['x'] }, field: 'add.0' },
    absent: `/groups/${nowhere}`,
  }),
  'identity.groups.delete': async desk => ({
    as: desk.admin,
    path: `/groups/${await newGroup(desk)}`,
    malformed: { path: '/groups/x', field: 'id' },
    absent: `/groups/${nowhere}`,
  }),
  'identity.tokens.issue': desk => ({
    as: desk.developer,
    path: '/tokens',
    body: { ttlMinutes: 5 },
    malformed: { body: { ttlMinutes: 481 }, field: 'ttlMinutes' },
  }),
  'identity.tokens.list': list('/tokens', developer),
  'identity.tokens.revoke': async desk => {
    const path = `/tokens/${await newToken(desk)}/revoke`;
    return {
      as: desk.developer,
      path,
      body: {},
      malformed: { path: '/tokens/x/revoke', field: 'id' },
      absent: `/tokens/${nowhere}/revoke`,
      hidden: { as: desk.auditor, path },
    };
  },
  'identity.apiTokens.create': desk => ({
    as: desk.developer,
    isRpc: true,
    path: 'identity/apiTokens/create',
    body: { name: unique('token'), permissions: ['catalog:read'] },
    malformed: { body: { name: '', permissions: ['catalog:read'] }, field: 'name' },
  }),
  'identity.apiTokens.list': list('/api-tokens', developer),
  'identity.apiTokens.revoke': async desk => {
    const path = `/api-tokens/${await newApiToken(desk)}/revoke`;
    return {
      as: desk.developer,
      path,
      body: {},
      malformed: { path: '/api-tokens/x/revoke', field: 'id' },
      absent: `/api-tokens/${nowhere}/revoke`,
      hidden: { as: desk.auditor, path },
    };
  },
  'identity.device.start': () => ({
    path: '/device',
    body: { clientName: 'weir' },
    malformed: { body: { clientName: 7 }, field: 'clientName' },
  }),
  'identity.device.get': async desk => ({
    as: desk.developer,
    path: `/device/${(await newDevice(desk)).userCode}`,
    malformed: { path: '/device/abc', field: 'userCode' },
    absent: '/device/BBBB-BBBB',
  }),
  'identity.device.approve': async desk => ({
    as: desk.developer,
    path: `/device/${(await newDevice(desk)).userCode}/approve`,
    body: {},
    malformed: { body: { ttlMinutes: 0 }, field: 'ttlMinutes' },
    absent: '/device/BBBB-BBBB/approve',
  }),
  'identity.device.deny': async desk => ({
    as: desk.developer,
    path: `/device/${(await newDevice(desk)).userCode}/deny`,
    body: {},
    malformed: { path: '/device/abc/deny', field: 'userCode' },
    absent: '/device/BBBB-BBBB/deny',
  }),
  'identity.device.poll': async desk => ({
    path: '/device/token',
    body: { deviceCode: (await newDevice(desk)).deviceCode },
    malformed: { body: { deviceCode: 'x' }, field: 'deviceCode' },
    isSilent: true,
  }),
  'identity.webSessions.list': list('/web-sessions', developer),
  'identity.webSessions.revoke': async desk => {
    const path = `/web-sessions/${await newWebSession(desk)}/revoke`;
    return {
      as: desk.developer,
      path,
      body: {},
      malformed: { path: '/web-sessions/x/revoke', field: 'id' },
      absent: `/web-sessions/${nowhere}/revoke`,
      hidden: { as: desk.auditor, path },
    };
  },
};
