/** What the analyser carries along: the catalog, how names are searched, where findings go, and how deep it already is. */
import type { Catalog } from '../catalog/lookup.ts';
import type { CatalogRelation } from '../catalog/snapshot.ts';
import type { AnalysisSettings } from './analysis.ts';
import { Collector } from './collect.ts';
import { messageConstruct, separately, unresolved } from './refuse.ts';
import { oid, untyped } from './types/oid.ts';
import { constant, type Field, type Value } from './value.ts';

/** Schemas in search order. Functions and operators are never found in the temporary schema. */
export type SearchPath = {
  relations: readonly string[];
  functions: readonly string[];
  /** Where new objects go: the first schema the setting names. */
  creation: string | null;
  /** The path as one text, for keys. */
  key: string;
};

/** The effective path of a search_path setting: implicit schemas first, missing ones left out (src/backend/catalog/namespace.c). */
export function searchPathOf(catalog: Catalog, entries: readonly string[], temporarySchema: string | null): SearchPath {
  const named: string[] = [];
  for (const entry of entries) {
    const schema = entry === '$user' ? catalog.header.role : entry === 'pg_temp' ? (temporarySchema ?? '') : entry;
    if (schema !== '' && catalog.hasSchema(schema) && !named.includes(schema)) named.push(schema);
  }
  const creation = named[0] ?? null;
  if (!named.includes('pg_catalog')) named.unshift('pg_catalog');
  if (temporarySchema !== null && !named.includes(temporarySchema)) named.unshift(temporarySchema);
  return {
    relations: named,
    functions: named.filter(schema => schema !== temporarySchema),
    creation,
    key: named.join('\n'),
  };
}

/** How `$1` and argument names are read inside a function's body. */
export type Arguments = { function: string; names: readonly string[]; values: readonly Value[] };

/** A relation that a statement makes, with its columns as later statements of the same message will see them. */
export type Created = { relation: CatalogRelation; fields: readonly Field[] };

const nothingTouched: ReadonlySet<number> = new Set();

/** Nodes looked at for one text, views and function bodies included. */
const stepsMax = 400_000;
/** Views inside views inside functions … */
const expansionMax = 24;

export type Budget = { steps: number };

export type Origin = 'client' | 'view' | 'function';

type Options = {
  catalog: Catalog;
  path: SearchPath;
  callPath?: SearchPath;
  settings: AnalysisSettings;
  origin?: Origin;
  budget?: Budget;
  arguments?: Arguments | null;
  expanding?: readonly number[];
  text?: string;
  createdBefore?: number;
  touched?: ReadonlySet<number>;
  triggerRelation?: CatalogRelation | null;
  isBehindDefinition?: boolean;
};

type NestedOptions = {
  origin: Origin;
  path: SearchPath;
  callPath?: SearchPath;
  oid: number;
  arguments?: Arguments | null;
  triggerRelation?: CatalogRelation | null;
};

export class Analyzer {
  readonly catalog: Catalog;
  readonly path: SearchPath;
  /** The path in force when functions run: a body that names no schema of its own is read under it, even inside a view. */
  readonly callPath: SearchPath;
  readonly settings: AnalysisSettings;
  readonly out = new Collector();
  /** Inside a PL/pgSQL body: its variables. */
  variables: { get(name: string): Value | null } | null = null;
  /** While a query restricted to one row of pg_settings is read: that setting's name. */
  pinnedSetting: string | null = null;
  /** Inside a trigger's function: the table it is on. */
  readonly triggerRelation: CatalogRelation | null;
  readonly origin: Origin;
  readonly budget: Budget;
  readonly arguments: Arguments | null;
  /** OIDs of the views and functions being expanded, outermost first. */
  readonly expanding: readonly number[];
  /** The statement as the client wrote it; empty for nested ones. */
  readonly text: string;
  /** Relations made by earlier statements of the same message. */
  readonly createdBefore: number;
  /** OIDs of relations that earlier statements of the same message change. */
  readonly touchedBefore: ReadonlySet<number>;
  /** An earlier statement of the same message changes the catalog. */
  readonly isBehindDefinition: boolean;
  /** Types that $n turned out to have. */
  readonly parameterTypes = new Map<number, number>();
  /** Which $n there are. */
  readonly parametersSeen = new Set<number>();

