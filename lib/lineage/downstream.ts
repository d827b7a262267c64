/** Where a relation's data goes: views, functions and partitions from the catalog, tables that refer to it, and recorded copies. */
import 'server-only';
import { eq, sql } from 'drizzle-orm';
import { splitQualified } from '#core/policy/match.ts';
import type { Db, Tx } from '#db/client.ts';
import { connection } from '#db/schema/catalog.ts';
import { levelOfRank, rankOf } from '#lib/catalog/level.ts';
import { type Owners, ownersOf } from '#lib/catalog/owners.ts';
import { query } from '#lib/orpc/base.ts';
import { AppError, notFound } from '#lib/orpc/error.ts';
import {
  downstreamInputSchema,
  type LineageEdge,
  type LineageGraph,
  type LineageNode,
  type LineageVia,
  lineageColumnsMax,
  lineageEdgesMax,
  lineageGraphSchema,
  lineageNodesMax,
} from './schema.ts';

type Link = {
  via: LineageVia;
  fromSchema: string;
  fromName: string;
  toOid: number | null;
  toSchema: string;
  toName: string;
  isFunction: boolean;
  columns: { from: string; to: string }[];
  lastSeenAt: string | null;
  seen: number | null;
};

type Name = { schema: string; name: string };
const relationId = ({ schema, name }: Name): string => `relation:${schema}.${name}`;

const columnPairs = (from: ReturnType<typeof sql>, to: ReturnType<typeof sql>) =>
  sql`coalesce(jsonb_agg(distinct jsonb_build_object('from', ${from}, 'to', ${to}))
    filter (where ${from} is not null and ${to} is not null), '[]')`;

/** Edges the analyser found in definitions, one per pair of objects. */
const definedLinks = (connectionId: string) => sql`
  select e.via, r.schema as "fromSchema", r.name as "fromName", e.to_oid::float8 as "toOid",
    coalesce(t.schema, f.schema) as "toSchema", coalesce(t.name, f.name) as "toName", t.oid is null as "isFunction",
    ${columnPairs(sql`fc.name`, sql`tc.name`)} as columns, null as "lastSeenAt", null::int as seen
  from wanted w
  join catalog_relation r on r.connection_id = ${connectionId} and r.schema = w.schema and r.name = w.name
  join catalog_edge e on e.connection_id = r.connection_id and e.from_oid = r.oid
  left join catalog_relation t on t.connection_id = e.connection_id and t.oid = e.to_oid
  left join catalog_function f on f.connection_id = e.connection_id and f.oid = e.to_oid
  left join catalog_column fc
    on fc.connection_id = e.connection_id and fc.relation_oid = e.from_oid and fc.attnum = e.from_attnum
  left join catalog_column tc
    on tc.connection_id = e.connection_id and tc.relation_oid = e.to_oid and tc.attnum = e.to_attnum
  where t.oid is not null or f.oid is not null
  group by e.via, r.schema, r.name, e.to_oid, t.schema, f.schema, t.name, f.name, t.oid
  order by e.via, 5, 6 limit ${lineageEdgesMax}`;

/** Tables whose rows point at the wanted ones: what a delete or a changed key reaches. */
const referringLinks = (connectionId: string) => sql`
  select 'foreign_key' as via, r.schema as "fromSchema", r.name as "fromName", t.oid::float8 as "toOid",
    t.schema as "toSchema", t.name as "toName", false as "isFunction",
    ${columnPairs(sql`fc.name`, sql`tc.name`)} as columns, null as "lastSeenAt", null::int as seen
  from wanted w
  join catalog_relation r on r.connection_id = ${connectionId} and r.schema = w.schema and r.name = w.name
  join catalog_foreign_key k on k.connection_id = r.connection_id and k.referenced_oid = r.oid
  join catalog_relation t on t.connection_id = k.connection_id and t.oid = k.relation_oid
  cross join lateral jsonb_array_elements_text(k.referenced_columns) with ordinality as a(attnum, ord)
  left join catalog_column fc
    on fc.connection_id = r.connection_id and fc.relation_oid = r.oid and fc.attnum = a.attnum::int
  left join catalog_column tc
    on tc.connection_id = t.connection_id and tc.relation_oid = t.oid
    and tc.attnum = (k.columns->>(a.ord::int - 1))::int
  group by r.schema, r.name, t.oid, t.schema, t.name
  order by t.schema, t.name limit ${lineageEdgesMax}`;

const copiedLinks = (connectionId: string) => sql`
  select 'copy' as via, c.from_schema as "fromSchema", c.from_relation as "fromName", t.oid::float8 as "toOid",
    c.to_schema as "toSchema", c.to_relation as "toName", false as "isFunction",
    ${columnPairs(sql`c.from_column`, sql`c.to_column`)} as columns,
    to_char(max(c.last_seen_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "lastSeenAt",
    max(c.seen)::int as seen
  from wanted w
  join observed_copy c on c.connection_id = ${connectionId} and c.from_schema = w.schema and c.from_relation = w.name
  left join catalog_relation t
    on t.connection_id = c.connection_id and t.schema = c.to_schema and t.name = c.to_relation
  where (c.to_schema, c.to_relation) <> (c.from_schema, c.from_relation)
  group by c.from_schema, c.from_relation, t.oid, c.to_schema, c.to_relation
  order by c.to_schema, c.to_relation limit ${lineageEdgesMax}`;

async function linksFrom(db: Db | Tx, connectionId: string, names: readonly Name[]): Promise<Link[]> {
  const json = JSON.stringify(names);
  const wanted = sql`with wanted as (select * from jsonb_to_recordset(${json}::jsonb) as w(schema text, name text))`;
  const found = await Promise.all(
    [definedLinks(connectionId), referringLinks(connectionId), copiedLinks(connectionId)].map(links =>
      db.execute<Link>(sql`${wanted} ${links}`),
    ),
  );
  return found.flat();
}

