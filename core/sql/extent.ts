/** What a statement reaches besides the relation it names: what a view is over, and heirs and partitions that lie in other schemas. */
import type { CatalogRelation } from '../catalog/snapshot.ts';
import type { Analyzer } from './state.ts';
import { expandView } from './views.ts';

/** Those in the schema of the table are what it consists of; one that lies elsewhere is acted on in its own right. */
export function elsewhere(a: Analyzer, relation: CatalogRelation): readonly CatalogRelation[] {
  const found = new Map<number, CatalogRelation>();
  const queue = [...a.catalog.children(relation.oid)];
  for (let oid = queue.pop(); oid !== undefined; oid = queue.pop()) {
    const child = found.has(oid) ? null : a.catalog.relation(oid);
    if (!child) continue;
    found.set(oid, child);
    queue.push(...a.catalog.children(oid));
  }
  return [...found.values()].filter(({ schema }) => schema !== relation.schema);
}

/** Every relation that a view reads, through other views as well; of anything else, nothing. */
export function beneath(a: Analyzer, relation: CatalogRelation): readonly CatalogRelation[] {
  if (relation.kind !== 'v' || relation.definition === null) return [];
  return expandView(a, relation).out.accesses.flatMap(({ action, object }) => {
    const read = action === 'read' && object.kind === 'relation' ? a.catalog.relation(object.oid) : null;
    return read ?? [];
  });
}
