/** What a domain's CHECK constraints run over a value that is cast to it, or that is made by reading text, JSON or bytes. */
import { firstUserOid } from '../catalog/lookup.ts';
import type { CatalogType } from '../catalog/snapshot.ts';
import { expression } from './expression.ts';
import { defaultTextLimits } from './guard.ts';
import { type Pg, parseText } from './parse.ts';
import { unresolved } from './refuse.ts';
import { Scope } from './scope.ts';
import { type Analyzer, searchPathOf } from './state.ts';
import { elementTypeOf, relationOfType } from './types/coerce.ts';
import { changed, constant, derive, type Value } from './value.ts';

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
    const column = { name: 'value', value: changed(value, { type: domain.baseOid }) };
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
  return faulty ? derive([value], { type: domain.oid, faulty: true }) : changed(value, { type: domain.oid });
}

/** Rows in rows, arrays of domains over domains. */
const depthMax = 16;

/** The domains that values of a type are held against, wherever in it they are. */
export function domainsIn(a: Analyzer, typeOid: number, depth = 0): number[] {
  const type = a.catalog.type(typeOid);
  if (!type || depth > depthMax) return [];
  if (type.kind === 'd') return [typeOid, ...domainsIn(a, type.baseOid, depth + 1)];
  const element = elementTypeOf(a.catalog, typeOid) || type.rangeSubtypeOid;
  if (element !== 0) return domainsIn(a, element, depth + 1);
  const row = type.kind === 'c' ? a.catalog.relation(relationOfType(a.catalog, typeOid)) : null;
  return row?.columns.flatMap(column => domainsIn(a, column.typeOid, depth + 1)) ?? [];
}

/** A value of the type is made of something that is not one: the type's own code runs, whatever the value is. */
export function checkType(a: Analyzer, typeOid: number): void {
  if (typeOid < firstUserOid) return;
  const key = `domains ${typeOid}`;
  const known = a.catalog.memo.get(key) as readonly number[] | undefined;
  const domains = known ?? [...new Set(domainsIn(a, typeOid))];
  if (!known) a.catalog.memo.set(key, domains);
  for (const oid of domains) {
    const domain = a.catalog.type(oid);
    if (domain && domain.checks.length > 0 && !a.expanding.includes(oid))
      checkDomain(a, domain, constant(domain.baseOid));
  }
}
