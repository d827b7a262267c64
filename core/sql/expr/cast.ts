/** Casts, implicit and written: what runs to turn a value of one type into another. */
import { firstUserOid } from '../../catalog/lookup.ts';
import type { CatalogType } from '../../catalog/snapshot.ts';
import { checkDomain, checkType } from '../domain.ts';
import { expression } from '../expression.ts';
import { stringsOf } from '../names.ts';
import type { Pg } from '../parse.ts';
import { unresolved } from '../refuse.ts';
import type { Scope } from '../scope.ts';
import type { Analyzer } from '../state.ts';
import { forced, typeName, typeOfName } from '../typename.ts';
import {
  arrayTypeOf,
  baseTypeOf,
  type CoercionContext,
  categoryOf,
  elementTypeOf,
  isComposite,
  type Pathway,
  pathway,
  relationOfType,
} from '../types/coerce.ts';
import { isPolymorphic, oid, untyped } from '../types/oid.ts';
import { changed, derive, type Value } from '../value.ts';
import { applyFunction } from './apply.ts';
import { documentOf } from './document.ts';
import { fits, fittedMagnitude } from './magnitude.ts';

/** Types whose explicit length limit truncates instead of raising. */
const truncating: ReadonlySet<number> = new Set([oid.varchar, oid.bpchar, oid.bit, oid.varbit, oid.name, oid.char]);

const domainOf = (a: Analyzer, type: number): CatalogType | null => {
  const entry = a.catalog.type(type);
  return entry?.kind === 'd' ? entry : null;
};

/** A bare literal or a parameter takes the type it is needed as, before anything runs. */
function adopt(a: Analyzer, value: Value, target: number): Value {
  const type =
    isPolymorphic(target) || target === oid.any ? (value.type === oid.unknown ? oid.text : value.type) : target;
  if (value.literal?.kind === 'parameter') a.parameterTypes.set(value.literal.number, type);
  checkType(a, type);
  return changed(value, { type });
}

/** Coerces where the target is what a function or operator declares: polymorphic types leave the value as it is. */
export function coerce(a: Analyzer, value: Value, target: number, context: CoercionContext, location?: number): Value {
  if (target === untyped || value.type === target) return value;
  if (target === oid.any || isPolymorphic(target)) return value.type === oid.unknown ? adopt(a, value, target) : value;
  return cast(a, value, { oid: target, typmod: -1 }, context, location);
}

export function cast(
  a: Analyzer,
  value: Value,
  target: { oid: number; typmod: number },
  context: CoercionContext,
  location?: number,
): Value {
  const domain = domainOf(a, target.oid);
  if (domain && value.type !== target.oid) {
    const inner = cast(a, value, { oid: domain.baseOid, typmod: domain.baseTypmod }, context, location);
    return checkDomain(a, domain, changed(inner, { type: target.oid, wire: null }));
  }
  const element = domainOf(a, elementTypeOf(a.catalog, target.oid));
  if (element && value.type !== target.oid) {
    const array = arrayTypeOf(a.catalog, element.baseOid) || untyped;
    const inner = cast(a, value, { oid: array, typmod: element.baseTypmod }, context, location);
    return changed(checkDomain(a, element, { ...inner, type: element.oid }), { type: target.oid, wire: null });
  }
  const moved = convert(a, value, target.oid, context, location);
  const isSame = value.typmod === target.typmod && value.type === target.oid && target.typmod !== forced;
  if (target.typmod < 0 || isSame) return moved;
  return fitted(a, moved, target, context);
}

const castTo = (a: Analyzer, type: number): string => `a cast to \`${typeName(a, type)}\``;

/** Forced to a length or precision: text types truncate when asked to, everything else may raise. */
function fitted(a: Analyzer, value: Value, target: { oid: number; typmod: number }, context: CoercionContext): Value {
  const harmless =
    (context === 'explicit' && truncating.has(target.oid)) || fits(a.catalog, value, target.oid, target.typmod);
  const faulty = value.origins.length > 0 && !harmless;
  if (faulty) a.out.usedAs(value, 'function_argument', castTo(a, target.oid));
  const magnitude = fittedMagnitude(target.oid, target.typmod, true);
  return changed(derive([value], { type: target.oid, typmod: target.typmod, faulty, magnitude }), {
    literal: isCut(value, target) ? null : value.literal,
  });
}

/** What a limit may have made another value than the one that is written. */
const isCut = ({ literal }: Value, target: { oid: number; typmod: number }): boolean =>
  literal?.kind === 'number' ||
  (literal?.kind === 'text' && !(target.oid === oid.varchar && literal.text.length <= target.typmod - 4));

function convert(a: Analyzer, value: Value, target: number, context: CoercionContext, location?: number): Value {
  if (value.type === target) return value;
  if (value.type === oid.unknown) return adopt(a, value, target);
  if (value.type === untyped || target === untyped) return convertUntyped(a, value, target, location);
  if (isComposite(a.catalog, target) && value.type === oid.record)
    return convertRow(a, value, target, context, location);
  if (isComposite(a.catalog, target) && isComposite(a.catalog, value.type))
    return derive([value], { type: target, fields: value.fields });
  return along(a, pathway(a.catalog, value.type, target, context), value, target, location);
}

