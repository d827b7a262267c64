/** XMLELEMENT, XMLFOREST, XMLPARSE, … and XMLSERIALIZE. */
import { expression } from '../expression.ts';
import type { Pg } from '../parse.ts';
import { unresolved } from '../refuse.ts';
import type { Scope } from '../scope.ts';
import type { Analyzer } from '../state.ts';
import { typeOfName } from '../typename.ts';
import { baseTypeOf, elementTypeOf } from '../types/coerce.ts';
import { oid, untyped } from '../types/oid.ts';
import { derive, type Value } from '../value.ts';

/** Building elements out of values cannot fail; parsing, concatenating and processing instructions can. */
const building: ReadonlySet<string> = new Set(['IS_XMLELEMENT', 'IS_XMLFOREST']);

const valueNode = (node: Pg.Node): Pg.Node =>
  'ResTarget' in node ? (node.ResTarget.val ?? unresolved('XmlExpr')) : node;

/** Dates that never come cannot be written in XML. */
const unbounded: ReadonlySet<number> = new Set([oid.date, oid.timestamp, oid.timestamptz]);

function isUnbounded(a: Analyzer, type: number): boolean {
  const base = baseTypeOf(a.catalog, type);
  const element = elementTypeOf(a.catalog, base);
  return element === 0 ? base === untyped || unbounded.has(base) : isUnbounded(a, element);
}

function build(a: Analyzer, values: readonly Value[], type: number, canFail: boolean): Value {
  if (canFail) for (const value of values) a.out.usedAs(value, 'function_argument');
  return derive(values, { type, faulty: canFail });
}

export function xmlExpr(a: Analyzer, scope: Scope, node: Pg.XmlExpr): Value {
  const parts = [...(node.named_args ?? []), ...(node.args ?? [])].map(part => expression(a, scope, valueNode(part)));
  const type = node.op === 'IS_DOCUMENT' ? oid.bool : oid.xml;
  const isFaulty = !building.has(node.op ?? '') || parts.some(part => isUnbounded(a, part.type));
  return build(a, parts, type, isFaulty);
}

export function xmlSerialize(a: Analyzer, scope: Scope, node: Pg.XmlSerialize): Value {
  if (!node.expr || !node.typeName) return unresolved('XmlSerialize', node.location);
  return build(a, [expression(a, scope, node.expr)], typeOfName(a, node.typeName).oid, true);
}
