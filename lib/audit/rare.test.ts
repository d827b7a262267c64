/** Looking for the few statements about one table in a log that is mostly about others: found by the table, not by walking the log. */
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestIdentity, type TestPlane, testPlane } from '#lib/testing.ts';
import { facetsOfLatest } from './events.ts';
import { statementConditions } from './filter.ts';
import { newestOfFewStatements } from './rows.ts';

let plane: TestPlane;
let auditor: TestIdentity;
const rare = 12;
const common = 20_000;
beforeAll(async () => {
  plane = await testPlane();
  auditor = await plane.identity({ roles: ['auditor'] });
  const { db } = plane.database;
  await db.execute(sql`
    insert into session (id, proxy_id, connection_id, connection, identity_id, identity_kind, login, token_id, client_address,
      client_port, application, upstream_role, started_at, active_at)
    values ('00000000-0000-4000-8000-000000000001', gen_random_uuid(), gen_random_uuid(), 'shop', gen_random_uuid(), 'user',
      'somebody@example.com', gen_random_uuid(), '127.0.0.1', 1, 'psql', 'shop', now(), now())`);
  await db.execute(sql`insert into statement_text values (sha256('x'), 'select :int')`);
  await db.execute(sql`
    insert into statement (session_id, number, proxy_id, seq, time, connection_id, identity_id, text_hash, effect, kinds,
      relations, labels, hazards, policy_version, has_literals)
    select '00000000-0000-4000-8000-000000000001', n, gen_random_uuid(), n, now() - make_interval(secs => n),
      gen_random_uuid(), gen_random_uuid(), sha256('x'), 'allow', '{select}',
      case when n > ${common}::int then array['public.rare', '*.rare'] else array['public.common', '*.common'] end,
      '{}', '{}', 1, false
    from generate_series(1, ${common + rare}::int) n`);
  await db.execute(sql`analyze statement, session, statement_text`);
}, 60_000);
afterAll(() => plane.close());

it('counts what there is to filter by among the latest events alone, and says so', async () => {
  const { db } = plane.database;
  const events = facetsOfLatest + 500;
  await db.execute(sql`
    insert into event (source, seq, time, type, actor_login, target_type, listed, prev, hash, body)
    select '00000000-0000-4000-8000-00000000feed', n, ${plane.clock.now().toISOString()}::timestamptz - make_interval(secs => n),
      case when n > ${facetsOfLatest}::int then 'old.news' else 'session.read' end, 'a' || n % 3, 'session', true,
      sha256('p'), sha256('h'), '{}'
    from generate_series(1, ${events}::int) n`);
  const { body } = await plane.rest('GET', '/audit/facets', { as: auditor });
  expect(body).toMatchObject({ latest: facetsOfLatest, targets: [{ value: 'session', count: facetsOfLatest }] });
  expect((body.actions as { value: string }[]).map(each => each.value)).toEqual(['session.read']);
});

it('goes through the index on objects', async () => {
  const { db } = plane.database;
  const found = newestOfFewStatements(db, await statementConditions(db, { table: 'rare' })).limit(51);
  const lines = await db.execute<{ 'QUERY PLAN': string }>(sql`explain ${found}`);
  const plan = lines.map(line => line['QUERY PLAN']).join('\n');
  expect(plan).toContain('statement_objects');
  expect(plan).not.toMatch(/statement_time|Seq Scan on statement\b/);
});

it('pages through the rare and through the common in one order', async () => {
  const numbers = async (table: string, pages: number): Promise<number[]> => {
    const seen: number[] = [];
    let cursor = '';
    for (let page = 0; page < pages; page++) {
      const { body } = await plane.rest('GET', `/statements?table=${table}&limit=5&cursor=${cursor}`, { as: auditor });
      seen.push(...(body.items as { number: number }[]).map(item => item.number));
      cursor = (body.nextCursor as string | null) ?? '';
    }
    return seen;
  };
  expect(await numbers('rare', 3)).toEqual(Array.from({ length: rare }, (_, at) => common + 1 + at));
  expect(await numbers('public.common', 2)).toEqual(Array.from({ length: 10 }, (_, at) => at + 1));
});
