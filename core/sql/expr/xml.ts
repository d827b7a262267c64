/** XMLELEMENT, XMLFOREST, XMLPARSE, … and XMLSERIALIZE. */
import { expression } from '../expression.ts';
import type { Pg } from '../parse.ts';
import { unresolved } from '../refuse.ts';
import type { Scope } from '../scope.ts';
import type { Analyzer } from '../state.ts';
import { typeOfName } from '../typename.ts';
import { oid } from '../types/oid.ts';
import { derive, type Value } from '../value.ts';

/** Building elements out of values cannot fail; parsing, concatenating and processing instructions can. */
const building: ReadonlySet<string> = new Set(['IS_XMLELEMENT', 'IS_XMLFOREST']);

const valueNode = (node: Pg.Node): Pg.Node =>
  'ResTarget' in node ? (node.ResTarget.val ?? unresolved('XmlExpr')) : node;

function build(a: Analyzer, values: readonly Value[], type: number, canFail: boolean): Value {
  if (canFail) for (const value of values) a.out.usedAs(value, 'function_argument');
  return derive(values, { type, faulty: canFail });
}

export function xmlExpr(a: Analyzer, scope: Scope, node: Pg.XmlExpr): Value {
  const parts = [...(node.named_args ?? []), ...(node.args ?? [])].map(part => expression(a, scope, valueNode(part)));
  const type = node.op === 'IS_DOCUMENT' ? oid.bool : oid.xml;
  return build(a, parts, type, !building.has(node.op ?? ''));
}

export function xmlSerialize(a: Analyzer, scope: Scope, node: Pg.XmlSerialize): Value {
  if (!node.expr || !node.typeName) return unresolved('XmlSerialize', node.location);
  return build(a, [expression(a, scope, node.expr)], typeOfName(a, node.typeName).oid, true);
}
