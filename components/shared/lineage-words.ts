/** Lineage in words. Pure. */
import type { LineageNode, LineageVia } from '#lib/lineage/schema.ts';

const kinds: Readonly<Record<LineageNode['kind'], string>> = {
  table: 'Table',
  partitioned_table: 'Partitioned table',
  view: 'View',
  materialized_view: 'Materialized view',
  foreign_table: 'Foreign table',
  function: 'Function',
  unknown: 'No longer in the catalog',
};

const vias: Readonly<Record<LineageVia, string>> = {
  view: 'view',
  materialized_view: 'materialized view',
  function: 'function',
  partition: 'partition',
  foreign_key: 'foreign key',
  copy: 'copied by statements',
};

export const lineageKindWord = (kind: LineageNode['kind']): string => kinds[kind];
export const lineageViaWord = (via: LineageVia): string => vias[via];
