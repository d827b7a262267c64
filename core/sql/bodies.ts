/** Functions whose body can be read are part of the statement that calls them: what they read and write is what it does. */
import type { Catalog } from '../catalog/lookup.ts';
import type { CatalogFunction } from '../catalog/snapshot.ts';
import type { FunctionTrust, SessionEffect } from './analysis.ts';
import type { Collector } from './collect.ts';
import type { Application } from './expr/apply.ts';
import { cast } from './expr/cast.ts';
import { defaultTextLimits } from './guard.ts';
import { type Pg, parseText } from './parse.ts';
import { plpgsqlBody } from './plpgsql.ts';
import { RefusalError, unresolved } from './refuse.ts';
import type { Query } from './select.ts';
import { type Analyzer, type Arguments, type SearchPath, searchPathOf } from './state.ts';
import { statement } from './statement.ts';
import { relationOfType } from './types/coerce.ts';
import { isPolymorphic, oid, untyped } from './types/oid.ts';
import { changed, constant, derive, type Field, pureOver, type Value } from './value.ts';

const isInput = (mode: string): boolean => mode === 'i' || mode === 'b' || mode === 'v';

/** The last argument of a variadic function is an array of all that is passed from there on. */
function gathered(fn: CatalogFunction, args: readonly Value[], last: number): readonly Value[] {
  const type = fn.argumentTypes[last];
  const isArray = args.length === last + 1 && args[last]?.type === type;
  if (fn.variadicTypeOid === 0 || type === undefined || args.length <= last || isArray) return args;
  return [...args.slice(0, last), derive(args.slice(last), { type })];
}

/** The declared inputs as values: what was passed, or something of the declared type where a default applies. */
export function argumentsOf(fn: CatalogFunction, args: readonly Value[]): Arguments {
  const declared = fn.allArguments.filter(argument => isInput(argument.mode));
  const given = gathered(fn, args, declared.length - 1);
  return {
    function: fn.name,
    names: declared.map(argument => argument.name),
    values: declared.map((argument, index) => {
      const passed = given[index];
      if (!passed) return constant(argument.typeOid);
      // What a literal says is forgotten: the findings are kept for every call with these types.
      return changed(passed, { wire: null, literal: null });
    }),
  };
}

/** How names in the body are read, and those in bodies it calls. */
function bodyPaths(a: Analyzer, fn: CatalogFunction): { path: SearchPath; callPath: SearchPath } {
  const { searchPath, temporarySchema } = a.catalog.header;
  const own = fn.searchPath ? searchPathOf(a.catalog, fn.searchPath, a.settings.temporarySchema) : a.callPath;
  return { path: fn.atomic ? searchPathOf(a.catalog, searchPath, temporarySchema) : own, callPath: own };
}

/** Statements of an SQL body: a list of them, or BEGIN ATOMIC … END, or RETURN. */
function statementsOf(fn: CatalogFunction): readonly Pg.Node[] {
  const text = fn.atomic ? `CREATE FUNCTION f() RETURNS int ${fn.body ?? ''}` : (fn.body ?? '');
  const parsed = parseText(text, defaultTextLimits);
  if (!parsed.ok) return unresolved(`function ${fn.name}`);
  const nodes = parsed.statements.flatMap(raw => (raw.stmt ? [raw.stmt] : []));
  if (!fn.atomic) return nodes;
  const [create] = nodes;
  const body = create && 'CreateFunctionStmt' in create ? create.CreateFunctionStmt.sql_body : undefined;
  return body ? flatten(body) : unresolved(`function ${fn.name}`);
}

/** An empty statement is an empty node. */
export const flatten = (node: Pg.Node): readonly Pg.Node[] =>
  'List' in node ? (node.List.items ?? []).flatMap(flatten) : Object.keys(node).length === 0 ? [] : [node];

function sqlBody(a: Analyzer, fn: CatalogFunction): Query | null {
  let last: Query | null = null;
  for (const node of statementsOf(fn)) {
    const { columns } = statement(a, node);
    last = columns === null ? null : { columns, bounds: false, restricted: false, wires: false };
  }
  return last;
}

/** What calling it amounts to, from what its body turned out to do. */
export function trustOfBody(out: Collector): FunctionTrust {
  const trusts = out.functions.map(use => use.trust);
  if (trusts.includes('unknown') || out.accesses.some(access => access.action === 'opaque')) return 'unknown';
  if (trusts.includes('effects') || out.accesses.some(access => access.action !== 'read')) return 'effects';
  return 'reads';
}

const outputNames = (a: Analyzer, fn: CatalogFunction): readonly { name: string; typeOid: number }[] => {
  const outputs = fn.allArguments.filter(argument => !isInput(argument.mode) || argument.mode === 'b');
  if (outputs.length > 0) return outputs;
  return a.catalog.relation(relationOfType(a.catalog, fn.returnTypeOid))?.columns ?? [];
};

/** A result goes through the declared type, with its limits and checks. */
function returned(a: Analyzer, value: Value, type: number): Value {
  const isOpen = type === untyped || type === oid.record || type === oid.void || isPolymorphic(type);
  return isOpen || value.origins.length === 0 || value.fields
    ? value
    : cast(a, value, { oid: type, typmod: -1 }, 'assignment');
}

