/** Whether a condition can be told to hold for every row, whatever is in it: then it bounds nothing, however it is dressed up. */
import { stringOf, stringsOf } from './names.ts';
import { comparedRanges, numberOf, type Range } from './number-range.ts';
import type { Pg } from './parse.ts';
import { isSameShape, shapeOf } from './shape.ts';
import { spread } from './spread.ts';
import {
  functionName,
  isEmptyArray,
  isEmptyText,
  isNullConstant,
  isText,
  isUnbounded,
  matchVerdict,
  textOf,
} from './written-text.ts';

/** What is known of columns: whether one may be null, and between which values its type keeps it. */
export type Columns = {
  isNotNull(node: Pg.ColumnRef): boolean;
  range(node: Pg.ColumnRef): Range | null;
  /** A row of a table is meant that has a column which is never null. */
  isRowWithNotNull(node: Pg.ColumnRef): boolean;
  /** A foreign key has put there what the one column is looked up in. */
  isKept(left: Pg.Node, right: Pg.Node): boolean;
  /** The same, of a subquery that leaves nothing out. */
  isKeptIn(link: Pg.SubLink): boolean;
};

export type Verdict = boolean | null;

/** Conditions inside conditions; what is deeper is not looked at. */
const depthMax = 100;

const opposites: Readonly<Record<string, string>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
  '~~': '!~~',
  '!~~': '~~',
  '~~*': '!~~*',
  '!~~*': '~~*',
  '~': '!~',
  '!~': '~',
  '~*': '!~*',
  '!~*': '~*',
};

const oppositeKinds: Readonly<Record<string, string>> = {
  AEXPR_BETWEEN: 'AEXPR_NOT_BETWEEN',
  AEXPR_NOT_BETWEEN: 'AEXPR_BETWEEN',
  AEXPR_BETWEEN_SYM: 'AEXPR_NOT_BETWEEN_SYM',
  AEXPR_NOT_BETWEEN_SYM: 'AEXPR_BETWEEN_SYM',
  AEXPR_DISTINCT: 'AEXPR_NOT_DISTINCT',
  AEXPR_NOT_DISTINCT: 'AEXPR_DISTINCT',
};

const swap = (text: string, one: string, other: string): string =>
  text.includes(one) ? text.replace(one, other) : text.replace(other, one);

/** What holds where the condition does not, as far as it is written in one word. */
function oppositeOf(node: Pg.Node): string | null {
  if ('BoolExpr' in node && node.BoolExpr.boolop === 'NOT_EXPR') return shapeOf(node.BoolExpr.args?.[0]);
  if ('NullTest' in node) {
    const nulltesttype = swap(node.NullTest.nulltesttype ?? '', 'IS_NOT_NULL', 'IS_NULL');
    return shapeOf({ NullTest: { ...node.NullTest, nulltesttype } });
  }
  if ('BooleanTest' in node) {
    const { booltesttype = 'IS_TRUE', arg } = node.BooleanTest;
    if (booltesttype === 'IS_FALSE' || booltesttype === 'IS_NOT_TRUE') return shapeOf(arg);
    const other = booltesttype.startsWith('IS_NOT_')
      ? booltesttype.replace('IS_NOT_', 'IS_')
      : booltesttype.replace('IS_', 'IS_NOT_');
    return shapeOf({ BooleanTest: { ...node.BooleanTest, booltesttype: other } });
  }
  if (!('A_Expr' in node)) return null;
  const kind = oppositeKinds[node.A_Expr.kind ?? ''];
  if (kind)
    return shapeOf({ A_Expr: { ...node.A_Expr, kind, ...(kind.includes('DISTINCT') ? {} : { name: named(kind) }) } });
  const opposite = opposites[stringsOf(node.A_Expr.name).at(-1) ?? ''];
  return opposite ? shapeOf({ A_Expr: { ...node.A_Expr, name: [{ String: { sval: opposite } }] } }) : null;
}

