/**
 * Which labels and owners each column of one database has, as a lookup for decisions. It resolves what the control plane
 * distributes against the live catalog; it never guesses from names (see suggest.ts).
 */
import type { ColumnRef, DataFlow } from '../sql/analysis.ts';
import { type ColumnLabel, type Level, levelRank, type Owner } from './classification.ts';
import type { CatalogColumn, CatalogRelation } from './snapshot.ts';
import { type SystemClassified, systemClassified } from './system-classified.ts';

export type Tag = { readonly label: string; readonly level: Level };

/** Where a column is, whatever it is called. */
export type Pin = Pick<ColumnRef, 'relationOid' | 'attnum'>;
/** A copy, the columns that hold it by now, those of partitions and heirs with them, and the tags its origins had when it was made. */
export type Copy = DataFlow & { pins?: readonly Pin[]; kin?: readonly Pin[]; tags?: readonly Tag[] };

type ObjectName = { schema: string | null; name: string };

export type Labels = {
  /** Whether anything outside the system schemas carries a label. */
  readonly any: boolean;
  /** Tags of one column; of all the relation's columns together for a whole-row reference (`attnum` 0). */
  ofColumn(column: ColumnRef): readonly Tag[];
  /** Tags of all columns of a relation together, found by identifier or by name. */
  ofRelation(oid: number, name: ObjectName): readonly Tag[];
  /** Tags of everything in a schema; of the whole database for null. */
  ofSchema(schema: string | null): readonly Tag[];
  /** The labelled columns of a relation. */
  columnsOf(oid: number, name: ObjectName): readonly { column: ColumnRef; tags: readonly Tag[] }[];
  /** Who owns the relation itself, or else its schema. */
  ownersOf(name: ObjectName): readonly Owner['owner'][];
};

export type LabelSource = {
  relations: readonly (Pick<CatalogRelation, 'oid' | 'schema' | 'name' | 'parents'> & {
    kind?: CatalogRelation['kind'];
    columns: readonly Pick<CatalogColumn, 'attnum' | 'name'>[];
  })[];
};

const systemSchemas: ReadonlySet<string> = new Set(['pg_catalog', 'information_schema']);

/** No name of PostgreSQL holds a NUL. */
const nameKey = (schema: string, relation: string, column = ''): string => `${schema}\0${relation}\0${column}`;

/** Distinct tags, most sensitive first, in an order that does not depend on the input's. */
export function sortTags(tags: readonly Tag[]): readonly Tag[] {
  const strongest = new Map<string, Tag>();
  for (const tag of tags) {
    const held = strongest.get(tag.label);
    if (held === undefined || levelRank(tag.level) > levelRank(held.level)) strongest.set(tag.label, tag);
  }
  return [...strongest.values()].sort(
    (a, b) => levelRank(b.level) - levelRank(a.level) || (a.label < b.label ? -1 : a.label > b.label ? 1 : 0),
  );
}

type Labelled = { column: ColumnRef; tags: Tag[] };

/** The tags collected so far, reachable by identifier and by qualified name at once. */
class TagTable {
  readonly byName = new Map<string, Labelled>();
  readonly byId = new Map<number, Map<number, Labelled>>();
  readonly byRelation = new Map<string, Set<Labelled>>();

  add(column: ColumnRef, tags: readonly Tag[]): void {
    if (tags.length === 0) return;
    const key = nameKey(column.schema, column.relation, column.column);
    const held = this.find(column);
    const labelled = held ?? { column, tags: [] };
    labelled.tags.push(...tags);
    this.byName.set(key, labelled);
    if (column.relationOid !== 0 && column.attnum !== 0) {
      const columns = this.byId.get(column.relationOid) ?? new Map<number, Labelled>();
      this.byId.set(column.relationOid, columns.set(column.attnum, labelled));
    }
    const relation = nameKey(column.schema, column.relation);
    this.byRelation.set(relation, (this.byRelation.get(relation) ?? new Set<Labelled>()).add(labelled));
  }

  find(column: ColumnRef): Labelled | undefined {
    return (
      this.byId.get(column.relationOid)?.get(column.attnum) ??
      this.byName.get(nameKey(column.schema, column.relation, column.column))
    );
  }
}

type Relation = LabelSource['relations'][number];

class TagLists<K> {
  private readonly byObject = new Map<K, Map<string | number, Tag[]>>();

  push(object: K, column: string | number, tag: Tag): void {
    const columns = this.byObject.get(object) ?? new Map<string | number, Tag[]>();
    this.byObject.set(object, columns);
    const tags = columns.get(column);
    if (tags === undefined) columns.set(column, [tag]);
    else tags.push(tag);
  }

  of(object: K): ReadonlyMap<string | number, readonly Tag[]> | undefined {
    return this.byObject.get(object);
  }
}

