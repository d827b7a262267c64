/** Where data goes: columns and what is made from them, over views, functions, partitions, copies and foreign keys. */
import type { CatalogPush } from '../contract/proxy.ts';
import type { DataFlow } from '../sql/analysis.ts';

export type LineageVia = CatalogPush['edges'][number]['via'] | 'copy' | 'foreign_key';

/** `schema.relation.column` as a JSON array, since names may hold dots; a whole relation or function has two parts. */
export type LineageId = string;
export const lineageId = (schema: string, object: string, column?: string): LineageId =>
  JSON.stringify(column === undefined ? [schema, object] : [schema, object, column]);

export type LineageEdge = { from: LineageId; to: LineageId; via: LineageVia };
export type LineageGraph = ReadonlyMap<LineageId, readonly LineageEdge[]>;

export type LineageSource = Pick<CatalogPush, 'relations' | 'functions' | 'edges' | 'foreignKeys'> & {
  /** Copies that recorded statements made. */
  flows: readonly DataFlow[];
};

type Names = (oid: number, attnum: number) => LineageId | null;

function namesOf({ relations, functions }: Pick<LineageSource, 'relations' | 'functions'>): Names {
  const objects = new Map<number, { schema: string; name: string; columns: ReadonlyMap<number, string> }>();
  for (const { oid, schema, name } of functions) objects.set(oid, { schema, name, columns: new Map() });
  for (const { oid, schema, name, columns } of relations) {
    objects.set(oid, { schema, name, columns: new Map(columns.map(column => [column.attnum, column.name])) });
  }
  return (oid, attnum) => {
    const object = objects.get(oid);
    if (object === undefined) return null;
    if (attnum === 0) return lineageId(object.schema, object.name);
    const column = object.columns.get(attnum);
    return column === undefined ? null : lineageId(object.schema, object.name, column);
  };
}

/** A foreign key leads from what is referred to, to what refers: that is where a delete or a changed key reaches. */
function keyEdges({ foreignKeys }: LineageSource, names: Names): (LineageEdge | null)[] {
  return foreignKeys.flatMap(({ relationOid, columns, referencedOid, referencedColumns }) =>
    columns.map((attnum, index) => {
      const from = names(referencedOid, referencedColumns[index] ?? 0);
      const to = names(relationOid, attnum);
      return from === null || to === null ? null : { from, to, via: 'foreign_key' as const };
    }),
  );
}

/** Edges whose ends the catalog does not have are left out: they lead nowhere that can be named. */
export function lineageEdges(source: LineageSource): readonly LineageEdge[] {
  const names = namesOf(source);
  const defined = source.edges.map(({ from, to, via }) => {
    const [start, end] = [names(from.relationOid, from.attnum), names(to.oid, to.attnum)];
    return start === null || end === null ? null : { from: start, to: end, via };
  });
  const copied = source.flows.flatMap(({ target, origins }) =>
    origins.map(origin => ({
      from: lineageId(origin.schema, origin.relation, origin.attnum === 0 ? undefined : origin.column),
      to: lineageId(target.schema, target.relation, target.column),
      via: 'copy' as const,
    })),
  );
  const all = [...defined, ...keyEdges(source, names), ...copied];
  const distinct = new Map(all.flatMap(edge => (edge === null ? [] : [[JSON.stringify(edge), edge] as const])));
  return [...distinct.values()].filter(edge => edge.from !== edge.to);
}

export function lineageGraph(edges: readonly LineageEdge[]): LineageGraph {
  const graph = new Map<LineageId, LineageEdge[]>();
  for (const edge of edges) graph.set(edge.from, [...(graph.get(edge.from) ?? []), edge]);
  return graph;
}

/** The object that a column belongs to; an object is its own. */
export function objectOf(id: LineageId): LineageId {
  const [schema, object] = JSON.parse(id) as [string, string, string?];
  return lineageId(schema, object);
}

/** Edges between objects instead of columns. */
export function betweenObjects(edges: readonly LineageEdge[]): readonly LineageEdge[] {
  const lifted = edges.map(({ from, to, via }) => ({ from: objectOf(from), to: objectOf(to), via }));
  const distinct = new Map(lifted.map(edge => [JSON.stringify(edge), edge]));
  return [...distinct.values()].filter(edge => edge.from !== edge.to);
}

export const lineageMax = { nodes: 2000, edges: 10_000 } as const;

export type Downstream = {
  /** In the order they were reached; hop 0 is what was asked about. */
  nodes: readonly { id: LineageId; hop: number }[];
  edges: readonly (LineageEdge & { hop: number })[];
  /** There is more than the limits let through. */
  truncated: boolean;
};

/** Everything within `depthMax` steps of the starts, each node once at its nearest, cycles included. */
export function downstream(graph: LineageGraph, starts: readonly LineageId[], depthMax: number): Downstream {
  const hops = new Map<LineageId, number>(starts.slice(0, lineageMax.nodes).map(id => [id, 0]));
  const edges: (LineageEdge & { hop: number })[] = [];
  let truncated = starts.length > lineageMax.nodes;
  let frontier: readonly LineageId[] = [...hops.keys()];
  for (let hop = 1; hop <= depthMax && frontier.length > 0; hop += 1) {
    const reached: LineageId[] = [];
    for (const edge of frontier.flatMap(id => graph.get(id) ?? [])) {
      const isKnown = hops.has(edge.to);
      if (edges.length >= lineageMax.edges || (!isKnown && hops.size >= lineageMax.nodes)) {
        truncated = true;
        continue;
      }
      edges.push({ ...edge, hop });
      if (isKnown) continue;
      hops.set(edge.to, hop);
      reached.push(edge.to);
    }
    frontier = reached;
  }
  return { nodes: [...hops].map(([id, hop]) => ({ id, hop })), edges, truncated };
}
