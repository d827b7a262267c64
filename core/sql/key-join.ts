/** Columns that a foreign key ties together: comparing them is what the key is for. */
import type { Catalog } from '../catalog/lookup.ts';
import type { ColumnRef } from './analysis.ts';
import type { Test } from './value.ts';

const pairKey = (relationOid: number, attnum: number, otherOid: number, otherAttnum: number): string =>
  `${relationOid}.${attnum} ${otherOid}.${otherAttnum}`;

function tied(catalog: Catalog): ReadonlySet<string> {
  const known = catalog.memo.get('tied columns') as ReadonlySet<string> | undefined;
  if (known) return known;
  const pairs = new Set<string>();
  for (const { relationOid, columns, referencedOid, referencedColumns } of catalog.header.foreignKeys)
    for (const [index, attnum] of columns.entries()) {
      const other = referencedColumns[index] ?? 0;
      pairs.add(pairKey(relationOid, attnum, referencedOid, other));
      pairs.add(pairKey(referencedOid, other, relationOid, attnum));
    }
  catalog.memo.set('tied columns', pairs);
  return pairs;
}

const isTied = (pairs: ReadonlySet<string>, one: ColumnRef, other: ColumnRef): boolean =>
  pairs.has(pairKey(one.relationOid, one.attnum, other.relationOid, other.attnum));

/** Joins along a foreign key, told from joins of any two columns. */
export const keyJoins = (catalog: Catalog, tests: readonly Test[] | null): readonly Test[] | null =>
  tests?.map(test =>
    test.context === 'join' && test.against.some(other => isTied(tied(catalog), test.column, other))
      ? { ...test, context: 'join_key' as const }
      : test,
  ) ?? null;
