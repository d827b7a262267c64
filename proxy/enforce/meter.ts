/** Counts the rows of one result against the limits of its statement and the budgets it draws from, and says what ends it. */
import type { EndedBy } from '#core/event/schema.ts';
import type { BudgetShare, Limit, StatementLimits } from '#core/policy/decision.ts';
import { amountWords, grouped, windowWords } from '#core/policy/words.ts';
import { refusal } from '../postgres/session/refusal.ts';
import type { Refused } from '../postgres/session/ruling.ts';
import { type BudgetEntry, type Budgets, windowEnd } from './budgets.ts';

/** Why a statement is ended, for the client and for the log. */
export type Stop = { refused: Refused; endedBy: EndedBy };

type Drawn = { share: BudgetShare; entry: BudgetEntry | null };

/** A long result may reach into the next window: entries are looked up again after so many rows. */
const renewRows = 1024;

export class Meter {
  readonly #limits: StatementLimits;
  readonly #budgets: Budgets;
  readonly #nowMs: () => number;
  readonly #rowsMax: number;
  readonly #bytesMax: number;
  #drawn: Drawn[] = [];
  rows = 0;
  bytes = 0;

  constructor(limits: StatementLimits, budgets: Budgets, nowMs: () => number) {
    this.#limits = limits;
    this.#budgets = budgets;
    this.#nowMs = nowMs;
    this.#rowsMax = limits.rows?.max ?? Number.POSITIVE_INFINITY;
    this.#bytesMax = limits.bytes?.max ?? Number.POSITIVE_INFINITY;
    this.#renew();
  }

  /** Of the same result, by other limits perhaps: what it gave before counts, and was taken from the budgets of then. */
  goingOnFrom(before: Meter | null): this {
    if (before === null) return this;
    this.rows = before.rows;
    this.bytes = before.bytes;
    return this;
  }

  #renew(): void {
    const nowMs = this.#nowMs();
    this.#drawn = this.#limits.budgets.map(share => ({ share, entry: this.#budgets.entry(share, nowMs) }));
  }

  /** Whether one more row of so many bytes may pass; it is not counted yet. */
  admits(bytes: number): boolean {
    if (this.rows >= this.#rowsMax || this.bytes + bytes > this.#bytesMax) return false;
    const drawn = this.#drawn;
    for (let index = 0; index < drawn.length; index += 1) if (isSpent(drawn[index] as Drawn, bytes)) return false;
    return true;
  }

  count(bytes: number, rows = 1): void {
    const turns = Math.floor(this.rows / renewRows);
    this.rows += rows;
    this.bytes += bytes;
    const drawn = this.#drawn;
    for (let index = 0; index < drawn.length; index += 1) {
      const { share, entry } = drawn[index] as Drawn;
      if (entry === null) continue;
      entry.used += share.unit === 'bytes' ? bytes : share.perRow * rows;
      entry.isDirty = true;
      entry.isUnsaved = true;
    }
    if (drawn.length > 0 && Math.floor(this.rows / renewRows) !== turns) this.#renew();
  }

  /** Whether so many rows may pass together; where not, each has to be asked about. */
  admitsAll(rows: number, bytes: number): boolean {
    if (this.rows + rows > this.#rowsMax || this.bytes + bytes > this.#bytesMax) return false;
    return !this.#drawn.some(drawn => isSpent(drawn, bytes, rows));
  }

  /** Why `admits` said no. */
  stop(bytes: number): Stop {
    const { rows, bytes: size } = this.#limits;
    if (rows !== null && this.rows >= rows.max) return amountStop('rows', rows);
    if (size !== null && this.bytes + bytes > size.max) return amountStop('bytes', size);
    const spent = this.#drawn.find(drawn => isSpent(drawn, bytes));
    return budgetStop(spent?.share ?? (this.#limits.budgets[0] as BudgetShare), this.#nowMs());
  }
}

const isSpent = ({ share, entry }: Drawn, bytes: number, rows = 1): boolean =>
  entry === null || entry.used + entry.others + (share.unit === 'bytes' ? bytes : share.perRow * rows) > share.max;

/** The first budget that has nothing left for one more row. */
export function spentBudget(limits: StatementLimits, budgets: Budgets, nowMs: number): BudgetShare | null {
  return limits.budgets.find(share => isSpent({ share, entry: budgets.entry(share, nowMs) }, 1)) ?? null;
}

const withReason = (reason: string | null) => (reason === null ? {} : { detail: reason });

function amountStop(unit: 'rows' | 'bytes', { max, rule, reason }: Limit): Stop {
  const failure = {
    code: 'row_limit' as const,
    message: `the result was ended: rule ${rule} lets one statement return at most ${amountWords(unit, max)}`,
    ...withReason(reason),
    hint: 'Ask for less: narrow it down, aggregate in the database, or read in pages with a key and LIMIT.',
  };
  return { refused: refusal(failure, rule), endedBy: { rule, limit: unit, max } };
}

export function durationStop({ max, rule, reason }: Limit): Stop {
  const failure = {
    code: 'statement_timeout' as const,
    message: `canceling statement due to a limit: rule ${rule} lets a statement run for at most ${grouped(max)} s`,
    ...withReason(reason),
    hint: 'Ask for less, or for an index that helps.',
  };
  return { refused: refusal(failure, rule), endedBy: { rule, limit: 'durationSeconds', max } };
}

/** More rows changed than a threshold lets pass without being asked about, or about more than was agreed to. */
export function affectedStop(max: number, affected: number): Stop {
  const failure = {
    code: 'row_limit' as const,
    message: `the statement changed ${grouped(affected)} rows, more than the ${grouped(max)} that policy lets pass: the transaction is failed`,
    hint: 'Roll back, and run it in a transaction of its own, where it can be counted before.',
  };
  return { refused: refusal(failure, 'affected-rows'), endedBy: { rule: 'affected-rows', limit: 'affectedRows', max } };
}

export function budgetStop(share: BudgetShare, nowMs: number): Stop {
  const { rule, reason, unit, max, windowMinutes, identity } = share;
  const endsAt = windowEnd({ startsAt: nowMs - (nowMs % (windowMinutes * 60_000)), windowMinutes });
  const failure = {
    code: 'budget_exhausted' as const,
    message: `the budget of "${identity.login}" is used up: rule ${rule} gives ${amountWords(unit, max)} ${windowWords(windowMinutes)}`,
    ...withReason(reason),
    hint: `It begins anew at ${new Date(endsAt).toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
  };
  return { refused: refusal(failure, rule), endedBy: { rule, limit: 'budget', max } };
}
