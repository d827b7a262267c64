/**
 * Where in a chunk of many values something may be that detectors look for, found for all of them at once, 16 bytes at a time: most
 * values of a large result are let go by a look at some bits. What `look-ahead.ts` says of one value holds here of any part of the
 * chunk, wherever its values begin and end.
 */
import { glanceModule, windowBytes } from './glance-module.ts';

/** Of fewer bytes each value is looked at by itself. */
const worthBytes = 4 * 1024;

type Program = { input: Uint8Array; bits: Uint32Array; look(length: number): void };

/** Null on a processor without vectors. */
function load(): Program | null {
  const code = Buffer.from(glanceModule, 'base64');
  if (!WebAssembly.validate(code)) return null;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code));
  const { memory, look } = exports as { memory: WebAssembly.Memory; look: Program['look'] };
  return {
    input: new Uint8Array(memory.buffer, 0, windowBytes),
    bits: new Uint32Array(memory.buffer, windowBytes, windowBytes / 32),
    look,
  };
}

export class ChunkGlance {
  readonly #program = load();
  #chunk: Uint8Array | null = null;
  #end = 0;
  /** Of the chunk, [from, to) has been looked at. */
  #from = 0;
  #to = 0;

  /** Until `close`, nobody changes `chunk[0, end)`. What an earlier chunk was is forgotten. */
  open(chunk: Uint8Array, end: number): void {
    this.#chunk = chunk;
    this.#end = end;
    this.#from = 0;
    this.#to = 0;
  }

  close(): void {
    this.#chunk = null;
  }

  /**
   * False when no number, token or IBAN that detectors know is in `bytes[start, end)`: not for a telephone number or an e-mail
   * address. True of bytes that are not those of the open chunk.
   */
  mayHold(bytes: Uint8Array, start: number, end: number): boolean {
    if (bytes !== this.#chunk || end > this.#end) return true;
    if (start < this.#from || end > this.#to) {
      if (!this.#lookFrom(start) || end > this.#to) return true;
    }
    return this.#hasBit(start - this.#from, end - this.#from);
  }

  #lookFrom(start: number): boolean {
    const length = Math.min(this.#end - start, windowBytes);
    if (this.#program === null || this.#chunk === null || length < worthBytes) return false;
    this.#program.input.set(this.#chunk.subarray(start, start + length));
    this.#program.look(length);
    this.#from = start;
    this.#to = start + length;
    return true;
  }

  #hasBit(from: number, to: number): boolean {
    const bits = this.#program?.bits;
    if (bits === undefined || from >= to) return from < to;
    const first = from >>> 5;
    const last = (to - 1) >>> 5;
    const behindFrom = -1 << (from & 31);
    const beforeTo = -1 >>> (31 - ((to - 1) & 31));
    if (first === last) return ((bits[first] as number) & behindFrom & beforeTo) !== 0;
    if (((bits[first] as number) & behindFrom) !== 0 || ((bits[last] as number) & beforeTo) !== 0) return true;
    for (let at = first + 1; at < last; at += 1) if (bits[at] !== 0) return true;
    return false;
  }
}

/** One for the process: what is looked at is looked at without a pause. */
export const chunkGlance = new ChunkGlance();
