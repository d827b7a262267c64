/** What a statement does, as the log stores it: names and uses, never a value, within the limits of the event schema. */
import type { Labels } from '../catalog/labels.ts';
import { qualifiedName } from '../policy/match.ts';
import type { Analysis, ColumnRef, DataFlow, StatementAnalysis } from '../sql/analysis.ts';
import { cutText } from './redact.ts';
import type { Facts } from './schema.ts';

/** As `factsSchema` has them. */
export const factsMax = {
  entries: 2000,
  hazards: 200,
  functions: 500,
  flows: 500,
  flowOrigins: 200,
  name: 128,
  object: 260,
};

const cut = (text: string, max: number): string => cutText(text, max).text;

type NamedColumn = Facts['classified'][number];
type ColumnName = Pick<ColumnRef, 'schema' | 'relation' | 'column'>;

function named({ schema, relation, column }: ColumnName) {
  return {
    schema: cut(schema, factsMax.name),
    relation: cut(relation, factsMax.name),
    column: cut(column, factsMax.name),
  };
}

/** Entries in the order they came, each once, up to a maximum; one that is there already costs only its key. */
class Distinct<T> {
  readonly entries = new Map<string, T>();
  constructor(private readonly max: number) {}

  get isFull(): boolean {
    return this.entries.size >= this.max;
  }

  add(key: string, make: () => T | null): void {
    if (this.isFull || this.entries.has(key)) return;
    const entry = make();
    if (entry !== null) this.entries.set(key, entry);
  }

  get values(): T[] {
    return [...this.entries.values()];
  }
}

function distinct<T>(entries: readonly T[], max: number): T[] {
  const found = new Distinct<T>(max);
  for (const entry of entries) {
    if (found.isFull) break;
    found.add(JSON.stringify(entry), () => entry);
  }
  return found.values;
}

const columnKey = ({ schema, relation, column }: ColumnName): string => `${schema}\0${relation}\0${column}`;

type Resolved = Extract<Analysis, { ok: true }>;
type LabelOf = (column: ColumnRef) => string | null;

/** The most sensitive label of each column, looked up once. */
function labelLookup(labels: Labels): LabelOf {
  const seen = new Map<string, string | null>();
  return column => {
    const key = columnKey(column);
    const held = seen.get(key);
    if (held !== undefined) return held;
    const label = labels.ofColumn(column)[0]?.label ?? null;
    seen.set(key, label);
    return label;
  };
}

function* usesOf({ outputs, uses, reads, flows }: StatementAnalysis): Generator<{ column: ColumnRef; use: string }> {
  for (const { origins, kind } of outputs ?? []) for (const column of origins) yield { column, use: `output_${kind}` };
  for (const { column, context } of uses) yield { column, use: context };
  for (const { origins } of flows) for (const column of origins) yield { column, use: 'source' };
  for (const column of reads) yield { column, use: 'read' };
}

/** Labelled columns with each use; an output is a use too. */
function classified({ statements }: Resolved, labelOf: LabelOf): NamedColumn[] {
  const found = new Distinct<NamedColumn>(factsMax.entries);
  for (const statement of statements) {
    for (const { column, use } of usesOf(statement)) {
      if (found.isFull) return found.values;
      const label = labelOf(column);
      if (label !== null) found.add(`${columnKey(column)}\0${use}`, () => ({ ...named(column), label, use }));
    }
  }
  return found.values;
}

type Flow = Facts['flows'][number];

function flowOf({ target, origins }: DataFlow, labelOf: LabelOf): Flow {
  const found = new Distinct<Flow['origins'][number]>(factsMax.flowOrigins);
  for (const column of origins) {
    const label = labelOf(column);
    found.add(columnKey(column), () => (label === null ? named(column) : { ...named(column), label }));
  }
  return { target: named(target), origins: found.values };
}

function accessesOf({ statements }: Resolved): Facts['accesses'] {
  return statements
    .flatMap(statement => statement.accesses)
    .map(({ action, verb, object }) => ({
      action,
      verb,
      kind: object.kind,
      object: cut(qualifiedName(object.schema, object.name), factsMax.object),
      ...(object.system ? { system: true } : {}),
    }));
}

/** The facts of a resolved analysis; a refused one has none. */
export function factsOf(analysis: Resolved, labels: Labels): Facts {
  const { statements } = analysis;
  const labelOf = labelLookup(labels);
  const hazards = statements.flatMap(({ hazards: found }) =>
    found.map(({ code, object }) => ({ code, object: cut(object, factsMax.object) })),
  );
  const functions = statements.flatMap(({ functions: called }) =>
    called.map(({ schema, name }) => cut(qualifiedName(schema, name), factsMax.object)),
  );
  return {
    kinds: distinct(
      statements.map(statement => statement.kind as string),
      factsMax.entries,
    ),
    accesses: distinct(accessesOf(analysis), factsMax.entries),
    classified: classified(analysis, labelOf),
    hazards: distinct(hazards, factsMax.hazards),
    functions: distinct(functions, factsMax.functions),
    flows: statements
      .flatMap(({ flows }) => flows)
      .slice(0, factsMax.flows)
      .map(flow => flowOf(flow, labelOf)),
    outputs: statements.reduce((sum, { outputs }) => sum + (outputs?.length ?? 0), 0),
  };
}
