/** One statement of any kind: what it returns, and (in the collector) all it does. */
import type { StatementAnalysis, StatementKind } from './analysis.ts';
import { intoClause, selectInto } from './ddl/create-as.ts';
import { dataModifying } from './dml.ts';
import { expression } from './expression.ts';
import { type Pg, tagOf } from './parse.ts';
import { unresolved } from './refuse.ts';
import { Scope } from './scope.ts';
import { selectStmt } from './select.ts';
import type { Analyzer } from './state.ts';
import { utility } from './utility.ts';
import type { Field } from './value.ts';

export type Outcome = {
  kind: StatementKind;
  /** Null when no rows come back. */
  columns: readonly Field[] | null;
  result: StatementAnalysis['result'];
  copy: StatementAnalysis['copy'];
  cursor?: string;
};

export const nothing = (kind: StatementKind): Outcome => ({ kind, columns: null, result: 'none', copy: null });

export const rows = (kind: StatementKind, columns: readonly Field[]): Outcome => ({
  kind,
  columns,
  result: 'rows',
  copy: null,
});

const dmlKinds: Readonly<Record<string, StatementKind>> = {
  InsertStmt: 'insert',
  UpdateStmt: 'update',
  DeleteStmt: 'delete',
  MergeStmt: 'merge',
};

/** With names of an enclosing scope in sight, as for the actions of a rule. */
export function statementIn(a: Analyzer, scope: Scope | null, node: Pg.Node): Outcome {
  if ('SelectStmt' in node) {
    const into = intoClause(node.SelectStmt);
    if (into) return selectInto(a, node.SelectStmt, into);
    return rows('select', selectStmt(a, scope, node.SelectStmt, { keepUnknown: false, onlyColumns: true }).columns);
  }
  if ('ReturnStmt' in node && node.ReturnStmt.returnval) return returned(a, scope, node.ReturnStmt.returnval);
  const tag = tagOf(node);
  const kind = dmlKinds[tag];
  if (kind) {
    const { columns } = dataModifying(a, scope, node) ?? unresolved(tag);
    return columns.length > 0 ? rows(kind, columns) : nothing(kind);
  }
  return utility(a, node);
}

/** The body of an SQL-standard function may be one expression. */
const returned = (a: Analyzer, scope: Scope | null, node: Pg.Node): Outcome =>
  rows('select', [{ name: 'return', value: expression(a, scope ?? new Scope(null), node) }]);

export const statement = (a: Analyzer, node: Pg.Node): Outcome => statementIn(a, null, node);
