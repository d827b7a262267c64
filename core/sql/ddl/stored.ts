/** What was computed once and is kept: rows of materialized views, and generated columns. It holds on to what it was made of then. */
import type { CatalogRelation } from '../../catalog/snapshot.ts';
import { RefusalError } from '../refuse.ts';
import { relationFields } from '../relation.ts';
import type { Analyzer } from '../state.ts';

const isStored = (relation: CatalogRelation): boolean =>
  relation.kind === 'm' || relation.columns.some(({ generated, virtual }) => generated !== null && !virtual);

/** Its columns carry the labels of what they are made of by now, whatever their definitions say later. */
export function keepsOrigins(a: Analyzer, relation: CatalogRelation): void {
  for (const [index, { name, value }] of relationFields(a, relation).entries()) {
    const origins = value.origins.slice(1);
    if (origins.length === 0 || (relation.kind !== 'm' && relation.columns[index]?.generated === null)) continue;
    a.out.flows.push({
      target: { schema: relation.schema, relation: relation.name, column: name },
      origins,
      follows: true,
    });
  }
}

/** A view or function means something else from now on: what is stored still has what came through it before. */
export function redefined(a: Analyzer): void {
  for (const relation of a.catalog.userRelations()) {
    if (!isStored(relation)) continue;
    try {
      keepsOrigins(a, relation);
    } catch (error) {
      // What cannot be resolved is refused when it is read.
      if (!(error instanceof RefusalError)) throw error;
    }
  }
}
