/** Subqueries as expressions: EXISTS, IN, ANY/ALL, scalar, ARRAY, and row comparisons. */
import { expression } from '../expression.ts';
import { stringsOf } from '../names.ts';
import type { Pg } from '../parse.ts';
import { unresolved } from '../refuse.ts';
import type { Scope } from '../scope.ts';
import { type Query, query, selectStmt } from '../select.ts';
import { testedBounds } from '../sifting.ts';
import type { Analyzer } from '../state.ts';
import { arrayTypeOf, elementTypeOf } from '../types/coerce.ts';
import { oid, untyped } from '../types/oid.ts';
import { changed, conjunction, constant, derive, type Value } from '../value.ts';
import { compare } from './operator.ts';

/** Inner conditions restrict the outer relation where they mention it. */
function exists(inner: Query): Value {
  return changed(constant(oid.bool), { mayRaise: true, restricts: inner.bounds, bounds: inner.bounds });
}

/**
 * The first column, as a value of its own: what feeds it is known, but RowDescription no longer says so. It runs when it is asked for,
 * fails when there are two rows and takes the time it takes: whether it ran can be seen.
 */
function scalar(inner: Query): Value {
  const [column, ...others] = inner.columns;
  // The server takes several where there is a row to compare them with, and nowhere else.
  if (!column || others.length > 0) return unresolved('SubLink');
  return changed(column.value, {
    wire: null,
    literal: null,
    tests: null,
    restricts: false,
    bounds: false,
    set: false,
    mayRaise: true,
    apart: column.value.apart || inner.restricted,
  });
}

function rowOf(inner: Query): Value {
  const fields = inner.columns;
  return derive(
    fields.map(field => field.value),
    { type: oid.record, fields },
  );
}

function compared(a: Analyzer, scope: Scope, node: Pg.SubLink, inner: Query): Value {
  if (!node.testexpr) return unresolved('SubLink', node.location);
  const operator = node.operName ? stringsOf(node.operName) : ['='];
  const test = expression(a, scope, node.testexpr);
  const left = test.type === oid.record && test.fields ? test.fields.map(field => field.value) : [test];
  if (left.length !== inner.columns.length) return unresolved('SubLink', node.location);
  const parts = inner.columns.map((column, index) =>
    compare(
      a,
      operator,
      [
        left[index] ?? constant(untyped),
        changed(column.value, { wire: null, apart: column.value.apart || inner.restricted }),
      ],
      node.location,
    ),
  );
  // Of rows that hold a NULL, none that matches is NULL, and one that does is true.
  const whole = conjunction(parts);
  // Nearly everything is other than one of many.
  const given = changed(whole, {
    bounds: whole.bounds && !(node.subLinkType === 'ANY_SUBLINK' && operator.at(-1) === '<>'),
  });
  const bounds = testedBounds(a, scope, { node: node.testexpr, given, isExact: operator.at(-1) === '=' });
  return changed(whole, { ...bounds, gated: whole.origins.length > 0 });
}

export function subLink(a: Analyzer, scope: Scope, node: Pg.SubLink): Value {
  if (!node.subselect) return unresolved('SubLink', node.location);
  const inner =
    node.subLinkType === 'ARRAY_SUBLINK' && 'SelectStmt' in node.subselect
      ? selectStmt(a, scope, node.subselect.SelectStmt, { keepUnknown: false, isGathered: true })
      : query(a, scope, node.subselect);
  switch (node.subLinkType) {
    case 'EXISTS_SUBLINK':
      return exists(inner);
    case 'EXPR_SUBLINK':
      return scalar(inner);
    case 'MULTIEXPR_SUBLINK':
      return rowOf(inner);
    case 'ARRAY_SUBLINK': {
      const value = scalar(inner);
      const element = value.type === oid.unknown ? oid.text : value.type;
      // An array of arrays is one array with more dimensions.
      const gathered = arrayTypeOf(a.catalog, element);
      const isArray = gathered === 0 && elementTypeOf(a.catalog, element) !== 0;
      const type = isArray ? element : gathered || untyped;
      if (isArray) a.out.usedAs(value, 'function_argument');
      return derive([value], { type, faulty: isArray });
    }
    case 'ANY_SUBLINK':
    case 'ALL_SUBLINK':
    case 'ROWCOMPARE_SUBLINK':
      return compared(a, scope, node, inner);
    default:
      return unresolved(node.subLinkType ?? 'SubLink', node.location);
  }
}
