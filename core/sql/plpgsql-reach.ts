/** Ways out of a PL/pgSQL body that no expression names: the row a trigger gives back, texts of errors, arguments that come out of a CALL. */
import type { CatalogRelation } from '../catalog/snapshot.ts';
import type { ColumnRef } from './analysis.ts';
import { stringsOf } from './names.ts';
import type { Pg } from './parse.ts';
import { relationFields } from './relation.ts';
import type { Analyzer } from './state.ts';
import { oid } from './types/oid.ts';
import { changed, constant, derive, type Field, type Value } from './value.ts';

export const rowOf = (columns: readonly Field[]): Value =>
  derive(
    columns.map(column => column.value),
    { type: oid.record, fields: columns },
  );

/** The row a trigger works on. */
export const rowOfRelation = (a: Analyzer, relation: CatalogRelation): Value => ({
  ...rowOf(relationFields(a, relation).map(({ name, value }) => ({ name, value: changed(value, { wire: null }) }))),
  type: relation.rowTypeOid,
});

/** A trigger that changes NEW writes to its own table. */
export function intoRow(a: Analyzer, column: string, value: Value): void {
  if (!a.triggerRelation || value.origins.length === 0) return;
  const { schema, name } = a.triggerRelation;
  if (value.gated) a.out.usedAs(value, 'predicate');
  a.out.flows.push({ target: { schema, relation: name, column }, origins: value.origins });
}

const isAmong = (refs: readonly ColumnRef[], { relationOid, attnum }: ColumnRef): boolean =>
  refs.some(ref => ref.relationOid === relationOid && ref.attnum === attnum);

/** What a trigger returns is written instead of NEW, column by column. */
export function returnedRow(a: Analyzer, given: Value): void {
  if (!a.triggerRelation) return;
  for (const [index, { name, value }] of relationFields(a, a.triggerRelation).entries()) {
    const part = given.fields ? given.fields[index]?.value : given;
    const origins = (part?.origins ?? []).filter(origin => !isAmong(value.origins, origin));
    for (const origin of origins) a.out.use(origin, 'source');
    intoRow(a, name, changed(constant(oid.text), { origins }));
  }
}

/** What the text of an error may show: rows that were written, whole, and columns that something was done with. */
export function mentioned(a: Analyzer): Value {
  const written = a.out.accesses.flatMap(({ action, object }) => {
    const relation = action === 'write' && object.kind === 'relation' ? a.catalog.relation(object.oid) : null;
    return relation ? relationFields(a, relation).flatMap(({ value }) => value.origins) : [];
  });
  const origins = [...new Set([...a.out.uses.map(({ column }) => column), ...a.out.reads, ...written])];
  return derive([changed(constant(oid.text), { origins, kind: 'pure' })], { type: oid.text });
}

/** Variables that a CALL names in its arguments: what comes out of the procedure is in them. */
export function calledWith(node: Pg.Node): readonly (readonly string[])[] {
  if (!('CallStmt' in node)) return [];
  return (node.CallStmt.funccall?.args ?? []).flatMap(argument => {
    const value = 'NamedArgExpr' in argument ? argument.NamedArgExpr.arg : argument;
    return value && 'ColumnRef' in value ? [stringsOf(value.ColumnRef.fields ?? [])] : [];
  });
}
