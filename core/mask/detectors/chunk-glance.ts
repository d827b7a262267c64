/**
 * Where in a chunk of many values something may be that detectors look for, found for all of them at once, 16 bytes at a time: most
 * values of a large result are let go by a look at some bits. What `look-ahead.ts` says of one value holds here of any part of the
 * chunk, wherever its values begin and end.
 */
import {
  bitsAt,
  columnsAt,
  columnsMax,
  endAt,
  gatheredAt,
  glanceModule,
  growthMax,
  nullsAt,
  placesAt,
  placesMax,
  sizesAt,
  valuesAt,
  windowBytes,
} from './glance-module.ts';

export { asked, growthMax, placesMax } from './glance-module.ts';

/** Of fewer bytes each value is looked at by itself. */
const worthBytes = 4 * 1024;

/** Rows in one chunk that were refused one after the other before it is no longer tried there. */
const missesMax = 8;

type Program = {
  input: Uint8Array;
  bits: Uint32Array;
  columns: Uint8Array;
  nulls: Uint32Array;
  places: Uint32Array;
  sizes: Int32Array;
  values: Uint8Array;
  gathered: Uint8Array;
  /** Holds one. */
  end: Uint32Array;
  look(length: number): void;
  walk(at: number, end: number, columns: number, rowsMax: number): number;
  gather(at: number, end: number, rows: number, masks: number): number;
};

/** Rows that stand one behind the other, the first of them where it was asked for. */
export type RowRun = {
  rows: number;
  /** Where the next one would begin. */
  end: number;
  /** Of each column, in how many of them it is NULL; valid until the next call, as all that follows. */
  nulls: Uint32Array;
  /** Row by row, where the values that were asked for are, from their length on, less `shift`. */
  places: Uint32Array;
  shift: number;
  /** Their lengths in bytes, -1 for NULL. For `gather`: the lengths of what takes their places, or `unchanged` (`writer.ts`). */
  sizes: Int32Array;
  /** For `gather`: what takes their places, one behind the other. There is room for them if they are `growthMax` longer together. */
  values: Uint8Array;
};

/** Null on a processor without vectors. */
function load(): Program | null {
  const code = Buffer.from(glanceModule, 'base64');
  if (!WebAssembly.validate(code)) return null;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code));
  const { memory, look, walk, gather } = exports as Pick<Program, 'look' | 'walk' | 'gather'> & {
    memory: WebAssembly.Memory;
  };
  return {
    input: new Uint8Array(memory.buffer, 0, windowBytes),
    bits: new Uint32Array(memory.buffer, bitsAt, windowBytes / 32),
    columns: new Uint8Array(memory.buffer, columnsAt, columnsMax),
    nulls: new Uint32Array(memory.buffer, nullsAt, columnsMax),
    places: new Uint32Array(memory.buffer, placesAt, placesMax),
    sizes: new Int32Array(memory.buffer, sizesAt, placesMax),
    values: new Uint8Array(memory.buffer, valuesAt, windowBytes + growthMax),
    gathered: new Uint8Array(memory.buffer, gatheredAt, windowBytes + growthMax),
    end: new Uint32Array(memory.buffer, endAt, 1),
    look,
    walk,
    gather,
  };
}

export class ChunkGlance {
  readonly #program = load();
  #chunk: Uint8Array | null = null;
  #end = 0;
  /** Of the chunk, [from, to) has been looked at. */
  #from = 0;
  #to = 0;
  /** What stands in the program's memory for the columns of a row. */
  #columns: Uint8Array | null = null;
  #misses = 0;

  /** Until `close`, nobody changes `chunk[0, end)`. What an earlier chunk was is forgotten. */
  open(chunk: Uint8Array, end: number): void {
    this.#chunk = chunk;
    this.#end = end;
    this.#from = 0;
    this.#to = 0;
    this.#misses = 0;
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

  /**
   * DataRow messages (type `D`) from `start` on that are whole, at most `rowsMax`, each with a value for each of `columns` that
   * ends where the message does, and with none that may hold something where `columns` asks for a glance. Null where there is no
   * such row. Of columns whose places are asked for there must not be more than `placesMax` values in so many rows.
   */
  walkRows(bytes: Uint8Array, start: number, columns: Uint8Array, rowsMax: number): RowRun | null {
    if (bytes !== this.#chunk || columns.length > columnsMax || this.#misses > missesMax) return null;
    if ((start < this.#from || start >= this.#to) && !this.#lookFrom(start)) return null;
    const program = this.#program;
    if (program === null) return null;
    if (columns !== this.#columns) {
      program.columns.set(columns);
      this.#columns = columns;
    }
    const nulls = program.nulls.fill(0, 0, columns.length);
    const rows = program.walk(start - this.#from, this.#to - this.#from, columns.length, rowsMax);
    if (rows === 0) {
      this.#misses += 1;
      return null;
    }
    this.#misses = 0;
    const { places, sizes, values } = program;
    return { rows, end: this.#from + (program.end[0] as number), nulls, places, shift: this.#from, sizes, values };
  }

  /** The rows that were found at `start` by the last `walkRows`, with other values; valid until the next call. */
  gather({ rows, end, shift }: RowRun, start: number, masks: number): Uint8Array {
    const program = this.#program;
    if (program === null) throw new Error('rows were found by nobody');
    return program.gathered.subarray(0, program.gather(start - shift, end - shift, rows, masks));
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
