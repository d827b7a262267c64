/**
 * Rulings by what they depend on: first who decides under what (the context), then the exact text. Bounded by weight; what was not
 * used for one whole generation is forgotten.
 */
import type { Ruling } from '../postgres/session/ruling.ts';
import { weightOfRuling } from '../postgres/session/weight.ts';

/** Bytes, as far as they can be told, in one generation. */
const weightMax = 64 * 1024 * 1024;
const entriesMax = 20_000;
/** What a ruling weighs besides its texts. */
const entryWeight = 4_000;
const contextsMax = 2_000;
/** Rulings keep the catalog that they were made under, and every session with tables of its own has one, which is new with each change. */
const catalogsMax = 32;

/** Texts and templates look alike, so they are kept apart. */
class Shelf {
  readonly text = new Map<string, Ruling>();
  readonly template = new Map<string, Ruling>();
}

/** An exact text, or one with its integers left out. */
export type KeyKind = keyof Shelf;

export class Bucket {
  young = new Shelf();
  old = new Shelf();
  generation = 0;
}

export class RulingCache {
  readonly #contexts = new Map<string, Bucket>();
  /** The contexts of each catalog, the one that was asked for last at the end. */
  readonly #catalogs = new Map<object, Set<string>>();
  #generation = 0;
  #weight = 0;
  #entries = 0;

  bucket(contextKey: string, catalog: object): Bucket {
    this.#keep(contextKey, catalog);
    const known = this.#contexts.get(contextKey);
    if (known !== undefined) return known;
    if (this.#contexts.size >= contextsMax) this.#forgetContexts();
    const bucket = new Bucket();
    bucket.generation = this.#generation;
    this.#contexts.set(contextKey, bucket);
    return bucket;
  }

  get(bucket: Bucket, kind: KeyKind, key: string): Ruling | null {
    if (bucket.generation !== this.#generation) this.#age(bucket);
    const found = bucket.young[kind].get(key);
    if (found !== undefined) return found;
    const older = bucket.old[kind].get(key);
    if (older === undefined) return null;
    this.put(bucket, { kind, key }, older);
    return older;
  }

  put(bucket: Bucket, { kind, key }: { kind: KeyKind; key: string }, ruling: Ruling): void {
    if (this.#weight > weightMax || this.#entries > entriesMax) {
      this.#nextGeneration();
    }
    if (bucket.generation !== this.#generation) this.#age(bucket);
    bucket.young[kind].set(key, ruling);
    this.#weight += entryWeight + key.length + weightOfRuling(ruling);
    this.#entries += 1;
  }

  #nextGeneration(): void {
    this.#generation += 1;
    this.#weight = 0;
    this.#entries = 0;
    for (const [key, bucket] of this.#contexts) {
      if (bucket.generation + 1 < this.#generation) this.#forget(key);
    }
  }

  #age(bucket: Bucket): void {
    bucket.old = bucket.generation + 1 === this.#generation ? bucket.young : new Shelf();
    bucket.young = new Shelf();
    bucket.generation = this.#generation;
  }

  #keep(contextKey: string, catalog: object): void {
    const keys = this.#catalogs.get(catalog) ?? new Set();
    this.#catalogs.delete(catalog);
    this.#catalogs.set(catalog, keys.add(contextKey));
    const [oldest] = this.#catalogs;
    if (this.#catalogs.size <= catalogsMax || oldest === undefined) return;
    this.#catalogs.delete(oldest[0]);
    for (const key of oldest[1]) this.#contexts.delete(key);
  }

  /** Sessions hold on to their bucket; only others cannot find it any more. */
  #forgetContexts(): void {
    const oldest = [...this.#contexts.keys()].slice(0, contextsMax / 2);
    for (const key of oldest) this.#forget(key);
  }

  #forget(contextKey: string): void {
    this.#contexts.delete(contextKey);
    for (const keys of this.#catalogs.values()) keys.delete(contextKey);
  }
}
