import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  betweenObjects,
  downstream,
  type LineageEdge,
  lineageEdges,
  lineageGraph,
  lineageId,
  lineageMax,
} from './graph.ts';

const column = (attnum: number, name: string) => ({ attnum, name, type: 'text', notNull: false });
const relation = (oid: number, name: string, columns: string[]) => ({
  oid,
  schema: 'public',
  name,
  kind: 'r' as const,
  rowsEstimate: 0,
  bytesEstimate: 0,
  columns: columns.map((each, index) => column(index + 1, each)),
});
const source = {
  relations: [
    relation(1, 'customers', ['id', 'email']),
    relation(2, 'contacts', ['email']),
    relation(3, 'orders', ['customer_id']),
  ],
  functions: [{ oid: 9, schema: 'public', name: 'find', arguments: '', result: '', language: 'sql' }],
  edges: [
    { via: 'view' as const, from: { relationOid: 1, attnum: 2 }, to: { oid: 2, attnum: 1 } },
    { via: 'function' as const, from: { relationOid: 2, attnum: 0 }, to: { oid: 9, attnum: 0 } },
    { via: 'view' as const, from: { relationOid: 1, attnum: 77 }, to: { oid: 2, attnum: 1 } },
  ],
  foreignKeys: [{ name: 'fk', relationOid: 3, columns: [1], referencedOid: 1, referencedColumns: [1], onDelete: 'c' }],
  flows: [
    {
      target: { schema: 'analytics', relation: 'copy', column: 'mail' },
      origins: [{ relationOid: 1, attnum: 2, schema: 'public', relation: 'customers', column: 'email' }],
    },
  ],
};
const email = lineageId('public', 'customers', 'email');

test('views, copies and keys lead from a column to what is made of it', () => {
  const graph = lineageGraph(lineageEdges(source));
  expect(downstream(graph, [email], 3)).toEqual({
    nodes: [
      { id: email, hop: 0 },
      { id: lineageId('public', 'contacts', 'email'), hop: 1 },
      { id: lineageId('analytics', 'copy', 'mail'), hop: 1 },
    ],
    edges: [
      { from: email, to: lineageId('public', 'contacts', 'email'), via: 'view', hop: 1 },
      { from: email, to: lineageId('analytics', 'copy', 'mail'), via: 'copy', hop: 1 },
    ],
    truncated: false,
  });
});

test('between objects the same graph is told without columns', () => {
  const graph = lineageGraph(betweenObjects(lineageEdges(source)));
  const reached = downstream(graph, [lineageId('public', 'customers')], 2);
  expect(reached.nodes.map(node => [...JSON.parse(node.id), node.hop].join(' '))).toEqual([
    'public customers 0',
    'public contacts 1',
    'public orders 1',
    'analytics copy 1',
    'public find 2',
  ]);
});

test('hops are shortest distances, whatever cycles there are', () => {
  const edge = fc
    .tuple(fc.nat(8), fc.nat(8))
    .map(([from, to]): LineageEdge => ({ from: `${from}`, to: `${to}`, via: 'view' }));
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 40 }), fc.nat(5), (edges, depthMax) => {
      const { nodes } = downstream(lineageGraph(edges), ['0'], depthMax);
      const hops = new Map(nodes.map(({ id, hop }) => [id, hop]));
      if (hops.size !== nodes.length || hops.get('0') !== 0) return false;
      for (const { from, to } of edges) {
        const hop = hops.get(from);
        if (hop === undefined || hop >= depthMax) continue;
        if ((hops.get(to) ?? Number.POSITIVE_INFINITY) > hop + 1) return false;
      }
      return nodes.every(({ id, hop }) => hop === 0 || edges.some(e => e.to === id && hops.get(e.from) === hop - 1));
    }),
  );
});

test('a graph without end is cut and says so', () => {
  const chain = Array.from(
    { length: 5000 },
    (_, index): LineageEdge => ({ from: `${index}`, to: `${index + 1}`, via: 'copy' }),
  );
  const reached = downstream(lineageGraph(chain), ['0'], 1_000_000);
  expect(reached.truncated).toBe(true);
  expect(reached.nodes).toHaveLength(lineageMax.nodes);
});
