/** RETURNING, with OLD and NEW: what the rows hold after (or before) the write, including what the write put there. */
import type { CatalogRelation } from '../catalog/snapshot.ts';
import type { ColumnRef } from './analysis.ts';
import type { Assignments } from './dml.ts';
import { coerce } from './expr/cast.ts';
import { item as itemOf, renamed } from './from.ts';
import type { Pg } from './parse.ts';
import { type Item, Scope } from './scope.ts';
import type { Query } from './select.ts';
import { standardOf } from './standard.ts';
import type { Analyzer } from './state.ts';
import { targetList } from './target.ts';
import { oid } from './types/oid.ts';
import { changed, type Field, pureOver, unionOrigins, type Value } from './value.ts';

type Written = { relation: CatalogRelation; item: Item; assignments: Assignments };

/** A column after the write: its own label, and those of whatever was written into it, be it by default. */
function written(value: Value, assigned: Value | undefined, standard: readonly ColumnRef[]): Value {
  const origins = unionOrigins([value.origins, standard, assigned?.origins ?? []]);
  if (origins === value.origins) return value;
  return changed(value, { origins, kind: pureOver(assigned ? [value, assigned] : [value]) });
}

function after(a: Analyzer, target: Written): readonly Field[] {
  const { columns } = target.relation;
  return target.item.columns.map((field, index) => {
    const column = columns[index];
    const assigned = target.assignments.get(column?.name ?? field.name);
    const standard = column ? standardOf(a, target.relation, column) : [];
    return { name: field.name, value: written(field.value, assigned, standard) };
  });
}

/** OLD and NEW under their names or the ones WITH (OLD AS …) gives them. */
function versions(target: Written, columns: readonly Field[], options: readonly Pg.Node[] | undefined): Item[] {
  const names = { old: 'old', new: 'new' };
  for (const option of options ?? []) {
    if (!('ReturningOption' in option)) continue;
    const name = option.ReturningOption.value ?? '';
    if (option.ReturningOption.option === 'RETURNING_OPTION_NEW') names.new = name;
    else names.old = name;
  }
  const version = (name: string, fields: readonly Field[]): Item =>
    itemOf({
      name,
      columns: renamed(fields, undefined),
      relation: target.relation,
      rowType: target.relation.rowTypeOid,
      columnsVisible: false,
    });
  return [version(names.old, target.item.columns), version(names.new, columns)];
}

export function returning(a: Analyzer, scope: Scope, target: Written, clause: Pg.ReturningClause | undefined): Query {
  if (!clause?.exprs) return { columns: [], bounds: false, restricted: false, wires: false };
  const columns = after(a, target);
  const inner = new Scope(scope.parent);
  for (const item of scope.items) inner.items.push(item === target.item ? { ...item, columns } : item);
  const taken = new Set(inner.items.map(item => item.name));
  for (const version of versions(target, columns, clause.options))
    if (!taken.has(version.name)) inner.items.push(version);
  a.out.relation('read', 'select', target.relation);
  const targets = targetList(a, inner, clause.exprs);
  return {
    columns: targets.map(({ name, value }) => ({
      name,
      value: value.type === oid.unknown ? coerce(a, value, oid.text, 'implicit') : value,
    })),
    bounds: false,
    restricted: false,
    wires: true,
  };
}
