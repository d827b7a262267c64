/** Rows as values: whole-row references, ROW(…), functions that give rows, and taking a field out of any of them. */
import type { CatalogFunction } from '../../catalog/snapshot.ts';
import { argumentNamed } from '../arguments.ts';
import { expression } from '../expression.ts';
import { stringOf, stringsOf } from '../names.ts';
import type { Pg } from '../parse.ts';
import { undefinedName, unresolved } from '../refuse.ts';
import { columnOf, findColumn, findItem, type Item, type Scope } from '../scope.ts';
import { expandStar } from '../star.ts';
import type { Analyzer } from '../state.ts';
import { baseTypeOf, relationOfType } from '../types/coerce.ts';
import { oid, untyped } from '../types/oid.ts';
import { bind, concrete } from '../types/polymorphic.ts';
import { changed, constant, derive, type Field, type Value } from '../value.ts';
import { noteRead } from './basic.ts';
import { listsColumns } from './document.ts';
import { callFunctionNamed } from './notation.ts';

/** One column of what a value of some row type holds, when nothing finer is known: it depends on all the row does, also whether it is NULL. */
const partOf = (row: Value, type: number, typmod = -1): Value =>
  changed(derive([row], { type, typmod, gated: true }), { kind: row.kind === 'column' ? 'pure' : row.kind });

const outputArguments = (fn: CatalogFunction): CatalogFunction['allArguments'] =>
  fn.allArguments.filter(argument => argument.mode === 'o' || argument.mode === 'b' || argument.mode === 't');

/** Columns of a value whose type is a table's or a composite type. */
export function fieldsOfType(a: Analyzer, row: Value): readonly Field[] | null {
  const relation = a.catalog.relation(relationOfType(a.catalog, row.type));
  if (!relation) return null;
  return relation.columns.map(column => ({ name: column.name, value: partOf(row, column.typeOid, column.typmod) }));
}

/** The name of a column. */
const keyOf = (row: Value): Value => changed(constant(oid.text), { mayRaise: row.mayRaise, set: row.set });

/** A function's row result with its columns named. */
export function withRowFields(a: Analyzer, fn: CatalogFunction, value: Value, args: readonly Value[]): Value {
  if (value.fields !== null) return value;
  const outputs = outputArguments(fn);
  const keys = listsColumns(fn, args);
  if (fn.returnTypeOid === oid.record && outputs.length > 0) {
    const { bindings } = bind(
      a.catalog,
      args.map(argument => argument.type),
      fn.argumentTypes,
    );
    const fields = outputs.map((argument, index) => ({
      name: argument.name === '' ? `column${index + 1}` : argument.name,
      value:
        keys && argument.name === 'key'
          ? keyOf(value)
          : partOf(value, concrete(a.catalog, bindings, argument.typeOid) || untyped),
    }));
    return changed(value, { fields });
  }
  return changed(value, { fields: fieldsOfType(a, value) });
}

/** The field of that name; null when the row has none. */
export function fieldOf(a: Analyzer, row: Value, name: string): Value | null {
  const fields = row.fields ?? fieldsOfType(a, row);
  if (fields === null) return null;
  const field = fields.find(candidate => candidate.name === name);
  if (!field) return null;
  const wire = row.wire?.attnum === 0 ? field.value.wire : null;
  return changed(field.value, { wire, set: row.set || field.value.set });
}

export function rowExpr(a: Analyzer, scope: Scope, node: Pg.RowExpr): Value {
  const fields: Field[] = [];
  for (const argument of node.args ?? []) {
    for (const value of expandStar(a, scope, argument) ?? [expression(a, scope, argument)])
      fields.push({ name: `f${fields.length + 1}`, value });
  }
  return derive(
    fields.map(field => field.value),
    { type: oid.record, fields },
  );
}

