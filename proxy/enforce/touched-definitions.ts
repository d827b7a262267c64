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
    this.#relations.set(oid, definitionOf(relation));
    for (const { typeOid } of relation.columns) this.type(typeOid);
    for (const { functionOid } of relation.triggers) this.function(functionOid);
  }

  function(oid: number): void {
    const fn = isUsers(oid) && !this.#functions.has(oid) ? this.#catalog.function(oid) : null;
    if (fn === null) return;
    this.#functions.set(oid, fn);
    for (const type of [...fn.argumentTypes, fn.returnTypeOid]) this.type(type);
    for (const step of fn.steps ?? []) this.function(step);
  }

  type(oid: number): void {
    const type = isUsers(oid) && !this.#types.has(oid) ? this.#catalog.type(oid) : null;
    if (type === null) return;
    this.#types.set(oid, type);
    for (const part of [type.baseOid, type.elementOid, type.rangeSubtypeOid]) this.type(part);
    if (type.kind === 'c') this.relation(type.relationOid);
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
