/** What a table runs of its own over the rows that are read or written: whoever writes to it does that, too, whatever they name. */
import type { CatalogFunction, CatalogRelation } from '../catalog/snapshot.ts';
import type { Access, ColumnUse, Hazard } from './analysis.ts';
import { checkType } from './domain.ts';
import { parseExpressions } from './expr/arranged.ts';
import { expression } from './expression.ts';
import { item } from './from.ts';
import { defaultTextLimits } from './guard.ts';
import { parseText } from './parse.ts';
import { RefusalError } from './refuse.ts';
import { relationFields } from './relation.ts';
import { oldAndNew } from './rules.ts';
import { Scope } from './scope.ts';
import { condition } from './select.ts';
import { type Analyzer, searchPathOf } from './state.ts';
import { changed, type Value } from './value.ts';
import { expandView } from './views.ts';

/** `maintain`: what goes over all rows without changing them, as building an index and gathering statistics do. */
export type OwnEvent = 'select' | 'insert' | 'update' | 'delete' | 'truncate' | 'maintain';

type Place = { relation: CatalogRelation; oid?: number };
type Found = { accesses: readonly Access[]; hazards: readonly Hazard[]; uses: readonly ColumnUse[] };

/** An expression or a list of them, over the columns of the table. */
export function run(a: Analyzer, relation: CatalogRelation, text: string): readonly Value[] {
  const nodes = parseExpressions(text);
  if (!nodes) throw new RefusalError('unresolved', 'definition', `a definition of ${relation.name} cannot be read`);
  const scope = new Scope(null);
  const columns = relationFields(a, relation).map(({ name, value }) => ({
    name,
    value: changed(value, { wire: null }),
  }));
  scope.items.push(item({ name: relation.name, columns, rowType: relation.rowTypeOid, relation }));
  return nodes.map(node => expression(a, scope, node));
}

/** Whether a trigger fires at all is computed first. */
export function triggerCondition(a: Analyzer, relation: CatalogRelation, definition: string): void {
  const parsed = parseText(definition, defaultTextLimits);
  const node = parsed.ok ? parsed.statements[0]?.stmt : undefined;
  if (!node || !('CreateTrigStmt' in node))
    throw new RefusalError('unresolved', 'trigger', `a trigger of ${relation.name} cannot be read`);
  if (node.CreateTrigStmt.whenClause) condition(a, oldAndNew(a, relation), node.CreateTrigStmt.whenClause);
}

function evaluate(a: Analyzer, relation: CatalogRelation, event: OwnEvent): void {
  // Rows that cannot be seen cannot be changed either.
  const computed = event === 'maintain' ? 'insert' : event;
  const isSought = event === 'update' || event === 'delete';
  for (const { events, text } of relation.code ?? []) {
    if (!events.some(each => each === computed || (isSought && each === 'select'))) continue;
    const before = [...a.out.late];
    const values = run(a, relation, text);
    // A row is let in, compared with others or put into a partition by what a function gives.
    for (const value of values) a.out.usedAs(value, 'predicate');
    // Which rows of a table are there for whom is for its owner to decide, by whatever means.
    if (!events.some(each => each === 'select' || each === 'delete')) continue;
    a.out.late.clear();
    for (const column of before) a.out.late.add(column);
  }
  for (const trigger of relation.triggers)
    if (trigger.enabled && trigger.definition !== null && trigger.events.some(each => each === event))
      triggerCondition(a, relation, trigger.definition);
  if (event !== 'insert' && event !== 'update') return;
  for (const column of relation.columns) checkType(a, column.typeOid);
  for (const column of relation.columns) {
    if (column.generated !== null && !column.virtual) run(a, relation, column.generated);
    const standard = column.defaultText ?? a.catalog.type(column.typeOid)?.defaultText;
    if (event === 'insert' && standard !== undefined && column.generated === null) run(a, relation, standard);
  }
}

/** What an extension's function does is up to whoever installed it; those that reach further are hazards by their names. */
const isExtension = (fn: CatalogFunction | null): boolean => fn?.extension != null;

/** Reading is what constraints are for, and a sequence that lies with the table is a part of it. */
function isBeyond(a: Analyzer, relation: CatalogRelation, { action, object }: Access): boolean {
  if (action === 'read') return false;
  if (object.kind === 'sequence' && object.schema === relation.schema) return false;
  return !(object.kind === 'function' && isExtension(a.catalog.function(object.oid)));
}

/** `oid` is 0 where the relation itself is what has to be looked into. */
function find(a: Analyzer, { relation, oid = relation.oid }: Place, work: (inner: Analyzer) => void): Found {
  const { searchPath, temporarySchema } = a.catalog.header;
  const path = searchPathOf(a.catalog, searchPath, temporarySchema);
  const inner = a.nested({ origin: 'view', path, oid });
  try {
    work(inner);
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    inner.out.object('opaque', 'call', 'relation', relation.name, { schema: relation.schema, oid: relation.oid });
  }
  return {
    accesses: inner.out.accesses.filter(access => isBeyond(a, relation, access)),
    hazards: inner.out.hazards,
    uses: inner.out.uses.filter(({ column }) => inner.out.late.has(column) && column.relationOid !== relation.oid),
  };
}

export function ownCode(a: Analyzer, relation: CatalogRelation, event: OwnEvent): void {
  const found = foundIn(a, relation, event);
  if (found) record(a, found);
}

/** Whether there is anything to hold against whoever sets it off. */
export function hasOwnCode(a: Analyzer, relation: CatalogRelation, event: OwnEvent): boolean {
  const found = foundIn(a, relation, event);
  return found !== null && found.accesses.length + found.hazards.length > 0;
}

function foundIn(a: Analyzer, relation: CatalogRelation, event: OwnEvent): Found | null {
  if (a.expanding.includes(relation.oid)) return null;
  const key = `own ${relation.oid} ${event} ${a.callPath.key}`;
  const known = a.catalog.memo.get(key) as Found | undefined;
  const found = known ?? find(a, { relation }, inner => evaluate(inner, relation, event));
  // Inside something that leads back here the findings may be a part of them.
  if (!known && a.expanding.length === 0 && relation.oid > 0) a.catalog.memo.set(key, found);
  return found;
}

function record(a: Analyzer, { accesses, hazards, uses }: Found): void {
  for (const access of accesses) a.out.access(access);
  for (const use of uses) a.out.use(use.column, use.context, use);
  for (const hazard of hazards) a.out.hazard(hazard.code, hazard.object);
}

/** What a materialized view's query does when it is run again. */
export function queryCode(a: Analyzer, view: CatalogRelation): void {
  record(
    a,
    find(a, { relation: view, oid: 0 }, inner => inner.out.include(expandView(inner, view).out, false)),
  );
}

/** What the values of a new column are held against, and what they are where its type says so. */
export function typeCode(a: Analyzer, relation: CatalogRelation, typeOid: number): void {
  record(
    a,
    find(a, { relation }, inner => {
      checkType(inner, typeOid);
      const standard = a.catalog.type(typeOid)?.defaultText;
      if (standard !== undefined) run(inner, relation, standard);
    }),
  );
}
