/**
 * Masks COPY OUT as it streams by: text, CSV and binary, whatever the cuts between messages. What is not masked passes byte for byte;
 * of what is masked nothing leaves before its end is seen. Formats are those of PostgreSQL's COPY documentation.
 */
import { fail, ok, type Result } from '../contract/error.ts';
import { BinaryCopy } from './copy-binary.ts';
import { CsvCopy } from './copy-csv.ts';
import { type CopyFormat, CopyFormatError, type CopyMachine } from './copy-machine.ts';
import { TextCopy } from './copy-text.ts';
import type { Tally } from './detectors/tally.ts';
import type { RowPlan } from './plan.ts';
import type { ByteSink } from './sink.ts';

/** One transfer. It fails closed: after a failure it gives nothing more. */
export type CopyMasker = {
  /**
   * Appends the masked form of `chunk[start, end)` to the sink, as far as it is complete. True when it was whole rows that pass as
   * they are: then it appends nothing.
   */
  push(chunk: Uint8Array, start: number, end: number, out: ByteSink): Result<boolean>;
  /** At CopyDone: fails when the data ended in the middle of something. */
  end(): Result<null>;
  /** Values masked so far, NULLs not counted. */
  readonly cells: number;
  readonly rows: number;
  /** What detectors found; null without any. */
  readonly tally: Tally | null;
};

function machineOf(plan: RowPlan, format: CopyFormat): CopyMachine {
  switch (format.format) {
    case 'text':
      return new TextCopy(plan.writers, format);
    case 'csv':
      return new CsvCopy(plan.writers, format);
    case 'binary':
      return new BinaryCopy(plan.writers);
  }
}

/** `plan` has one entry per column of the COPY, planned for this transfer with format 1 for binary and 0 for text and CSV. */
export const copyMasker = (plan: RowPlan, format: CopyFormat): CopyMasker => new Masker(plan, format);

const passed = ok(true);
const masked = ok(false);
const ended = ok(null);

class Masker implements CopyMasker {
  readonly tally: Tally | null;
  #machine: CopyMachine | null = null;
  #failed: Result<never> | null = null;

  constructor(plan: RowPlan, format: CopyFormat) {
    this.tally = plan.detection?.tally() ?? null;
    plan.detection?.countIn(this.tally);
    try {
      this.#machine = machineOf(plan, format);
    } catch (error) {
      this.#fail(error);
    }
  }

  push(chunk: Uint8Array, start: number, end: number, out: ByteSink): Result<boolean> {
    if (this.#failed !== null) return this.#failed;
    try {
      return this.#machine?.push(chunk, start, end, out) === true ? passed : masked;
    } catch (error) {
      return this.#fail(error);
    }
  }

  end(): Result<null> {
    if (this.#failed !== null) return this.#failed;
    try {
      this.#machine?.end();
      return ended;
    } catch (error) {
      return this.#fail(error);
    }
  }

  get cells(): number {
    return this.#machine?.cells ?? 0;
  }

  get rows(): number {
    return this.#machine?.rows ?? 0;
  }

  #fail(error: unknown): Result<never> {
    if (!(error instanceof CopyFormatError)) throw error;
    this.#failed = fail('unresolved', `the server's COPY data is not as announced: ${error.message}`);
    return this.#failed;
  }
}