const betweenNames: Readonly<Record<string, string>> = {
  AEXPR_BETWEEN: 'BETWEEN',
  AEXPR_NOT_BETWEEN: 'NOT BETWEEN',
  AEXPR_BETWEEN_SYM: 'BETWEEN SYMMETRIC',
  AEXPR_NOT_BETWEEN_SYM: 'NOT BETWEEN SYMMETRIC',
};
const named = (kind: string): Pg.Node[] => [{ String: { sval: betweenNames[kind] ?? '' } }];

function flatten(node: Pg.Node, operator: 'AND_EXPR' | 'OR_EXPR', parts: Pg.Node[] = []): Pg.Node[] {
  if (!('BoolExpr' in node) || node.BoolExpr.boolop !== operator) parts.push(node);
  else for (const part of node.BoolExpr.args ?? []) flatten(part, operator, parts);
  return parts;
}

/** What a comparison is, without what it compares; null for every other condition. */
const comparisonOf = (node: Pg.Node): { kind: string; operator: string } | null =>
  'A_Expr' in node ? { kind: node.A_Expr.kind ?? '', operator: stringOf(node.A_Expr.name?.at(-1)) } : null;

/** Without looking at what is compared. */
function mayBeOpposites(one: Pg.Node, other: Pg.Node): boolean {
  const [left, right] = [comparisonOf(one), comparisonOf(other)];
  if (left === null || right === null) return true;
  const kind = oppositeKinds[left.kind];
  return kind ? kind === right.kind : opposites[left.operator] === right.operator;
}

const hasOpposites = (parts: readonly Pg.Node[]): boolean =>
  parts.some(part => {
    const others = parts.filter(other => other !== part && mayBeOpposites(part, other));
    const opposite = others.length > 0 ? oppositeOf(part) : null;
    return opposite !== null && others.some(other => shapeOf(other) === opposite);
  });

type Bound = { of: Pg.Node; operator: string; value: number };

/** `something < 5`, with a number that is written out. */
function boundOf(node: Pg.Node): Bound | null {
  if (!('A_Expr' in node) || node.A_Expr.kind !== 'AEXPR_OP' || !node.A_Expr.lexpr || !node.A_Expr.rexpr) return null;
  const operator = stringsOf(node.A_Expr.name).at(-1) ?? '';
  const value = numberOf(node.A_Expr.rexpr);
  return value === null || !(operator in opposites) ? null : { of: node.A_Expr.lexpr, operator, value };
}

const holdsAt = ({ operator, value }: Bound, at: number): boolean =>
  operator === '='
    ? at === value
    : operator === '<>'
      ? at !== value
      : operator.startsWith('<')
        ? at < value || (at === value && operator === '<=')
        : at > value || (at === value && operator === '>=');

/** Between and at the numbers that occur nothing changes: trying those and one between each is trying all. */
function samples(bounds: readonly Bound[]): number[] {
  const values = [...new Set(bounds.map(bound => bound.value))].sort((a, b) => a - b);
  const between = values.slice(1).map((value, index) => (value + (values[index] ?? value)) / 2);
  return [...values, ...between, (values[0] ?? 0) - 1, (values.at(-1) ?? 0) + 1];
}

function byOperand(parts: readonly Pg.Node[]): Bound[][] {
  const bounds = parts.map(boundOf).filter(bound => bound !== null);
  if (bounds.length < 2) return [];
  const groups = new Map<string, Bound[]>();
  for (const bound of bounds) {
    const shape = shapeOf(bound.of);
    groups.set(shape, [...(groups.get(shape) ?? []), bound]);
  }
  return [...groups.values()].filter(group => group.length > 1);
}

const coversAll = (parts: readonly Pg.Node[]): boolean =>
  byOperand(parts).some(bounds => samples(bounds).every(at => bounds.some(bound => holdsAt(bound, at))));
const coversNone = (parts: readonly Pg.Node[]): boolean =>
  byOperand(parts).some(bounds => samples(bounds).every(at => !bounds.every(bound => holdsAt(bound, at))));

const lastName = (node: Pg.Node): string => {
  if ('TypeCast' in node && node.TypeCast.arg) return lastName(node.TypeCast.arg);
  return 'ColumnRef' in node ? stringOf(node.ColumnRef.fields?.at(-1)) : functionName(node);
};

