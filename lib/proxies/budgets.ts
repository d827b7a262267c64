/** Budgets over all proxies: each tells what it has counted and hears of the others. People read what an identity has left. */
import 'server-only';
import { and, eq, gt, sql } from 'drizzle-orm';
import { type BudgetReport, budgetUsesMax } from '#core/contract/proxy.ts';
import { compilePolicies } from '#core/policy/compile.ts';
import { identityMatches } from '#core/policy/match.ts';
import { type BudgetUnit, budgetUnits, type Policy } from '#core/policy/schema.ts';
import { limitWords } from '#core/policy/words.ts';
import type { Db, Tx } from '#db/client.ts';
import { budgetUse } from '#db/schema/proxies.ts';
import { seesEverybody } from '#lib/audit/visible.ts';
import type { Job } from '#lib/jobs/scheduler.ts';
import { proxyCommand, query } from '#lib/orpc/base.ts';
import { notFound } from '#lib/orpc/error.ts';
import { principalOf } from '#lib/policy/principals.ts';
import { currentPolicySet } from '#lib/policy/set.ts';
import { whereOf } from '#lib/policy/words.ts';
import {
  budgetAnswerSchema,
  budgetReportSchema,
  type IdentityLimits,
  identityLimitsInputSchema,
  identityLimitsOutputSchema,
} from './schema.ts';

/** A transaction that began before this may still commit what it wrote then. */
const overlapMs = 15_000;
/** Windows that have been over for longer than this are forgotten. */
const keptMs = 7 * 24 * 3_600_000;

async function storeUses(tx: Tx, proxyId: string, { instance, uses }: BudgetReport, at: Date): Promise<void> {
  if (uses.length === 0) return;
  // Ordered, because two reports must not wait for each other crosswise.
  await tx.execute(sql`
    insert into budget_use as held
      (rule, identity_id, unit, window_minutes, starts_at, instance, proxy_id, used, updated_at)
    select u.rule, u."identityId", u.unit, u."windowMinutes", to_timestamp(u."startsAt" / 1000.0), ${instance}::uuid,
      ${proxyId}::uuid, u.used, ${at.toISOString()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(uses)}::jsonb)
      as u(rule text, "identityId" uuid, unit text, "windowMinutes" int, "startsAt" float8, used float8)
    order by 2, 1, 3, 4, 5
    on conflict on constraint budget_use_pk do update
      set used = greatest(held.used, excluded.used), updated_at = excluded.updated_at
      where held.proxy_id = excluded.proxy_id`);
}

type OthersRow = {
  rule: string;
  identityId: string;
  unit: BudgetUnit;
  windowMinutes: number;
  startsAt: number;
  used: number;
  updatedAt: number;
};

/** Of every budget that some other counter has moved since, what all others have together. */
function othersOf(tx: Tx, { instance, since }: BudgetReport, now: Date): Promise<readonly OthersRow[]> {
  const from = new Date(Math.max(0, since - overlapMs)).toISOString();
  return tx.execute<OthersRow>(sql`
    select o.rule, o.identity_id as "identityId", o.unit, o.window_minutes as "windowMinutes",
      (extract(epoch from o.starts_at) * 1000)::float8 as "startsAt", sum(o.used)::float8 as used,
      (extract(epoch from max(o.updated_at)) * 1000)::float8 as "updatedAt"
    from budget_use o
    where o.instance <> ${instance}::uuid
      and o.starts_at + make_interval(mins => o.window_minutes) > ${now.toISOString()}::timestamptz
    group by o.rule, o.identity_id, o.unit, o.window_minutes, o.starts_at
    having max(o.updated_at) >= ${from}::timestamptz
    order by max(o.updated_at)
    limit ${budgetUsesMax}`);
}

