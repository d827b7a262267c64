/** Comparisons of rows, lists and arrays, as the comparisons of their parts that they stand for (PostgreSQL's documentation, 9.24 and 9.25). */
import { stringOf } from './names.ts';
import type { Pg } from './parse.ts';
import { isSameShape } from './shape.ts';

/** Of a list, so many are looked at: if one of them is enough, others do not matter. */
const listedMax = 50;

type Both = { left: Pg.Node; right: Pg.Node };

const all = (boolop: 'AND_EXPR' | 'OR_EXPR', args: readonly Pg.Node[]): Pg.Node =>
  args.length === 1 && args[0] ? args[0] : { BoolExpr: { boolop, args: [...args] } };
const compared = ({ left, right }: Both, operator: string, kind: Pg.A_Expr['kind'] = 'AEXPR_OP'): Pg.Node => ({
  A_Expr: { kind, name: [{ String: { sval: operator } }], lexpr: left, rexpr: right },
});

function elementsOf(node: Pg.Node): readonly Pg.Node[] | null {
  if ('TypeCast' in node && node.TypeCast.arg) return elementsOf(node.TypeCast.arg);
  if ('A_ArrayExpr' in node) return node.A_ArrayExpr.elements ?? [];
  return 'List' in node ? (node.List.items ?? []) : null;
}

function pairs({ left, right }: Both): Both[] | null {
  if (!('RowExpr' in left) || !('RowExpr' in right)) return null;
  const [one, other] = [left.RowExpr.args ?? [], right.RowExpr.args ?? []];
  if (one.length === 0 || one.length !== other.length) return null;
  // Rows in rows would be written out again and again.
  if ([...one, ...other].some(each => 'RowExpr' in each)) return null;
  return one.map((each, index) => ({ left: each, right: other[index] as Pg.Node }));
}

/** Rows are ordered by the first of their values in which they differ. */
function ordered([first, ...others]: readonly Both[], operator: string): Pg.Node | null {
  if (first === undefined) return null;
  const rest = ordered(others, operator);
  if (rest === null) return compared(first, operator);
  return all('OR_EXPR', [compared(first, operator.charAt(0)), all('AND_EXPR', [compared(first, '='), rest])]);
}

/** The condition in other words; null for one that compares single values. */
export function spread({ kind, name, lexpr: left, rexpr: right }: Pg.A_Expr): Pg.Node | null {
  if (!left || !right) return null;
  const operator = stringOf(name?.at(-1));
  switch (kind) {
    case 'AEXPR_IN':
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL': {
      const elements = elementsOf(right);
      if (elements === null || elements.length === 0) return null;
      const isAll = kind === 'AEXPR_OP_ALL' || (kind === 'AEXPR_IN' && operator === '<>');
      if (isAll && elements.length > listedMax) return null;
      const looked = [...elements.filter(each => isSameShape(each, left)), ...elements].slice(0, listedMax);
      const parts = looked.map(each => compared({ left, right: each }, operator));
      return all(isAll ? 'AND_EXPR' : 'OR_EXPR', parts);
    }
    case 'AEXPR_BETWEEN': {
      const [low, high] = elementsOf(right) ?? [];
      if (!low || !high) return null;
      return all('AND_EXPR', [compared({ left, right: low }, '>='), compared({ left, right: high }, '<=')]);
    }
    // Between both, whichever of them is the lower one: not below both, and not above both.
    case 'AEXPR_BETWEEN_SYM': {
      const ends = elementsOf(right) ?? [];
      if (ends.length !== 2) return null;
      const beside = (operator: string) =>
        all(
          'OR_EXPR',
          ends.map(end => compared({ left, right: end }, operator)),
        );
      return all('AND_EXPR', [beside('>='), beside('<=')]);
    }
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT': {
      const parts = pairs({ left, right })?.map(pair => compared(pair, operator, kind));
      return parts ? all(kind === 'AEXPR_DISTINCT' ? 'OR_EXPR' : 'AND_EXPR', parts) : null;
    }
    case 'AEXPR_OP': {
      const found = pairs({ left, right });
      if (found === null) return null;
      if (operator === '=' || operator === '<>') {
        const parts = found.map(pair => compared(pair, operator));
        return all(operator === '=' ? 'AND_EXPR' : 'OR_EXPR', parts);
      }
      return /^[<>]=?$/.test(operator) ? ordered(found, operator) : null;
    }
    default:
      return null;
  }
}