/** These say which table a row is in, or of what type a value is: the same for all. */
const isSame = (node: Pg.Node): boolean => lastName(node) === 'tableoid' || functionName(node) === 'pg_typeof';

const isTrue = (node: Pg.Node): boolean => 'A_Const' in node && node.A_Const.boolval?.boolval === true;
const all = (args: readonly Pg.Node[], boolop: 'AND_EXPR' | 'OR_EXPR'): Pg.Node =>
  args.length === 1 && args[0] ? args[0] : { BoolExpr: { boolop, args: [...args] } };

/** CASE as a condition holds at most where one of its results does, together with the condition that leads there. */
function unfolded({ arg, args = [], defresult }: Pg.CaseExpr): Pg.Node {
  const parts = args.flatMap(arm => {
    if (!('CaseWhen' in arm) || !arm.CaseWhen.expr || !arm.CaseWhen.result) return [];
    const { expr, result } = arm.CaseWhen;
    const when: Pg.Node = arg
      ? { A_Expr: { kind: 'AEXPR_OP', name: [{ String: { sval: '=' } }], lexpr: arg, rexpr: expr } }
      : expr;
    const both = [when, result].filter(each => !isTrue(each));
    return [both.length === 0 ? result : all(both, 'AND_EXPR')];
  });
  return all(defresult ? [...parts, defresult] : parts, 'OR_EXPR');
}

/** Nothing is below the first or above the last of what there is. */
const isExtreme = (operator: string, text: string | null): boolean =>
  (operator.startsWith('>') && text !== null && /^\s*-infinity\s*$/i.test(text)) ||
  (operator.startsWith('<') && operator !== '<>' && text !== null && /^\s*\+?infinity\s*$/i.test(text)) ||
  (operator === '>=' && text === '');

/** NULL where one side is, and nowhere else. */
const plainOperator = /^([<>=]|<>|<=|>=|[-+*])$/;

export class Always {
  readonly #columns: Columns;
  /** Parts are asked about more than once: without this, twice as often with each level. */
  readonly #verdicts = new Map<Pg.Node, Verdict>();
  constructor(columns: Columns) {
    this.#columns = columns;
  }

  /** True or false where it can be told; where nothing can, null. A row for which it is null is taken for one for which it holds. */
  verdict(node: Pg.Node | undefined, depth = 0): Verdict {
    if (!node || depth > depthMax) return null;
    const known = this.#verdicts.get(node);
    if (known !== undefined) return known;
    const found = this.#told(node, depth);
    this.#verdicts.set(node, found);
    return found;
  }

