/** What the objects that a statement touches are by definition: under the same names, and OIDs, they may come to do something else. */
import { createHash } from 'node:crypto';
import { type Catalog, firstUserOid } from '#core/catalog/lookup.ts';
import type { CatalogRelation } from '#core/catalog/snapshot.ts';
import type { Analysis } from '#core/sql/analysis.ts';

const isUsers = (oid: number): boolean => oid >= firstUserOid;

/** Without what changes by itself. The server lists parts of a relation in any order. */
function definitionOf({ rowsEstimate, bytesEstimate, triggers, rules, code = [], ...relation }: CatalogRelation) {
  return [relation, ...[triggers, rules, code].map(parts => parts.map(part => JSON.stringify(part)).sort())];
}

/** Of each relation once: a table may have thousands of partitions. */
function digestOf(catalog: Catalog, relation: CatalogRelation): string {
  const key = `definition of relation ${relation.oid}`;
  const known = catalog.memo.get(key) as string | undefined;
  if (known !== undefined) return known;
  const digest = createHash('sha256')
    .update(JSON.stringify(definitionOf(relation)))
    .digest('base64');
  catalog.memo.set(key, digest);
  return digest;
}

/** By name. */
function functionsOf(catalog: Catalog): ReadonlyMap<string, readonly number[]> {
  const known = catalog.memo.get('functions by name') as Map<string, number[]> | undefined;
  if (known !== undefined) return known;
  const named = new Map<string, number[]>();
  for (const { oid, name } of catalog.userFunctions()) {
    const others = named.get(name);
    if (others === undefined) named.set(name, [oid]);
    else others.push(oid);
  }
  catalog.memo.set('functions by name', named);
  return named;
}

/** Functions that code which stands in the catalog may call, once for each object: rather too many than too few. */
function mentioned(
  catalog: Catalog,
  key: string,
  texts: () => readonly (string | null | undefined)[],
): readonly number[] {
  const known = catalog.memo.get(key) as number[] | undefined;
  if (known !== undefined) return known;
  const all = texts()
    .filter(text => typeof text === 'string')
    .join('\n');
  const found: number[] = [];
  if (all !== '')
    for (const [name, oids] of functionsOf(catalog)) if (all.includes(name.replaceAll('"', '""'))) found.push(...oids);
  catalog.memo.set(key, found);
  return found;
}

const codeOf = ({ definition, columns, triggers, rules, code = [] }: CatalogRelation) => [
  definition,
  ...columns.flatMap(({ generated, defaultText }) => [generated, defaultText]),
  ...[...triggers, ...rules].map(each => each.definition),
  ...code.map(({ text }) => text),
];

/** Objects by OID, each once, in the order of their OIDs. */
class Touched {
  readonly #catalog: Catalog;
  readonly #relations = new Map<number, unknown>();
  readonly #functions = new Map<number, unknown>();
  readonly #types = new Map<number, unknown>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  relation(oid: number): void {
    const relation = isUsers(oid) && !this.#relations.has(oid) ? this.#catalog.relation(oid) : null;
    if (relation === null) return;
    this.#relations.set(oid, digestOf(this.#catalog, relation));
    for (const { typeOid } of relation.columns) this.type(typeOid);
    for (const { functionOid } of relation.triggers) this.function(functionOid);
    for (const fn of mentioned(this.#catalog, `mentioned by relation ${oid}`, () => codeOf(relation)))
      this.function(fn);
    for (const child of this.#catalog.children(oid)) this.relation(child);
  }

  function(oid: number): void {
    const fn = isUsers(oid) && !this.#functions.has(oid) ? this.#catalog.function(oid) : null;
    if (fn === null) return;
    this.#functions.set(oid, fn);
    for (const type of [...fn.argumentTypes, fn.returnTypeOid]) this.type(type);
    for (const step of fn.steps ?? []) this.function(step);
    const code = () => [fn.body, fn.defaultsText];
    for (const called of mentioned(this.#catalog, `mentioned by function ${oid}`, code)) this.function(called);
  }

  type(oid: number): void {
    const type = isUsers(oid) && !this.#types.has(oid) ? this.#catalog.type(oid) : null;
    if (type === null) return;
    this.#types.set(oid, type);
    for (const part of [type.baseOid, type.elementOid, type.rangeSubtypeOid]) this.type(part);
    if (type.kind === 'c') this.relation(type.relationOid);
    const code = () => [...type.checks, type.defaultText];
    for (const fn of mentioned(this.#catalog, `mentioned by type ${oid}`, code)) this.function(fn);
  }

  get all(): unknown[] {
    return [this.#relations, this.#functions, this.#types].map(found => [...found].sort(([a], [b]) => a - b));
  }
}

/** SHA-256, hex. Code that nobody can read finds what it names along the path of whoever calls it. */
export function touchedDefinitions(analysis: Analysis, catalog: Catalog, searchPath: readonly string[]): string {
  if (!analysis.ok) return '';
  const touched = new Touched(catalog);
  let isOpaque = false;
  for (const { accesses, functions, reads, uses, flows, outputs } of analysis.statements) {
    for (const { action, object } of accesses) {
      isOpaque ||= action === 'opaque';
      if (object.kind === 'relation') touched.relation(object.oid);
      if (object.kind === 'function') touched.function(object.oid);
      if (object.kind === 'type') touched.type(object.oid);
    }
    for (const { oid, trust } of functions) {
      isOpaque ||= trust === 'unknown';
      touched.function(oid);
    }
    const columns = [
      ...reads,
      ...uses.map(use => use.column),
      ...flows.flatMap(flow => flow.origins),
      ...(outputs ?? []).flatMap(output => output.origins),
    ];
    for (const { relationOid } of columns) touched.relation(relationOid);
  }
  const path = isOpaque ? searchPath : null;
  return createHash('sha256')
    .update(JSON.stringify([touched.all, path]))
    .digest('hex');
}
