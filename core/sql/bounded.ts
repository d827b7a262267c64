/** Whether a condition leaves rows of the table that a statement changes alone: without one that does, every row is changed. */
import { Always, type Columns } from './always.ts';
import { stringOf, stringsOf } from './names.ts';
import { numberOf, type Range } from './number-range.ts';
import type { Pg } from './parse.ts';
import { isKept, isKeptIn } from './referenced.ts';
import { findColumn, findItem, type Scope } from './scope.ts';
import { shapeOf } from './shape.ts';
import { columnAt } from './sifting.ts';
import { sparesOne } from './spared.ts';
import type { Analyzer } from './state.ts';
import { oid } from './types/oid.ts';
import type { Value } from './value.ts';

export type Condition = { scope: Scope; node: Pg.Node | undefined; value: Value | null };

const ranges: Readonly<Record<number, Range>> = {
  [oid.int2]: { low: -32768, high: 32767, isType: true },
  [oid.int4]: { low: -2147483648, high: 2147483647, isType: true },
  [oid.int8]: { low: -(2 ** 63), high: 2 ** 63, isType: true },
};
/** What row_number() and rank() count. */
const counted: Range = { low: 1, high: Number.POSITIVE_INFINITY, isType: false };

function columnsIn(a: Analyzer, scope: Scope): Columns {
  return {
    isNotNull: node => {
      const [own] = columnAt(a, scope, node)?.origins ?? [];
      if (!own) return false;
      const column = a.catalog.relation(own.relationOid)?.columns.find(({ attnum }) => attnum === own.attnum);
      return own.attnum < 0 || column?.notNull === true;
    },
    isRowWithNotNull: node => {
      const names = stringsOf(node.fields);
      const item =
        names.length === 1 && !findColumn(a, scope, names[0] ?? '') ? findItem(scope, null, names[0] ?? '') : null;
      return item?.relation?.columns.some(({ notNull }) => notNull) === true;
    },
    isKept: (left, right) => isKept(a, scope, [left, right]),
    isKeptIn: link => isKeptIn(a, scope, link),
    range: node => {
      const value = columnAt(a, scope, node);
      if (value?.target === true) return ranges[value.type] ?? null;
      return value?.apart === true && value.origins.length === 0 ? counted : null;
    },
  };
}

/** Functions of the server that say yes to some values and no to others. */
const sifting: ReadonlySet<string> = new Set(
  'starts_with regexp_like isempty isfinite jsonb_exists jsonb_path_exists'.split(' '),
);

/** The pattern that lets everything through is none. */
const isTrivial = (node: Pg.Node | undefined): boolean =>
  node !== undefined && 'A_Const' in node && /^[\^$.*?()|]*$/.test(node.A_Const.sval?.sval ?? '-');

/** They bring what is written into one form, and leave what has it. */
const tidying: ReadonlySet<string> = new Set(['lower', 'upper', 'initcap', 'btrim', 'ltrim', 'rtrim']);

class Sieve {
  readonly #a: Analyzer;
  readonly #scope: Scope;
  readonly #always: Always;
  constructor(a: Analyzer, scope: Scope) {
    this.#a = a;
    this.#scope = scope;
    this.#always = new Always(columnsIn(a, scope));
  }

  #isTarget(node: Pg.Node | undefined): boolean {
    return node !== undefined && 'ColumnRef' in node && columnAt(this.#a, this.#scope, node.ColumnRef)?.target === true;
  }

