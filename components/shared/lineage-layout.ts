/** Where the nodes of a small lineage graph stand, left to right. Pure. */
import { Graph, layout } from '@dagrejs/dagre';

export type Placed = { id: string; x: number; y: number };
export const nodeSize = { width: 210, height: 52 } as const;

export function placeNodes(
  ids: readonly string[],
  edges: readonly { from: string; to: string }[],
): Map<string, Placed> {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 12, ranksep: 70 });
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
