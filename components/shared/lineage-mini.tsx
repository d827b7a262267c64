'use client';
/** Where data goes, one hop out: a picture of at most 25 objects and, always, the list of all of them. */
import dynamic from 'next/dynamic';
import { inertText } from '#components/ui/inert-text.ts';
import { plural } from '#components/ui/number-format.ts';
import { ObjectName } from '#components/ui/object-name.tsx';
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

function ObjectRow({ node, graph }: { node: LineageNode; graph: Graph }) {
  const reached = graph.edges.filter(edge => edge.to === node.id);
  const isOneRoot = graph.nodes.filter(each => each.hop === 0).length === 1;
  const names = new Map(graph.nodes.map(each => [each.id, `${each.schema}.${each.name}`]));
  return (
    <tr className="group/row">
      <TableCell className="min-w-36">
        <ObjectName parts={[node.schema, node.name]} />
        <span className="block text-xs text-muted-foreground">
          {lineageKindWord(node.kind)}
          {node.rowsEstimate === null || node.rowsEstimate < 0
            ? ''
            : `, ≈ ${plural(Math.round(node.rowsEstimate), 'row')}`}
        </span>
      </TableCell>
      <TableCell label="Reached by" className="text-muted-foreground">
        {[
          ...new Set(
            reached.map(
              edge =>
                `${lineageViaWord(edge.via)}${isOneRoot ? '' : ` of ${inertText(names.get(edge.from) ?? edge.from)}`}`,
            ),
          ),
        ].join('; ')}
      </TableCell>
      <TableCell label="Sensitivity">
        {node.level ? <SensitivityTag level={node.level} /> : <span className="text-muted-foreground">none</span>}
      </TableCell>
      <TableCell label="Owner" className="md:max-w-40">
        {node.owner === null ? (
          <span className="text-muted-foreground">nobody</span>
        ) : node.owner.type === 'identity' ? (
          <IdentityName identity={node.owner.identity} />
        ) : (
          <IdentityName identity={{ kind: 'group', login: node.owner.group }} />
        )}
      </TableCell>
    </tr>
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
          {downstream.map(node => (
            <ObjectRow key={node.id} node={node} graph={graph} />
          ))}
        </tbody>
      </TableFrame>
    </div>
  );
}
