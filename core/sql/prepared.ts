/** Statements that hold others: PREPARE and EXECUTE, cursors, EXPLAIN. */
import { firstUserOid } from '../catalog/lookup.ts';
import type { CatalogFunction } from '../catalog/snapshot.ts';
import type { ColumnRef, OutputColumn, StatementAnalysis } from './analysis.ts';
import { isBareScan } from './bare-scan.ts';
import { callBody } from './bodies.ts';
import { checkType } from './domain.ts';
import { expression } from './expression.ts';
import { isOn } from './option.ts';
import { analysisOf } from './outcome.ts';
import { type Pg, scanText } from './parse.ts';
import { dividedBy } from './partition.ts';
import { undefinedName, unresolved } from './refuse.ts';
import { Scope } from './scope.ts';
import { Analyzer } from './state.ts';
import { nothing, type Outcome, rows, statement } from './statement.ts';
import { typeOfName } from './typename.ts';
import { oid } from './types/oid.ts';
import { changed, columnValue, constant, derive, type Field, type Value } from './value.ts';

/** A statement analysed on its own, to be run later. */
function apart(a: Analyzer, node: Pg.Node, parameterTypes: readonly number[]): StatementAnalysis {
  const { catalog, path, budget, isBehindDefinition } = a;
  const settings = { ...a.settings, parameterTypes };
  const inner = new Analyzer({ catalog, path, budget, isBehindDefinition, settings });
  return analysisOf(inner, statement(inner, node), { start: 0, length: 0 });
}

/** What a statement around it passes on to it. */
function sharesParameters(a: Analyzer, { parameters, parameterTypes = [] }: StatementAnalysis): void {
  a.out.parameters = Math.max(a.out.parameters, parameters);
  for (const [index, type] of parameterTypes.entries()) {
    a.parametersSeen.add(index + 1);
    if (type > 0) a.parameterTypes.set(index + 1, type);
  }
}

/** What stands behind `PREPARE name (types) AS`. */
function preparedText(text: string): string {
  const tokens = scanText(text) ?? [];
  let open = 0;
  // The name comes second and may be anything.
  for (const [index, token] of tokens.entries()) {
    if (token.text === '(') open++;
    else if (token.text === ')') open--;
    else if (index > 1 && open === 0 && token.text.toLowerCase() === 'as')
      return Buffer.from(text, 'utf8').subarray(token.end).toString('utf8').trim();
  }
  return unresolved('PREPARE');
}

export function prepareStatement(a: Analyzer, node: Pg.PrepareStmt): Outcome {
  const types = (node.argtypes ?? []).map(type =>
    'TypeName' in type ? typeOfName(a, type.TypeName).oid : unresolved('PREPARE'),
  );
  for (const type of types) checkType(a, type);
  const name = node.name ?? '';
  const analysis = apart(a, node.query ?? unresolved('PREPARE'), types);
  a.out.object('session', 'prepare', 'other', name);
  const { parameterTypes = [] } = analysis;
  a.out.effects.push({ type: 'prepare', name, text: preparedText(a.text), parameterTypes, analysis });
  return nothing('prepare');
}

/** Its columns as values again, for statements around it. */
const fieldsOf = (outputs: readonly OutputColumn[] | null): readonly Field[] | null =>
  outputs?.map(output => ({
    name: output.name ?? '?column?',
    value: changed(columnValue(output.typeOid, output.origins), { kind: output.kind, wire: output.wire }),
  })) ?? null;

const running = (a: Analyzer, analysis: StatementAnalysis, kind: Outcome['kind']): Outcome => {
  a.out.adopt(analysis);
  return { kind, columns: fieldsOf(analysis.outputs), result: analysis.result, copy: analysis.copy };
};

