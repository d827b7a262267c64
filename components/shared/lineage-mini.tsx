'use client';
/** Where data goes, one hop out: a picture of at most 25 objects and, always, the list of all of them. */
import dynamic from 'next/dynamic';
import { plural } from '#components/ui/number-format.ts';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { TableCell, TableFrame, TableHead } from '#components/ui/table.tsx';
import { narrowScreen, useMediaQuery } from '#components/ui/use-media-query.ts';
import type { LineageGraph as Graph, LineageNode } from '#lib/lineage/schema.ts';
import { IdentityName } from './identity.tsx';
import { lineageKindWord, lineageViaWord } from './lineage-words.ts';
import { SensitivityTag } from './sensitivity-tag.tsx';

const LineageGraph = dynamic(() => import('./lineage-graph.tsx').then(module => module.LineageGraph), {
  ssr: false,
  loading: () => <Skeleton className="h-80" />,
});

const drawnMax = 25;

/** The objects asked about first, then the nearest, most sensitive ones. */
const ranks = ['public', 'internal', 'confidential', 'restricted'];
const byRelevance = (a: LineageNode, b: LineageNode) =>
  a.hop - b.hop ||
  ranks.indexOf(b.level ?? 'public') - ranks.indexOf(a.level ?? 'public') ||
  a.name.localeCompare(b.name);

type ObjectProps = { node: LineageNode; graph: Graph };

function ObjectName({ node }: { node: LineageNode }) {
  return (
    <>
      <span className="font-mono text-xs">
        {node.schema}.{node.name}
      </span>
      <span className="block text-xs text-muted-foreground">
        {lineageKindWord(node.kind)}
        {node.rowsEstimate === null || node.rowsEstimate < 0
          ? ''
          : `, ≈ ${plural(Math.round(node.rowsEstimate), 'row')}`}
      </span>
    </>
  );
}

function reachedBy({ node, graph }: ObjectProps): string {
  const isOneRoot = graph.nodes.filter(each => each.hop === 0).length === 1;
  const names = new Map(graph.nodes.map(each => [each.id, `${each.schema}.${each.name}`]));
  const ways = graph.edges
    .filter(edge => edge.to === node.id)
    .map(edge => `${lineageViaWord(edge.via)}${isOneRoot ? '' : ` of ${names.get(edge.from) ?? edge.from}`}`);
  return [...new Set(ways)].join('; ');
}

function Owner({ owner }: { owner: LineageNode['owner'] }) {
  if (owner === null) return <span className="text-muted-foreground">nobody</span>;
  return <IdentityName identity={owner.type === 'identity' ? owner.identity : { kind: 'group', login: owner.group }} />;
}

const NoLevel = () => <span className="text-muted-foreground">none</span>;

function ObjectRow({ node, graph }: ObjectProps) {
  return (
    <tr className="group/row">
      <TableCell>
        <ObjectName node={node} />
      </TableCell>
      <TableCell className="text-muted-foreground">{reachedBy({ node, graph })}</TableCell>
      <TableCell>{node.level ? <SensitivityTag level={node.level} /> : <NoLevel />}</TableCell>
      <TableCell>
        <Owner owner={node.owner} />
      </TableCell>
    </tr>
  );
}

/** On a narrow screen: everything of the row, without scrolling sideways. */
function ObjectItem({ node, graph }: ObjectProps) {
  return (
    <li className="grid gap-1 border-b border-border px-3 py-2.5 last:border-b-0">
      <div className="flex items-start justify-between gap-2">
        <div className="min-w-0 wrap-anywhere">
          <ObjectName node={node} />
        </div>
        {node.level ? <SensitivityTag level={node.level} /> : null}
      </div>
      <div className="flex flex-wrap gap-x-3 gap-y-0.5 text-xs wrap-anywhere text-muted-foreground">
        <span>{reachedBy({ node, graph })}</span>
        <span>
          owner <Owner owner={node.owner} />
        </span>
      </div>
    </li>
  );
}

function ObjectList({ nodes, graph }: { nodes: readonly LineageNode[]; graph: Graph }) {
  return (
    <ul aria-label="Downstream objects" className="rounded-lg border border-border">
      {nodes.map(node => (
        <ObjectItem key={node.id} node={node} graph={graph} />
      ))}
    </ul>
  );
}

function ObjectTable({ nodes, graph }: { nodes: readonly LineageNode[]; graph: Graph }) {
  return (
    <TableFrame label="Downstream objects">
      <thead>
        <tr>
          <TableHead>Object</TableHead>
          <TableHead>Reached by</TableHead>
          <TableHead>Sensitivity</TableHead>
          <TableHead>Owner</TableHead>
        </tr>
      </thead>
      <tbody>
        {nodes.map(node => (
          <ObjectRow key={node.id} node={node} graph={graph} />
        ))}
      </tbody>
    </TableFrame>
  );
}

export function LineageMini({ graph }: { graph: Graph }) {
  const isNarrow = useMediaQuery(narrowScreen);
  const sorted = [...graph.nodes].sort(byRelevance);
  const downstream = sorted.filter(node => node.hop > 0);
  if (downstream.length === 0) {
    return <p className="text-muted-foreground">No view, function, foreign key or recorded copy leads on from here.</p>;
  }
  const drawn = sorted.slice(0, drawnMax);
  return (
    <div className="grid min-w-0 gap-3">
      <p>
        {plural(downstream.length, 'object')} one hop downstream
        {drawn.length < sorted.length ? `; the picture shows ${drawn.length} of ${sorted.length}` : ''}
        {graph.truncated ? '; there are more than could be followed' : ''}.
      </p>
      {isNarrow ? null : <LineageGraph nodes={drawn} edges={graph.edges} />}
      {isNarrow ? <ObjectList nodes={downstream} graph={graph} /> : <ObjectTable nodes={downstream} graph={graph} />}
    </div>
  );
}
