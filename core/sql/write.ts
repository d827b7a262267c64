/** What writing to a relation means besides the write: views pass it on, rules replace it, triggers and cascades add to it. */

import { isSystemSchema } from '../catalog/lookup.ts';
import type { CatalogRelation } from '../catalog/snapshot.ts';
import type { AccessVerb } from './analysis.ts';
import { notePartition } from './partition.ts';
import { unresolved } from './refuse.ts';
import { ruleActions } from './rules.ts';
import type { Analyzer } from './state.ts';
import { triggerEffects } from './triggers.ts';
import { expandView } from './views.ts';

export type WriteEvent = 'insert' | 'update' | 'delete' | 'truncate';

const cascadeMax = 200;

/** Rows of other tables that go, or lose their reference, with rows of this one. */
function cascades(a: Analyzer, relation: CatalogRelation, event: WriteEvent, seen: Set<number>): void {
  if (event !== 'delete' || seen.has(relation.oid) || seen.size > cascadeMax) return;
  seen.add(relation.oid);
  for (const key of a.catalog.header.foreignKeys) {
    if (key.referencedOid !== relation.oid || !'cnd'.includes(key.onDelete)) continue;
    const child = a.catalog.relation(key.relationOid);
    if (!child) continue;
    a.out.relation('write', key.onDelete === 'c' ? 'delete' : 'update', child);
    a.out.hazard('cascade', `${child.schema}.${child.name}`);
    triggerEffects(a, child, key.onDelete === 'c' ? 'delete' : 'update');
    if (key.onDelete === 'c') cascades(a, child, event, seen);
  }
}

/** The one table behind a view that PostgreSQL updates through it. */
function behind(a: Analyzer, view: CatalogRelation): CatalogRelation | null {
  const direct = expandView(a, view).out.accesses.filter(
    access => access.action === 'read' && !access.viaView && access.object.kind === 'relation',
  );
  const [only] = direct;
  return direct.length === 1 && only ? a.catalog.relation(only.object.oid) : null;
}

export function writeTo(a: Analyzer, relation: CatalogRelation, verb: AccessVerb, event: WriteEvent): void {
  if (!'rpvf'.includes(relation.kind)) unresolved('DML', undefined, `cannot change relation "${relation.name}"`);
  a.out.relation('write', verb, relation);
  if (isSystemSchema(relation.schema)) {
    // Its rule turns an UPDATE into set_config(), with a name and value only running tells.
    if (relation.name === 'pg_settings') unresolved('pg_settings', undefined, 'settings are changed with SET');
    return;
  }
  if (event === 'update' || event === 'delete') notePartition(a, relation);
  ruleActions(a, relation, event);
  triggerEffects(a, relation, event);
  cascades(a, relation, event, new Set());
  if (relation.kind !== 'v') return;
  const base = behind(a, relation);
  if (base) writeTo(a, base, verb, event);
  else if (relation.triggers.length === 0 && relation.rules.length === 0)
    a.out.object('opaque', verb, 'relation', relation.name, { schema: relation.schema, oid: relation.oid });
}
