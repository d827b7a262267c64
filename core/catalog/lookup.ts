/** Indexes over a catalog snapshot: every way the analyser asks what a name or an OID means. Read-only once built. */
import type { ColumnRef } from '../sql/analysis.ts';
import type {
  CatalogCast,
  CatalogColumn,
  CatalogData,
  CatalogFunction,
  CatalogOperator,
  CatalogRelation,
  CatalogType,
} from './snapshot.ts';

const systemSchemas: ReadonlySet<string> = new Set(['pg_catalog', 'information_schema', 'pg_toast']);
export const isSystemSchema = (schema: string): boolean => systemSchemas.has(schema);

/** OIDs below are given by initdb and the same in every database of a major version (FirstNormalObjectId). */
export const firstUserOid = 16384;

/** What can be indexed on its own: the system's objects once per server, the user's with every change. */
type Part = Pick<CatalogData, 'schemas' | 'relations' | 'functions' | 'types' | 'operators' | 'casts'>;

const push = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
};

const nested = <V extends { schema: string; name: string }>(values: readonly V[]): Map<string, Map<string, V>> => {
  const bySchema = new Map<string, Map<string, V>>();
  for (const value of values) {
    const byName = bySchema.get(value.schema);
    if (byName) byName.set(value.name, value);
    else bySchema.set(value.schema, new Map([[value.name, value]]));
  }
  return bySchema;
};

const byOid = <V extends { oid: number }>(values: readonly V[]): Map<number, V> =>
  new Map(values.map(value => [value.oid, value]));

const castKey = (source: number, target: number): string => `${source}>${target}`;

/** An operator that the server may run in another one's place, with the operands as they are or the other way round. */
export type Instead = { operatorOid: number; isSwapped: boolean };

const noInstead: readonly Instead[] = [];

/** A user's operator makes itself the partner of another, which may be the system's. */
function partnersOf(operators: readonly CatalogOperator[]): ReadonlyMap<number, readonly Instead[]> {
  const partners = new Map<number, Instead[]>();
  for (const { oid, negatorOid, commutatorOid } of operators) {
    if (negatorOid !== undefined && negatorOid !== oid)
      push(partners, negatorOid, { operatorOid: oid, isSwapped: false });
    if (commutatorOid !== undefined && commutatorOid !== oid)
      push(partners, commutatorOid, { operatorOid: oid, isSwapped: true });
  }
  return partners;
}

class PartIndex {
  readonly schemas: ReadonlySet<string>;
  readonly relations: Map<string, Map<string, CatalogRelation>>;
  readonly relationsByOid: Map<number, CatalogRelation>;
  readonly types: Map<string, Map<string, CatalogType>>;
  readonly typesByOid: Map<number, CatalogType>;
  readonly functions = new Map<string, CatalogFunction[]>();
  readonly functionsByOid: Map<number, CatalogFunction>;
  readonly operators = new Map<string, CatalogOperator[]>();
  readonly operatorsByOid: Map<number, CatalogOperator>;
  readonly casts = new Map<string, CatalogCast>();
  readonly children = new Map<number, number[]>();

  constructor(part: Part) {
    this.schemas = new Set(part.schemas.map(schema => schema.name));
    this.relations = nested(part.relations);
    this.relationsByOid = byOid(part.relations);
    this.types = nested(part.types);
    this.typesByOid = byOid(part.types);
    this.functionsByOid = byOid(part.functions);
    for (const fn of part.functions) push(this.functions, fn.name, fn);
    this.operatorsByOid = byOid(part.operators);
    for (const operator of part.operators) push(this.operators, operator.name, operator);
    for (const cast of part.casts) this.casts.set(castKey(cast.sourceOid, cast.targetOid), cast);
    for (const relation of part.relations) {
      if (relation.kind === 'i' || relation.kind === 'I') continue;
      for (const parent of relation.parents) push(this.children, parent, relation.oid);
    }
  }
}

/** A cast is the system's when nothing in it is the user's. */
const isSystemCast = (cast: CatalogCast): boolean =>
  cast.functionOid < firstUserOid && cast.sourceOid < firstUserOid && cast.targetOid < firstUserOid;

type Parts = { readonly system: Part; readonly user: Part };

/** There are thousands of system objects, and what is read anew after every change is the user's. */
const knownParts = new WeakMap<CatalogData, Parts>();

function partsOf(data: CatalogData): Parts {
  const known = knownParts.get(data);
  if (known !== undefined) return known;
  const system = partOf(data, isSystemSchema, isSystemCast);
  const user = partOf(
    data,
    schema => !isSystemSchema(schema),
    cast => !isSystemCast(cast),
  );
  const parts = { system, user };
  knownParts.set(data, parts);
  return parts;
}

