/** What a domain's CHECK constraints run over a value that is cast to it. */
import type { CatalogType } from '../catalog/snapshot.ts';
import { expression } from './expression.ts';
import { defaultTextLimits } from './guard.ts';
import { type Pg, parseText } from './parse.ts';
import { unresolved } from './refuse.ts';
import { Scope } from './scope.ts';
import { type Analyzer, searchPathOf } from './state.ts';
import { derive, type Value } from './value.ts';

/** An expression as the catalog prints it, as a node. */
export function parseExpression(text: string): Pg.Node | null {
  const parsed = parseText(`SELECT ${text}`, defaultTextLimits);
  if (!parsed.ok) return null;
  const statement = parsed.statements[0]?.stmt;
  if (!statement || !('SelectStmt' in statement)) return null;
  const target = statement.SelectStmt.targetList?.[0];
  return target && 'ResTarget' in target ? (target.ResTarget.val ?? null) : null;
}

export function checkDomain(a: Analyzer, domain: CatalogType, value: Value): Value {
  if (value.origins.length === 0 && domain.checks.length === 0) return value;
  const faulty = domain.checks.length > 0 || domain.notNull;
  for (const check of domain.checks) {
    const node = parseExpression(check);
    if (!node) unresolved(`domain ${domain.name}`);
    const inner = a.nested({
      origin: 'view',
      oid: domain.oid,
      path: searchPathOf(a.catalog, a.catalog.header.searchPath, a.catalog.header.temporarySchema),
    });
    const scope = new Scope(null);
    const column = { name: 'value', value: { ...value, type: domain.baseOid } };
    scope.items.push({
      name: null,
      schema: null,
      columns: [column],
      relation: null,
      rowType: 0,
      scalar: false,
      rowVisible: false,
      columnsVisible: true,
      lateralOnly: false,
    });
    inner.out.predicate(expression(inner, scope, node));
    a.out.include(inner.out, false);
  }
  if (faulty) a.out.usedAs(value, 'function_argument');
  return faulty ? derive([value], { type: domain.oid, faulty: true }) : { ...value, type: domain.oid };
}