/** The subquery whose rows `(q)` are: `(q).a` is then `q.a`, and described like it (ParseComplexProjection, parse_func.c). */
export function subqueryNamed(a: Analyzer, scope: Scope, node: Pg.Node): Item | null {
  if (!('ColumnRef' in node) || node.ColumnRef.fields?.length !== 1) return null;
  const names = stringsOf(node.ColumnRef.fields);
  const [name] = names;
  const { location } = node.ColumnRef;
  if (name === undefined || findColumn(a, scope, name, location) || argumentNamed(a, names)) return null;
  const item = findItem(scope, null, name, location);
  return item && item.relation === null && !item.scalar ? item : null;
}

function columnOfSubquery(a: Analyzer, scope: Scope, { arg, indirection }: Pg.A_Indirection): Value | null {
  const [step] = indirection ?? [];
  const item = arg && step && 'String' in step ? subqueryNamed(a, scope, arg) : null;
  const column = item && step && 'String' in step ? columnOf(a, item, stringOf(step)) : null;
  return column && noteRead(a, column);
}

/** `(expression).field`, `(expression)[1]`, `(expression).*` in a row or argument position. */
export function indirection(a: Analyzer, scope: Scope, node: Pg.A_Indirection): Value {
  if (!node.arg) return unresolved('A_Indirection');
  const steps = [...(node.indirection ?? [])];
  const column = columnOfSubquery(a, scope, node);
  let value = column ?? expression(a, scope, node.arg);
  if (column) steps.shift();
  const location = 'ColumnRef' in node.arg ? node.arg.ColumnRef.location : undefined;
  for (let step = steps.shift(); step; step = steps.shift()) {
    if ('A_Indices' in step) {
      const indices = [step.A_Indices];
      for (let next = steps[0]; next && 'A_Indices' in next; next = steps[0]) {
        indices.push(next.A_Indices);
        steps.shift();
      }
      value = subscript(a, scope, value, indices);
    } else if ('String' in step) value = select(a, value, stringOf(step), location);
    else if (!('A_Star' in step)) return unresolved('A_Indirection', location);
  }
  return value;
}

function select(a: Analyzer, row: Value, name: string, location?: number): Value {
  const field = fieldOf(a, row, name) ?? callFunctionNamed(a, name, row, location);
  if (field) return field;
  if (row.type === untyped || row.type === oid.record) {
    a.out.usedAs(row, 'function_argument');
    return derive([row], { type: untyped, faulty: true });
  }
  return undefinedName('undefined_column', 'A_Indirection', `column "${name}" not found in data type`, location);
}

/** Slices of the pseudo-vectors are plain arrays. */
const sliceTypes: ReadonlyMap<number, number> = new Map([
  [oid.int2vector, oid.int2Array],
  [oid.oidvector, oid.oidArray],
]);

/** With one slice among them all are slices; else an element is reached, however many there are. */
function subscriptedType(a: Analyzer, container: number, indices: readonly Pg.A_Indices[]): number {
  const base = baseTypeOf(a.catalog, container);
  if (base === oid.jsonb) return oid.jsonb;
  if (indices.some(index => index.is_slice)) return sliceTypes.get(base) ?? base;
  return (a.catalog.type(base)?.elementOid ?? untyped) || untyped;
}

/**
 * Subscripts never raise on arrays; on jsonb they are the -> operator. Positions are part of what decides the value, and whether there
 * is one; they are computed only where the container is not null.
 */
function subscript(a: Analyzer, scope: Scope, container: Value, indices: readonly Pg.A_Indices[]): Value {
  const bounds = indices.flatMap(({ lidx, uidx }) =>
    [lidx, uidx].filter(bound => bound !== undefined).map(bound => expression(a, scope, bound)),
  );
  const type = subscriptedType(a, container.type, indices);
  const faulty = container.origins.length > 0 && bounds.some(bound => bound.mayRaise);
  const value = derive([container, ...bounds], { type, faulty, gated: true });
  return changed(value, { fields: indices.some(index => index.is_slice) ? null : fieldsOfType(a, value) });
}