/** The last query's columns as the function's result. */
export function resultOf(a: Analyzer, fn: CatalogFunction, query: Query | null, how: Application): Value {
  const set = fn.returnsSet;
  if (!query || fn.returnTypeOid === oid.void) return changed(constant(how.result), { mayRaise: true, set });
  const declared = outputNames(a, fn);
  const [first] = query.columns;
  const inner =
    query.columns.length === 1 && first?.value.fields && declared.length !== 1 ? first.value.fields : query.columns;
  const scalar = declared.length === 0 && inner.length === 1 ? fn.returnTypeOid : untyped;
  const fields: Field[] = inner.map((column, index) => {
    const value = returned(a, column.value, declared[index]?.typeOid ?? scalar);
    const type = declared[index]?.typeOid ?? value.type;
    return {
      name: declared[index]?.name ?? column.name,
      value: changed(value, { type, wire: null, literal: null, kind: pureOver([value]) }),
    };
  });
  const values = fields.map(field => field.value);
  const result = changed(derive(values, { type: how.result, mayRaise: true }), { kind: pureOver(values), set });
  return declared.length > 0 &&
    (fn.returnTypeOid === oid.record || declared.length > 1 || relationOfType(a.catalog, fn.returnTypeOid) !== 0)
    ? changed(result, { fields })
    : result;
}

/** What can be asked for again afterwards, whether or not the body came to it. */
const askable: ReadonlySet<SessionEffect['type']> = new Set(['set', 'reset', 'reset_all', 'catalog', 'defers']);

/** Cursors, prepared statements and transactions: where the body did not come to what it does to them, they are as they were. */
function checkSession(fn: CatalogFunction, { effects }: Collector): void {
  const lasting = effects.find(({ type }) => !askable.has(type));
  if (lasting)
    unresolved(`function ${fn.name}`, undefined, `function ${fn.name} changes what names of the session mean`);
}

/** Settings by which names are found. */
const naming: ReadonlySet<string> = new Set(['search_path', 'role', 'session_authorization']);

/** Whether names may mean something else afterwards. */
export const changesNames = (effects: readonly SessionEffect[]): boolean =>
  effects.some(
    effect =>
      effect.type === 'catalog' ||
      effect.type === 'reset_all' ||
      ((effect.type === 'set' || effect.type === 'reset') && naming.has(effect.name)),
  );

/** Functions whose body is read when it runs, and finds what it names as it is called by then. */
export const withBodies = (catalog: Catalog, { functions }: Collector): number =>
  new Set(functions.map(({ oid }) => oid).filter(oid => (catalog.function(oid)?.body ?? null) !== null)).size;

const findsRelations = ({ accesses }: Collector): boolean =>
  accesses.some(
    ({ action, object }) => (action === 'read' || action === 'write') && object.kind === 'relation' && !object.system,
  );

/** Each statement of a body finds its names when it runs, and the catalog says what they mean before any of them has. */
function checkNames(a: Analyzer, fn: CatalogFunction, out: Collector): void {
  if (!changesNames(out.effects)) return;
  if (findsRelations(out) || withBodies(a.catalog, out) > 0)
    unresolved(`function ${fn.name}`, undefined, `function ${fn.name} changes what the names it uses mean`);
  out.movesNames = true;
}

type Known = { value: Value; out: Collector; trust: FunctionTrust };

function read(a: Analyzer, fn: CatalogFunction, args: readonly Value[], how: Application): Known | null {
  const inner = a.nested({
    origin: 'function',
    oid: fn.oid,
    ...bodyPaths(a, fn),
    arguments: argumentsOf(fn, args),
    triggerRelation: how.row ?? null,
  });
  const query = fn.language === 'plpgsql' ? plpgsqlBody(inner, fn) : sqlBody(inner, fn);
  checkSession(fn, inner.out);
  checkNames(inner, fn, inner.out);
  return { value: resultOf(inner, fn, query, how), out: inner.out, trust: trustOfBody(inner.out) };
}

/** With arguments that carry nothing the answer is always the same. */
function remembered(a: Analyzer, fn: CatalogFunction, args: readonly Value[], how: Application): Known | null {
  // Code of this very text has no identity to remember it by.
  const plain = fn.oid > 0 && args.every(value => value.origins.length === 0 && !value.fields);
  const key = `body ${fn.oid} ${args.map(value => value.type).join(',')} ${how.result} ${how.row?.oid ?? 0} ${a.callPath.key}`;
  const known = plain ? (a.catalog.memo.get(key) as Known | null | undefined) : undefined;
  if (known !== undefined) return known;
  let found: Known | null = null;
  try {
    found = read(a, fn, args, how);
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
  }
  if (plain) a.catalog.memo.set(key, found);
  return found;
}

/** Null when there is no body to read, or it could not be read: then the function is unknown. */
export function callBody(a: Analyzer, fn: CatalogFunction, args: readonly Value[], how: Application): Value | null {
  if (fn.body === null || fn.kind === 'aggregate' || a.expanding.includes(fn.oid)) return null;
  const known = remembered(a, fn, args, how);
  if (!known) return null;
  a.out.include(known.out, false);
  for (const column of [...known.out.uses.map(use => use.column), ...known.value.origins]) a.out.late.add(column);
  a.out.function(fn, known.trust);
  if (known.trust === 'effects' || known.trust === 'unknown')
    a.out.object('call', 'call', 'function', fn.name, { schema: fn.schema, oid: fn.oid });
  if (known.trust !== 'reads') for (const value of args) a.out.usedAs(value, 'function_argument');
  if (fn.returnsSet) for (const value of args) a.out.usedAs(value, 'function_argument');
  return fn.strict ? unlessNull(a, known.value, args) : known.value;
}

/** A strict function's body does not run for NULL: its result, and whatever may fail on the way there, tell what was NULL. */
function unlessNull(a: Analyzer, value: Value, args: readonly Value[]): Value {
  const gates = args.filter(argument => argument.gated);
  if (gates.length === 0) return value;
  for (const gate of gates) a.out.usedAs(gate, 'function_argument');
  return changed(derive([value, ...gates], { type: value.type, faulty: true }), { set: value.set });
}
