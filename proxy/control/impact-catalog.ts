/** What a write sets off and locks, as far as the catalog knows: cascades of foreign keys, triggers and rules, the table's lock. */
import type { Catalog } from '#core/catalog/lookup.ts';
import type { CatalogForeignKey, CatalogRelation } from '#core/catalog/snapshot.ts';
import type { Impact } from '#core/contract/proxy.ts';
import type { Access } from '#core/sql/analysis.ts';

const listMax = 100;
const nameOf = (relation: CatalogRelation): string => `${relation.schema}.${relation.name}`;

type Event = 'insert' | 'update' | 'delete' | 'truncate';

const events: Partial<Record<Access['verb'], readonly Event[]>> = {
  insert: ['insert'],
  copy_from: ['insert'],
  update: ['update'],
  delete: ['delete'],
  merge: ['insert', 'update', 'delete'],
  truncate: ['truncate'],
};

const actions: Readonly<Record<CatalogForeignKey['onDelete'], string | null>> = {
  c: 'deletes the rows that refer to them',
  n: 'sets the columns that refer to them to null',
  d: 'sets the columns that refer to them to their default',
  a: null,
  r: null,
};

/** Followed as far as deletes go on. A DROP … CASCADE is told by the analysis, not from here. */
export function cascadesOf(
  accesses: readonly Access[],
  catalog: Catalog,
  foreignKeys: readonly CatalogForeignKey[],
): Impact['cascades'] {
  const deleting = accesses.filter(({ verb }) => verb === 'delete' || verb === 'merge').map(({ object }) => object.oid);
  const seen = new Set(deleting);
  const queue = [...seen];
  const found: Impact['cascades'] = [];
  for (let oid = queue.shift(); oid !== undefined && found.length < listMax; oid = queue.shift()) {
    for (const key of foreignKeys) {
      const action = actions[key.onDelete];
      const relation = catalog.relation(key.relationOid);
      if (key.referencedOid !== oid || action === null || !relation || found.length >= listMax) continue;
      found.push({ relation: nameOf(relation), constraint: key.name, action });
      if (key.onDelete !== 'c' || seen.has(relation.oid)) continue;
      seen.add(relation.oid);
      queue.push(relation.oid);
    }
  }
  return found;
}

export function triggersOf(accesses: readonly Access[], catalog: Catalog): string[] {
  const found = new Set<string>();
  for (const { verb, object } of accesses) {
    const relation = catalog.relation(object.oid);
    const set = events[verb];
    if (!relation || !set) continue;
    for (const trigger of relation.triggers) {
      if (trigger.enabled && trigger.events.some(event => set.includes(event))) {
        found.add(`${nameOf(relation)}: trigger ${trigger.name}`);
      }
    }
    for (const rule of relation.rules) {
      if (set.some(event => event === rule.event)) found.add(`${nameOf(relation)}: rule ${rule.name}`);
    }
  }
  return [...found].slice(0, listMax);
}

/** From the weakest to the strongest (PostgreSQL manual, "Explicit Locking", table-level locks). */
const locks = [
  'ROW EXCLUSIVE (other writes go on; the rows are locked)',
  'SHARE UPDATE EXCLUSIVE (reads and writes go on)',
  'ACCESS EXCLUSIVE (nobody else reads or writes the table)',
] as const;

const strength: Partial<Record<Access['verb'], 0 | 1 | 2>> = {
  insert: 0,
  update: 0,
  delete: 0,
  merge: 0,
  copy_from: 0,
  vacuum: 1,
  analyze: 1,
  comment: 1,
  truncate: 2,
  drop: 2,
  alter: 2,
  cluster: 2,
  reindex: 2,
  refresh: 2,
};

export function lockOf(accesses: readonly Access[]): string | null {
  const taken = accesses.flatMap(({ verb }) => strength[verb] ?? []);
  return taken.length === 0 ? null : (locks[Math.max(...taken)] ?? null);
}
