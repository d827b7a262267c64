/** The PL/pgSQL parser's tree, as typed nodes: only the fields that matter here, all of them optional in the JSON. */

import type { Catalog } from '../catalog/lookup.ts';
import type { CatalogFunction } from '../catalog/snapshot.ts';
import { defaultTextLimits, guardText } from './guard.ts';
import { parsePlpgsql, scanText } from './parse.ts';
import { unresolved } from './refuse.ts';
import { oid } from './types/oid.ts';

export type Expr = { query: string; parseMode: number };
export type ExprNode = { PLpgSQL_expr: { query?: string; parseMode?: number } };

export type Datum = {
  kind: 'var' | 'rec' | 'row' | 'field' | 'other';
  name: string;
  typeName: string | null;
  /** What it may start as. Of one name in several blocks, all. */
  initial: readonly Expr[];
  cursor: Expr | null;
  /** Of a row: names of its variables. */
  members: readonly string[];
  /** Of a record's field: index of the record. */
  parent: number;
  /** Of a cursor with arguments: index of the row of their variables. */
  argumentRow: number | null;
};

/** One statement: its tag without the prefix, and its body. */
export type Node = { tag: string; body: Readonly<Record<string, unknown>> };

export type Tree = { datums: readonly Datum[]; body: readonly Node[]; outVariable: number | null };

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** `{ PLpgSQL_stmt_if: {…} }` → `{ tag: 'stmt_if', body: {…} }`. */
export function nodeOf(value: unknown): Node | null {
  if (!isObject(value)) return null;
  const [entry] = Object.entries(value);
  if (!entry || !isObject(entry[1])) return null;
  return { tag: entry[0].replace(/^PLpgSQL_/, ''), body: entry[1] };
}

export const nodesOf = (value: unknown): Node[] =>
  list(value).map(entry => nodeOf(entry) ?? unresolved('plpgsql', undefined, 'unexpected tree'));

export function exprOf(value: unknown): Expr | null {
  const node = nodeOf(value);
  if (node?.tag !== 'expr') return null;
  const { query, parseMode } = node.body;
  return typeof query === 'string' ? { query, parseMode: typeof parseMode === 'number' ? parseMode : 0 } : null;
}

export const exprsOf = (value: unknown): Expr[] => list(value).flatMap(entry => exprOf(entry) ?? []);

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function datumOf(value: unknown): Datum {
  const node = nodeOf(value);
  const body = node?.body ?? {};
  const type = nodeOf(body.datatype);
  const kinds: Readonly<Record<string, Datum['kind']>> = { var: 'var', rec: 'rec', row: 'row', recfield: 'field' };
  return {
    kind: kinds[node?.tag ?? ''] ?? 'other',
    name: text(body.refname) || text(body.fieldname),
    typeName: type ? text(type.body.typname) : null,
    initial: exprsOf([body.default_val]),
    cursor: exprOf(body.cursor_explicit_expr),
    members: list(body.fields).map(field => (isObject(field) ? text(field.name) : '')),
    parent: typeof body.recparentno === 'number' ? body.recparentno : 0,
    argumentRow: typeof body.cursor_explicit_argrow === 'number' ? body.cursor_explicit_argrow : null,
  };
}

const folded = (token: string): string =>
  token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token.toLowerCase();

const begins = (token: string | undefined): boolean =>
  token === undefined || token === ';' || token === '>>' || token.toLowerCase() === 'declare';

const gives = (token: string): boolean => token === ':=' || token === '=' || token.toLowerCase() === 'default';

