/** Random statements by the grammar in `forms-testing.ts`, drawn from numbers so that a failing one shrinks. */
import type { Draw } from '#core/sql/query-testing.ts';
import { aggregates, general, special, statements } from './forms-testing.ts';
import type { Producers } from './producers-testing.ts';
import { type Columns, constants, literalOf, tables, types } from './values-testing.ts';

/** What placeholders of a form mean: types by name, and the table that columns are of. */
type Scope = { named: Map<string, string>; table: string };

export type Parameter = { type: string; value: string | null };
type Settings = {
  /** How many of the columns are masked ones. */
  maskedPercent: number;
  depthMax: number;
  /** Takes some of the constants; they become parameters then. */
  parameters?: Parameter[];
};
const usual: Settings = { maskedPercent: 50, depthMax: 3 };

/** Choices may hold placeholders, which may be choices. */
const placeholder = /\{(=)?((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}/g;

/** At every `|` outside of braces. */
const choices = (text: string): string[] => {
  let depth = 0;
  return text.split('|').reduce<string[]>((found, piece) => {
    if (depth > 0) found.push(`${found.pop()}|${piece}`);
    else found.push(piece);
    for (const letter of piece) depth += letter === '{' ? 1 : letter === '}' ? -1 : 0;
    return found;
  }, []);
};

/** Forms that mention a table work beside `o` alone. */
const mentionsTable = /\bo\b|\bodd\b/;

export class RandomStatements {
  readonly #producers: Producers;
  #settings = usual;

  constructor(producers: Producers) {
    this.#producers = producers;
  }

  draw(draw: Draw, forms: readonly string[] = statements, settings: Partial<Settings> = {}): string {
    this.#settings = { ...usual, ...settings };
    const scope = { named: new Map<string, string>(), table: 'o' };
    return this.#fill(draw, draw.of(forms), { scope, depth: 1 + draw.below(this.#settings.depthMax) });
  }

  #fill(draw: Draw, form: string, { scope, depth }: { scope: Scope; depth: number }): string {
    return form.replace(placeholder, (_, choice: string | undefined, inner: string) => {
      if (choice !== undefined) return this.#fill(draw, draw.of(choices(inner)), { scope, depth });
      const [, table = scope.table, name = ''] = /^(?:([iks])\.)?(.*)$/.exec(inner) ?? [];
      if (name === 'aggregate') return this.#fill(draw, draw.of(aggregates), { scope, depth });
      const [kind, type] = name.includes(' ') ? name.split(' ') : ['', name];
      const meant = this.#typeOf(draw, type ?? '', scope);
      if (kind === 'type') return meant;
      if (kind === 'const') return this.#constant(draw, meant);
      return this.#expression(draw, meant, { table, depth });
    });
  }

  #typeOf(draw: Draw, name: string, { named }: Scope): string {
    if (types.includes(name)) return name;
    if (name === 'any') return draw.of(types);
    const known = named.get(name) ?? draw.of(types);
    named.set(name, known);
    return known;
  }

  #expression(draw: Draw, type: string, { table, depth }: { table: string; depth: number }): string {
    if (depth <= 0 || draw.chance(15)) return this.#leaf(draw, type, table);
    const { total, others } = this.#producers;
    const producers = (draw.chance(85) ? total : others).get(type) ?? [];
    const all = [...(special[type] ?? []), ...general];
    const usable = table === 'o' || table === 'i' ? all : all.filter(form => !mentionsTable.test(form));
    const forms = draw.chance(60) && producers.length > 0 ? producers : usable;
    const scope = { named: new Map([['T', type]]), table };
    return this.#fill(draw, draw.of(forms), { scope, depth: depth - 1 });
  }

  #leaf(draw: Draw, type: string, table: string): string {
    const { masked, open }: Columns = tables[table]?.(type) ?? {};
    const column = draw.chance(this.#settings.maskedPercent) ? (masked ?? open) : draw.chance(50) ? open : undefined;
    return column === undefined ? this.#constant(draw, type) : `${table}.${column}`;
  }

  #constant(draw: Draw, type: string): string {
    const value = draw.of(constants(type));
    const { parameters } = this.#settings;
    if (parameters === undefined || !draw.chance(40)) return literalOf(value, type);
    parameters.push({ type, value });
    return draw.chance(70) ? `$${parameters.length}::${type}` : `$${parameters.length}`;
  }
}
