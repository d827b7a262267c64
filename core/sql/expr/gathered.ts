/** Order that shows in nothing but one value, as in `string_agg(name, ',' ORDER BY name)` and `ARRAY(SELECT name … ORDER BY name)`. */
import type { Pg } from '../parse.ts';
import type { Analyzer } from '../state.ts';
import { isMadeOf, type Value } from '../value.ts';
import { comparesAlways } from './basic.ts';
import { clashes } from './gate.ts';

/** Computing what is sorted by, and comparing it, fails for all values or for none. */
const sortsAlways = (a: Analyzer, { useOp }: Pg.SortBy, value: Value): boolean =>
  !useOp && !value.mayRaise && !clashes([value]) && !value.large && comparesAlways(a.catalog, value.type);

/** What is gathered is masked wherever what it is sorted by is: it is made of the same columns. */
export const isOrderedUnseen = (a: Analyzer, sort: Pg.SortBy, value: Value, gathered: readonly Value[]): boolean =>
  isMadeOf(value, gathered) && sortsAlways(a, sort, value);