/** Own labels of each catalog column, by identifier or by qualified name: either match is enough. */
function ownTags(relations: readonly Relation[], labels: readonly ColumnLabel[]): Map<number, Map<string, Tag[]>> {
  const byId = new TagLists<number>();
  const byName = new TagLists<string>();
  for (const { relationOid, attnum, schema, relation, column, label, level } of labels) {
    if (relationOid !== 0) byId.push(relationOid, attnum, { label, level });
    byName.push(nameKey(schema, relation), column, { label, level });
  }
  const own = new Map<number, Map<string, Tag[]>>();
  for (const relation of relations) {
    const [ofId, ofName] = [byId.of(relation.oid), byName.of(nameKey(relation.schema, relation.name))];
    if (ofId === undefined && ofName === undefined) continue;
    const columns = new Map<string, Tag[]>();
    for (const { attnum, name } of relation.columns) {
      const tags = [...(ofId?.get(attnum) ?? []), ...(ofName?.get(name) ?? [])];
      if (tags.length > 0) columns.set(name, tags);
    }
    if (columns.size > 0) own.set(relation.oid, columns);
  }
  return own;
}

/** All relations reachable over `next`, without the start; safe on cycles. */
function reach(start: number, next: ReadonlyMap<number, readonly number[]>): Set<number> {
  const seen = new Set<number>();
  const first = next.get(start);
  if (first === undefined || first.length === 0) return seen;
  const todo = [...first];
  for (let oid = todo.pop(); oid !== undefined; oid = todo.pop()) {
    if (seen.has(oid) || oid === start) continue;
    seen.add(oid);
    todo.push(...(next.get(oid) ?? []));
  }
  return seen;
}

/**
 * Reading a parent reads its partitions and heirs, and these hold the parent's rows, so labels go both ways: a column has its
 * own tags and those of the column of that name in every ancestor and every descendant.
 */
function inheritTags(relations: readonly Relation[], own: ReadonlyMap<number, ReadonlyMap<string, Tag[]>>): TagTable {
  const parents = new Map(relations.map(relation => [relation.oid, relation.parents] as const));
  const children = new Map<number, number[]>();
  for (const relation of relations) {
    for (const parent of relation.parents) {
      const siblings = children.get(parent);
      if (siblings === undefined) children.set(parent, [relation.oid]);
      else siblings.push(relation.oid);
    }
  }
  const table = new TagTable();
  for (const relation of relations) {
    const kin = [relation.oid, ...reach(relation.oid, parents), ...reach(relation.oid, children)].filter(oid =>
      own.has(oid),
    );
    if (kin.length === 0) continue;
    for (const { attnum, name } of relation.columns) {
      const tags = kin.flatMap(oid => own.get(oid)?.get(name) ?? []);
      table.add(
        { relationOid: relation.oid, attnum, schema: relation.schema, relation: relation.name, column: name },
        tags,
      );
    }
  }
  return table;
}

type OwnersOf = Labels['ownersOf'];

/** Owners of a partitioned table own its partitions, unless these have owners of their own. */
function ownerLookup(owners: readonly Owner[], relations: readonly Relation[]): OwnersOf {
  const ofRelation = new Map<string, Owner['owner'][]>();
  const ofSchema = new Map<string, Owner['owner'][]>();
  for (const { schema, relation, owner } of owners) {
    const map = relation === null ? ofSchema : ofRelation;
    const key = relation === null ? schema : nameKey(schema, relation);
    map.set(key, [...(map.get(key) ?? []), owner]);
  }
  const parents = new Map(relations.map(relation => [relation.oid, relation.parents] as const));
  const partitioned = new Map(relations.flatMap(each => (each.kind === 'p' ? [[each.oid, each] as const] : [])));
  const inherited = new Map<string, Owner['owner'][]>();
  for (const { oid, schema, name } of partitioned.size === 0 || ofRelation.size === 0 ? [] : relations) {
    const held = [...reach(oid, parents)].flatMap(parent => {
      const above = partitioned.get(parent);
      return above === undefined ? [] : (ofRelation.get(nameKey(above.schema, above.name)) ?? []);
    });
    if (held.length > 0) inherited.set(nameKey(schema, name), held);
  }
  return ({ schema, name }) => {
    if (schema === null) return [];
    const key = nameKey(schema, name);
    return ofRelation.get(key) ?? inherited.get(key) ?? ofSchema.get(schema) ?? [];
  };
}

