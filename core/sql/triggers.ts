/** Triggers run their functions with every write to their table. */
import type { CatalogRelation } from '../catalog/snapshot.ts';
import { applyFunction } from './expr/apply.ts';
import { relationFields } from './relation.ts';
import type { Analyzer } from './state.ts';
import { oid } from './types/oid.ts';
import type { WriteEvent } from './write.ts';

/** Triggers that set off triggers. */
const depthMax = 8;

/** A compiled function can do anything with the row: skip it where nothing changes, copy it into another column. */
function wholeRow(a: Analyzer, relation: CatalogRelation): void {
  for (const { value } of relationFields(a, relation)) a.out.usedAs(value, 'function_argument');
}

export function triggerEffects(a: Analyzer, relation: CatalogRelation, event: WriteEvent): void {
  for (const trigger of relation.triggers) {
    if (!trigger.enabled || !trigger.events.includes(event)) continue;
    const fn = a.catalog.function(trigger.functionOid);
    if (!fn || a.expanding.includes(fn.oid) || a.expanding.length > depthMax) continue;
    if (fn.body === null) wholeRow(a, relation);
    applyFunction(a, fn, [], { result: oid.trigger, row: relation });
  }
}