/** Any cast there is might run: with casts of users' own, that is unknown code. */
function convertUntyped(a: Analyzer, value: Value, target: number, location?: number): Value {
  checkType(a, target);
  if (value.origins.length > 0 && a.catalog.hasUserCasts) unresolved('cast', location);
  a.out.usedAs(value, 'function_argument');
  return derive([value], { type: target, faulty: true });
}

function along(a: Analyzer, way: Pathway, value: Value, target: number, location?: number): Value {
  switch (way.kind) {
    case 'relabel':
      return changed(derive([value], { type: target, fields: value.fields }), { literal: value.literal });
    case 'function': {
      const fn = a.catalog.function(way.functionOid);
      if (!fn) return unresolved('cast', location);
      const within = value.origins.length === 0 ? {} : { within: castTo(a, target) };
      return changed(applyFunction(a, fn, [value], { result: target, location, ...within }), { set: value.set });
    }
    case 'array': {
      const element = along(a, way.element, value, target, location);
      return changed(element, { type: target });
    }
    case 'io':
    case 'none':
      return throughText(a, value, target);
  }
}

/** Whether the output function of a type cannot fail: those of the server cannot, and of users' types those made of such. */
function printsAlways(a: Analyzer, type: number, depth = 0): boolean {
  const base = baseTypeOf(a.catalog, type);
  if (base < firstUserOid) return true;
  if (a.catalog.type(base)?.kind === 'e') return true;
  const element = elementTypeOf(a.catalog, base);
  if (depth > printDepthMax) return false;
  if (element !== 0) return printsAlways(a, element, depth + 1);
  const relation = a.catalog.relation(relationOfType(a.catalog, base));
  return relation?.columns.every(column => printsAlways(a, column.typeOid, depth + 1)) ?? false;
}

/** Rows in rows. */
const printDepthMax = 16;

/** By output and input functions: printing is total, reading is not. */
function throughText(a: Analyzer, value: Value, target: number): Value {
  checkType(a, target);
  const document = documentOf(value);
  const isReread = (target === oid.json && value.type === oid.jsonb) || (target === oid.jsonb && document !== null);
  const printed = isReread || (categoryOf(a.catalog, target) === 'S' && printsAlways(a, value.type));
  const faulty = !printed && value.origins.length > 0;
  if (faulty) a.out.usedAs(value, 'function_argument', castTo(a, target));
  return derive([value], { type: target, faulty, mayRaise: !printed, document: isReread ? document : null });
}

/** ROW(…) to a named composite type: field by field. */
function convertRow(a: Analyzer, value: Value, target: number, context: CoercionContext, location?: number): Value {
  const relation = a.catalog.relation(a.catalog.type(baseTypeOf(a.catalog, target))?.relationOid ?? 0);
  const columns = relation?.columns ?? [];
  if (!value.fields || columns.length !== value.fields.length) {
    a.out.usedAs(value, 'function_argument');
    return derive([value], { type: target, faulty: true });
  }
  const fields = value.fields.map((field, index) => {
    const column = columns[index];
    const type = { oid: column?.typeOid ?? untyped, typmod: column?.typmod ?? -1 };
    return { name: column?.name ?? field.name, value: cast(a, field.value, type, context, location) };
  });
  return derive(
    fields.map(field => field.value),
    { type: target, fields },
  );
}

export function typeCast(a: Analyzer, scope: Scope, node: Pg.TypeCast): Value {
  if (!node.arg || !node.typeName) return unresolved('TypeCast', node.location);
  const target = typeOfName(a, node.typeName);
  const value = expression(a, scope, node.arg);
  return cast(a, value, target, 'explicit', node.location);
}

/** Those that come with a server compare bytes in the end; with others, some functions fail for texts of some lengths alone. */
const serversOwn =
  /^(C|POSIX|default|ucs_basic|unicode|pg_c_utf8|pg_unicode_fast|.*-x-icu|[a-z]{2,3}_[A-Z]{2}(\.utf-?8)?)$/i;

/** A collation decides order and equality, not the value; but the result is no longer the bare column. */
export function collateClause(a: Analyzer, scope: Scope, node: Pg.CollateClause): Value {
  if (!node.arg) return unresolved('CollateClause', node.location);
  const value = expression(a, scope, node.arg);
  const names = stringsOf(node.collname);
  if (names.length === 0) return value;
  const isServers = serversOwn.test(names.at(-1) ?? '') && (names.length === 1 || names[0] === 'pg_catalog');
  return changed(derive([value], { type: value.type, typmod: value.typmod, faulty: !isServers }), {
    tests: value.tests,
    literal: value.literal,
    collated: true,
  });
}
