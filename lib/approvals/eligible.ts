/**
 * Who may decide a request. One definition in SQL, used from both ends: for the list of a person (which requests?), for the page
 * of a request (which people?), and for the count of votes. `i` is an identity, `n` one of its needs.
 */
import 'server-only';
import { type SQL, sql } from 'drizzle-orm';
import { rolePermissions, roles } from '#core/identity/role.ts';
import type { Db, Tx } from '#db/client.ts';
import type { RequestNeed } from '#db/schema/approvals.ts';
import type { exclusionReasons } from './schema.ts';

const decidingRoles = roles.filter(role => rolePermissions[role].includes('approval:decide'));
const textArray = (items: readonly string[]): SQL =>
  sql`array[${sql.join(
    items.map(item => sql`${item}`),
    sql`, `,
  )}]::text[]`;

const groupsOf = sql`coalesce((
  select array_agg(g.name) from group_member m join identity_group g on g.id = m.group_id where m.identity_id = i.id
), '{}')`;

/** As `qualifiedName` writes a part: in double quotes where it holds a dot or a quote. */
const part = (column: SQL): SQL =>
  sql`(case when ${column} ~ '[".]' then '"' || replace(${column}, '"', '""') || '"' else ${column} end)`;
const qualified = (table: SQL): SQL => sql`${part(sql`${table}.schema`)} || '.' || ${part(sql`${table}.relation`)}`;
const schemaOf = (table: SQL): SQL => sql`${part(sql`${table}.schema`)} || '.'`;
const w = sql`w`;

/** `i` owns the object named by `o.name`: the relation itself, or the schema around a relation that has no owner of its own. */
const ownsObject = sql`exists (
  select from object_owner w
  where w.connection_id = request.connection_id and (w.identity_id = i.id or w.group_name = any(${groupsOf})) and (
    ${qualified(w)} = o.name
    or (w.relation is null and starts_with(o.name, ${schemaOf(w)}) and not exists (
      select from object_owner own
      where own.connection_id = request.connection_id and ${qualified(sql`own`)} = o.name))))`;

/** By role or group, whatever the objects. */
const qualifiesDirectly = sql`(
  coalesce(n.need->'approvers'->'roles' ?| i.roles, false)
  or coalesce(n.need->'approvers'->'groups' ?| ${groupsOf}, false))`;

const ownedObjects = sql`array(
  select o.name from jsonb_array_elements_text(n.need->'ownerOf') as o(name)
  where (n.need->'approvers'->>'owners')::boolean and ${ownsObject})`;

const qualifies = sql`exists (
  select from jsonb_array_elements(request.needs) as n(need)
  where ${qualifiesDirectly} or cardinality(${ownedObjects}) > 0)`;

const mayDecide = sql`(i.kind = 'user' and i.enabled and i.roles && ${textArray(decidingRoles)})`;

/** Separation of duties: not the requester, not who answers for it (then or now), not the person it acts for. */
const isSeparate = sql`(
  i.id <> request.identity_id
  and i.id is distinct from request.identity_owner_id
  and i.id is distinct from (select a.owner_id from identity a where a.id = request.identity_id)
  and i.id is distinct from request.on_behalf_of)`;

const hasVoted = sql`exists (select from request_vote v where v.request_id = request.id and v.identity_id = i.id)`;

/** True when the identity may vote on the pending request now. */
export const isEligible = sql`(${mayDecide} and ${isSeparate} and not ${hasVoted} and ${qualifies})`;

export async function mayVote(db: Db | Tx, requestId: string, identityId: string): Promise<boolean> {
  const [row] = await db.execute<{ eligible: boolean }>(sql`
    select ${isEligible} as eligible from request, identity i where request.id = ${requestId} and i.id = ${identityId}`);
  return row?.eligible === true;
}

export type Exclusion = (typeof exclusionReasons)[number];
export type Candidate = { id: string; eligible: boolean; because: string; exclusion: Exclusion | null };

/** People a page lists; beyond that a rule names too many to be read. */
export const candidatesMax = 100;

/**
 * Everybody the rules name, with what keeps them from voting. Those they act for come in even where no rule names them. With `only`,
 * that one, however many there are.
 */
