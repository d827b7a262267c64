/**
 * What a table may say of a value that is put into it: a check, a key, the bounds of a partition, an expression that fails, a trigger
 * that fires by it. Whether it does tells something of the value, wherever that comes from.
 */
import type { CatalogForeignKey, CatalogRelation } from '../catalog/snapshot.ts';
import type { ColumnRef, UseContext } from './analysis.ts';
import { parseExpressions } from './expr/arranged.ts';
import { expression } from './expression.ts';
import { item } from './from.ts';
import { defaultTextLimits } from './guard.ts';
import { parseText } from './parse.ts';
import { RefusalError } from './refuse.ts';
import { relationFields } from './relation.ts';
import { oldAndNew } from './rules.ts';
import { Scope } from './scope.ts';
import { type Analyzer, searchPathOf } from './state.ts';
import { oid } from './types/oid.ts';
import { testsOf, type Value } from './value.ts';
import { expandView } from './views.ts';

type Objection = { column: ColumnRef; context: UseContext; against: readonly ColumnRef[] };

const none: readonly ColumnRef[] = [];

/** What holds for each row is a condition; what is only computed tells something where it may fail. */
function ofValue(value: Value): readonly Objection[] {
  if (value.type === oid.bool) return testsOf(value);
  if (value.kind !== 'derived') return [];
  return value.origins.map(column => ({ column, context: 'function_argument', against: none }));
}

function ofText(a: Analyzer, relation: CatalogRelation, text: string): Objection[] {
  const scope = new Scope(null);
  const columns = relationFields(a, relation);
  scope.items.push(item({ name: relation.name, columns, rowType: relation.rowTypeOid, relation }));
  return (parseExpressions(text) ?? []).flatMap(node => ofValue(expression(a, scope, node)));
}

function ofTrigger(a: Analyzer, relation: CatalogRelation, definition: string): readonly Objection[] {
  const parsed = parseText(definition, defaultTextLimits);
  const node = parsed.ok ? parsed.statements[0]?.stmt : undefined;
  if (!node || !('CreateTrigStmt' in node) || !node.CreateTrigStmt.whenClause) return [];
  return ofValue(expression(a, oldAndNew(a, relation), node.CreateTrigStmt.whenClause));
}

const ofKeys = (a: Analyzer, relation: CatalogRelation): Objection[] =>
  a.catalog.header.foreignKeys.filter(({ relationOid }) => relationOid === relation.oid).flatMap(key => ofKey(a, key));

function ofKey(
  a: Analyzer,
  { relationOid, columns, referencedOid, referencedColumns }: CatalogForeignKey,
): Objection[] {
  const relation = a.catalog.relation(relationOid);
  const referenced = a.catalog.relation(referencedOid);
  return columns.flatMap((attnum, place) => {
    const column = relation?.columns.find(each => each.attnum === attnum);
    const other = referenced?.columns.find(each => each.attnum === referencedColumns[place]);
    if (!column || !relation || !referenced || !other) return [];
    const against = [a.catalog.columnRef(referenced, other)];
    return [{ column: a.catalog.columnRef(relation, column), context: 'join' as const, against }];
  });
}

const ofBounds = (a: Analyzer, relation: CatalogRelation): Objection[] =>
  relation.columns
    .filter(({ attnum }) => relation.partitionKey?.includes(attnum))
    .map(column => ({ column: a.catalog.columnRef(relation, column), context: 'predicate', against: none }));

function find(a: Analyzer, relation: CatalogRelation): readonly Objection[] {
  if (relation.kind === 'v') return expandView(a, relation).out.uses;
  const texts = (relation.code ?? []).filter(({ events }) =>
    events.some(each => each === 'insert' || each === 'update'),
  );
  const generated = relation.columns.flatMap(column =>
    column.generated === null || column.virtual ? [] : [column.generated],
  );
  const fired = relation.triggers.filter(trigger => trigger.enabled && trigger.definition !== null);
  return [
    ...[...texts.map(({ text }) => text), ...generated].flatMap(text => ofText(a, relation, text)),
    ...fired.flatMap(({ definition }) => ofTrigger(a, relation, definition ?? '')),
    ...ofKeys(a, relation),
    ...ofBounds(a, relation),
  ];
}

function objectionsOf(a: Analyzer, relation: CatalogRelation): readonly Objection[] {
  if (a.expanding.includes(relation.oid)) return [];
  const key = `objections ${relation.oid} ${a.callPath.key}`;
  const known = a.catalog.memo.get(key) as readonly Objection[] | undefined;
  if (known) return known;
  const { searchPath, temporarySchema } = a.catalog.header;
  const inner = a.nested({
    origin: 'view',
    path: searchPathOf(a.catalog, searchPath, temporarySchema),
    oid: relation.oid,
  });
  const found: Objection[] = [];
  try {
    found.push(...find(inner, relation));
  } catch (error) {
    // What cannot be read is opaque as code of the table's own.
    if (!(error instanceof RefusalError)) throw error;
  }
  if (a.expanding.length === 0 && relation.oid > 0) a.catalog.memo.set(key, found);
  return found;
}

/** Of the table and of what is below it: a row of it may lie in any of them. */
function objectionsBelow(a: Analyzer, relation: CatalogRelation): readonly Objection[] {
  const children = a.catalog.children(relation.oid);
  if (children.length === 0) return objectionsOf(a, relation);
  const key = `objections below ${relation.oid} ${a.callPath.key}`;
  const known = a.catalog.memo.get(key) as readonly Objection[] | undefined;
  if (known) return known;
  const below = children.flatMap(child => a.catalog.relation(child) ?? []);
  const found = [...objectionsOf(a, relation), ...below.flatMap(child => objectionsBelow(a, child))];
  if (a.expanding.length === 0 && relation.oid > 0) a.catalog.memo.set(key, found);
  return found;
}

/** A constraint that is only now validated, or enforced, is held against every row there is. Which of the checks it is, is not known. */
export function heldAgain(a: Analyzer, relation: CatalogRelation, constraint: string): void {
  const key = a.catalog.header.foreignKeys.find(
    ({ name, relationOid }) => name === constraint && relationOid === relation.oid,
  );
  const objections = key ? ofKey(a, key) : objectionsBelow(a, relation);
  for (const { column, context, against } of objections)
    a.out.use(column, context === 'join' ? 'join_key' : context, { against });
}

/** Notes what the target may say of values that come from elsewhere. What is rewritten in its own place has been there before. */
export function heldAgainst(
  a: Analyzer,
  relation: CatalogRelation,
  { target, stored }: { target: Value; stored: Value },
): void {
  const isOwn = (ref: ColumnRef) =>
    target.origins.some(own => own.relationOid === ref.relationOid && own.attnum === ref.attnum);
  const foreign = stored.origins.filter(ref => !isOwn(ref));
  if (foreign.length === 0) return;
  const behind = target.origins.flatMap(ref => a.catalog.relation(ref.relationOid) ?? []);
  const names = new Set(target.origins.map(ref => ref.column));
  for (const holder of new Set([relation, ...behind]))
    for (const { column, context, against } of objectionsBelow(a, holder))
      if (isOwn(column) || (column.relationOid !== holder.oid && names.has(column.column)))
        for (const ref of foreign) a.out.use(ref, context, { against });
}