type Detail = Name & { oid: number; kind: 'r' | 'p' | 'v' | 'm' | 'f'; rowsEstimate: number; rank: number | null };
const kinds = {
  r: 'table',
  p: 'partitioned_table',
  v: 'view',
  m: 'materialized_view',
  f: 'foreign_table',
} as const;

async function detailsOf(db: Db | Tx, connectionId: string, names: readonly Name[]): Promise<Map<string, Detail>> {
  const rows = await db.execute<Detail>(sql`
    select r.oid::float8 as oid, r.schema, r.name, r.kind, r.rows_estimate as "rowsEstimate",
      (select max(${rankOf(sql`l.level`)}) from column_label l
        where l.connection_id = r.connection_id and l.relation_oid = r.oid) as rank
    from jsonb_to_recordset(${JSON.stringify(names)}::jsonb) as w(schema text, name text)
    join catalog_relation r on r.connection_id = ${connectionId} and r.schema = w.schema and r.name = w.name`);
  return new Map(rows.map(row => [relationId(row), row]));
}

/** The graph as it grows, within its limits. */
class Graph {
  readonly nodes = new Map<string, Name & { id: string; hop: number; functionOid: number | null }>();
  readonly edges = new Map<string, LineageEdge>();
  truncated = false;

  addNode(node: Name & { id: string; hop: number; functionOid: number | null }): boolean {
    if (this.nodes.has(node.id)) return false;
    if (this.nodes.size >= lineageNodesMax) {
      this.truncated = true;
      return false;
    }
    this.nodes.set(node.id, node);
    return true;
  }

  addEdge(edge: LineageEdge): void {
    const key = `${edge.via} ${edge.from} ${edge.to}`;
    if (!this.nodes.has(edge.from) || !this.nodes.has(edge.to) || this.edges.has(key)) return;
    if (this.edges.size >= lineageEdgesMax) this.truncated = true;
    else this.edges.set(key, { ...edge, columns: edge.columns.slice(0, lineageColumnsMax) });
  }
}

/** Adds what is one hop further and returns the relations that are new. */
function extend(graph: Graph, links: readonly Link[], hop: number): Name[] {
  const fresh: Name[] = [];
  for (const link of links) {
    const to = { schema: link.toSchema, name: link.toName };
    const id = link.isFunction ? `function:${link.toOid}` : relationId(to);
    const isNew = graph.addNode({ ...to, id, hop, functionOid: link.isFunction ? link.toOid : null });
    if (isNew && !link.isFunction) fresh.push(to);
    const from = relationId({ schema: link.fromSchema, name: link.fromName });
    const { via, columns, lastSeenAt, seen } = link;
    graph.addEdge({ from, to: id, via, columns, lastSeenAt, seen });
  }
  return fresh;
}

async function describeNodes(db: Db | Tx, connectionId: string, graph: Graph): Promise<LineageNode[]> {
  const nodes = [...graph.nodes.values()];
  const [details, owners]: [Map<string, Detail>, Owners] = await Promise.all([
    detailsOf(
      db,
      connectionId,
      nodes.filter(node => node.functionOid === null).map(({ schema, name }) => ({ schema, name })),
    ),
    ownersOf(db, connectionId),
  ]);
  return nodes.map(({ id, schema, name, hop, functionOid }) => {
    const found = details.get(id);
    const base = {
      id,
      schema,
      name,
      hop,
      level: levelOfRank(found?.rank),
      owner: owners.of(schema, name)?.owner ?? null,
    };
    if (functionOid !== null) return { ...base, kind: 'function', oid: functionOid, rowsEstimate: null };
    const kind = found ? kinds[found.kind] : 'unknown';
    return { ...base, kind, oid: found?.oid ?? null, rowsEstimate: found?.rowsEstimate ?? null };
  });
}

/** `relations` as `schema.name`; those the catalog does not know are in the graph as unknown. */
export async function downstreamOf(
  db: Db | Tx,
  connectionId: string,
  { relations, depth }: { relations: readonly string[]; depth: number },
): Promise<LineageGraph> {
  const graph = new Graph();
  let frontier: Name[] = relations.flatMap(qualified => {
    const parts = splitQualified(qualified);
    return parts === null ? [] : [{ schema: parts[0], name: parts[1] }];
  });
  for (const name of frontier) graph.addNode({ ...name, id: relationId(name), hop: 0, functionOid: null });
  for (let hop = 1; hop <= depth && frontier.length > 0; hop += 1)
    frontier = extend(graph, await linksFrom(db, connectionId, frontier), hop);
  return {
    nodes: await describeNodes(db, connectionId, graph),
    edges: [...graph.edges.values()],
    truncated: graph.truncated,
  };
}

export const downstream = query({ permission: 'catalog:read' })
  .route({
    method: 'GET',
    path: '/lineage/{connectionId}',
    tags: ['Lineage'],
    summary: 'Read where the data of relations goes',
  })
  .input(downstreamInputSchema)
  .output(lineageGraphSchema)
  .handler(async ({ context: { db }, input }) => {
    const [on] = await db.select({ id: connection.id }).from(connection).where(eq(connection.id, input.connectionId));
    if (!on) throw notFound('connection');
    const bad = input.relations.find(name => splitQualified(name) === null);
    if (bad !== undefined)
      throw new AppError('invalid_input', 'relations are named `schema.relation`', {
        issues: [{ path: 'relations', message: `\`${bad.slice(0, 100)}\` is not` }],
      });
    return downstreamOf(db, input.connectionId, input);
  });
