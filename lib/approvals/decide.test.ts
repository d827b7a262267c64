/** Who may decide a request, and what happens when several people or proxies act at the same time, against a real control database. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createContentKey, sealLiterals } from '#core/event/seal.ts';
import type { TestIdentity } from '#lib/testing.ts';
import { candidatesMax } from './eligible.ts';
import { type Desk, distinctHash, testDesk } from './testing.ts';

const { at, rest, file, decide, detail, claim, auditOf, expire } = testDesk();
let plane: Desk['plane'];
let proxy: Desk['proxy'];
let connectionId: Desk['connectionId'];
let admin: Desk['admin'];
let owner: Desk['owner'];
let reviewer: Desk['reviewer'];
let developer: Desk['developer'];
let auditor: Desk['auditor'];
let agent: Desk['agent'];
beforeAll(() => {
  ({ plane, proxy, connectionId, admin, owner, reviewer, developer, auditor, agent } = at());
});

describe('separation of duties', () => {
  const anyReviewer = {
    approvers: { owners: false, roles: ['reviewer' as const], count: 1, expireMinutes: 60, windowMinutes: 15 },
  };

  it('keeps requesters from deciding their own', async () => {
    const held = await file({ identityId: owner.id, ...anyReviewer, ownerOf: [] });
    const own = await decide(held.id, owner);
    expect([own.status, own.body.detail]).toEqual([403, 'you may not decide this request: you made it']);
    expect((await detail(held.id, owner)).viewer).toMatchObject({ canDecide: false, canWithdraw: true });
    expect((await decide(held.id, reviewer)).status).toBe(200);
  });

  it('keeps the owner of an agent from deciding what it asks', async () => {
    const mine = await plane.identity({ kind: 'agent', ownerId: reviewer.id });
    const held = await file({ identityId: mine.id, ...anyReviewer, ownerOf: [] });
    expect((await decide(held.id, reviewer)).body.detail).toContain('you own the agent that made it');
    expect((await decide(held.id, owner)).status).toBe(200);
  });

  it('keeps a former owner of the agent from it as well', async () => {
    const passed = await plane.identity({ kind: 'agent', ownerId: reviewer.id });
    const held = await file({ identityId: passed.id, ...anyReviewer, ownerOf: [] });
    await plane.database.sql`update identity set owner_id = ${developer.id} where id = ${passed.id}`;
    expect((await decide(held.id, reviewer)).status).toBe(403);
  });

  it('keeps the person an agent acts for from deciding', async () => {
    const held = await file({ identityId: agent.id, onBehalfOf: owner.id });
    expect((await decide(held.id, owner)).body.detail).toContain('the person it was made for');
  });

  it('approves nothing of a disabled identity, and says so; denying it is fine', async () => {
    const leaver = await plane.identity({ roles: ['developer'] });
    const asked = await file({ identityId: leaver.id });
    const agentOf = await plane.identity({ kind: 'agent', ownerId: leaver.id });
    const agentsAsked = await file({ identityId: agentOf.id });
    await plane.database.sql`update identity set enabled = false where id = ${leaver.id}`;
    for (const held of [asked, agentsAsked]) {
      const answer = await decide(held.id, owner);
      expect([answer.status, answer.body.detail]).toEqual([
        409,
        expect.stringMatching(/ is disabled: what it asked for cannot be approved/),
      ]);
      expect((await detail(held.id)).state).toBe('pending');
      expect((await decide(held.id, owner, 'deny')).status).toBe(200);
    }
  });

  it('says of what is over how it ended, and who ended it', async () => {
    const withdrawn = await file();
    await rest('POST', `/requests/${withdrawn.id}/withdraw`, developer, { reason: '' });
    expect((await decide(withdrawn.id, owner)).body.detail).toBe(
      'the request is withdrawn already, by dev@example.com',
    );
    const expired = await file();
    plane.clock.advance(61 * 60_000);
    const sentence = 'the request has expired: nobody decided in time. Who made it can make it again';
    // Before and after that was noted.
    expect((await decide(expired.id, owner)).body.detail).toBe(sentence);
    await expire();
    expect((await decide(expired.id, owner)).body).toMatchObject({ status: 409, detail: sentence });
  });

  it('lets only those decide whom the rule names', async () => {
    const held = await file();
    expect((await decide(held.id, reviewer)).body.detail).toContain('no rule of the request names you');
    expect((await decide(held.id, developer)).status).toBe(403);
    expect((await decide(held.id, auditor)).status).toBe(403);
    expect((await decide(held.id, admin)).status).toBe(403);
  });

  it('lets no agent decide, whatever its roles', async () => {
    const robot = await plane.identity({ kind: 'agent', roles: ['reviewer'], ownerId: reviewer.id });
    const held = await file({ ...anyReviewer, ownerOf: [] });
    expect((await decide(held.id, robot)).status).toBe(403);
  });

  it('needs as many different people as the rule says', async () => {
    const second = await plane.identity({ roles: ['reviewer'] });
    const held = await file({ approvers: { ...anyReviewer.approvers, count: 2 }, ownerOf: [] });
    expect((await decide(held.id, reviewer)).body).toMatchObject({
      state: 'pending',
      votes: { approved: 1, needed: 2 },
    });
    expect((await decide(held.id, reviewer)).body.detail).toContain('you have voted already');
    expect((await decide(held.id, second)).body).toMatchObject({
      state: 'approved',
      votes: { approved: 2, needed: 2 },
    });
  });

  it('needs the owner of every table, not just of one', async () => {
    const set = { schema: 'public', relation: 'orders', owner: { identity: reviewer.id } };
    await rest('PUT', `/catalog/${connectionId}/owners`, admin, set);
    const held = await file({ ownerOf: ['public.customers', 'public.orders'] });
    expect((await decide(held.id, owner)).body.state).toBe('pending');
    expect((await detail(held.id)).approvers.needs[0]).toMatchObject({ uncovered: ['public.orders'], ownerless: [] });
    expect((await decide(held.id, reviewer)).body.state).toBe('approved');
  });

  it("says of which table nobody can give the owner's vote", async () => {
    const held = await file({ ownerOf: ['hr.pay'] });
    expect((await detail(held.id)).approvers.needs[0]).toMatchObject({ uncovered: ['hr.pay'], ownerless: ['hr.pay'] });
  });

  it('needs what every rule asks for', async () => {
    const further = [{ rule: 'four-eyes/second', ...anyReviewer, ownerOf: [] }];
    const held = await file({ further });
    expect((await decide(held.id, reviewer)).body.state).toBe('pending');
    expect((await decide(held.id, owner)).body.state).toBe('approved');
  });

  it('lets the owner of a schema stand in for tables without one', async () => {
    const set = { schema: 'public', relation: null, owner: { group: 'data-owners' } };
    const { sql } = plane.database;
    await sql`insert into identity_group (name) values ('data-owners')`;
    await sql`insert into group_member select id, ${reviewer.id} from identity_group where name = 'data-owners'`;
    await rest('PUT', `/catalog/${connectionId}/owners`, admin, set);
    const unowned = await file({ ownerOf: ['public.customer_emails'] });
    expect((await decide(unowned.id, reviewer)).body.state).toBe('approved');
    const owned = await file({ ownerOf: ['public.customers'] });
    expect((await decide(owned.id, reviewer)).status).toBe(403);
  });
});

describe('names', () => {
  it('of objects that hold dots and quotes have their owners as well, and nobody else’s', async () => {
    const { sql } = plane.database;
    const owned = [
      ['public', 'my.table'],
      ['odd.schema', null],
      ['say "hi"', 'x'],
    ] as const;
    for (const [schema, relation] of owned)
      await sql`
        insert into object_owner (connection_id, schema, relation, identity_id, at)
        values (${connectionId}, ${schema}, ${relation}, ${reviewer.id}, now())`;
    for (const object of ['public."my.table"', '"odd.schema".plain', '"say ""hi""".x']) {
      const held = await file({ ownerOf: [object] });
      expect((await detail(held.id, reviewer)).approvers.needs[0]).toMatchObject({ ownerless: [] });
      expect((await decide(held.id, reviewer)).body.state).toBe('approved');
    }
    for (const object of ['my.table', 'odd."schema.plain"']) {
      const held = await file({ ownerOf: [object] });
      expect((await decide(held.id, reviewer)).status).toBe(403);
    }
  });
});

describe('reasons', () => {
  it('hold nothing that a terminal would obey', async () => {
    const held = await file();
    const reason = 'fine\u001b[2J \u202e\u009b31m\r\nby me\u0007';
    const body = { verdict: 'deny', reason };
    expect((await rest('POST', `/requests/${held.id}/decisions`, owner, body)).status).toBe(200);
    expect((await detail(held.id)).voteList).toMatchObject([{ reason: 'fine[2J 31m\nby me' }]);
    const empty = await rest('POST', `/requests/${(await file()).id}/decisions`, owner, { ...body, reason: '\u001b' });
    expect(empty.body).toMatchObject({ status: 400, issues: [{ path: 'reason' }] });
  });
});

describe('at the same time', () => {
  it('two decisions: one wins, the other is told who was first', async () => {
    const held = await file({
      approvers: { owners: true, roles: ['reviewer'], count: 1, expireMinutes: 60, windowMinutes: 15 },
    });
    const answers = await Promise.all([decide(held.id, owner), decide(held.id, reviewer, 'deny')]);
    expect(answers.map(answer => answer.status).sort()).toEqual([200, 409]);
    const lost = answers.find(answer => answer.status === 409);
    expect(lost?.body.detail).toMatch(/the request is (approved|denied) already, by (owner|reviewer)@example\.com/);
    const { sql } = plane.database;
    const [votes] = await sql`select count(*)::int as cast from request_vote where request_id = ${held.id}`;
    expect(votes?.cast).toBe(1);
  });

  it('many claims of one approval: one gets it', async () => {
    const held = await file({ waiting: false, hash: distinctHash() });
    await decide(held.id, owner);
    const answers = await Promise.all(Array.from({ length: 8 }, () => claim(held)));
    const got = answers.filter(answer => answer.body.requestId !== null);
    expect(answers.every(answer => answer.status === 200)).toBe(true);
    expect(got.map(answer => answer.body.requestId)).toEqual([held.id]);
    expect((await claim(held)).body.requestId).toBeNull();
    expect(await auditOf('request.claim', held.id)).toHaveLength(1);
  });
});

describe('literals', () => {
  it('are opened for those who decide, with a reason, and that is recorded', async () => {
    const literalsKey = (await proxy.bundle())?.bundle.keys.literals;
    const contentKey = await createContentKey(literalsKey);
    const literals = sealLiterals(contentKey, ['someone@example.com', '42']);
    const held = await file({ literals, literalsJwe: contentKey.jwe });
    const open = (as: TestIdentity) =>
      rest('POST', `/requests/${held.id}/literals`, as, { reason: 'to see which row' });
    expect((await open(reviewer)).status).toBe(403);
    expect((await open(developer)).status).toBe(403);
    expect((await open(owner)).body).toEqual({ literals: ['someone@example.com', '42'] });
    const [entry] = await auditOf('request.read_literals', held.id);
    expect(entry).toMatchObject({ reason: 'to see which row', after: { count: 2 } });
    expect(JSON.stringify(entry)).not.toContain('someone@example.com');
    expect((await detail(held.id)).timeline.at(-1)).toMatchObject({ type: 'literals_read', actor: { id: owner.id } });
  });

  it('are opened for each of those who decide, however many they are', async () => {
    const contentKey = await createContentKey((await proxy.bundle())?.bundle.keys.literals as never);
    const literals = sealLiterals(contentKey, ['42']);
    const approvers = { owners: false, groups: ['many'], count: 1, expireMinutes: 60, windowMinutes: 15 };
    const held = await file({ approvers, ownerOf: [], literals, literalsJwe: contentKey.jwe });
    const last = await plane.identity({ roles: ['reviewer'], login: 'zz@example.com' });
    const { sql } = plane.database;
    await sql`insert into identity_group (name) values ('many')`;
    await sql`
      insert into identity (kind, login, display_name, roles)
      select 'user', 'm' || n || '@example.com', 'm', '{reviewer}' from generate_series(1, ${candidatesMax}) n`;
    await sql`
      insert into group_member select g.id, i.id from identity_group g, identity i
      where g.name = 'many' and (i.login like 'm%@example.com' or i.id = ${last.id})`;
    expect((await detail(held.id, last)).viewer).toMatchObject({ canDecide: true, canReadLiterals: true });
    const opened = await rest('POST', `/requests/${held.id}/literals`, last, { reason: 'to see which row' });
    expect(opened.body).toEqual({ literals: ['42'] });
  });
});