export async function candidatesFor(db: Db | Tx, requestId: string, only?: string): Promise<Candidate[]> {
  const rows = await db.execute<{ id: string; exclusion: Exclusion | null; direct: boolean; eligible: boolean }>(sql`
    select i.id,
      case
        when i.id = request.identity_id then 'requester'
        when i.id = request.on_behalf_of then 'acts_for'
        when not ${isSeparate} then 'owner_of_agent'
        when ${hasVoted} then 'already_voted'
        when i.kind <> 'user' then 'not_a_person'
        when not i.enabled then 'disabled'
        when not (i.roles && ${textArray(decidingRoles)}) then 'not_permitted'
      end as exclusion,
      exists (select from jsonb_array_elements(request.needs) as n(need) where ${qualifiesDirectly}) as direct,
      ${isEligible} as eligible
    from request, identity i
    where request.id = ${requestId} and (${qualifies} or not ${isSeparate}) ${only ? sql`and i.id = ${only}` : sql``}
    order by eligible desc, i.login
    limit ${candidatesMax}`);
  return rows.map(({ id, exclusion, direct, eligible }) => ({
    id,
    eligible,
    exclusion,
    because: direct ? 'has a role or group the rule names' : 'owns what is touched',
  }));
}

/** What the votes cast so far are worth. */
export type Quorum = {
  met: boolean;
  /** Approving votes that count now: of people who still may decide. */
  approved: number;
  needed: number;
  needs: { approved: number; uncovered: string[] }[];
};

type VoteWorth = { ord: number; identityId: string; direct: boolean; owned: string[] };

/**
 * Every need must have its votes, and every object whose owners are asked the vote of its owner, or of somebody the rule names
 * besides. Votes of people who have lost the right since do not count.
 */
export function quorumOf(needs: readonly RequestNeed[], votes: readonly VoteWorth[]): Quorum {
  const met = needs.map((need, index) => {
    const worth = votes.filter(vote => vote.ord === index && (vote.direct || vote.owned.length > 0));
    const isCovered = (object: string) => worth.some(vote => vote.direct || vote.owned.includes(object));
    const uncovered = need.approvers.owners ? need.ownerOf.filter(object => !isCovered(object)) : [];
    return { approved: worth.length, uncovered };
  });
  return {
    met:
      needs.length > 0 &&
      met.every(({ approved, uncovered }, index) => {
        const needed = needs[index]?.approvers.count ?? Number.POSITIVE_INFINITY;
        return approved >= needed && uncovered.length === 0;
      }),
    approved: new Set(votes.map(vote => vote.identityId)).size,
    needed: Math.max(1, ...needs.map(need => need.approvers.count)),
    needs: met,
  };
}

/** Those of a request's objects that have no owner at all, nor their schema: nobody can give an owner's vote for them. */
export async function ownerlessOf(db: Db | Tx, requestId: string): Promise<ReadonlySet<string>> {
  const rows = await db.execute<{ name: string }>(sql`
    select distinct o.name
    from request
    cross join jsonb_array_elements(request.needs) as n(need)
    cross join jsonb_array_elements_text(n.need->'ownerOf') as o(name)
    where request.id = ${requestId} and not exists (
      select from object_owner w
      where w.connection_id = request.connection_id
        and (${qualified(w)} = o.name or (w.relation is null and starts_with(o.name, ${schemaOf(w)}))))`);
  return new Set(rows.map(row => row.name));
}

export async function countVotes(
  db: Db | Tx,
  { id, needs }: { id: string; needs: readonly RequestNeed[] },
): Promise<Quorum> {
  const votes = await db.execute<VoteWorth>(sql`
    select (n.ord - 1)::int as ord, i.id as "identityId", ${qualifiesDirectly} as direct, ${ownedObjects} as owned
    from request
    join request_vote v on v.request_id = request.id and v.verdict = 'approve'
    join identity i on i.id = v.identity_id
    cross join jsonb_array_elements(request.needs) with ordinality as n(need, ord)
    where request.id = ${id} and ${mayDecide} and ${isSeparate}`);
  return quorumOf(needs, votes);
}
