/** What `*` and `t.*` expand to. */

import { argumentNamed } from './arguments.ts';
import { fieldsOfType, subqueryNamed } from './expr/row.ts';
import { expression } from './expression.ts';
import { stringsOf } from './names.ts';
import type { Pg } from './parse.ts';
import { undefinedName, unresolved } from './refuse.ts';
import { findItem, type Scope, starItems } from './scope.ts';
import type { Analyzer } from './state.ts';
import { changed, type Field, type Value } from './value.ts';

const read = (a: Analyzer, fields: readonly Field[]): readonly Field[] => {
  for (const { value } of fields) {
    const [own] = value.origins;
    if (value.wire && own) a.out.read(own);
  }
  return fields;
};

/** The columns a star stands for; null when the node is not one. */
export function starFields(a: Analyzer, scope: Scope, node: Pg.Node): readonly Field[] | null {
  if ('ColumnRef' in node) {
    const fields = node.ColumnRef.fields ?? [];
    const last = fields[fields.length - 1];
    if (!last || !('A_Star' in last)) return null;
    return columnStar(a, scope, stringsOf(fields.slice(0, -1)), node.ColumnRef.location);
  }
  if (!('A_Indirection' in node)) return null;
  const steps = node.A_Indirection.indirection ?? [];
  const last = steps[steps.length - 1];
  if (!last || !('A_Star' in last) || !node.A_Indirection.arg) return null;
  const inner = steps.slice(0, -1);
  const item = inner.length === 0 ? subqueryNamed(a, scope, node.A_Indirection.arg) : null;
  if (item) return read(a, item.columns);
  const row = expression(
    a,
    scope,
    inner.length === 0
      ? node.A_Indirection.arg
      : { A_Indirection: { arg: node.A_Indirection.arg, indirection: inner } },
  );
  return rowFields(a, row) ?? unresolved('A_Star', undefined, 'the columns of this row are not known');
}

const rowFields = (a: Analyzer, row: Value): readonly Field[] | null => {
  const fields = row.fields ?? fieldsOfType(a, row);
  if (fields === null) return null;
  const bare = row.wire?.attnum === 0;
  return fields.map(field => ({
    name: field.name,
    value: changed(field.value, { wire: bare ? field.value.wire : null, set: field.value.set || row.set }),
  }));
};

function columnStar(a: Analyzer, scope: Scope, names: readonly string[], location?: number): readonly Field[] {
  if (names.length === 0) {
    const items = starItems(scope);
    if (items.length === 0)
      undefinedName('syntax_error', 'A_Star', 'SELECT * with no tables specified is not valid', location);
    return read(
      a,
      items.flatMap(item => item.columns),
    );
  }
  const name = names[names.length - 1] ?? '';
  const schema = names.length > 1 ? (names[names.length - 2] ?? null) : null;
  const item = findItem(scope, schema, name, location);
  if (item) return read(a, item.columns);
  // `column.*` is only for arguments of a function's body; a row-typed column needs parentheses.
  const row = argumentNamed(a, names);
  return (
    (row && rowFields(a, row)) ??
    undefinedName('undefined_table', 'A_Star', `missing FROM-clause entry for table "${name}"`, location)
  );
}

export const expandStar = (a: Analyzer, scope: Scope, node: Pg.Node): readonly Value[] | null =>
  starFields(a, scope, node)?.map(field => field.value) ?? null;