  /** Not every condition compares: columns and functions that are true or false themselves sift, too. */
  sifts(node: Pg.Node | undefined): boolean {
    if (!node) return false;
    if ('BoolExpr' in node) {
      const { boolop, args = [] } = node.BoolExpr;
      if (boolop === 'OR_EXPR') return args.every(each => this.sifts(each));
      const parts = boolop === 'AND_EXPR' ? args : [];
      return args.some(each => this.sifts(each)) || this.#keepsOne(parts) || this.#siftsBeside(parts);
    }
    if ('ColumnRef' in node) return this.#isTarget(node);
    if ('TypeCast' in node) return this.#isField(node.TypeCast);
    if ('BooleanTest' in node)
      return !node.BooleanTest.booltesttype?.endsWith('UNKNOWN') && this.sifts(node.BooleanTest.arg);
    if ('CoalesceExpr' in node) {
      const [first, ...others] = node.CoalesceExpr.args ?? [];
      return this.sifts(first) && others.every(each => 'A_Const' in each && each.A_Const.boolval?.boolval !== true);
    }
    if ('FuncCall' in node) {
      const names = stringsOf(node.FuncCall.funcname);
      const isBuiltIn = names.length === 1 || names[0] === 'pg_catalog';
      const [value, pattern] = node.FuncCall.args ?? [];
      return isBuiltIn && sifting.has(names.at(-1) ?? '') && this.#isTarget(value) && !isTrivial(pattern);
    }
    return 'A_Expr' in node && (this.#isOne(node.A_Expr) || this.#isUntidy(node.A_Expr));
  }

  /** `a.id < b.id AND a.name = b.name`: of rows that are alike one is left. */
  #keepsOne(parts: readonly Pg.Node[]): boolean {
    const compared = parts.flatMap(part => {
      const { kind, name, lexpr, rexpr } = 'A_Expr' in part ? part.A_Expr : {};
      return kind === 'AEXPR_OP' && this.#isTarget(lexpr) !== this.#isTarget(rexpr) && this.#isTwice(lexpr, rexpr)
        ? [stringOf(name?.at(-1))]
        : [];
    });
    return compared.includes('=') && compared.some(operator => operator === '<' || operator === '>');
  }

  #isBeside(node: Pg.Node | undefined): boolean {
    return node !== undefined && 'ColumnRef' in node && !this.#isTarget(node);
  }

  /** `d.id = t.id AND d.n > 1`: what is beside the target is sifted, and leads to it. */
  #siftsBeside(parts: readonly Pg.Node[]): boolean {
    const comparisons = parts.flatMap(part =>
      'A_Expr' in part && part.A_Expr.kind === 'AEXPR_OP' ? [part.A_Expr] : [],
    );
    const isLed = comparisons.some(
      ({ name, lexpr, rexpr }) =>
        stringOf(name?.at(-1)) === '=' &&
        ((this.#isTarget(lexpr) && this.#isBeside(rexpr)) || (this.#isBeside(lexpr) && this.#isTarget(rexpr))),
    );
    const isSifted = comparisons.some(
      each =>
        this.#isBeside(each.lexpr) &&
        each.rexpr !== undefined &&
        ('A_Const' in each.rexpr || 'ParamRef' in each.rexpr) &&
        this.#always.verdict({ A_Expr: each }) === null,
    );
    return isLed && isSifted;
  }

  /** `name <> lower(name)`: rows that are written otherwise than they should be. */
  #isUntidy({ kind, name, lexpr, rexpr }: Pg.A_Expr): boolean {
    const isDifference = kind === 'AEXPR_DISTINCT' || (kind === 'AEXPR_OP' && stringOf(name?.at(-1)) === '<>');
    if (!isDifference || !this.#isTarget(lexpr) || !rexpr || !('FuncCall' in rexpr)) return false;
    const names = stringsOf(rexpr.FuncCall.funcname);
    const isBuiltIn = names.length === 1 || names[0] === 'pg_catalog';
    const args = rexpr.FuncCall.args ?? [];
    return isBuiltIn && tidying.has(names.at(-1) ?? '') && args.length === 1 && shapeOf(args[0]) === shapeOf(lexpr);
  }

  /** The same column of the same table under two names. */
  #isTwice(left: Pg.Node | undefined, right: Pg.Node | undefined): boolean {
    const [one, other] = [left, right].map(node =>
      node && 'ColumnRef' in node ? columnAt(this.#a, this.#scope, node.ColumnRef)?.origins[0] : undefined,
    );
    return one !== undefined && one === other && shapeOf(left) !== shapeOf(right);
  }

  /** A field of a document, read as true or false. */
  #isField({ arg, typeName }: Pg.TypeCast): boolean {
    if (stringOf(typeName?.names?.at(-1)) !== 'bool' || !arg || !('A_Expr' in arg)) return false;
    return stringOf(arg.A_Expr.name?.at(-1)) === '->>' && this.#isTarget(arg.A_Expr.lexpr);
  }

  /** `id = (SELECT max(id) FROM …)` is at most the rows with one value. */
  #isOne({ kind, name, lexpr, rexpr }: Pg.A_Expr): boolean {
    if (kind !== 'AEXPR_OP' || stringOf(name?.at(-1)) !== '=' || !this.#isTarget(lexpr)) return false;
    if (!rexpr || !('SubLink' in rexpr) || rexpr.SubLink.subLinkType !== 'EXPR_SUBLINK') return false;
    const { subselect } = rexpr.SubLink;
    if (!subselect || !('SelectStmt' in subselect)) return false;
    const { targetList = [], fromClause = [], whereClause, groupClause, havingClause, op } = subselect.SelectStmt;
    const [target] = targetList;
    const isPlain = !whereClause && !groupClause && !havingClause && op === 'SETOP_NONE' && fromClause.length > 0;
    const call = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
    const isExtreme =
      call !== undefined && 'FuncCall' in call && /^(max|min)$/.test(stringOf(call.FuncCall.funcname?.at(-1)));
    return isPlain && isExtreme && fromClause.every(each => 'RangeVar' in each);
  }
}

