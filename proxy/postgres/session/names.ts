/**
 * Prepared statements and portals by name, as the server has confirmed them, with the proposals that are still on their way to
 * it. Within one unit (up to Sync) a name means what the last proposal says, since everything behind a failure is skipped; a
 * proposal of an earlier unit is only believed once it is answered, since that unit may fail and the next one run.
 */
import type { BoundParameters } from '#proxy/control/query-client.ts';
import type { Meter } from '#proxy/enforce/meter.ts';
import type { Run } from './journal.ts';
import { Room } from './room.ts';
import type { RowPlan, Ruling } from './ruling.ts';

export type Prepared = {
  /** As it stands in messages: one character per byte, cut as PostgreSQL cuts it. */
  name: string;
  /** The text as it was sent; a shared ruling has that of another. */
  key: string;
  /** Not kept for its sake: there may be many statements, and each can be ruled on again. */
  ruling: { deref(): Ruling | undefined };
  /** Literals of this text that a shared ruling does not have. */
  literals: readonly string[] | null;
  /** The server's description of its rows agrees with the analysis; portals may have other formats. */
  isDescribed: boolean;
  /** A Describe of it is on its way, or answered. */
  isAskedFor: boolean;
  /** Parse was recorded by itself, or by the first Execute. */
  isRecorded: boolean;
};

export type Portal = {
  name: string;
  prepared: Prepared;
  ruling: Ruling;
  /** By Bind, rather than an SQL cursor's. */
  isBound: boolean;
  /** Known once the server has described the portal. */
  rows: RowPlan | null;
  /** A Describe of it is on its way or answered. */
  isDescribed: boolean;
  /** SHA-256 over the parameters as bound (formats and values), hex; made when the statement needs approval. */
  parametersHash: string | null;
  /** For the impact of a held statement; null when there are too many bytes of them. */
  parameters: BoundParameters | null;
  /** The run that was suspended by a row limit. */
  run: Run | null;
  /** Approved, or needing none. */
  isCleared: boolean;
  /** What `ruling` and `parameters` may take. */
  readonly bytes: number;
  /** Counts its rows against its limits, over all of its Executes. */
  meter: Meter | null;
};

/** Names a session may hold of each kind. */
export const namesMax = 10_000;
/** Bytes of what they stand for: texts of statements; parameters of portals, and what is known of their results. */
export const namedBytesMax = 32 * 1024 * 1024;

type Proposal<T> = { value: T | null; unit: number };

export class NameTable<T> {
  readonly #confirmed = new Map<string, T>();
  readonly #proposed = new Map<string, Proposal<T>>();
  /** What has no name comes and goes with every statement: a map would be rebuilt each time. */
  #unnamed: T | null = null;
  #unnamedProposal: Proposal<T> | null = null;
  readonly #bytesOf: (value: T) => number;
  #confirmedBytes = 0;
  /** Of everything that was proposed, also of what was proposed under the same name again. */
  #proposedBytes = 0;

  readonly #room: Room;

  constructor(bytesOf: (value: T) => number, room = new Room()) {
    this.#bytesOf = bytesOf;
    this.#room = room;
  }

  get(name: string): T | null {
    const proposal = this.#proposal(name);
    return proposal === null ? this.#meaning(name) : proposal.value;
  }

  /** The name was proposed in another unit than this, and not answered yet. */
  isUncertain(name: string, unit: number): boolean {
    const proposal = this.#proposal(name);
    return proposal !== null && proposal.unit !== unit;
  }

  get isFull(): boolean {
    const bytes = this.#confirmedBytes + this.#proposedBytes;
    const isMany = this.#confirmed.size + this.#proposed.size >= namesMax;
    return isMany || bytes >= namedBytesMax || this.#room.isFullFor(bytes);
  }

  /** What the name will mean when the server has done what it was sent; null when it will mean nothing. */
  propose(name: string, value: T | null, unit: number): void {
    if (name === '') this.#unnamedProposal = { value, unit };
    else this.#proposed.set(name, { value, unit });
    if (value !== null) this.#proposedBytes += this.#bytesOf(value);
  }

  confirm(name: string, value: T | null): void {
    const before = this.#meaning(name);
    const more = value === null ? 0 : this.#bytesOf(value);
    this.#count(before === null ? more : more - this.#bytesOf(before));
    if (name === '') this.#unnamed = value;
    else if (value === null) this.#confirmed.delete(name);
    else this.#confirmed.set(name, value);
  }

  /** Nothing is on its way any more. */
  forgetProposals(): void {
    if (this.#proposed.size > 0) this.#proposed.clear();
    this.#unnamedProposal = null;
    this.#proposedBytes = 0;
  }

  clear(): void {
    if (this.#confirmed.size > 0) this.#confirmed.clear();
    this.#unnamed = null;
    this.#count(-this.#confirmedBytes);
    this.forgetProposals();
  }

  /** Those with a name: SQL can refer to no others. */
  confirmed(): IterableIterator<[string, T]> {
    return this.#confirmed.entries();
  }

  #count(bytes: number): void {
    this.#confirmedBytes += bytes;
    this.#room.add(bytes);
  }

  #proposal(name: string): Proposal<T> | null {
    if (name === '') return this.#unnamedProposal;
    return this.#proposed.size > 0 ? (this.#proposed.get(name) ?? null) : null;
  }

  #meaning(name: string): T | null {
    return name === '' ? this.#unnamed : (this.#confirmed.get(name) ?? null);
  }
}
