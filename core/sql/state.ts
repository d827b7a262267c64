/** What the analyser carries along: the catalog, how names are searched, where findings go, and how deep it already is. */
import type { Catalog } from '../catalog/lookup.ts';
import type { AnalysisSettings } from './analysis.ts';
import { Collector } from './collect.ts';
import { unresolved } from './refuse.ts';
import { oid, untyped } from './types/oid.ts';
import { constant, type Value } from './value.ts';

/** Schemas in search order. Functions and operators are never found in the temporary schema. */
export type SearchPath = { relations: readonly string[]; functions: readonly string[] };

/** The effective path of a search_path setting: implicit schemas first, missing ones left out (src/backend/catalog/namespace.c). */
export function searchPathOf(catalog: Catalog, entries: readonly string[], temporarySchema: string | null): SearchPath {
  const named: string[] = [];
  for (const entry of entries) {
    const schema = entry === '$user' ? catalog.header.role : entry === 'pg_temp' ? (temporarySchema ?? '') : entry;
    if (schema !== '' && catalog.hasSchema(schema) && !named.includes(schema)) named.push(schema);
  }
  if (!named.includes('pg_catalog')) named.unshift('pg_catalog');
  if (temporarySchema !== null && !named.includes(temporarySchema)) named.unshift(temporarySchema);
  return { relations: named, functions: named.filter(schema => schema !== temporarySchema) };
}

/** How `$1` and argument names are read inside a function's body. */
export type Arguments = { function: string; names: readonly string[]; values: readonly Value[] };

/** Nodes looked at for one text, views and function bodies included. */
const stepsMax = 400_000;
/** Views inside views inside functions … */
const expansionMax = 24;

export type Budget = { steps: number };

export type Origin = 'client' | 'view' | 'function';

type Options = {
  catalog: Catalog;
  path: SearchPath;
  settings: AnalysisSettings;
  origin?: Origin;
  budget?: Budget;
  arguments?: Arguments | null;
  expanding?: readonly number[];
  text?: string;
};

export class Analyzer {
  readonly catalog: Catalog;
  readonly path: SearchPath;
  readonly settings: AnalysisSettings;
  readonly out = new Collector();
  readonly origin: Origin;
  readonly budget: Budget;
  readonly arguments: Arguments | null;
  /** OIDs of the views and functions being expanded, outermost first. */
  readonly expanding: readonly number[];
  /** The statement as the client wrote it; empty for nested ones. */
  readonly text: string;
  /** Types that $n turned out to have. */
  readonly parameterTypes = new Map<number, number>();

  constructor(options: Options) {
    this.catalog = options.catalog;
    this.path = options.path;
    this.settings = options.settings;
    this.origin = options.origin ?? 'client';
    this.budget = options.budget ?? { steps: 0 };
    this.arguments = options.arguments ?? null;
    this.expanding = options.expanding ?? [];
    this.text = options.text ?? '';
    if (this.origin === 'client')
      for (const [index, type] of (options.settings.parameterTypes ?? []).entries())
        this.parameterTypes.set(index + 1, type);
  }

  step(construct: string, location?: number): void {
    if (++this.budget.steps > stepsMax) unresolved(construct, location, 'the statement is too complex to analyse');
  }

  /** For a nested text: same catalog and budget, its own findings. */
  nested(options: { origin: Origin; path: SearchPath; oid: number; arguments?: Arguments | null }): Analyzer {
    if (this.expanding.length >= expansionMax) unresolved('nesting', undefined, 'views and functions nest too deeply');
    return new Analyzer({
      catalog: this.catalog,
      settings: this.settings,
      budget: this.budget,
      path: options.path,
      origin: options.origin,
      arguments: options.arguments ?? null,
      expanding: [...this.expanding, options.oid],
    });
  }

  parameter(number: number): Value {
    if (this.arguments) return this.arguments.values[number - 1] ?? constant(untyped);
    if (number > this.out.parameters) this.out.parameters = number;
    return constant(this.parameterTypes.get(number) || oid.unknown, { kind: 'parameter', number });
  }
}