/** The parser leaves out what a variable starts as where it does not know the type, and takes it for a record. */
function initialsOf(body: string, name: string): Expr[] {
  const tokens = scanText(body) ?? unresolved('plpgsql', undefined, 'the body cannot be read');
  const bytes = Buffer.from(body, 'utf8');
  const found: Expr[] = [];
  for (const [index, { text: token }] of tokens.entries()) {
    if (folded(token) !== name || !begins(tokens[index - 1]?.text)) continue;
    const length = tokens.slice(index).findIndex(({ text: end }) => end === ';');
    const declaration = tokens.slice(index + 1, length < 0 ? undefined : index + length);
    const operator = declaration.findIndex(({ text: word }) => gives(word));
    const [from, to] = [declaration[operator], declaration.at(-1)];
    // A statement has nothing between its target and the operator.
    if (from && to && operator > 0)
      found.push({ query: bytes.subarray(from.end, to.end).toString('utf8'), parseMode: expressionMode });
  }
  return found;
}

const expressionMode = 2;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function typeText(catalog: Catalog, typeOid: number): string {
  if (typeOid === oid.void) return 'void';
  if (typeOid === oid.trigger) return 'trigger';
  if (typeOid === oid.record) return 'record';
  const type = catalog.type(typeOid);
  return type ? `${quoted(type.schema)}.${quoted(type.name)}` : 'text';
}

const words: Readonly<Record<string, string>> = { i: 'IN', o: 'OUT', b: 'INOUT', v: 'VARIADIC' };

/** A CREATE FUNCTION text that declares the same arguments: the parser only takes whole statements. */
export function createText(catalog: Catalog, fn: CatalogFunction): string {
  const body = fn.body ?? '';
  let tag = '$body$';
  for (let n = 0; body.includes(tag); n++) tag = `$body${n}$`;
  if (fn.name === 'inline_code_block') return `DO ${tag}${body}${tag}`;
  const column = (argument: { name: string; typeOid: number }): string =>
    `${argument.name === '' ? '' : quoted(argument.name)} ${typeText(catalog, argument.typeOid)}`;
  const args = fn.allArguments.filter(argument => argument.mode !== 't');
  const table = fn.allArguments.filter(argument => argument.mode === 't');
  const outputs = args.filter(argument => argument.mode === 'o' || argument.mode === 'b').length;
  const parameters = args.map(argument => `${words[argument.mode] ?? ''} ${column(argument)}`).join(', ');
  const kind = fn.kind === 'procedure' ? 'PROCEDURE' : 'FUNCTION';
  const set = fn.returnsSet ? 'SETOF ' : '';
  const returns =
    table.length > 0
      ? `RETURNS TABLE (${table.map(column).join(', ')})`
      : fn.kind === 'procedure' || (outputs > 0 && !fn.returnsSet)
        ? ''
        : `RETURNS ${set}${typeText(catalog, fn.returnTypeOid)}`;
  return `CREATE ${kind} ${quoted(fn.name)}(${parameters}) ${returns} LANGUAGE plpgsql AS ${tag}${body}${tag}`;
}

const nestingMax = 60;

/** Blocks, branches and loops inside each other: the parser recurses over them. */
function nestsTooDeeply(body: string): boolean {
  let open = 0;
  for (const match of body.matchAll(/\b(?:(end)(?:\s+(?:if|loop|case))?|begin|if|loop|case)\b/gi)) {
    open += match[1] ? -1 : 1;
    if (open > nestingMax) return true;
  }
  return false;
}

export function readTree(catalog: Catalog, fn: CatalogFunction): Tree {
  const body = fn.body ?? '';
  // With this option names mean variables where they would mean columns.
  if (/#\s*variable_conflict/i.test(body)) return unresolved('#variable_conflict');
  if (guardText(body, defaultTextLimits) || nestsTooDeeply(body)) return unresolved('plpgsql');
  const [parsed] = parsePlpgsql(createText(catalog, fn)) ?? [];
  const root = nodeOf(parsed);
  const block = nodeOf(root?.body.action);
  if (!root || block?.tag !== 'stmt_block') return unresolved('plpgsql', undefined, 'the body does not parse');
  const out = root.body.out_param_varno;
  const datums = list(root.body.datums).map(datumOf);
  return {
    datums: datums.map(datum => (datum.kind === 'rec' ? { ...datum, initial: initialsOf(body, datum.name) } : datum)),
    body: [block],
    outVariable: typeof out === 'number' ? out : null,
  };
}