function lookup(table: TagTable, ownersOf: OwnersOf, any: boolean): Labels {
  const sorted = new Map<Labelled, readonly Tag[]>();
  const tagsOf = (labelled: Labelled): readonly Tag[] => {
    const held = sorted.get(labelled) ?? sortTags(labelled.tags);
    sorted.set(labelled, held);
    return held;
  };
  const columnsOf = (oid: number, { schema, name }: ObjectName): Labelled[] => [
    ...new Set([
      ...(table.byId.get(oid)?.values() ?? []),
      ...(schema === null ? [] : (table.byRelation.get(nameKey(schema, name)) ?? [])),
    ]),
  ];
  const ofRelation = (oid: number, name: ObjectName) => sortTags(columnsOf(oid, name).flatMap(each => each.tags));
  return {
    any,
    ofRelation,
    ofColumn(column) {
      if (column.attnum === 0 && !table.byName.has(nameKey(column.schema, column.relation, column.column))) {
        return ofRelation(column.relationOid, { schema: column.schema, name: column.relation });
      }
      const labelled = table.find(column);
      return labelled === undefined ? [] : tagsOf(labelled);
    },
    ofSchema: schema =>
      sortTags(
        [...table.byName.values()]
          .filter(each => schema === null || each.column.schema === schema)
          .flatMap(each => each.tags),
      ),
    columnsOf: (oid, name) => columnsOf(oid, name).map(each => ({ column: each.column, tags: tagsOf(each) })),
    ownersOf,
  };
}

/**
 * Resolves labels and owners against a catalog; what holds user data in the system schemas is labelled with them. Labels of
 * relations that the catalog does not have are kept by name: a label that is held too long only masks too much.
 */
export function resolveLabels(
  catalog: LabelSource,
  given: { labels: readonly ColumnLabel[]; owners: readonly Owner[]; system?: readonly SystemClassified[] },
): Labels {
  const system = (given.system ?? systemClassified).map(each => ({ ...each, relationOid: 0, attnum: 0 }));
  const table = inheritTags(catalog.relations, ownTags(catalog.relations, [...given.labels, ...system]));
  // What an extension would bring is not labelled before it is there.
  const kept = [...given.labels, ...system.filter(({ schema }) => systemSchemas.has(schema))];
  for (const { label, level, ...column } of kept) {
    if (table.find(column) === undefined) table.add(column, [{ label, level }]);
  }
  return lookup(table, ownerLookup(given.owners, catalog.relations), given.labels.length > 0);
}

/**
 * The same lookup with what a session has copied since: the targets of the flows carry the tags of their origins at once, before
 * the control plane has heard of them. Later flows see the targets of earlier ones.
 */
export function withFlows(labels: Labels, flows: readonly Copy[]): Labels {
  const table = new TagTable();
  let seen: Labels = labels;
  for (const { target, origins, pins = [], kin = [], tags: own = [] } of flows) {
    const tags = [...own, ...origins.flatMap(origin => seen.ofColumn(origin))];
    table.add({ ...target, relationOid: 0, attnum: 0 }, tags);
    for (const pin of [...pins, ...kin]) table.add({ ...target, ...pin }, tags);
    seen = join(labels, lookup(table, labels.ownersOf, tags.length > 0));
  }
  return seen;
}

/** Copies of copies within one message that go against the order in which they were found. */
const stepsMax = 64;

/**
 * The same lookup with what the statements of a message copy while they run: triggers, rules, generated columns and later statements
 * come upon it in its new place. In which order that happens is not told apart.
 */
export function withinMessage(labels: Labels, flows: readonly DataFlow[]): Labels {
  let seen = labels;
  let known = 0;
  for (let step = 0; step < stepsMax; step++) {
    const reached = flows.filter(({ origins }) => origins.some(origin => seen.ofColumn(origin).length > 0));
    if (reached.length === 0) return seen;
    const next = withFlows(seen, reached);
    // By its name alone; 0 would ask for all columns of the relation together.
    const count = reached.reduce(
      (sum, { target }) => sum + next.ofColumn({ ...target, relationOid: 0, attnum: -1 }).length,
      0,
    );
    if (count === known) return seen;
    known = count;
    seen = next;
  }
  // Nobody follows it any further: everything may have come everywhere.
  const tags = sortTags(flows.flatMap(({ origins }) => origins.flatMap(origin => seen.ofColumn(origin))));
  return withFlows(
    seen,
    flows.map(({ target }) => ({ target, origins: [], tags })),
  );
}

function join(base: Labels, more: Labels): Labels {
  return {
    any: base.any || more.any,
    ofColumn: column => sortTags([...base.ofColumn(column), ...more.ofColumn(column)]),
    ofRelation: (oid, name) => sortTags([...base.ofRelation(oid, name), ...more.ofRelation(oid, name)]),
    ofSchema: schema => sortTags([...base.ofSchema(schema), ...more.ofSchema(schema)]),
    columnsOf: (oid, name) => [...base.columnsOf(oid, name), ...more.columnsOf(oid, name)],
    ownersOf: base.ownersOf,
  };
}

export const noLabels: Labels = resolveLabels({ relations: [] }, { labels: [], owners: [] });