export function executeStatement(a: Analyzer, node: Pg.ExecuteStmt): Outcome {
  const name = node.name ?? '';
  const prepared = a.settings.prepared.get(name);
  if (!prepared) return undefinedName('undefined_object', 'EXECUTE', `prepared statement "${name}" does not exist`);
  a.runsPlanned();
  const given = (node.params ?? []).map(argument => expression(a, new Scope(null), argument));
  // What the statement does with its parameters was read when nobody knew what they hold.
  for (const value of given) a.out.usedAs(value, 'function_argument');
  const { columns, ...outcome } = running(a, prepared, 'execute');
  return {
    ...outcome,
    columns: columns?.map(({ name, value }) => ({ name, value: heldBy(value, given) })) ?? null,
  };
}

/** A result of the statement, which may be made of any of its parameters. */
const heldBy = (value: Value, given: readonly Value[]): Value => {
  const held = derive([value, ...given], { type: value.type, typmod: value.typmod });
  return held.origins.length === value.origins.length ? value : changed(held, { wire: value.wire });
};

export function deallocateStatement(a: Analyzer, node: Pg.DeallocateStmt): Outcome {
  const name = node.isall ? null : (node.name ?? '');
  a.out.object('session', 'prepare', 'other', name ?? 'all');
  a.out.effects.push({ type: 'deallocate', name });
  return nothing('deallocate');
}

const holdOption = 0x0020;

export function declareStatement(a: Analyzer, node: Pg.DeclareCursorStmt): Outcome {
  const name = node.portalname ?? '';
  const analysis = apart(a, node.query ?? unresolved('DECLARE'), a.settings.parameterTypes ?? []);
  sharesParameters(a, analysis);
  a.out.adopt(analysis);
  a.out.object('session', 'cursor', 'other', name);
  a.out.effects.push({ type: 'declare', name, holdable: ((node.options ?? 0) & holdOption) !== 0, analysis });
  return nothing('declare');
}

const known = (analysis: StatementAnalysis): ReadonlySet<string> =>
  new Set(
    [
      ...(analysis.outputs ?? []).flatMap(({ origins }) => origins),
      ...analysis.uses.map(({ column }) => column),
      ...analysis.reads,
    ].map(({ relationOid, attnum }) => `${relationOid} ${attnum}`),
  );

/** The columns that a call depends on, whatever it is given; null where its body cannot be read. */
function readsOf(a: Analyzer, fn: CatalogFunction): readonly ColumnRef[] | null {
  const inner = a.nested({ origin: 'function', oid: 0, path: a.path });
  const args = fn.argumentTypes.map(type => constant(type));
  const value = callBody(inner, fn, args, { result: fn.returnTypeOid });
  return value && [...value.origins, ...inner.out.uses.map(({ column }) => column)];
}

/**
 * A query is planned once, but functions in it are looked up when they run: what they are by now, or what names in them mean, may be
 * something else than when the cursor was opened.
 */
function checkFunctions(a: Analyzer, cursor: StatementAnalysis, name: string): void {
  const columns = known(cursor);
  for (const { oid: functionOid, trust } of cursor.functions) {
    const fn = a.catalog.function(functionOid);
    if (functionOid < firstUserOid || trust === 'unknown') continue;
    if (fn && fn.body === null) continue;
    const reads = fn && readsOf(a, fn);
    const isSame = reads?.every(({ relationOid, attnum }) => columns.has(`${relationOid} ${attnum}`));
    if (!isSame)
      unresolved('FETCH', undefined, `a function that cursor "${name}" calls has changed; declare the cursor again`);
  }
}

export function fetchStatement(a: Analyzer, node: Pg.FetchStmt): Outcome {
  const name = node.portalname ?? '';
  const cursor = a.settings.cursors.get(name);
  if (!cursor) return undefinedName('undefined_object', 'FETCH', `cursor "${name}" does not exist`);
  checkFunctions(a, cursor, name);
  const outcome = running(a, cursor, 'fetch');
  return node.ismove ? nothing('fetch') : { ...outcome, cursor: name };
}

export function closeStatement(a: Analyzer, node: Pg.ClosePortalStmt): Outcome {
  const name = node.portalname ?? null;
  a.out.object('session', 'cursor', 'other', name ?? 'all');
  a.out.effects.push({ type: 'close', name });
  return nothing('close');
}

