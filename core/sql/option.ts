/** Options in parentheses, as EXPLAIN and VACUUM have them. */
import type { Pg } from './parse.ts';

/** Without a value it is on. */
export const isOn = (option: Pg.DefElem): boolean => {
  const { arg } = option;
  if (!arg) return true;
  if ('String' in arg) return !['off', 'false', '0'].includes((arg.String.sval ?? '').toLowerCase());
  if ('Integer' in arg) return (arg.Integer.ival ?? 0) !== 0;
  return !('Boolean' in arg) || arg.Boolean.boolval === true;
};
