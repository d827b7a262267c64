/** Keeps what was counted against budgets over a restart, in one small file that is replaced as a whole. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { z } from 'zod';
import { budgetUseSchema } from '#core/contract/proxy.ts';
import { type Budgets, budgetEntriesMax } from './budgets.ts';

const fileName = 'budgets.json';
const fileSchema = z.object({ instance: z.uuid(), uses: z.array(budgetUseSchema).max(budgetEntriesMax) });

/** How often what has changed is written: a crash forgets no more than that. */
export const saveEveryMs = 1_000;

export class BudgetFile {
  readonly #path: string;
  readonly #budgets: Budgets;
  readonly #nowMs: () => number;
  #onError: (reason: string) => void = () => {};
  #timer: NodeJS.Timeout | null = null;
  /** Names the counters: what was lost with the file stays counted elsewhere under the id it had. */
  readonly instance: string;

  /** A file that cannot be read is one that is lost. */
  constructor({ directory, budgets, nowMs }: { directory: string; budgets: Budgets; nowMs: () => number }) {
    this.#path = `${directory}/${fileName}`;
    this.#budgets = budgets;
    this.#nowMs = nowMs;
    const found = readFile(this.#path);
    this.instance = found?.instance ?? randomUUID();
    budgets.restore(found?.uses ?? [], nowMs());
  }

  /** `onError` hears of a disk that does not take the file; counting goes on. */
  start(onError: (reason: string) => void): void {
    this.#onError = onError;
    this.#timer ??= setInterval(() => this.#trySave(), saveEveryMs);
    this.#timer.unref();
  }

  #trySave(): void {
    try {
      this.save();
    } catch (error) {
      this.#onError(error instanceof Error ? error.message : String(error));
    }
  }

  /** Writes what has changed; nothing when nothing has. */
  save(): void {
    if (!this.#budgets.takeUnsaved()) return;
    const text = JSON.stringify({ instance: this.instance, uses: this.#budgets.uses(this.#nowMs()) });
    const draft = `${this.#path}.new`;
    fs.writeFileSync(draft, text, { mode: 0o600 });
    fs.renameSync(draft, this.#path);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#trySave();
  }
}

function readFile(path: string): z.infer<typeof fileSchema> | null {
  try {
    const parsed = fileSchema.safeParse(JSON.parse(fs.readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
