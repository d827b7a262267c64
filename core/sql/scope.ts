/** What names mean at one place in a query: FROM items, outer queries and CTEs (src/backend/parser/parse_relation.c). */
import { systemColumns } from '../catalog/lookup.ts';
import type { CatalogRelation } from '../catalog/snapshot.ts';
import { dividedBy } from './partition.ts';
import { undefinedName } from './refuse.ts';
import type { Analyzer } from './state.ts';
import { oid } from './types/oid.ts';
import { columnValue, type Field, unionOrigins, type Value } from './value.ts';

export type Item = {
  /** Alias or relation name; null for a join without alias. */
  name: string | null;
  /** Set for a relation without alias: then `schema.name` finds it too. */
  schema: string | null;
  columns: readonly Field[];
  /** The relation itself, where the item is one. */
  relation: CatalogRelation | null;
  /** Type of the whole row. */
  rowType: number;
  /** A function that gives plain values: its name stands for the value itself. */
  scalar: boolean;
  rowVisible: boolean;
  columnsVisible: boolean;
  /** The table that the statement changes. */
  target?: boolean;
  /** Only to be seen by LATERAL items while FROM is being read. */
  lateralOnly: boolean;
};

export type Cte = {
  name: string;
  columns: readonly Field[];
  /** Referenced inside its own recursive definition. */
  recursing: boolean;
};

export class Scope {
  readonly items: Item[] = [];
  readonly ctes = new Map<string, Cte>();
  readonly parent: Scope | null;
  /** Whether lateral-only items may be seen right now. */
  lateral = false;
  /** CTEs of a WITH RECURSIVE that nobody has asked for yet. */
  pending: Map<string, () => Cte> | null = null;

  constructor(parent: Scope | null) {
    this.parent = parent;
  }

  cte(name: string): Cte | null {
    const known = this.ctes.get(name);
    if (known) return known;
    const read = this.pending?.get(name);
    if (!read) return this.parent?.cte(name) ?? null;
    this.pending?.delete(name);
    const cte = read();
    this.ctes.set(name, cte);
    return cte;
  }

  visible(item: Item): boolean {
    return !item.lateralOnly || this.lateral;
  }
}

/** All items that there are by now, the nearest first, whether they can be referred to or not. */
export function* itemsAround(scope: Scope): Iterable<Item> {
  for (let level: Scope | null = scope; level !== null; level = level.parent) yield* level.items;
}

const ambiguous = (name: string, location?: number): never =>
  undefinedName('ambiguous_column', 'column', `column reference "${name}" is ambiguous`, location);

function columnIn(item: Item, name: string, location?: number): Value | null {
  let found: Value | null = null;
  for (const column of item.columns) {
    if (column.name !== name) continue;
    if (found) ambiguous(name, location);
    found = column.value;
  }
  return found;
}

/** Columns that every stored row has beside its own. */
function systemColumnIn(a: Analyzer, item: Item, name: string): Value | null {
  const relation = item.relation;
  if (!relation || !'rpmfS'.includes(relation.kind)) return null;
  const column = systemColumns.find(candidate => candidate.name === name);
  if (!column) return null;
  const ref = a.catalog.columnRef(relation, column);
  const origins = name === 'tableoid' || name === 'ctid' ? [ref, ...dividedBy(a, relation)] : [ref];
  return columnValue(column.typeOid, origins, {
    wire: { relationOid: relation.oid, attnum: column.attnum },
    target: item.target === true,
  });
}

/** colNameToVar: an unqualified column, nearest level first. Null when there is none. */
export function findColumn(a: Analyzer, scope: Scope, name: string, location?: number): Value | null {
  for (let level: Scope | null = scope; level !== null; level = level.parent) {
    let found: Value | null = null;
    for (const item of level.items) {
      if (!item.columnsVisible || !level.visible(item)) continue;
      const value = columnIn(item, name, location) ?? systemColumnIn(a, item, name);
      if (!value) continue;
      if (found) ambiguous(name, location);
      found = value;
    }
    if (found) return found;
  }
  return null;
}

/** refnameNamespaceItem: a FROM item by alias, or by `schema.relation` where it has no alias. */
export function findItem(scope: Scope, schema: string | null, name: string, location?: number): Item | null {
  for (let level: Scope | null = scope; level !== null; level = level.parent) {
    let found: Item | null = null;
    for (const item of level.items) {
      if (!item.rowVisible || item.name !== name || !level.visible(item)) continue;
      if (schema !== null && item.schema !== schema) continue;
      if (found) undefinedName('ambiguous_column', 'table', `table reference "${name}" is ambiguous`, location);
      found = item;
    }
    if (found) return found;
  }
  return null;
}

export const columnOf = (a: Analyzer, item: Item, name: string, location?: number): Value | null =>
  columnIn(item, name, location) ?? systemColumnIn(a, item, name);

/** A reference to the whole row of an item. */
export function wholeRow(item: Item): Value {
  const [only] = item.columns;
  if (item.scalar && only) return only.value;
  return columnValue(item.rowType || oid.record, unionOrigins(item.columns.map(column => column.value.origins)), {
    kind: item.columns.some(column => column.value.origins.length > 0) ? rowKind(item.columns) : 'constant',
    mayRaise: item.columns.some(column => column.value.mayRaise),
    wire: item.relation ? { relationOid: item.relation.oid, attnum: 0 } : null,
    target: item.target === true,
    fields: item.columns,
  });
}

const rowKind = (columns: readonly Field[]): Value['kind'] => {
  const kinds = columns.map(column => column.value.kind);
  if (kinds.includes('derived')) return 'derived';
  return kinds.includes('aggregate') ? 'aggregate' : 'pure';
};

/** Items that `*` expands to, in order. */
export const starItems = (scope: Scope): readonly Item[] =>
  scope.items.filter(item => item.columnsVisible && scope.visible(item));

/** A second item of the same name in one FROM is an error even if nothing refers to it. */
export function checkUnique(scope: Scope, added: readonly Item[], location?: number): void {
  for (const item of added) {
    if (!item.rowVisible || item.name === null) continue;
    const clash = scope.items.some(
      other =>
        other !== item &&
        other.rowVisible &&
        other.name === item.name &&
        !(
          other.relation &&
          item.relation &&
          other.schema !== null &&
          item.schema !== null &&
          other.relation !== item.relation
        ),
    );
    if (clash)
      undefinedName('undefined_table', 'table', `table name "${item.name}" specified more than once`, location);
  }
}
