/** What of the requests people find, count and see, against a real control database. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { must } from '#core/contract/assert.ts';
import type { HeldStatement } from '#core/contract/proxy.ts';
import type { TestIdentity } from '#lib/testing.ts';
import type { requestListOutputSchema } from './schema.ts';
import { type Desk, testDesk } from './testing.ts';

const { at, rest, file, decide, detail, list } = testDesk();
let plane: Desk['plane'];
let owner: Desk['owner'];
let reviewer: Desk['reviewer'];
let developer: Desk['developer'];
let auditor: Desk['auditor'];
let agent: Desk['agent'];
beforeAll(() => {
  ({ plane, owner, reviewer, developer, auditor, agent } = at());
});

describe('the list', () => {
  it('has tabs that count what they hold', async () => {
    const { sql } = plane.database;
    await sql`update request set state = 'withdrawn' where state = 'pending'`;
    const mine = await file();
    const agents = await file({ identityId: agent.id });
    const forOwner = await list(owner, 'tab=needs_me');
    expect(forOwner.items.map(item => item.id).sort()).toEqual([mine.id, agents.id].sort());
    expect(forOwner.counts).toMatchObject({ needs_me: 2, team: 2 });
    expect(forOwner.items[0]?.canDecide).toBe(true);
    expect((await list(reviewer, 'tab=needs_me')).counts).toMatchObject({ needs_me: 0, team: 2 });
    const forDeveloper = await list(developer, 'tab=mine&state=pending');
    expect(forDeveloper.items.map(item => item.id).sort()).toEqual([mine.id, agents.id].sort());
  });

  it('shows people only what they may see', async () => {
    const stranger = await plane.identity({ roles: ['developer'] });
    const held = await file();
    expect((await list(stranger, 'tab=team')).items).toEqual([]);
    expect((await rest('GET', `/requests/${held.id}`, stranger)).status).toBe(404);
    expect((await rest('GET', `/requests/${randomUUID()}`, stranger)).body).toEqual({
      ...(await rest('GET', `/requests/${held.id}`, stranger)).body,
      instance: expect.any(String),
    });
    expect((await rest('GET', `/requests/${held.id}`, auditor)).status).toBe(200);
  });

  it('searches on the server and pages without gaps', async () => {
    const marked: HeldStatement[] = [];
    for (let index = 0; index < 5; index += 1)
      marked.push(await file({ text: `update public.customers set note = :text /* 50%_off ${index} */` }));
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: z.infer<typeof requestListOutputSchema> = await list(
        owner,
        `tab=team&q=${encodeURIComponent('50%_off')}&limit=2&cursor=${cursor}`,
      );
      seen.push(...page.items.map(item => item.id));
      cursor = page.nextCursor;
    }
    expect(seen.sort()).toEqual(marked.map(held => held.id).sort());
    expect((await list(owner, 'tab=team&q=500')).items).toEqual([]);
    expect((await rest('GET', '/requests?cursor=nonsense', owner)).status).toBe(400);
  });

  it('keeps precedents at hand', async () => {
    const fingerprint = 'c'.repeat(64);
    const before = await file({ fingerprint });
    await decide(before.id, owner, 'deny');
    const now = await file({ fingerprint });
    expect((await detail(now.id)).precedent).toMatchObject([
      { id: before.id, state: 'denied', reason: 'because deny', decidedBy: [{ id: owner.id }] },
    ]);
  });

  it('follows what happens, and resumes where it was left', async () => {
    const follow = async (as: TestIdentity, lastEventId: string) => {
      const headers = { 'last-event-id': lastEventId };
      const response = await plane.response('GET', '/requests/watch', { as, headers });
      const reader = must(response.body, 'a stream').pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      return {
        async until(needle: string) {
          while (!text.includes(needle)) text += must((await reader.read()).value, 'more of the stream');
          return text;
        },
        close: () => reader.cancel(),
      };
    };
    const other = await plane.identity({ roles: ['developer'] });
    const [{ now }] = await plane.database.sql<[{ now: string }]>`select max(id)::text as now from outbox`;
    const [first, stranger] = [await follow(owner, now), await follow(other, now)];
    const held = await file();
    const seen = await first.until(held.id);
    expect(seen).toContain('"type":"created"');
    await first.close();
    await decide(held.id, owner);
    const resumed = await follow(owner, must(/^id: (\d+)$/m.exec(seen)?.[1], 'an id'));
    expect(await resumed.until('approved')).toContain(held.id);
    await resumed.close();
    const own = await file({ identityId: other.id });
    expect(await stranger.until(own.id)).not.toContain(held.id);
    await stranger.close();
  });
});
