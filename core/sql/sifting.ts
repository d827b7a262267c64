/**
 * Whether a condition looks at something that goes with the rows: a column, or what is made of one so that it differs where the
 * column does. Of everything else (a list that a constant was put into, the length of a digest, a row as text) it can be made to
 * hold for every row, in more ways than could be listed. So what is not known to sift does not count as a bound.
 */
import { firstUserOid, isSystemSchema } from '../catalog/lookup.ts';
import { stringOf, stringsOf } from './names.ts';
import { numberOf } from './number-range.ts';
import type { Pg } from './parse.ts';
import { columnOf, findColumn, findItem, type Scope } from './scope.ts';
import { shapeOf } from './shape.ts';
import type { Analyzer } from './state.ts';
import type { Value } from './value.ts';

/** The column that a name means; null for a row, and for what is no name of a column. */
export function columnAt(a: Analyzer, scope: Scope, { fields = [] }: Pg.ColumnRef): Value | null {
  const name = stringOf(fields.at(-1));
  if (fields.length === 1) return findColumn(a, scope, name);
  const item = findItem(scope, fields.length > 2 ? stringOf(fields.at(-3)) : null, stringOf(fields.at(-2)));
  return item ? columnOf(a, item, name) : null;
}

const setOf = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** Functions of the server whose results differ as one of their arguments does. */
const following = setOf(
  'lower upper initcap btrim ltrim rtrim reverse normalize translate replace regexp_replace split_part ' +
    'left right substr substring regexp_substr regexp_match length char_length character_length octet_length bit_length ' +
    'abs round floor ceil ceiling trunc sqrt mod date_trunc date_bin date_part extract timezone date to_char to_date ' +
    'to_timestamp to_number age make_date justify_days jsonb_extract_path jsonb_extract_path_text json_extract_path ' +
    'json_extract_path_text jsonb_array_length json_array_length jsonb_typeof json_typeof jsonb_path_query_first ' +
    'array_length cardinality array_to_string to_tsvector host network family masklen get_byte range_lower range_upper ' +
    'text int4 int8 numeric float8 position strpos array_position similarity word_similarity',
);
/** As long as nothing but a certain result will do, these tell values apart, too. */
const telling = setOf(
  'md5 sha224 sha256 sha384 sha512 digest encode hashtext hashtextextended concat concat_ws format',
);
/** Of nothing, or of no character, they make the same of everything. */
const cutting = setOf('left right substr substring mod repeat');

const fieldOperators = setOf('-> ->> #> #>>');
const arithmetic = setOf('+ - * / % & | # << >> @ ~ ^');

const isGiven = (node: Pg.Node | undefined): boolean => {
  if (!node) return false;
  if ('TypeCast' in node) return isGiven(node.TypeCast.arg);
  if ('List' in node) return (node.List.items ?? []).every(isGiven);
  return 'A_Const' in node || 'ParamRef' in node;
};

class Sifting {
  readonly #a: Analyzer;
  readonly #scope: Scope;
  /** Columns of the table that is changed alone. */
  readonly #ofTarget: boolean;
  constructor(a: Analyzer, scope: Scope, ofTarget: boolean) {
    this.#a = a;
    this.#scope = scope;
    this.#ofTarget = ofTarget;
  }

