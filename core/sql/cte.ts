/** WITH: each query once, in the order names need them; recursive ones until nothing new flows into their columns. */
import { stringsOf } from './names.ts';
import type { Pg } from './parse.ts';
import { undefinedName, unresolved } from './refuse.ts';
import { type Cte, Scope } from './scope.ts';
import { type Query, query, selectStmt } from './select.ts';
import type { Analyzer } from './state.ts';
import { oid } from './types/oid.ts';
import { changed, derive, type Field, passed, type Value } from './value.ts';

/** Rounds after which a recursive query's columns must have settled: each adds at least one origin. */
const roundsMax = 40;

/** A scope between the outer one and the statement's own, holding its CTEs. */
export function withScope(a: Analyzer, parent: Scope | null, clause: Pg.WithClause | undefined): Scope | null {
  if (!clause) return parent;
  const scope = new Scope(parent);
  const nodes = (clause.ctes ?? []).map(node =>
    'CommonTableExpr' in node ? node.CommonTableExpr : unresolved('WithClause', clause.location),
  );
  checkNames(nodes);
  if (!clause.recursive) {
    for (const node of nodes) scope.ctes.set(node.ctename ?? '', plainCte(a, scope, node));
    return scope;
  }
  // With RECURSIVE a query may name later siblings: each is read when first asked for.
  scope.pending = new Map(nodes.map(node => [node.ctename ?? '', () => recursiveCte(a, scope, node)]));
  for (const node of nodes) scope.cte(node.ctename ?? '');
  return scope;
}

function checkNames(nodes: readonly Pg.CommonTableExpr[]): void {
  const seen = new Set<string>();
  for (const { ctename = '', location } of nodes) {
    if (seen.has(ctename))
      undefinedName('undefined_table', 'WITH', `WITH query name "${ctename}" specified more than once`, location);
    seen.add(ctename);
  }
}

const renamed = (node: Pg.CommonTableExpr, columns: readonly Field[]): readonly Field[] => {
  const names = stringsOf(node.aliascolnames);
  return columns.map((column, index) => ({ name: names[index] ?? column.name, value: column.value }));
};

/** What a CTE's columns look like from outside. */
const outside = (columns: readonly Field[], inner: Pick<Query, 'wires' | 'restricted'>): readonly Field[] =>
  columns.map(({ name, value }) => {
    const seen = passed(value, inner);
    return { name, value: seen.target ? changed(seen, { target: false }) : seen };
  });

function plainCte(a: Analyzer, scope: Scope, node: Pg.CommonTableExpr): Cte {
  if (!node.ctequery) return unresolved('CommonTableExpr', node.location);
  const inner = query(a, scope, node.ctequery);
  return finished(a, node, inner);
}

function finished(a: Analyzer, node: Pg.CommonTableExpr, inner: Query): Cte {
  const columns = outside(renamed(node, inner.columns), inner);
  return {
    name: node.ctename ?? '',
    columns: [...columns, ...searchColumns(a, node, columns)],
    recursing: false,
  };
}

const setArms = (node: Pg.CommonTableExpr): Pg.SelectStmt | null => {
  const select = node.ctequery && 'SelectStmt' in node.ctequery ? node.ctequery.SelectStmt : null;
  return select?.op === 'SETOP_UNION' && select.larg && select.rarg ? select : null;
};

/** Origins only grow, and so does what is said of them: the columns settle. */
const sameColumns = (one: readonly Field[], other: readonly Field[]): boolean =>
  one.every((field, index) => {
    const value = other[index]?.value;
    return value !== undefined && sameFacts(field.value, value);
  });

const sameFacts = (one: Value, other: Value): boolean =>
  one.kind === other.kind &&
  one.origins.length === other.origins.length &&
  one.large === other.large &&
  one.gated === other.gated &&
  one.collated === other.collated;

function recursiveCte(a: Analyzer, scope: Scope, node: Pg.CommonTableExpr): Cte {
  const select = setArms(node);
  const name = node.ctename ?? '';
  if (!select?.larg) return plainCte(a, scope, node);
  const armScope = withScope(a, scope, select.withClause) ?? scope;
  const first = selectStmt(a, armScope, select.larg, { keepUnknown: false });
  // What goes round may grow with every turn.
  let columns: readonly Field[] = outside(renamed(node, first.columns), {
    wires: false,
    restricted: first.restricted,
  }).map(({ name: column, value }) => ({
    name: column,
    value: changed(value, { magnitude: null, document: null }),
  }));
  const cteOf = (): Cte => ({
    name,
    columns: [...columns, ...searchColumns(a, node, columns)],
    recursing: true,
  });
  for (let round = 0; round < roundsMax; round++) {
    const provisional = cteOf();
    scope.ctes.set(name, provisional);
    const step = selectStmt(a, armScope, select.rarg ?? {}, { keepUnknown: false });
    const grown = columns.map((column, index) => ({
      name: column.name,
      value: grow(column.value, step.columns[index]?.value),
    }));
    if (sameColumns(columns, grown)) {
      if (!select.all) for (const { value } of grown) a.out.usedAs(value, 'set_operation');
      if (select.all) recursionBound(a, name, select.rarg);
      return { ...cteOf(), recursing: false };
    }
    columns = grown;
  }
  return unresolved('WITH RECURSIVE', node.location);
}

const grow = (value: Value, step: Value | undefined): Value =>
  step ? changed(derive([value, step], { type: value.type, typmod: value.typmod }), { fields: value.fields }) : value;

/** A recursive term without WHERE, join condition or LIMIT goes on until it is stopped. */
function recursionBound(a: Analyzer, name: string, arm: Pg.SelectStmt | undefined): void {
  if (!arm) return;
  const joins = (arm.fromClause ?? []).some(item => 'JoinExpr' in item);
  if (!arm.whereClause && !joins && !arm.limitCount) a.out.hazard('unbounded_recursion', name);
}

/** SEARCH and CYCLE add columns made of the ones they name; a cycle's test decides which rows go on. */
function searchColumns(a: Analyzer, node: Pg.CommonTableExpr, columns: readonly Field[]): Field[] {
  const added: Field[] = [];
  const over = (names: readonly string[]): Value[] =>
    columns.filter(column => names.includes(column.name)).map(column => column.value);
  if (node.search_clause) {
    const values = over(stringsOf(node.search_clause.search_col_list));
    added.push({ name: node.search_clause.search_seq_column ?? '', value: derive(values, { type: oid.record }) });
  }
  if (node.cycle_clause) {
    const values = over(stringsOf(node.cycle_clause.cycle_col_list));
    for (const value of values) a.out.usedAs(value, 'predicate');
    added.push({ name: node.cycle_clause.cycle_mark_column ?? '', value: derive(values, { type: oid.bool }) });
    added.push({ name: node.cycle_clause.cycle_path_column ?? '', value: derive(values, { type: oid.recordArray }) });
  }
  return added;
}