/** Plans tell what the planner knows of the values compared with: uses count as if the statement ran. Writes do not happen. */
export function explainStatement(a: Analyzer, node: Pg.ExplainStmt): Outcome {
  const options = (node.options ?? []).flatMap(option => ('DefElem' in option ? [option.DefElem] : []));
  const runs = options.some(option => option.defname === 'analyze' && isOn(option));
  const format = options.find(option => option.defname === 'format')?.arg;
  const query = node.query ?? unresolved('EXPLAIN');
  const inner = apart(a, query, a.settings.parameterTypes ?? []);
  sharesParameters(a, inner);
  a.out.adopt(runs || planningRuns(inner) ? inner : planned(inner));
  // How much memory and how many bytes it takes depends on every value that passes through it.
  const isUnseen = !measuresBytes(options) && isBareScan(a, query, inner);
  const lookedInto = new Set(inner.uses.flatMap(use => (use.context === 'predicate_null' ? [] : use.column)));
  if (runs)
    for (const column of passing(a, inner).filter(each => !isUnseen || lookedInto.has(each)))
      a.out.use(column, 'function_argument', { within: '`EXPLAIN ANALYZE`' });
  // It counts rows by partition.
  if (runs) for (const column of dividing(a, inner)) a.out.use(column, 'predicate');
  for (const column of folded(a, inner)) a.out.use(column, 'function_argument');
  a.out.object('session', 'explain', 'other', 'plan');
  const type = format && 'String' in format ? planTypes[format.String.sval ?? ''] : undefined;
  return rows('explain', [{ name: 'QUERY PLAN', value: constant(type ?? oid.text) }]);
}

/** Says how many bytes the rows were, as if they were sent, or the pages that were cleaned on the way. */
const measuresBytes = (options: readonly Pg.DefElem[]): boolean =>
  options.some(({ defname }) => defname === 'serialize' || defname === 'memory' || defname === 'wal');

/** What is declared immutable is computed while the query is planned, whatever else it does. */
const planningRuns = ({ functions }: StatementAnalysis): boolean =>
  functions.some(({ oid: fn, trust }) => fn >= firstUserOid && (trust === 'effects' || trust === 'unknown'));

/** The plan shows what it gave as a constant. */
const folded = (a: Analyzer, { functions }: StatementAnalysis): readonly ColumnRef[] =>
  functions.flatMap(({ oid: functionOid }) => {
    const fn = functionOid < firstUserOid ? null : a.catalog.function(functionOid);
    return fn && fn.volatility === 'i' && fn.body !== null ? (readsOf(a, fn) ?? []) : [];
  });

/** As wide as any other of its type. */
function isOfOneWidth(a: Analyzer, { relationOid, attnum }: ColumnRef): boolean {
  const column = a.catalog.relation(relationOid)?.columns.find(each => each.attnum === attnum);
  return (a.catalog.type(column?.typeOid ?? 0)?.length ?? -1) > 0;
}

/** Keys and tests for NULL of what is of one width tell no more than they do anyway; everything else the text reads may be carried along. */
function passing(a: Analyzer, { outputs, uses, reads }: StatementAnalysis): readonly ColumnRef[] {
  const narrow = new Set(
    uses
      .filter(({ context, column }) => /^(join_key|predicate_null)$/.test(context) && isOfOneWidth(a, column))
      .map(({ column }) => column),
  );
  const carried = reads.filter(column => !narrow.has(column));
  return [...carried, ...(outputs ?? []).flatMap(({ origins }) => origins)];
}

const dividing = (a: Analyzer, { accesses }: StatementAnalysis): readonly ColumnRef[] =>
  accesses.flatMap(({ object }) => {
    const relation = object.kind === 'relation' ? a.catalog.relation(object.oid) : null;
    return relation ? dividedBy(a, relation) : [];
  });

const planTypes: Readonly<Record<string, number>> = { json: oid.json, xml: oid.xml };

const planned = (analysis: StatementAnalysis): StatementAnalysis => ({
  ...analysis,
  accesses: analysis.accesses.map(access =>
    access.action === 'write' ? { ...access, action: 'read' as const, verb: 'select' as const } : access,
  ),
  hazards: [],
  effects: [],
  flows: [],
});
