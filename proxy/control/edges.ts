/** Where data goes inside a database, found by analysing what views and functions are made of: edges of the lineage graph. */
import { isSystemSchema } from '#core/catalog/lookup.ts';
import type { CatalogData, CatalogFunction, CatalogRelation, CatalogType } from '#core/catalog/snapshot.ts';
import type { CatalogPush } from '#core/contract/proxy.ts';
import type { Analysis, StatementAnalysis } from '#core/sql/analysis.ts';

export type Edge = CatalogPush['edges'][number];

/** Analyses one text against this catalog. */
export type Read = (text: string) => Promise<Analysis>;

/** Definitions that are looked at; a database with more is told in part. */
const definitionsMax = 5_000;
const bodyLanguages = new Set(['sql', 'plpgsql']);

export async function edgesOf(data: CatalogData, read: Read): Promise<Edge[]> {
  const own = data.relations.filter(relation => !isSystemSchema(relation.schema));
  const views = own.filter(relation => relation.definition !== null).slice(0, definitionsMax);
  const functions = data.functions.filter(isOwnFunction).slice(0, definitionsMax);
  const types = new Map(data.types.map(type => [type.oid, type]));
  const edges: Edge[] = own.flatMap(partitionEdges);
  for (const view of views) edges.push(...viewEdges(view, await read(view.definition ?? '')));
  for (const each of functions) {
    const call = callOf(each, types);
    if (call !== null) edges.push(...functionEdges(each, await read(call)));
  }
  return edges;
}

const isOwnFunction = (definition: CatalogFunction): boolean =>
  !isSystemSchema(definition.schema) &&
  definition.extension === null &&
  definition.kind === 'function' &&
  bodyLanguages.has(definition.language);

/** Rows of a parent are in its partitions and heirs. */
function partitionEdges({ oid, kind, parents }: CatalogRelation): Edge[] {
  if (kind === 'i' || kind === 'I') return [];
  return parents.map(parent => ({
    via: 'partition',
    from: { relationOid: parent, attnum: 0 },
    to: { oid, attnum: 0 },
  }));
}

/** Column to column, and from relation to view where only the whole of it is used. */
function viewEdges(view: CatalogRelation, analysis: Analysis): Edge[] {
  const via = view.kind === 'm' ? 'materialized_view' : 'view';
  const statement = onlyStatement(analysis);
  const columns = (statement?.outputs ?? []).flatMap((output, index) => {
    const attnum = view.columns[index]?.attnum ?? 0;
    return output.origins.map(
      (origin): Edge => ({
        via,
        from: { relationOid: origin.relationOid, attnum: origin.attnum },
        to: { oid: view.oid, attnum },
      }),
    );
  });
  const covered = new Set(columns.map(edge => edge.from.relationOid));
  const whole = [...readOids(statement)].filter(oid => !covered.has(oid));
  return [
    ...columns,
    ...whole.map((oid): Edge => ({ via, from: { relationOid: oid, attnum: 0 }, to: { oid: view.oid, attnum: 0 } })),
  ];
}

function functionEdges(definition: CatalogFunction, analysis: Analysis): Edge[] {
  return [...readOids(onlyStatement(analysis))].map(oid => ({
    via: 'function',
    from: { relationOid: oid, attnum: 0 },
    to: { oid: definition.oid, attnum: 0 },
  }));
}

const onlyStatement = (analysis: Analysis): StatementAnalysis | null =>
  analysis.ok ? (analysis.statements[0] ?? null) : null;

function readOids(statement: StatementAnalysis | null): Set<number> {
  const read = (statement?.accesses ?? []).filter(
    ({ object, viaView }) => object.kind === 'relation' && !object.system && !viaView && object.oid !== 0,
  );
  return new Set(read.map(({ object }) => object.oid));
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A call with nulls of the right types: analysing it looks into the body. Null where an argument has no ordinary type. */
function callOf(definition: CatalogFunction, types: ReadonlyMap<number, CatalogType>): string | null {
  const given: string[] = [];
  for (const oid of definition.argumentTypes) {
    const type = types.get(oid);
    if (!type || type.kind === 'p') return null;
    given.push(`NULL::${quoted(type.schema)}.${quoted(type.name)}`);
  }
  const { schema, name } = definition;
  return `SELECT * FROM ${quoted(schema)}.${quoted(name)}(${given.join(', ')}) AS weir_call`;
}