function isBounding(a: Analyzer, { scope, node, value }: Condition): boolean {
  if (!node || !value) return false;
  if (new Always(columnsIn(a, scope)).verdict(node) === true) return false;
  return value.bounds || new Sieve(a, scope).sifts(node) || sparesOne(a, scope, node);
}

/** A column that is true or false itself. */
const isFlag = (node: Pg.Node | undefined): boolean => {
  if (!node) return false;
  if ('BoolExpr' in node) return node.BoolExpr.boolop === 'NOT_EXPR' && isFlag(node.BoolExpr.args?.[0]);
  if ('BooleanTest' in node) return !node.BooleanTest.booltesttype?.endsWith('UNKNOWN') && isFlag(node.BooleanTest.arg);
  return 'ColumnRef' in node;
};

/** Whether a query leaves anything out of what it reads. */
export const isRestricting = (a: Analyzer, { scope, node, value }: Condition): boolean =>
  (value?.restricts === true || isFlag(node)) && new Always(columnsIn(a, scope)).verdict(node) !== true;

/** Whether it leaves groups out. Counts of rows are of no column, but another for each group. */
export const isGrouping = (a: Analyzer, { scope, node, value }: Condition): boolean =>
  value !== null && node !== undefined && 'A_Expr' in node && new Always(columnsIn(a, scope)).verdict(node) === null;

/** The one leads from the target to what is beside it, and the other leaves something out of that. */
const isLedAside = (a: Analyzer, conditions: readonly Condition[]): boolean =>
  conditions.some(({ value }) => value?.bounds === true) &&
  conditions.some(condition => condition.value?.bounds === false && isRestricting(a, condition));

/** Conditions that all have to hold. */
export const isBounded = (a: Analyzer, conditions: readonly Condition[]): boolean =>
  conditions.some(condition => isBounding(a, condition)) || isLedAside(a, conditions);

/** `LIMIT ALL`, and a number larger than any table, take nothing away. */
export function isLimiting(node: Pg.Node | undefined): boolean {
  if (!node || ('A_Const' in node && node.A_Const.isnull === true)) return false;
  const count = numberOf(node);
  return count === null || count < 2 ** 31 - 1;
}
