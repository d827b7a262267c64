/** Columns that a foreign key ties together: comparing them is what the key is for. */
import type { Catalog } from '../catalog/lookup.ts';
import type { ColumnRef } from './analysis.ts';
import type { Test } from './value.ts';

/** Exact: attribute numbers are of 16 bits, OIDs of 32. */
const columnKey = (relationOid: number, attnum: number): number => relationOid * 65_536 + attnum;

/** Column → columns that a key ties it to. */
type Ties = ReadonlyMap<number, ReadonlySet<number>>;

function tied(catalog: Catalog): Ties {
  const known = catalog.memo.get('tied columns') as Ties | undefined;
  if (known) return known;
  const pairs = new Map<number, Set<number>>();
  const tie = (one: number, other: number) => {
    const ties = pairs.get(one);
    if (ties) ties.add(other);
    else pairs.set(one, new Set([other]));
  };
  for (const { relationOid, columns, referencedOid, referencedColumns } of catalog.header.foreignKeys)
    for (const [index, attnum] of columns.entries()) {
      const other = referencedColumns[index] ?? 0;
      tie(columnKey(relationOid, attnum), columnKey(referencedOid, other));
      tie(columnKey(referencedOid, other), columnKey(relationOid, attnum));
    }
  catalog.memo.set('tied columns', pairs);
  return pairs;
}

function isTied(ties: Ties, { relationOid, attnum }: ColumnRef, others: readonly ColumnRef[]): boolean {
  const known = ties.get(columnKey(relationOid, attnum));
  return known !== undefined && others.some(other => known.has(columnKey(other.relationOid, other.attnum)));
}

/** Joins along a foreign key, told from joins of any two columns. */
export function keyJoins(catalog: Catalog, tests: readonly Test[] | null): readonly Test[] | null {
  if (tests === null || !tests.some(isJoin)) return tests;
  const ties = tied(catalog);
  return tests.map(test =>
    isJoin(test) && isTied(ties, test.column, test.against) ? { ...test, context: 'join_key' as const } : test,
  );
}

const isJoin = ({ context }: Test): boolean => context === 'join';
