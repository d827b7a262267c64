/** The name PostgreSQL gives an output column without AS (FigureColname, src/backend/parser/parse_target.c). */
import { stringOf, stringsOf } from './names.ts';
import { type Pg, tagOf } from './parse.ts';

/** A weak name gives way to a cast's type name. */
type Label = { name: string; strong: boolean } | null;

const strong = (name: string): Label => ({ name, strong: true });

const last = (names: readonly string[]): Label => {
  const name = names[names.length - 1];
  return name === undefined || name === '' ? null : strong(name);
};

const fixed: Readonly<Record<string, string>> = {
  CoalesceExpr: 'coalesce',
  A_ArrayExpr: 'array',
  RowExpr: 'row',
  GroupingFunc: 'grouping',
  MergeSupportFunc: 'merge_action',
  XmlSerialize: 'xmlserialize',
  JsonParseExpr: 'json',
  JsonScalarExpr: 'json_scalar',
  JsonSerializeExpr: 'json_serialize',
  JsonObjectConstructor: 'json_object',
  JsonArrayConstructor: 'json_array',
  JsonArrayQueryConstructor: 'json_array',
  JsonObjectAgg: 'json_objectagg',
  JsonArrayAgg: 'json_arrayagg',
};

const byOperation: Readonly<Record<string, string>> = {
  IS_GREATEST: 'greatest',
  IS_LEAST: 'least',
  IS_XMLCONCAT: 'xmlconcat',
  IS_XMLELEMENT: 'xmlelement',
  IS_XMLFOREST: 'xmlforest',
  IS_XMLPARSE: 'xmlparse',
  IS_XMLPI: 'xmlpi',
  IS_XMLROOT: 'xmlroot',
  JSON_EXISTS_OP: 'json_exists',
  JSON_QUERY_OP: 'json_query',
  JSON_VALUE_OP: 'json_value',
};

const valueFunctionName = (op: string): string =>
  op
    .replace(/^SVFOP_/, '')
    .replace(/_N$/, '')
    .toLowerCase();

function ofIndirection(node: Pg.A_Indirection): Label {
  const names = (node.indirection ?? []).filter(step => 'String' in step).map(stringOf);
  return last(names) ?? (node.arg ? labelOf(node.arg) : null);
}

function ofCast(node: Pg.TypeCast): Label {
  const inner = node.arg ? labelOf(node.arg) : null;
  if (inner?.strong) return inner;
  const name = stringsOf(node.typeName?.names).at(-1);
  return name === undefined ? inner : { name, strong: false };
}

function ofSubLink(node: Pg.SubLink): Label {
  if (node.subLinkType === 'EXISTS_SUBLINK') return strong('exists');
  if (node.subLinkType === 'ARRAY_SUBLINK') return strong('array');
  if (node.subLinkType !== 'EXPR_SUBLINK' || !node.subselect || !('SelectStmt' in node.subselect)) return null;
  const first = firstArm(node.subselect.SelectStmt);
  if (first.valuesLists) return strong('column1');
  const target = first.targetList?.[0];
  return target && 'ResTarget' in target ? strong(columnLabel(target.ResTarget)) : null;
}

const firstArm = (node: Pg.SelectStmt): Pg.SelectStmt => {
  let current = node;
  while (current.larg) current = current.larg;
  return current;
};

function labelOf(node: Pg.Node): Label {
  if ('ColumnRef' in node) return last(stringsOf((node.ColumnRef.fields ?? []).filter(field => 'String' in field)));
  if ('A_Indirection' in node) return ofIndirection(node.A_Indirection);
  if ('FuncCall' in node) return last(stringsOf(node.FuncCall.funcname));
  if ('A_Expr' in node) return node.A_Expr.kind === 'AEXPR_NULLIF' ? strong('nullif') : null;
  if ('TypeCast' in node) return ofCast(node.TypeCast);
  if ('CollateClause' in node) return node.CollateClause.arg ? labelOf(node.CollateClause.arg) : null;
  if ('SubLink' in node) return ofSubLink(node.SubLink);
  if ('CaseExpr' in node) {
    const inner = node.CaseExpr.defresult ? labelOf(node.CaseExpr.defresult) : null;
    return inner?.strong ? inner : { name: 'case', strong: false };
  }
  if ('MinMaxExpr' in node) return named(byOperation[node.MinMaxExpr.op ?? '']);
  if ('XmlExpr' in node) return named(byOperation[node.XmlExpr.op ?? '']);
  if ('JsonFuncExpr' in node) return named(byOperation[node.JsonFuncExpr.op ?? '']);
  if ('SQLValueFunction' in node) return strong(valueFunctionName(node.SQLValueFunction.op ?? ''));
  return named(fixed[tagOf(node)]);
}

const named = (name: string | undefined): Label => (name === undefined ? null : strong(name));

export const columnLabel = (target: Pg.ResTarget): string =>
  target.name ?? (target.val ? labelOf(target.val)?.name : undefined) ?? '?column?';

export const expressionLabel = (node: Pg.Node): string => labelOf(node)?.name ?? '?column?';
