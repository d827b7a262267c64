/** Where the nodes of a small lineage graph stand, left to right. Pure. */
import { Graph, layout } from '@dagrejs/dagre';

export type Placed = { id: string; x: number; y: number };
export const nodeSize = { width: 210, height: 52 } as const;
const gap = 12;

/** A picture that is as high as this shows its text in its own size; a screen has room for no more. */
const heightMin = 192;
const heightMax = 720;

export function placeNodes(
  ids: readonly string[],
  edges: readonly { from: string; to: string }[],
): Map<string, Placed> {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: gap, ranksep: 70 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) graph.setNode(id, { ...nodeSize });
  for (const edge of edges) graph.setEdge(edge.from, edge.to);
  layout(graph);
  return new Map(
    ids.map(id => {
      const { x, y } = graph.node(id) as { x: number; y: number };
      return [id, { id, x: x - nodeSize.width / 2, y: y - nodeSize.height / 2 }];
    }),
  );
}

export function heightOf(places: Iterable<Placed>): number {
  const tops = [...places].map(({ y }) => y);
  const needed = Math.max(...tops, 0) - Math.min(...tops, 0) + nodeSize.height;
  return Math.min(heightMax, Math.max(heightMin, needed + 4 * gap));
}
