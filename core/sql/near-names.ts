/** What PostgreSQL suggests in the place of a name that means nothing (errorMissingColumn and errorMissingRTE, parse_relation.c). */
import { findItem, type Item, itemsAround, type Scope } from './scope.ts';

const distanceMax = 3;

/** Levenshtein's, by characters. Names are short: the parser cuts them. */
function distance(one: string, other: string): number {
  const target = [...other];
  let row = target.map((_, index) => index + 1);
  let first = 0;
  for (const letter of one) {
    let corner = first;
    first += 1;
    let left = first;
    row = row.map((above, index) => {
      left = Math.min(left + 1, above + 1, corner + (letter === target[index] ? 0 : 1));
      corner = above;
      return left;
    });
  }
  return row.at(-1) ?? first;
}

const byteLength = (text: string): number => new TextEncoder().encode(text).length;

/** At most two that are equally near; with more, none of them is. */
class Nearest {
  #names: string[] = [];
  #distance = distanceMax + 1;

  offer(name: string, away: number): void {
    if (away < this.#distance) {
      this.#distance = away;
      this.#names = [name];
    } else if (away === this.#distance && away <= distanceMax) {
      if (this.#names.length < 2) this.#names.push(name);
      else {
        this.#names = [];
        this.#distance = away - 1;
      }
    }
  }

  get names(): readonly string[] {
    return this.#names;
  }
}

/** `item` is the one that the reference names, where it names one. */
export function columnHint(scope: Scope, name: string, item: Item | null): string | undefined {
  const nearest = new Nearest();
  const farthest = Math.floor(byteLength(name) / 2);
  for (const { name: of, columns } of itemsAround(scope)) {
    if (of === null) continue;
    const penalty = item?.name == null ? 0 : distance(item.name, of);
    for (const column of columns) {
      // It is there, and out of reach: nothing else was meant.
      if (penalty === 0 && column.name === name) return undefined;
      const away = distance(column.name, name);
      if (away <= farthest) nearest.offer(`"${of}.${column.name}"`, away + penalty);
    }
  }
  if (nearest.names.length === 0) return undefined;
  return `Perhaps you meant to reference the column ${nearest.names.join(' or the column ')}.`;
}

/** The alias under which a table is there that was named itself. */
export function aliasOf(scope: Scope, schema: string | null, name: string): string | null {
  for (const item of itemsAround(scope)) {
    const { relation, name: alias } = item;
    if (relation?.name !== name || alias === null || alias === name) continue;
    if (schema !== null && relation.schema !== schema) continue;
    return findItem(scope, null, alias) === item ? alias : null;
  }
  return null;
}
