/** Between which numbers an expression can only be, as far as it shows in how it is written. */
import { stringsOf } from './names.ts';
import type { Pg } from './parse.ts';
import { isSameShape } from './shape.ts';

/** `isType`: just what its type leaves room for. */
export type Range = { low: number; high: number; isType: boolean };

const only = (value: number): Range => ({ low: value, high: value, isType: false });

/** A number that is written out. */
export function numberOf(node: Pg.Node | undefined): number | null {
  if (!node) return null;
  if ('TypeCast' in node) return numberOf(node.TypeCast.arg);
  if ('A_Expr' in node && !node.A_Expr.lexpr && stringsOf(node.A_Expr.name).at(-1) === '-') {
    const value = numberOf(node.A_Expr.rexpr);
    return value === null ? null : -value;
  }
  if (!('A_Const' in node) || node.A_Const.isnull) return null;
  if (node.A_Const.fval) return Number(node.A_Const.fval.fval);
  return node.A_Const.ival ? (node.A_Const.ival.ival ?? 0) : null;
}

/** Never below nothing. */
const counting: ReadonlySet<string> = new Set(
  'length char_length character_length octet_length bit_length abs cardinality strpos position sqrt random'.split(' '),
);

const isEmptyText = (node: Pg.Node | undefined): boolean =>
  node !== undefined && 'A_Const' in node && node.A_Const.sval !== undefined && !node.A_Const.sval.sval;

type ColumnRange = (node: Pg.ColumnRef) => Range | null;

function rangeOf(node: Pg.Node, columnRange: ColumnRange): Range | null {
  const value = numberOf(node);
  if (value !== null) return only(value);
  if ('ColumnRef' in node) return columnRange(node.ColumnRef);
  if ('FuncCall' in node) {
    const name = stringsOf(node.FuncCall.funcname).at(-1) ?? '';
    // Where nothing is found in a text: at its beginning.
    if ((name === 'position' || name === 'strpos') && isEmptyText(node.FuncCall.args?.[1])) return only(1);
    if (name === 'sign') return { low: -1, high: 1, isType: false };
    // There is no group without a row.
    if (name === 'count') return { low: node.FuncCall.agg_star ? 1 : 0, high: Number.POSITIVE_INFINITY, isType: false };
    if (!counting.has(name)) return null;
    return { low: 0, high: name === 'random' ? 1 : Number.POSITIVE_INFINITY, isType: false };
  }
  if ('MinMaxExpr' in node) return extremeOf(node.MinMaxExpr, columnRange);
  if ('CoalesceExpr' in node) {
    const [first] = node.CoalesceExpr.args ?? [];
    const given = numberOf(first);
    return given === null ? null : only(given);
  }
  if (!('A_Expr' in node) || node.A_Expr.kind !== 'AEXPR_OP') return null;
  return arithmetic(node.A_Expr);
}

/** Of LEAST no argument is below the result, of GREATEST none above it; NULL is passed over. */
function extremeOf({ op, args = [] }: Pg.MinMaxExpr, columnRange: ColumnRange): Range | null {
  const written = args.map(numberOf).filter(value => value !== null);
  if (written.length === 0) return null;
  const ranges = args.map(each => rangeOf(each, columnRange));
  if (op === 'IS_LEAST') {
    const low = Math.min(...ranges.map(range => range?.low ?? Number.NEGATIVE_INFINITY));
    return { low, high: Math.min(...written), isType: false };
  }
  const high = Math.max(...ranges.map(range => range?.high ?? Number.POSITIVE_INFINITY));
  return { low: Math.max(...written), high, isType: false };
}

const isTwice = ({ lexpr, rexpr }: Pg.A_Expr): boolean =>
  lexpr !== undefined && rexpr !== undefined && isSameShape(lexpr, rexpr);

function arithmetic({ name, lexpr, rexpr }: Pg.A_Expr): Range | null {
  const [left, right] = [numberOf(lexpr), numberOf(rexpr)];
  switch (stringsOf(name).at(-1)) {
    case '-':
      return isTwice({ lexpr, rexpr }) ? only(0) : null;
    case '/':
      return isTwice({ lexpr, rexpr }) ? only(1) : null;
    case '*':
    case '&':
      return left === 0 || right === 0 ? only(0) : null;
    case '%':
      if (right === null || right === 0) return null;
      return Math.abs(right) === 1 ? only(0) : { low: -Math.abs(right) + 1, high: Math.abs(right) - 1, isType: false };
    default:
      return null;
  }
}

/** True or false where every pair of numbers of both gives it. All but the last value a type has room for counts as all. */
export function comparedRanges(
  operator: string,
  left: Pg.Node,
  right: Pg.Node,
  columnRange: ColumnRange,
): boolean | null {
  const one = rangeOf(left, columnRange);
  const other = rangeOf(right, columnRange);
  if (!one || !other || (one.isType && other.isType)) return null;
  const isType = one.isType || other.isType;
  const above = one.low > other.high || (isType && one.low >= other.high);
  const below = one.high < other.low || (isType && one.high <= other.low);
  switch (operator) {
    case '<':
      return below ? true : one.low >= other.high ? false : null;
    case '<=':
      return below || one.high <= other.low ? true : one.low > other.high ? false : null;
    case '>':
      return above ? true : one.high <= other.low ? false : null;
    case '>=':
      return above || one.low >= other.high ? true : one.high < other.low ? false : null;
    case '=':
      return one.low === one.high && other.low === other.high && one.low === other.low ? true : null;
    default:
      return above || below ? true : null;
  }
}
