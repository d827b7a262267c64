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
  /** Appends the masked form of `chunk[start, end)` to the sink, as far as it is complete. */
  push(chunk: Uint8Array, start: number, end: number, out: ByteSink): Result<null>;
  /** At CopyDone: fails when the data ended in the middle of something. */
  end(out: ByteSink): Result<null>;
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
export function copyMasker(plan: RowPlan, format: CopyFormat): CopyMasker {
  let machine: CopyMachine | null = null;
  let failed: Result<null> | null = null;
  const run = (step: () => void): Result<null> => {
    if (failed !== null) return failed;
    try {
      step();
      return ok(null);
    } catch (error) {
      if (!(error instanceof CopyFormatError)) throw error;
      failed = fail('unresolved', `the server's COPY data is not as announced: ${error.message}`);
      return failed;
    }
  };
  const tally = plan.detection?.tally() ?? null;
  plan.detection?.countIn(tally);
  run(() => {
    machine = machineOf(plan, format);
  });
  return {
    tally,
    push: (chunk, start, end, out) => run(() => machine?.push(chunk, start, end, out)),
    end: out => run(() => machine?.end(out)),
    get cells() {
      return machine?.cells ?? 0;
    },
    get rows() {
      return machine?.rows ?? 0;
    },
  };
}
