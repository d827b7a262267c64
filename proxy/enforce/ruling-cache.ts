/**
 * Rulings by what they depend on: first who decides under what (the context), then the exact text. Bounded by weight; what was not
 * used for one whole generation is forgotten.
 */
import type { Ruling } from '../postgres/session/ruling.ts';

/** Characters of keys, fragments and normalised texts in one generation. */
const weightMax = 24 * 1024 * 1024;
const entriesMax = 20_000;
/** What a ruling weighs besides its texts. */
const entryWeight = 4_000;
const contextsMax = 2_000;

export class Bucket {
  young = new Map<string, Ruling>();
  old = new Map<string, Ruling>();
  generation = 0;
}

export class RulingCache {
  readonly #contexts = new Map<string, Bucket>();
  #generation = 0;
  #weight = 0;
  #entries = 0;

  bucket(contextKey: string): Bucket {
    const known = this.#contexts.get(contextKey);
    if (known !== undefined) return known;
    if (this.#contexts.size >= contextsMax) this.#forgetContexts();
    const bucket = new Bucket();
    bucket.generation = this.#generation;
    this.#contexts.set(contextKey, bucket);
    return bucket;
  }

  get(bucket: Bucket, key: string): Ruling | null {
    if (bucket.generation !== this.#generation) this.#age(bucket);
    const found = bucket.young.get(key);
    if (found !== undefined) return found;
    const older = bucket.old.get(key);
    if (older === undefined) return null;
    this.put(bucket, key, older);
    return older;
  }

  put(bucket: Bucket, key: string, ruling: Ruling): void {
    if (this.#weight > weightMax || this.#entries > entriesMax) {
      this.#nextGeneration();
    }
    if (bucket.generation !== this.#generation) this.#age(bucket);
    bucket.young.set(key, ruling);
    this.#weight += entryWeight + key.length + ruling.fragment.length * 2;
    this.#entries += 1;
  }

  #nextGeneration(): void {
    this.#generation += 1;
    this.#weight = 0;
    this.#entries = 0;
    for (const [key, bucket] of this.#contexts) {
      if (bucket.generation + 1 < this.#generation) this.#contexts.delete(key);
    }
  }

  #age(bucket: Bucket): void {
    bucket.old = bucket.generation + 1 === this.#generation ? bucket.young : new Map();
    bucket.young = new Map();
    bucket.generation = this.#generation;
  }

  /** Sessions hold on to their bucket; only others cannot find it any more. */
  #forgetContexts(): void {
    const oldest = [...this.#contexts.keys()].slice(0, contextsMax / 2);
    for (const key of oldest) this.#contexts.delete(key);
  }
}
