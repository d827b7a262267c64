/** Which columns are made of which, over a whole catalog: views, materialised views, functions and partitions. */
import type { Catalog } from '../catalog/lookup.ts';
import type { CatalogFunction, CatalogRelation } from '../catalog/snapshot.ts';
import { noSettings } from './analyze.ts';
import { callBody } from './bodies.ts';
import { RefusalError } from './refuse.ts';
import { relationFields } from './relation.ts';
import { Analyzer, searchPathOf } from './state.ts';
import { constant } from './value.ts';

export type LineageEdge = {
  via: 'view' | 'materialized_view' | 'function' | 'partition';
  from: { relationOid: number; attnum: number };
  /** A relation's column, or a function (attnum 0). */
  to: { oid: number; attnum: number };
};

export type Lineage = {
  edges: readonly LineageEdge[];
  /** Names of views and functions that could not be read. */
  unresolved: readonly string[];
};

/** Room for what a catalog push can carry. */
const edgesMax = 500_000;

function analyzerFor(catalog: Catalog): Analyzer {
  const { searchPath, temporarySchema } = catalog.header;
  return new Analyzer({ catalog, path: searchPathOf(catalog, searchPath, temporarySchema), settings: noSettings });
}

function ofView(catalog: Catalog, relation: CatalogRelation): LineageEdge[] {
  const via = relation.kind === 'm' ? 'materialized_view' : 'view';
  const fields = relationFields(analyzerFor(catalog), relation);
  return fields.flatMap(({ value }, index) =>
    // The first origin is the view's own column; of the others, those it names itself.
    value.origins.slice(1).map(({ relationOid, attnum }) => ({
      via: via as LineageEdge['via'],
      from: { relationOid, attnum },
      to: { oid: relation.oid, attnum: relation.columns[index]?.attnum ?? 0 },
    })),
  );
}

function ofPartition(catalog: Catalog, relation: CatalogRelation): LineageEdge[] {
  return catalog.ancestors(relation).flatMap(parent =>
    relation.columns.flatMap(column => {
      const above = parent.columns.find(candidate => candidate.name === column.name);
      if (!above) return [];
      const from = { relationOid: relation.oid, attnum: column.attnum };
      return [{ via: 'partition' as const, from, to: { oid: parent.oid, attnum: above.attnum } }];
    }),
  );
}

function ofFunction(catalog: Catalog, fn: CatalogFunction): LineageEdge[] {
  const a = analyzerFor(catalog);
  const args = fn.argumentTypes.map(type => constant(type));
  const value = callBody(a, fn, args, { result: fn.returnTypeOid });
  if (!value) throw new RefusalError('unresolved', 'function', fn.name);
  return value.origins.map(({ relationOid, attnum }) => ({
    via: 'function' as const,
    from: { relationOid, attnum },
    to: { oid: fn.oid, attnum: 0 },
  }));
}

export function lineageOf(catalog: Catalog): Lineage {
  const edges: LineageEdge[] = [];
  const unresolved: string[] = [];
  const add = (name: string, read: () => LineageEdge[]): void => {
    try {
      for (const edge of read()) if (edges.length < edgesMax) edges.push(edge);
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      unresolved.push(name);
    }
  };
  for (const relation of catalog.userRelations()) {
    const name = `${relation.schema}.${relation.name}`;
    if (relation.definition !== null) add(name, () => ofView(catalog, relation));
    else if (relation.parents.length > 0) add(name, () => ofPartition(catalog, relation));
  }
  for (const fn of catalog.userFunctions()) {
    if (fn.body === null || fn.extension !== null) continue;
    add(`${fn.schema}.${fn.name}`, () => ofFunction(catalog, fn));
  }
  return { edges, unresolved };
}