  #told(node: Pg.Node, depth: number): Verdict {
    if ('A_Const' in node) return node.A_Const.boolval ? node.A_Const.boolval.boolval === true : null;
    if ('BoolExpr' in node) return this.#boolean(node, depth);
    if ('NullTest' in node) return this.#nullTest(node.NullTest, depth);
    if ('BooleanTest' in node) return this.#test(node.BooleanTest, depth);
    if ('SubLink' in node) return this.#subquery(node.SubLink, depth);
    if ('CaseExpr' in node) return this.verdict(unfolded(node.CaseExpr), depth + 1);
    return 'A_Expr' in node ? this.#expression(node.A_Expr, depth) : null;
  }

  #nullTest({ arg, nulltesttype }: Pg.NullTest, depth: number): Verdict {
    if (this.isNotNull(arg, depth)) return nulltesttype === 'IS_NOT_NULL';
    if (this.isNull(arg, depth)) return nulltesttype === 'IS_NULL';
    // A row is null where all of it is, and not null where nothing is.
    const isRow = arg !== undefined && 'ColumnRef' in arg && this.#columns.isRowWithNotNull(arg.ColumnRef);
    return isRow && nulltesttype === 'IS_NULL' ? false : null;
  }

  #boolean(node: { BoolExpr: Pg.BoolExpr }, depth: number): Verdict {
    const { boolop, args = [] } = node.BoolExpr;
    if (boolop === 'NOT_EXPR') {
      const inner = this.verdict(args[0], depth + 1);
      return inner === null ? null : !inner;
    }
    const isOr = boolop === 'OR_EXPR';
    const parts = flatten(node, isOr ? 'OR_EXPR' : 'AND_EXPR');
    const verdicts = parts.map(part => this.verdict(part, depth + 1));
    if (verdicts.includes(isOr) || hasOpposites(parts) || (isOr ? coversAll(parts) : coversNone(parts))) return isOr;
    return verdicts.every(verdict => verdict === !isOr) ? !isOr : null;
  }

  #test({ arg, booltesttype = 'IS_TRUE' }: Pg.BooleanTest, depth: number): Verdict {
    const positive = !booltesttype.startsWith('IS_NOT_');
    if (booltesttype.endsWith('UNKNOWN')) {
      if (this.isNull(arg, depth)) return positive;
      return this.isNotNull(arg, depth) ? !positive : null;
    }
    if (this.#neverIs(arg, booltesttype.endsWith('TRUE'), depth)) return !positive;
    const inner = this.verdict(arg, depth + 1);
    return inner === null ? null : (inner === booltesttype.endsWith('TRUE')) === positive;
  }

  #subquery(link: Pg.SubLink, depth: number): Verdict {
    const { subLinkType, subselect } = link;
    if (this.#columns.isKeptIn(link)) return true;
    const select = subselect && 'SelectStmt' in subselect ? subselect.SelectStmt : null;
    const isEmpty =
      select !== null &&
      this.verdict(select.whereClause, depth + 1) === false &&
      (select.op ?? 'SETOP_NONE') === 'SETOP_NONE';
    if (
      !isEmpty ||
      !(
        select.groupClause ||
        !select.targetList?.some(target => 'ResTarget' in target && 'FuncCall' in (target.ResTarget.val ?? {}))
      )
    )
      return null;
    return subLinkType === 'ALL_SUBLINK'
      ? true
      : subLinkType === 'ANY_SUBLINK' || subLinkType === 'EXISTS_SUBLINK'
        ? false
        : null;
  }

  #expression(node: Pg.A_Expr, depth: number): Verdict {
    const { kind, lexpr: left, rexpr: right } = node;
    if (!left || !right) return null;
    const operator = stringsOf(node.name).at(-1) ?? '';
    const parts = spread(node);
    const inParts = parts === null ? null : this.verdict(parts, depth + 1);
    if (inParts !== null) return inParts;
    switch (kind) {
      case 'AEXPR_DISTINCT':
      case 'AEXPR_NOT_DISTINCT': {
        const same = this.#isDistinct(left, right, depth);
        return same === null ? null : same === (kind === 'AEXPR_DISTINCT');
      }
      case 'AEXPR_IN': {
        const items = 'List' in right ? (right.List.items ?? []) : [];
        const values = items.map(item => this.verdict(item, depth + 1));
        if (operator === '=' && values.includes(true) && values.includes(false)) return true;
        return items.some(item => isSameShape(item, left)) ? operator === '=' : null;
      }
      case 'AEXPR_OP_ANY':
      case 'AEXPR_OP_ALL':
        return isEmptyArray(right) ? kind === 'AEXPR_OP_ALL' : null;
      case 'AEXPR_BETWEEN':
      case 'AEXPR_NOT_BETWEEN': {
        const [low, high] = ('List' in right ? (right.List.items ?? []) : []).map(numberOf);
        return low != null && high != null && low > high ? kind === 'AEXPR_NOT_BETWEEN' : null;
      }
      case 'AEXPR_LIKE':
      case 'AEXPR_ILIKE':
      case 'AEXPR_SIMILAR':
        return matchVerdict(operator, right);
      case 'AEXPR_OP':
        return this.#comparison(operator, left, right, depth);
      default:
        return null;
    }
  }

  #comparison(operator: string, left: Pg.Node, right: Pg.Node, depth: number): Verdict {
    if (/^!?~\*?$/.test(operator)) return matchVerdict(operator, right);
    if (operator === '@>' && (isEmptyText(right) || isUnbounded(left))) return true;
    if (operator === '<@' && (isEmptyText(left) || isUnbounded(right))) return true;
    if (!(operator in opposites)) return null;
    if (isSame(left) || isSame(right)) return true;
    if (isExtreme(operator, textOf(right))) return true;
    if (lastName(left) === 'ctid' && operator.startsWith('>') && textOf(right) === '(0,0)') return true;
    const texts = [left, right].map(textOf);
    if (operator === '<>' && [left, right].every(isText) && texts[0] !== texts[1]) return true;
    if (isSameShape(left, right)) return operator === '=' || operator === '<=' || operator === '>=';
    if (operator === '=' && this.#columns.isKept(left, right)) return true;
    const [one, other] = [this.verdict(left, depth + 1), this.verdict(right, depth + 1)];
    if (operator === '=' && one !== null && other !== null) return one === other;
    return comparedRanges(operator, left, right, column => this.#columns.range(column));
  }

  #isDistinct(left: Pg.Node, right: Pg.Node, depth: number): Verdict {
    if (isSameShape(left, right)) return false;
    const [one, other] = [this.isNull(left, depth), this.isNull(right, depth)];
    if (one || other) return one && other ? false : this.isNotNull(one ? right : left, depth) ? true : null;
    const isOther = this.#comparison('<>', left, right, depth + 1);
    return isOther === true && this.isNotNull(left, depth) && this.isNotNull(right, depth) ? true : null;
  }

  /** Neither where it is NULL nor where it is the opposite, and it is one of both for every row. */
  #neverIs(node: Pg.Node | undefined, wanted: boolean, depth: number): boolean {
    if (!node || depth > depthMax) return false;
    if (this.isNull(node, depth) || this.verdict(node, depth + 1) === !wanted) return true;
    if (!('BoolExpr' in node)) return false;
    const { boolop, args = [] } = node.BoolExpr;
    if (boolop === 'NOT_EXPR') return this.#neverIs(args[0], !wanted, depth + 1);
    const isDecisive = (boolop === 'AND_EXPR') === wanted;
    return args[isDecisive ? 'some' : 'every'](each => this.#neverIs(each, wanted, depth + 1));
  }

  /** NULL, whatever is in the row. */
  isNull(node: Pg.Node | undefined, depth = 0): boolean {
    if (!node || depth > depthMax) return false;
    if (isNullConstant(node)) return true;
    if ('TypeCast' in node) return this.isNull(node.TypeCast.arg, depth + 1);
    if (!('A_Expr' in node)) return false;
    const { kind, name, lexpr, rexpr } = node.A_Expr;
    if (kind === 'AEXPR_NULLIF')
      return this.isNull(lexpr, depth + 1) || (lexpr !== undefined && rexpr !== undefined && isSameShape(lexpr, rexpr));
    const isPlain = kind === 'AEXPR_OP' && plainOperator.test(stringsOf(name).at(-1) ?? '');
    return isPlain && [lexpr, rexpr].some(each => this.isNull(each, depth + 1));
  }

  isNotNull(node: Pg.Node | undefined, depth = 0): boolean {
    if (!node || depth > depthMax) return false;
    const all = (nodes: readonly (Pg.Node | undefined)[]) => nodes.every(each => this.isNotNull(each, depth + 1));
    if ('A_Const' in node) return node.A_Const.isnull !== true;
    if ('ColumnRef' in node) return this.#columns.isNotNull(node.ColumnRef);
    if ('NullTest' in node || 'BooleanTest' in node || 'RowExpr' in node || 'A_ArrayExpr' in node) return true;
    if ('SubLink' in node) return node.SubLink.subLinkType === 'EXISTS_SUBLINK';
    if ('TypeCast' in node) return this.isNotNull(node.TypeCast.arg, depth + 1);
    if ('BoolExpr' in node) return all(node.BoolExpr.args ?? []);
    if ('CoalesceExpr' in node) return (node.CoalesceExpr.args ?? []).some(each => this.isNotNull(each, depth + 1));
    if (!('A_Expr' in node)) return false;
    const { kind, name, lexpr, rexpr } = node.A_Expr;
    if (kind?.endsWith('DISTINCT')) return true;
    const isPlain = kind === 'AEXPR_OP' && plainOperator.test(stringsOf(name).at(-1) ?? '');
    return isPlain && all([...(lexpr ? [lexpr] : []), rexpr]);
  }
}
