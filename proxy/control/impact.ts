/**
 * What a held statement would do: the plan's estimate, the exact number of rows, what the write sets off and what it locks. On a
 * connection of its own, in a read-only transaction with a time limit; the write itself is never run.
 */
import type { Catalog } from '#core/catalog/lookup.ts';
import type { CatalogData, CatalogRelation } from '#core/catalog/snapshot.ts';
import type { Impact } from '#core/contract/proxy.ts';
import type { Access, StatementAnalysis } from '#core/sql/analysis.ts';
import { loadParser } from '#core/sql/parse.ts';
import type { UpstreamTarget } from '../config.ts';
import { Turnstile } from '../turnstile.ts';
import { countQuery, valuesCount } from './count-query.ts';
import { cascadesOf, lockOf, triggersOf } from './impact-catalog.ts';
import { type BoundParameters, QueryClient, QueryError } from './query-client.ts';

export type ImpactQuestion = {
  target: UpstreamTarget;
  /** The message as the client sent it; statements give their places in its UTF-8 bytes. */
  text: string;
  statements: readonly StatementAnalysis[];
  /** As the client bound them; null for a simple query. */
  parameters: BoundParameters | null;
  /** The session's, so that names mean the same. */
  searchPath: readonly string[];
  catalog: Catalog;
  foreignKeys: CatalogData['foreignKeys'];
  timeoutMs: number;
  nowMs: () => number;
};

type Counted = { planRows: number | null; planCost: number | null; exactRows: number | null; exactMs: number | null };

const writesMax = 5;
const noParameters: BoundParameters = { types: [], formats: [], values: [] };

/** Impacts computed at a time; more wait for nothing and are left out. */
const runningMax = 4;
let running = 0;
/** Counts that a statement waits for are another matter: they take turns. */
const counting = new Turnstile({ places: 8, waitingMax: 500 });

/** Never rejects: what could not be had is null, and `note` says why. */
export async function computeImpact(question: ImpactQuestion): Promise<Impact> {
  const writes = question.statements.filter(isWrite);
  const accesses = writes.flatMap(write => write.accesses.filter(access => isWritten(access)));
  const relations = relationsOf(accesses, question.catalog);
  const counts = await countAll(question, writes);
  return {
    ...counts.total,
    tableRows: tableRowsOf(relations),
    cascades: cascadesOf(accesses, question.catalog, question.foreignKeys),
    triggers: triggersOf(accesses, question.catalog),
    lock: lockOf(accesses),
    note: counts.note?.slice(0, 500) ?? null,
    computedAt: question.nowMs(),
  };
}

/** Null when they cannot be counted. Counts wait for one another rather than being left out: a statement waits for each. */
export async function countAffected(question: ImpactQuestion): Promise<number | null> {
  const writes = question.statements.filter(isWrite);
  if (dependsOnEarlier(question.statements)) return null;
  await loadParser();
  const inserted = writes.map(write => valuesCount(textOf(write, question.text)));
  const known = inserted.filter(rows => rows !== null);
  if (writes.length > 0 && known.length === writes.length) return known.reduce((sum, rows) => sum + rows, 0);
  if (!(await counting.enter(question.timeoutMs))) return null;
  try {
    const { total } = await countAll(question, writes, false);
    return total.exactRows;
  } finally {
    counting.leave();
  }
}

/** A message is one transaction: what a statement of it finds of another cannot be seen from outside. */
function dependsOnEarlier(statements: readonly StatementAnalysis[]): boolean {
  const written = new Set<number>();
  return statements.some(({ accesses }) => {
    const isDependent = accesses.some(({ object }) => object.kind === 'relation' && written.has(object.oid));
    for (const access of accesses) if (isWritten(access)) written.add(access.object.oid);
    return isDependent;
  });
}

const isWrite = (statement: StatementAnalysis): boolean => statement.accesses.some(isWritten);

const writing = new Set<Access['action']>(['write', 'drop', 'define', 'maintain']);
const isWritten = ({ action, object }: Access): boolean => writing.has(action) && object.kind === 'relation';

function relationsOf(accesses: readonly Access[], catalog: Catalog): CatalogRelation[] {
  const found = new Map<number, CatalogRelation>();
  for (const { object } of accesses) {
    const relation = catalog.relation(object.oid);
    if (relation) found.set(relation.oid, relation);
  }
  return [...found.values()];
}

/** Null where one of them has never been analysed. */
function tableRowsOf(relations: readonly CatalogRelation[]): number | null {
  if (relations.length === 0 || relations.some(relation => relation.rowsEstimate < 0)) return null;
  return relations.reduce((sum, relation) => sum + relation.rowsEstimate, 0);
}

const nothing: Counted = { planRows: null, planCost: null, exactRows: null, exactMs: null };
const dml = new Set<StatementAnalysis['kind']>(['insert', 'update', 'delete', 'merge']);

async function countAll(question: ImpactQuestion, writes: readonly StatementAnalysis[], isBounded = true) {
  const planned = writes.filter(write => dml.has(write.kind));
  const skip = reasonToSkip(question, writes, planned) ?? (isBounded && running >= runningMax ? tooMany : null);
  if (skip !== null) return { total: nothing, note: skip };
  running += 1;
  try {
    return await withClient(question, client => countEach(client, question, planned));
  } catch (error) {
    return { total: nothing, note: noteOf(error) };
  } finally {
    running -= 1;
  }
}

