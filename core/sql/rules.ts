/** Rewrite rules: the statements that a write to a table or view becomes, or brings along. */
import type { CatalogRelation } from '../catalog/snapshot.ts';
import { flatten } from './bodies.ts';
import { item } from './from.ts';
import { defaultTextLimits } from './guard.ts';
import { type Pg, parseText } from './parse.ts';
import { unresolved } from './refuse.ts';
import { relationFields } from './relation.ts';
import { Scope } from './scope.ts';
import { condition } from './select.ts';
import { type Analyzer, searchPathOf } from './state.ts';
import { statementIn } from './statement.ts';
import { changed } from './value.ts';
import type { WriteEvent } from './write.ts';

export function ruleActions(a: Analyzer, relation: CatalogRelation, event: WriteEvent): void {
  for (const rule of relation.rules) {
    if (rule.event !== event) continue;
    const parsed = parseText(rule.definition, defaultTextLimits);
    const node = parsed.ok ? parsed.statements[0]?.stmt : undefined;
    if (!node || !('RuleStmt' in node)) unresolved('rule', undefined, `rule ${rule.name} cannot be read`);
    const { searchPath, temporarySchema } = a.catalog.header;
    if (a.expanding.includes(relation.oid)) continue;
    const inner = a.nested({
      origin: 'view',
      path: searchPathOf(a.catalog, searchPath, temporarySchema),
      oid: relation.oid,
    });
    const scope = oldAndNew(inner, relation);
    if (node.RuleStmt.whereClause) condition(inner, scope, node.RuleStmt.whereClause);
    for (const action of node.RuleStmt.actions ?? []) actionsOf(inner, scope, action);
    a.out.include(inner.out, false);
  }
}

/** Statements of a rule or SQL-standard function body, one or a list of them. */
export function actionsOf(a: Analyzer, scope: Scope | null, node: Pg.Node): void {
  for (const action of flatten(node)) statementIn(a, scope, action);
}

/** OLD and NEW stand for rows of the rule's relation. */
export function oldAndNew(a: Analyzer, relation: CatalogRelation): Scope {
  const scope = new Scope(null);
  const columns = relationFields(a, relation).map(({ name, value }) => ({
    name,
    value: changed(value, { wire: null }),
  }));
  for (const name of ['old', 'new'])
    scope.items.push(item({ name, columns, rowType: relation.rowTypeOid, columnsVisible: false }));
  return scope;
}
