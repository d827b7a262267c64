'use client';
/** A small lineage graph drawn with React Flow. The list beside it says the same in words. */
import '@xyflow/react/dist/base.css';
import {
  Background,
  Controls,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react';
import { useMemo } from 'react';
import { cn } from '#components/ui/cn.ts';
import { inertText } from '#components/ui/inert-text.ts';
import type { LineageEdge, LineageNode } from '#lib/lineage/schema.ts';
import { heightOf, nodeSize, placeNodes } from './lineage-layout.ts';
import { lineageKindWord, lineageViaWord } from './lineage-words.ts';
import { SensitivityTag } from './sensitivity-tag.tsx';

type ObjectNode = Node<{ object: LineageNode; via: string }, 'object'>;

function ObjectBox({ data: { object, via } }: NodeProps<ObjectNode>) {
  return (
    <div
      className={cn(
        'grid h-[52px] w-[210px] content-center gap-0.5 rounded-md border border-input bg-card px-2 text-start',
        object.hop === 0 && 'border-2 border-primary',
      )}
    >
      <Handle
        type="target"
        position={Position.Left}
        isConnectable={false}
        className="!size-1 !min-w-0 !border-0 !bg-transparent"
      />
      <span className="truncate font-mono text-xs">{inertText(`${object.schema}.${object.name}`)}</span>
      <span className="flex items-center gap-1.5 text-2xs text-muted-foreground">
        <span className="truncate">
          {lineageKindWord(object.kind)}
          {via ? `, ${via}` : ''}
        </span>
        {object.level ? <SensitivityTag level={object.level} className="h-4 px-1 text-2xs" /> : null}
      </span>
      <Handle
        type="source"
        position={Position.Right}
        isConnectable={false}
        className="!size-1 !min-w-0 !border-0 !bg-transparent"
      />
    </div>
  );
}

/** How the data gets there, where the kind of the object does not say it already. */
function viaOf(object: LineageNode, edges: readonly LineageEdge[]): string {
  const vias = new Set(edges.filter(edge => edge.to === object.id).map(edge => edge.via));
  return [...vias]
    .filter(via => via === 'copy' || via === 'foreign_key' || via === 'partition')
    .map(lineageViaWord)
    .join(', ');
}

const nodeTypes = { object: ObjectBox };

export function LineageGraph({ nodes, edges }: { nodes: readonly LineageNode[]; edges: readonly LineageEdge[] }) {
  const drawn = useMemo(() => {
    const ids = nodes.map(node => node.id);
    const known = new Set(ids);
    const kept = edges.filter(edge => known.has(edge.from) && known.has(edge.to) && edge.from !== edge.to);
    const places = placeNodes(ids, kept);
    return {
      height: heightOf(places.values()),
      nodes: nodes.map<ObjectNode>(object => ({
        id: object.id,
        type: 'object',
        data: { object, via: viaOf(object, kept) },
        position: { x: places.get(object.id)?.x ?? 0, y: places.get(object.id)?.y ?? 0 },
        ...nodeSize,
      })),
      edges: kept.map(edge => ({
        id: `${edge.from} ${edge.to} ${edge.via}`,
        source: edge.from,
        target: edge.to,
        markerEnd: { type: MarkerType.ArrowClosed, color: 'var(--chart-other)' },
        style: { stroke: 'var(--chart-other)', strokeDasharray: edge.via === 'copy' ? '4 3' : undefined },
      })),
    };
  }, [nodes, edges]);
  // In the names of the library's classes an underscore is one, and not a blank as Tailwind has it.
  return (
    <figure
      aria-label="Picture of the objects downstream; the table below lists them"
      style={{ height: drawn.height }}
      className="rounded-lg border border-border bg-background [&_.react-flow\_\_attribution]:bg-transparent! [&_.react-flow\_\_attribution_a]:text-muted-foreground! [&_.react-flow\_\_controls-button]:border! [&_.react-flow\_\_controls-button]:border-border! [&_.react-flow\_\_controls-button]:bg-card! [&_.react-flow\_\_controls-button]:fill-foreground!"
    >
      <ReactFlow
        nodes={drawn.nodes}
        edges={drawn.edges}
        nodeTypes={nodeTypes}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: '16px' }}
        minZoom={0.3}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
      >
        <Background color="var(--border)" />
        <Controls showInteractive={false} />
      </ReactFlow>
    </figure>
  );
}
