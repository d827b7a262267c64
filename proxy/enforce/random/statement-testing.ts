/** Random statements by the grammar in `forms-testing.ts`, drawn from numbers so that a failing one shrinks. */
import type { Draw } from '#core/sql/query-testing.ts';
import { aggregates, general, special, statements } from './forms-testing.ts';
import type { Producers } from './producers-testing.ts';
import { constants, maskedColumn, openColumn, types } from './values-testing.ts';

/** What placeholders of a form mean: types by name, and the table that columns are of. */
type Scope = { named: Map<string, string>; table: string };

const depthMax = 3;
const placeholder = /\{(=)?((?:[^{}]|\{[^{}]*\})*)\}/g;

export class RandomStatements {
  readonly #producers: Producers;

  constructor(producers: Producers) {
    this.#producers = producers;
  }

  draw(draw: Draw): string {
    const scope = { named: new Map<string, string>(), table: 'o' };
    return this.#fill(draw, draw.of(statements), { scope, depth: 1 + draw.below(depthMax) });
  }

  #fill(draw: Draw, form: string, { scope, depth }: { scope: Scope; depth: number }): string {
    return form.replace(placeholder, (_, choice: string | undefined, inner: string) => {
      if (choice !== undefined) return draw.of(inner.split('|'));
      const [, table = scope.table, name = ''] = /^(?:(i)\.)?(.*)$/.exec(inner) ?? [];
      if (name === 'aggregate') return this.#fill(draw, draw.of(aggregates), { scope, depth });
      const [kind, type] = name.includes(' ') ? name.split(' ') : ['', name];
      const meant = this.#typeOf(draw, type ?? '', scope);
      if (kind === 'type') return meant;
      if (kind === 'const') return draw.of(constants(meant));
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
    if (depth <= 0 || draw.chance(15)) return leaf(draw, type, table);
    const { total, others } = this.#producers;
    const producers = (draw.chance(85) ? total : others).get(type) ?? [];
    const forms = draw.chance(60) && producers.length > 0 ? producers : [...(special[type] ?? []), ...general];
    const scope = { named: new Map([['T', type]]), table };
    return this.#fill(draw, draw.of(forms), { scope, depth: depth - 1 });
  }
}

function leaf(draw: Draw, type: string, table: string): string {
  if (draw.chance(50)) return `${table}.${maskedColumn(type)}`;
  return draw.chance(30) ? `${table}.${openColumn(type)}` : draw.of(constants(type));
}
