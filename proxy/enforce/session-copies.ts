/** Copies of labelled columns that one session has made and nobody else knows of. */
import type { Catalog } from '#core/catalog/lookup.ts';
import { Flows, isTemporary, type LabelledCopy } from './flows.ts';

const none: readonly LabelledCopy[] = [];
type Settled = { copies: readonly LabelledCopy[]; lasting: readonly LabelledCopy[] };
const nothing: Settled = { copies: none, lasting: none };

export class SessionCopies {
  /** Made in the open transaction. */
  readonly #open = new Flows();
  /** Into temporary tables, which no other session sees. */
  readonly #temporary = new Flows();

  add(copy: LabelledCopy): void {
    this.#open.add(copy);
  }

  get size(): number {
    return this.#open.size;
  }

  /** Increases with every change. */
  get version(): number {
    return this.#open.version + this.#temporary.version;
  }

  get versions(): string {
    return `${this.#open.version}.${this.#temporary.version}`;
  }

  get list(): readonly LabelledCopy[] {
    return [...this.#temporary.list, ...this.#open.list];
  }

  bind(catalog: Catalog): void {
    this.#open.bind(catalog);
    this.#temporary.bind(catalog);
  }

  /** The transaction is over: its copies, and those of them that others see. Of what was rolled back there are none. */
  settle(isCommitted: boolean): Settled {
    if (this.#open.size === 0) return nothing;
    const copies = isCommitted ? this.#open.list : none;
    this.#open.clear();
    for (const copy of copies) if (isTemporary(copy)) this.#temporary.add(copy);
    return { copies, lasting: copies.filter(copy => !isTemporary(copy)) };
  }
}