export const exchangeBudgets = proxyCommand({ ignoresKey: true })
  .route({
    method: 'POST',
    path: '/proxies/self/budgets',
    tags: ['Data plane'],
    summary: 'Report what was taken from budgets, and hear what other proxies let take',
  })
  .input(budgetReportSchema)
  .output(budgetAnswerSchema)
  .handler(async ({ context: { tx, clock, caller }, input }) => {
    const now = clock.now();
    await storeUses(tx, caller.id, input, now);
    const others = await othersOf(tx, input, now);
    // A full answer is continued from its last entry; what is heard twice changes nothing.
    const through = others.length < budgetUsesMax ? now.getTime() : (others.at(-1)?.updatedAt ?? now.getTime());
    const uses = others.map(({ updatedAt: _, ...use }) => ({ ...use, startsAt: Math.round(use.startsAt) }));
    return { result: { uses, through: Math.floor(through) }, audit: null };
  });

type Used = { rule: string; unit: BudgetUnit; windowMinutes: number; startsAt: Date; used: number };

/** All counters together, of windows that go on. */
async function usedBy(db: Db, identityId: string, now: Date): Promise<Used[]> {
  const { rule, unit, windowMinutes, startsAt, used } = budgetUse;
  return db
    .select({ rule, unit, windowMinutes, startsAt, used: sql<number>`sum(${used})::float8` })
    .from(budgetUse)
    .where(
      and(
        eq(budgetUse.identityId, identityId),
        gt(sql`${startsAt} + make_interval(mins => ${windowMinutes})`, sql`${now.toISOString()}::timestamptz`),
      ),
    )
    .groupBy(rule, unit, windowMinutes, startsAt);
}

type Limit = IdentityLimits['limits'][number];

function limitsFrom(policies: readonly Policy[], used: readonly Used[], now: Date): Limit[] {
  return compilePolicies(policies, 0).policies.flatMap(({ policy, rules }) =>
    rules.flatMap(({ id, rule, observed }): Limit[] => {
      if (rule.effect !== 'limit') return [];
      const { budget } = rule;
      const windowMs = (budget?.windowMinutes ?? 0) * 60_000;
      const startsAt = windowMs === 0 ? 0 : Math.floor(now.getTime() / windowMs) * windowMs;
      const budgets = budgetUnits.flatMap(unit => {
        const max = budget?.[unit];
        if (budget === undefined || max === undefined) return [];
        const found = used.find(
          each => each.rule === id && each.unit === unit && each.windowMinutes === budget.windowMinutes,
        );
        const resetsAt = new Date(startsAt + windowMs).toISOString();
        return [{ unit, max, used: found?.used ?? 0, windowMinutes: budget.windowMinutes, resetsAt }];
      });
      const what = limitWords(rule);
      return [{ policy: policy.name, rule: rule.id, where: whereOf(policy), enforced: !observed, what, budgets }];
    }),
  );
}

export const readIdentityLimits = query({ permission: 'session:read' })
  .route({
    method: 'GET',
    path: '/identities/{id}/limits',
    tags: ['Policies'],
    summary: 'Read which limits policies set for an identity, and what it has used of its budgets',
  })
  .input(identityLimitsInputSchema)
  .output(identityLimitsOutputSchema)
  .handler(async ({ context: { db, clock, caller }, input: { id } }) => {
    const principal = await principalOf(db, id);
    const isOwn = principal !== null && (principal.id === caller.id || principal.ownerId === caller.id);
    if (principal === null || !(isOwn || seesEverybody(caller))) throw notFound('identity');
    const now = clock.now();
    const [set, used] = await Promise.all([currentPolicySet(db), usedBy(db, id, now)]);
    const about = set.policies.filter(
      policy =>
        identityMatches(policy.identities, principal) &&
        (policy.except === undefined || !identityMatches(policy.except, principal)),
    );
    return { limits: limitsFrom(about, used, now) };
  });

export const budgetJobs: readonly Job[] = [
  {
    name: 'proxies.forget_budgets',
    everySeconds: 3600,
    run: async ({ db, clock }) => {
      const before = new Date(clock.now().getTime() - keptMs).toISOString();
      await db.execute(
        sql`delete from budget_use where starts_at + make_interval(mins => window_minutes) < ${before}::timestamptz`,
      );
    },
  },
];