const partOf = (
  data: CatalogData,
  isIn: (schema: string) => boolean,
  isCastIn: (cast: CatalogCast) => boolean,
): Part => ({
  schemas: data.schemas.filter(schema => isIn(schema.name)),
  relations: data.relations.filter(relation => isIn(relation.schema)),
  functions: data.functions.filter(fn => isIn(fn.schema)),
  types: data.types.filter(type => isIn(type.schema)),
  operators: data.operators.filter(operator => isIn(operator.schema)),
  casts: data.casts.filter(isCastIn),
});

/** A full snapshot whose user objects are replaced by those of a newer, user-only one. */
export function withUserPart(base: CatalogData, newer: CatalogData): CatalogData {
  const { system } = partsOf(base);
  const { user } = partsOf(newer);
  const whole = {
    ...newer,
    schemas: [...system.schemas, ...user.schemas],
    relations: [...system.relations, ...user.relations],
    functions: [...system.functions, ...user.functions],
    types: [...system.types, ...user.types],
    operators: [...system.operators, ...user.operators],
    casts: [...system.casts, ...user.casts],
  };
  knownParts.set(whole, { system, user });
  return whole;
}

/** The user-only remainder of a full snapshot; `withUserPart` puts it back. */
export const userOnly = (data: CatalogData): CatalogData => ({ ...data, ...partsOf(data).user });

export type CatalogHeader = Pick<
  CatalogData,
  'serverVersion' | 'database' | 'role' | 'searchPath' | 'temporarySchema' | 'foreignKeys' | 'extensions'
>;

/** The columns every stored relation has (src/backend/catalog/heap.c). */
export const systemColumns: readonly { attnum: number; name: string; typeOid: number }[] = [
  { attnum: -1, name: 'ctid', typeOid: 27 },
  { attnum: -2, name: 'xmin', typeOid: 28 },
  { attnum: -3, name: 'cmin', typeOid: 29 },
  { attnum: -4, name: 'xmax', typeOid: 28 },
  { attnum: -5, name: 'cmax', typeOid: 29 },
  { attnum: -6, name: 'tableoid', typeOid: 26 },
];

const columnRefs = new WeakMap<CatalogRelation, ReadonlyMap<number, ColumnRef>>();
const refsOf = (relation: CatalogRelation): ReadonlyMap<number, ColumnRef> => {
  const known = columnRefs.get(relation);
  if (known) return known;
  const refs = new Map(relation.columns.map(column => [column.attnum, refOf(relation, column.attnum, column.name)]));
  for (const { attnum, name } of systemColumns) refs.set(attnum, refOf(relation, attnum, name));
  columnRefs.set(relation, refs);
  return refs;
};
const refOf = (relation: CatalogRelation, attnum: number, column: string): ColumnRef => ({
  relationOid: relation.oid,
  attnum,
  schema: relation.schema,
  relation: relation.name,
  column,
});

/** Texts of strangers decide what is remembered, so it is bounded. */
const memoMax = 50_000;

class Memo {
  private readonly entries = new Map<string, unknown>();

  get(key: string): unknown {
    return this.entries.get(key);
  }

  set(key: string, value: unknown): void {
    if (this.entries.size >= memoMax) this.entries.clear();
    this.entries.set(key, value);
  }
}

/** Innermost layer first: same-message objects, then the user's, then the system's. */
export class Catalog {
  readonly header: CatalogHeader;
  private readonly layers: readonly PartIndex[];
  /** Memo of what analysis derives from this catalog alone (view bodies, resolved operators, …), dropped with it. */
  readonly memo = new Memo();
  /** Whether anybody made a cast beyond the system's own: implicit casts may then run unknown code. */
  readonly hasUserCasts: boolean;

  private constructor(header: CatalogHeader, layers: readonly PartIndex[]) {
    this.header = header;
    this.layers = layers;
    this.hasUserCasts = layers.slice(0, -1).some(layer => layer.casts.size > 0);
  }

  static of(data: CatalogData, system: PartIndex = new PartIndex(partsOf(data).system)): Catalog {
    return new Catalog(data, [new PartIndex(partsOf(data).user), system]);
  }

  /** The same server's system objects under other user objects: the costly index is shared. */
  withUser(data: CatalogData): Catalog {
    const system = this.layers[this.layers.length - 1];
    return Catalog.of(data, system);
  }

  /** The same objects under another header, e.g. as another server version would have them. */
  withHeader(header: CatalogHeader): Catalog {
    return new Catalog(header, this.layers);
  }

  /** With relations (and their schemas) that an earlier statement of the same message will have made. */
  withRelations(relations: readonly CatalogRelation[], schemas: readonly string[]): Catalog {
    const types = relations.map(rowTypeFor);
    const part = { relations, types, functions: [], operators: [], casts: [] };
    const layer = new PartIndex({ ...part, schemas: schemas.map(name => ({ oid: 0, name })) });
    return new Catalog(this.header, [layer, ...this.layers]);
  }

  hasSchema(name: string): boolean {
    return this.layers.some(layer => layer.schemas.has(name)) || isSystemSchema(name);
  }