/** Planning and counting evaluate functions: only those may be in it that are known to do nothing else. */
function reasonToSkip(
  { statements }: ImpactQuestion,
  writes: readonly StatementAnalysis[],
  planned: readonly StatementAnalysis[],
): string | null {
  if (planned.length === 0 || planned.length < writes.length) return 'no rows are counted for this kind of statement';
  if (planned.length > writesMax) return `rows are not counted for more than ${writesMax} writes at once`;
  if (statements.length > planned.length + statements.filter(isHarmless).length) {
    return 'rows are not counted: earlier statements of the message change what later ones see';
  }
  const called = planned
    .flatMap(write => write.functions)
    .find(({ trust }) => trust === 'effects' || trust === 'unknown');
  return called ? `rows are not counted: ${called.schema}.${called.name} would have to be called` : null;
}

const tooMany = 'rows are not counted: too many requests at the moment';

const isHarmless = (statement: StatementAnalysis): boolean =>
  !isWrite(statement) && (statement.kind === 'select' || statement.kind === 'transaction');

async function withClient<T>(question: ImpactQuestion, use: (client: QueryClient) => Promise<T>): Promise<T> {
  const { target, timeoutMs } = question;
  const client = await QueryClient.connect(target, {
    timeoutMs,
    parameters: {
      application_name: 'weir impact',
      default_transaction_read_only: 'on',
      statement_timeout: String(timeoutMs),
      lock_timeout: String(Math.min(timeoutMs, 1000)),
    },
  });
  try {
    await client.query(`SET search_path TO ${question.searchPath.map(quoted).join(', ') || "''"}`);
    return await use(client);
  } finally {
    client.close();
  }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function countEach(client: QueryClient, question: ImpactQuestion, writes: readonly StatementAnalysis[]) {
  await loadParser();
  const total = { ...nothing };
  let note: string | null = null;
  for (const [index, write] of writes.entries()) {
    const text = textOf(write, question.text);
    const { counted, note: why } = await countOne(client, text, question.parameters ?? noParameters);
    for (const key of ['planRows', 'planCost', 'exactRows', 'exactMs'] as const) {
      total[key] = index === 0 ? counted[key] : sum(total[key], counted[key]);
    }
    note ??= why;
  }
  return { total, note };
}

const textOf = (write: StatementAnalysis, text: string): string =>
  Buffer.from(text).toString('utf8', write.start, endOf(write, text));

/** A length of 0 reaches to the end, as in the parse tree. */
const endOf = ({ start, length }: StatementAnalysis, text: string): number =>
  length > 0 ? start + length : Buffer.byteLength(text);

const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

async function countOne(client: QueryClient, text: string, bound: BoundParameters) {
  const parameters =
    bound.values.length === 0 ? bound : { ...bound, types: await client.parameterTypes(text, bound.types) };
  const rows = await inReadOnly(client, () => client.queryBound(`EXPLAIN (FORMAT JSON) ${text}`, parameters));
  const plan = planOf(rows[0]?.[0] ?? '');
  const query = countQuery(text);
  if (query === null) {
    return { counted: { ...nothing, ...plan }, note: 'the exact number is not known for this form of statement' };
  }
  const startedAt = performance.now();
  try {
    const [row] = await inReadOnly(client, () => client.queryBound(query, parameters));
    const exactMs = Math.round(performance.now() - startedAt);
    return { counted: { ...plan, exactRows: Number(row?.[0]), exactMs }, note: null };
  } catch (error) {
    return { counted: { ...nothing, ...plan }, note: noteOf(error) };
  }
}

async function inReadOnly<T>(client: QueryClient, run: () => Promise<T>): Promise<T> {
  await client.query('BEGIN READ ONLY');
  try {
    return await run();
  } finally {
    if (client.isOpen) await client.query('ROLLBACK');
  }
}

/** The server's words may hold values; its SQLSTATE does not. */
function noteOf(error: unknown): string {
  if (!(error instanceof QueryError)) return 'rows are not counted: the database could not be asked';
  if (error.sqlstate === '57014') return 'counting took too long';
  if (error.sqlstate === '55P03') return 'counting would have had to wait for a lock';
  return `rows could not be counted (SQLSTATE ${error.sqlstate})`;
}

type Plan = { 'Node Type'?: string; 'Plan Rows'?: number; 'Total Cost'?: number; Plans?: Plan[] };

/** Rows that reach the write: the plan below ModifyTable, which itself returns none. */
function planOf(text: string): { planRows: number | null; planCost: number | null } {
  const root = parsePlan(text);
  if (!root) return { planRows: null, planCost: null };
  const modify = findModify(root);
  const sources = modify?.Plans?.filter(plan => !isInit(plan)) ?? [];
  const rows = modify ? sources.reduce((total, plan) => total + (plan['Plan Rows'] ?? 0), 0) : root['Plan Rows'];
  return { planRows: rows ?? null, planCost: root['Total Cost'] ?? null };
}

const isInit = (plan: Plan & { 'Parent Relationship'?: string }): boolean =>
  plan['Parent Relationship'] === 'InitPlan' || plan['Parent Relationship'] === 'SubPlan';

function findModify(plan: Plan): Plan | null {
  if (plan['Node Type'] === 'ModifyTable') return plan;
  for (const child of plan.Plans ?? []) {
    const found = findModify(child);
    if (found) return found;
  }
  return null;
}

function parsePlan(text: string): Plan | null {
  try {
    return (JSON.parse(text) as { Plan?: Plan }[])[0]?.Plan ?? null;
  } catch {
    return null;
  }
}
