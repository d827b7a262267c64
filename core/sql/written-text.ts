/** Texts that are written out in a condition: patterns that match everything, and what is empty or has no bounds. */
import { RE2JS } from 're2js';
import { stringOf, stringsOf } from './names.ts';
import type { Pg } from './parse.ts';

export const textOf = (node: Pg.Node | undefined): string | null => {
  if (!node) return null;
  if ('TypeCast' in node) return textOf(node.TypeCast.arg);
  return 'A_Const' in node && node.A_Const.sval ? (node.A_Const.sval.sval ?? '') : null;
};

/** A text, and nothing that may be written in several ways. */
export const isText = (node: Pg.Node): boolean => {
  if (!('TypeCast' in node)) return textOf(node) !== null;
  return stringOf(node.TypeCast.typeName?.names?.at(-1)) === 'text' && textOf(node) !== null;
};

/** What matches nothing at all as well as something odd matches everywhere. */
function matchesAll(pattern: string): boolean {
  try {
    const compiled = RE2JS.compile(pattern);
    return ['', '\u0001q~', 'A b\n'].every(text => compiled.matcher(text).find());
  } catch {
    return false;
  }
}

export const functionName = (node: Pg.Node | undefined): string =>
  node && 'FuncCall' in node ? (stringsOf(node.FuncCall.funcname).at(-1) ?? '') : '';

export function matchVerdict(operator: string, right: Pg.Node): boolean | null {
  const pattern = textOf(
    functionName(right) === 'similar_to_escape' && 'FuncCall' in right ? right.FuncCall.args?.[0] : right,
  );
  if (pattern === null) return null;
  const negated = operator.startsWith('!');
  const isLike = operator.includes('~~') || functionName(right) !== '';
  const isAll = isLike ? /^%+$/.test(pattern) : matchesAll(pattern);
  return isAll ? !negated : null;
}

/** A list, range or document with nothing in it is contained in every other; of a range `(,)` it is the other way round. */
export const isEmptyText = (node: Pg.Node): boolean =>
  /^\s*(\{\s*\}|\[\s*\]|empty)\s*$/.test(textOf(node) ?? '-') || isEmptyArray(node);
export const isEmptyArray = (node: Pg.Node): boolean =>
  'TypeCast' in node && node.TypeCast.arg !== undefined
    ? isEmptyArray(node.TypeCast.arg) || textOf(node) === '{}'
    : 'A_ArrayExpr' in node && (node.A_ArrayExpr.elements ?? []).length === 0;
export const isNullConstant = (node: Pg.Node | undefined): boolean =>
  node !== undefined && 'A_Const' in node && node.A_Const.isnull === true;
export const isUnbounded = (node: Pg.Node): boolean =>
  /^\s*[[(]\s*,\s*[)\]]\s*$/.test(textOf(node) ?? '') ||
  ('FuncCall' in node &&
    functionName(node).endsWith('range') &&
    (node.FuncCall.args ?? []).slice(0, 2).every(isNullConstant));