  relation(oid: number): CatalogRelation | null {
    return this.first(layer => layer.relationsByOid.get(oid));
  }

  relationNamed(schema: string, name: string): CatalogRelation | null {
    return this.first(layer => layer.relations.get(schema)?.get(name));
  }

  type(oid: number): CatalogType | null {
    for (const layer of this.layers) {
      const type = layer.typesByOid.get(oid);
      if (type) return type;
    }
    return null;
  }

  typeNamed(schema: string, name: string): CatalogType | null {
    return this.first(layer => layer.types.get(schema)?.get(name));
  }

  typesIn(schema: string): readonly CatalogType[] {
    return this.layers.flatMap(layer => [...(layer.types.get(schema)?.values() ?? [])]);
  }

  function(oid: number): CatalogFunction | null {
    for (const layer of this.layers) {
      const fn = layer.functionsByOid.get(oid);
      if (fn) return fn;
    }
    return null;
  }

  functionsNamed(name: string): readonly CatalogFunction[] {
    const lists = this.layers.map(layer => layer.functions.get(name)).filter(list => list !== undefined);
    return lists.length === 1 ? (lists[0] ?? []) : lists.flat();
  }

  operatorsNamed(name: string): readonly CatalogOperator[] {
    const lists = this.layers.map(layer => layer.operators.get(name)).filter(list => list !== undefined);
    return lists.length === 1 ? (lists[0] ?? []) : lists.flat();
  }

  /** What the server may run in the operator's place: its partners, by its own word or theirs. */
  insteadOf(operator: CatalogOperator): readonly Instead[] {
    const known = this.memo.get('instead') as ReadonlyMap<number, readonly Instead[]> | undefined;
    const partners =
      known ?? partnersOf(this.layers.slice(0, -1).flatMap(layer => [...layer.operators.values()].flat()));
    if (!known) this.memo.set('instead', partners);
    const { oid, negatorOid, commutatorOid } = operator;
    const theirs = partners.get(oid) ?? noInstead;
    // Nearly all are the system's.
    if (negatorOid === undefined && commutatorOid === undefined) return theirs;
    const own = [
      { operatorOid: negatorOid, isSwapped: false },
      { operatorOid: commutatorOid, isSwapped: true },
    ];
    const isOther = (each: { operatorOid: number | undefined }): each is Instead =>
      each.operatorOid !== undefined && each.operatorOid !== oid;
    return [...theirs, ...own.filter(isOther)];
  }

  operator(oid: number): CatalogOperator | null {
    for (const layer of this.layers) {
      const operator = layer.operatorsByOid.get(oid);
      if (operator) return operator;
    }
    return null;
  }

  cast(source: number, target: number): CatalogCast | null {
    return this.first(layer => layer.casts.get(castKey(source, target)));
  }

  *userRelations(): Iterable<CatalogRelation> {
    for (const layer of this.layers.slice(0, -1)) yield* layer.relationsByOid.values();
  }

  *userFunctions(): Iterable<CatalogFunction> {
    for (const layer of this.layers.slice(0, -1)) yield* layer.functionsByOid.values();
  }

  children(oid: number): readonly number[] {
    return this.layers.flatMap(layer => layer.children.get(oid) ?? []);
  }

  /** The one shared reference to a column; system columns (ctid, xmin, …) have negative numbers. */
  columnRef(relation: CatalogRelation, column: Pick<CatalogColumn, 'attnum' | 'name'>): ColumnRef {
    return refsOf(relation).get(column.attnum) ?? refOf(relation, column.attnum, column.name);
  }

  /** Parents by inheritance or partitioning, nearest first, all levels. */
  ancestors(relation: CatalogRelation): readonly CatalogRelation[] {
    if (relation.parents.length === 0 || relation.kind === 'i' || relation.kind === 'I') return [];
    const found = new Map<number, CatalogRelation>();
    const queue = [...relation.parents];
    for (let oid = queue.shift(); oid !== undefined; oid = queue.shift()) {
      const parent = this.relation(oid);
      if (!parent || found.has(oid)) continue;
      found.set(oid, parent);
      queue.push(...parent.parents);
    }
    return [...found.values()];
  }

  private first<V>(pick: (layer: PartIndex) => V | undefined): V | null {
    for (const layer of this.layers) {
      const value = pick(layer);
      if (value !== undefined) return value;
    }
    return null;
  }
}

const rowTypeFor = (relation: CatalogRelation): CatalogType => ({
  oid: relation.rowTypeOid,
  schema: relation.schema,
  name: relation.name,
  kind: 'c',
  category: 'C',
  preferred: false,
  elementOid: 0,
  arrayOid: 0,
  relationOid: relation.oid,
  baseOid: 0,
  baseTypmod: -1,
  length: -1,
  rangeSubtypeOid: 0,
  rangePartnerOid: 0,
  checks: [],
  notNull: false,
});

export const catalogOf = (data: CatalogData): Catalog => Catalog.of(data);