  /** `isExact`: it is compared by equality. */
  follows(node: Pg.Node | undefined, isExact: boolean): boolean {
    if (!node) return false;
    if ('ColumnRef' in node) return this.#isColumn(node.ColumnRef, isExact);
    if ('ParamRef' in node || 'A_Const' in node) return false;
    if ('TypeCast' in node) return this.follows(node.TypeCast.arg, isExact);
    if ('CollateClause' in node) return this.follows(node.CollateClause.arg, isExact);
    if ('A_Indirection' in node) {
      const { arg } = node.A_Indirection;
      return arg !== undefined && !('A_ArrayExpr' in arg) && this.follows(arg, isExact);
    }
    if ('CoalesceExpr' in node) return this.follows(node.CoalesceExpr.args?.[0], isExact);
    if ('List' in node) return (node.List.items ?? []).some(each => this.follows(each, isExact));
    if ('RowExpr' in node) return (node.RowExpr.args ?? []).some(each => this.follows(each, isExact));
    // What numbers keep a number between is looked into elsewhere.
    if ('MinMaxExpr' in node)
      return this.#all(
        node.MinMaxExpr.args?.filter(each => numberOf(each) === null),
        isExact,
      );
    if ('CaseExpr' in node) return isExact && this.#case(node.CaseExpr);
    if ('A_ArrayExpr' in node) return this.#all(node.A_ArrayExpr.elements, isExact);
    if ('JsonFuncExpr' in node) return this.follows(node.JsonFuncExpr.context_item?.raw_expr, isExact);
    if ('FuncCall' in node) return this.#call(node.FuncCall, isExact);
    return 'A_Expr' in node && this.#computed(node.A_Expr, isExact);
  }

  /** What the server keeps of a row (`xmin`, `tableoid`) is much the same for all. */
  #isColumn(node: Pg.ColumnRef, isExact: boolean): boolean {
    const value = columnAt(this.#a, this.#scope, node);
    if (value === null || (this.#ofTarget && !value.target)) return false;
    return isExact || value.origins.every(({ attnum }) => attnum > 0);
  }

  #all(nodes: readonly Pg.Node[] | undefined, isExact: boolean): boolean {
    return nodes !== undefined && nodes.length > 0 && nodes.every(each => this.follows(each, isExact));
  }

  #call({ funcname, args = [], over, agg_filter }: Pg.FuncCall, isExact: boolean): boolean {
    const name = stringOf(funcname?.at(-1));
    if (over || agg_filter) return false;
    const isKnown = following.has(name) || (isExact && telling.has(name)) || this.#isOfExtension(name);
    if (!isKnown || !this.#isServers(name, funcname)) return false;
    if (cutting.has(name) && args.some(each => Math.abs(numberOf(each) ?? 2) <= (name === 'mod' ? 1 : 0))) return false;
    return args.some(each => this.follows(each, isExact && name !== 'length'));
  }

  /** Its conditions sift, and not all of its results are one. */
  #case({ arg, args = [], defresult }: Pg.CaseExpr): boolean {
    const arms = args.flatMap(each => ('CaseWhen' in each ? [each.CaseWhen] : []));
    const results = [...arms.map(({ result }) => result), defresult];
    const isSplit = arg
      ? this.follows(arg, true) && arms.every(({ expr }) => isGiven(expr))
      : arms.every(({ expr }) => this.#splits(expr));
    return isSplit && new Set(results.map(shapeOf)).size > 1;
  }

  /** A condition of a column alone: a flag, whether it is NULL, or how it compares with what is given. */
  #splits(node: Pg.Node | undefined): boolean {
    if (!node) return false;
    if ('ColumnRef' in node) return this.follows(node, true);
    if ('NullTest' in node) return this.follows(node.NullTest.arg, false);
    if (!('A_Expr' in node)) return false;
    const { lexpr, rexpr } = node.A_Expr;
    return this.follows(lexpr, false) && isGiven(rexpr);
  }

  #named(name: string) {
    return this.#a.catalog.functionsNamed(name);
  }

  /** Nobody's own function has taken the name. */
  #isServers(name: string, funcname: readonly Pg.Node[] | undefined): boolean {
    const isQualified = stringsOf(funcname)[0] === 'pg_catalog' && stringsOf(funcname).length > 1;
    return (
      isQualified ||
      this.#named(name).every(
        ({ oid, schema, extension }) => extension !== null || (oid < firstUserOid && isSystemSchema(schema)),
      )
    );
  }

  #isOfExtension(name: string): boolean {
    return this.#named(name).some(({ extension }) => extension !== null);
  }

  #computed({ kind, name, lexpr, rexpr }: Pg.A_Expr, isExact: boolean): boolean {
    if (kind === 'AEXPR_NULLIF') return this.follows(lexpr, isExact);
    if (kind !== 'AEXPR_OP') return false;
    const operator = stringOf(name?.at(-1));
    if (fieldOperators.has(operator)) return this.follows(lexpr, isExact);
    if (!arithmetic.has(operator) && !(isExact && operator === '||')) return false;
    return this.follows(lexpr, isExact) || this.follows(rexpr, isExact);
  }
}

type Bounding = Pick<Value, 'bounds' | 'restricts'>;

function sifted(
  given: Bounding,
  follows: (sifting: Sifting) => boolean,
  make: (ofTarget: boolean) => Sifting,
): Bounding {
  return {
    bounds: given.bounds && follows(make(true)),
    restricts: given.restricts && follows(make(false)),
  };
}

const isColumn = (node: Pg.Node | undefined): boolean => node !== undefined && 'ColumnRef' in node;

/** `t.id <> o.id`: beside any two rows of another table there is one that is not the same. */
const isOtherThan = ({ kind, name, lexpr, rexpr }: Pg.A_Expr): boolean =>
  isColumn(lexpr) &&
  isColumn(rexpr) &&
  (kind === 'AEXPR_DISTINCT' || (kind === 'AEXPR_OP' && stringOf(name?.at(-1)) === '<>'));

/** What a comparison of any kind is worth as a condition. */
export function comparedBounds(
  a: Analyzer,
  scope: Scope,
  { node, value }: { node: Pg.A_Expr; value: Value },
): Bounding {
  const isExact = stringOf(node.name?.at(-1)) === '=';
  if (value.bounds && isOtherThan(node)) return { bounds: false, restricts: value.restricts };
  const isOfArray = node.kind === 'AEXPR_OP_ANY' || node.kind === 'AEXPR_OP_ALL';
  const follows = (sifting: Sifting) =>
    sifting.follows(node.lexpr, isExact) || sifting.follows(node.rexpr, isExact && !isOfArray);
  return sifted(value, follows, ofTarget => new Sifting(a, scope, ofTarget));
}

/** What testing one thing, or looking it up in a subquery, is worth. */
export const testedBounds = (
  a: Analyzer,
  scope: Scope,
  { node, given, isExact }: { node: Pg.Node | undefined; given: Bounding; isExact: boolean },
): Bounding =>
  sifted(
    given,
    sifting => sifting.follows(node, isExact),
    ofTarget => new Sifting(a, scope, ofTarget),
  );
