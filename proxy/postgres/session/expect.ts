/** What is owed: one entry for each message that went to the server, in order, saying what its answer means. */

import type { Stop } from '#proxy/enforce/meter.ts';
import type { Run } from './journal.ts';
import type { Portal, Prepared } from './names.ts';
import type { Refused, Ruling } from './ruling.ts';
import type { Internal, Sent } from './state.ts';

export const expects = {
  query: 1,
  parse: 2,
  bind: 3,
  describeStatement: 4,
  describePortal: 5,
  execute: 6,
  closeStatement: 7,
  closePortal: 8,
  sync: 9,
} as const;
export type ExpectKind = (typeof expects)[keyof typeof expects];

export type Expect = {
  kind: ExpectKind;
  /** Of the statement or portal it is about. */
  name: string;
  ruling: Ruling | null;
  prepared: Prepared | null;
  portal: Portal | null;
  run: Run | null;
  /** Query: which of its statements is answered next. */
  statementIndex: number;
  /** Sent by the proxy on its own account: the client must not see the answer. */
  isInjected: boolean;
  /** Put in the place of something refused: the server fails it, and the client gets this instead of the server's error. */
  refused: Refused | null;
  /** The client was already told that this failed. */
  isMuted: boolean;
  /** A limit was reached: the server was asked to cancel, and the client gets this instead of what it says. */
  stopped: Stop | null;
  /** An error was answered; only ReadyForQuery is still to come. */
  hasFailed: boolean;
  isBarrier: boolean;
  /** The gate's `now` when it was sent. */
  sent: number;
  /** The server comes to it only when it is done with something else. */
  isLater: boolean;
  /** Of what the client sent as one text: characters in front of the part that this is about. */
  offset: number;
  /** Numbers what is between one Sync (or Query) and the next. */
  unit: number;
  /** Of the last command that completed. */
  tag: string | null;
  /** The client was told of an error that the server does not know of: the transaction has to be made to fail. */
  mustFail: boolean;
  /** Part of a statement of the proxy's own. */
  internal: Internal | null;
};

export function expectation(kind: ExpectKind, given: Partial<Expect> = {}): Expect {
  return {
    kind,
    name: given.name ?? '',
    ruling: given.ruling ?? null,
    prepared: given.prepared ?? null,
    portal: given.portal ?? null,
    run: given.run ?? null,
    statementIndex: 0,
    isInjected: given.isInjected ?? false,
    refused: given.refused ?? null,
    isMuted: given.isMuted ?? false,
    stopped: null,
    hasFailed: false,
    isBarrier: given.isBarrier ?? false,
    sent: 0,
    isLater: false,
    offset: 0,
    unit: 0,
    tag: null,
    mustFail: false,
    internal: given.internal ?? null,
  };
}

/** When the statement at hand was sent. */
export const sentAs = ({ sent, isLater, statementIndex }: Expect): Sent => ({
  sent,
  isLater: isLater || statementIndex > 0,
});

/** A first-in-first-out queue that also takes back what was put in last. */
export class ExpectQueue {
  #entries: Expect[] = [];
  #head = 0;
  #barriers = 0;
  /** Entries there ever were: it changes with everything that is sent. */
  pushed = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  get hasBarrier(): boolean {
    return this.#barriers > 0;
  }

  get head(): Expect | null {
    return this.#entries[this.#head] ?? null;
  }

  push(entry: Expect): void {
    this.pushed += 1;
    if (entry.isBarrier) this.#barriers += 1;
    this.#entries.push(entry);
  }

  shift(): Expect | null {
    const entry = this.#entries[this.#head];
    if (entry === undefined) return null;
    this.#head += 1;
    if (entry.isBarrier) this.#barriers -= 1;
    if (this.#head === this.#entries.length) {
      this.#entries.length = 0;
      this.#head = 0;
    } else if (this.#head > 512) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** Takes back the newest until `length` are left, and gives them. */
  truncate(length: number): Expect[] {
    const taken = this.#entries.splice(this.#head + length);
    for (const entry of taken) if (entry.isBarrier) this.#barriers -= 1;
    return taken;
  }

  *[Symbol.iterator](): IterableIterator<Expect> {
    for (let index = this.#head; index < this.#entries.length; index += 1) yield this.#entries[index] as Expect;
  }
}