  constructor(options: Options) {
    this.catalog = options.catalog;
    this.path = options.path;
    this.callPath = options.callPath ?? options.path;
    this.settings = options.settings;
    this.origin = options.origin ?? 'client';
    this.budget = options.budget ?? { steps: 0 };
    this.arguments = options.arguments ?? null;
    this.expanding = options.expanding ?? [];
    this.text = options.text ?? '';
    this.createdBefore = options.createdBefore ?? 0;
    this.touchedBefore = options.touched ?? nothingTouched;
    this.triggerRelation = options.triggerRelation ?? null;
    this.isBehindDefinition = options.isBehindDefinition ?? false;
    if (this.origin === 'client')
      for (const [index, type] of (options.settings.parameterTypes ?? []).entries())
        this.parameterTypes.set(index + 1, type);
  }

  /** The schema a name is qualified with. */
  schemaNamed(schema: string | null): string | null {
    return schema === 'pg_temp' ? (this.settings.temporarySchema ?? schema) : schema;
  }

  step(construct: string, location?: number): void {
    if (++this.budget.steps > stepsMax) unresolved(construct, location, 'the statement is too complex to analyse');
  }

  /** An OID for something PostgreSQL has not numbered yet: negative, so that it is never taken for a real one. */
  nextOid(): number {
    return -1 - this.out.created.length - this.createdBefore;
  }

  create(created: Created): void {
    this.out.created.push(created);
    this.catalogChanges(false);
  }

  /** Its definition is changed: later statements of the same message cannot rely on the catalog for it. */
  touch(relation: CatalogRelation): void {
    this.out.touched.add(relation.oid);
  }

  /** `freezes`: what exactly changes cannot be foreseen, so nothing after it in the same message can be read. */
  catalogChanges(freezes = this.out.touched.size === 0): void {
    if (freezes) this.out.freezes = true;
    if (!this.out.effects.some(effect => effect.type === 'catalog')) this.out.effects.push({ type: 'catalog' });
  }

  /**
   * It runs what the server may have planned before this message, and keeps planned by the names of then: a new table or function that
   * would be found first by now does not count. Between messages the server can be told to plan anew.
   */
  runsPlanned(location?: number): void {
    if (this.isBehindDefinition) unresolved(messageConstruct, location, separately);
  }

  /** For a nested text: same catalog and budget, its own findings. */
  nested(options: NestedOptions): Analyzer {
    if (this.expanding.length >= expansionMax) unresolved('nesting', undefined, 'views and functions nest too deeply');
    return new Analyzer({
      catalog: this.catalog,
      settings: this.settings,
      budget: this.budget,
      path: options.path,
      callPath: options.callPath ?? this.callPath,
      origin: options.origin,
      arguments: options.arguments ?? null,
      expanding: [...this.expanding, options.oid],
      createdBefore: this.createdBefore,
      touched: this.touchedBefore,
      triggerRelation: options.triggerRelation ?? null,
    });
  }

  parameter(number: number): Value {
    if (this.arguments) {
      const { names, values } = this.arguments;
      // In PL/pgSQL an argument is a variable, which something else may have been put into.
      const variable = this.variables?.get(names[number - 1] || `$${number}`);
      return variable ?? values[number - 1] ?? constant(untyped);
    }
    this.parametersSeen.add(number);
    if (number > this.out.parameters) this.out.parameters = number;
    return constant(this.parameterTypes.get(number) || oid.unknown, { kind: 'parameter', number });
  }
}
