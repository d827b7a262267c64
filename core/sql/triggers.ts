/** Triggers run their functions with every write to their table. */
import { firstUserOid } from '../catalog/lookup.ts';
import type { CatalogFunction, CatalogRelation } from '../catalog/snapshot.ts';
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

/** Of contrib: put the time or the role into a column, and look at no other. */
const stamping: ReadonlySet<string> = new Set(['moddatetime', 'insert_username']);
const isStamping = (fn: CatalogFunction): boolean =>
  fn.language === 'c' && fn.extension !== null && stamping.has(fn.extension);

/** The server's own for triggers change the row at hand, or leave it alone. */
const inRow = /^(tsvector_update_trigger(_column)?|suppress_redundant_updates_trigger)$/;
const staysInRow = (fn: CatalogFunction): boolean =>
  fn.oid < firstUserOid && fn.schema === 'pg_catalog' && inRow.test(fn.name);

function defers({ out }: Analyzer): void {
  if (!out.effects.some(({ type }) => type === 'defers')) out.effects.push({ type: 'defers' });
}

export function triggerEffects(a: Analyzer, relation: CatalogRelation, event: WriteEvent): void {
  for (const trigger of relation.triggers) {
    if (!trigger.enabled || !trigger.events.includes(event)) continue;
    const fn = a.catalog.function(trigger.functionOid);
    if (!fn || a.expanding.includes(fn.oid) || a.expanding.length > depthMax) continue;
    if (isStamping(fn)) continue;
    if (fn.body === null) wholeRow(a, relation);
    if (staysInRow(fn)) continue;
    applyFunction(a, fn, [], { result: oid.trigger, row: relation });
    if (trigger.deferrable && fn.body !== null) defers(a);
  }
}
