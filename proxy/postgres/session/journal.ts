/** Writes the session's events: what was decided before it goes anywhere, and what became of it. Strings only; the recorder does the rest. */
import type { EndedBy, Sealed } from '#core/event/schema.ts';
import type { Clock, HoldDesk, Recorder } from '#proxy/ports.ts';
import type { Finds } from './finds.ts';
import type { Ruling } from './ruling.ts';

/** One execution of a message of statements, from its record to its completion. */
export type Run = {
  /** 1, 2, 3 … in the session. */
  number: number;
  startUs: number;
  rows: number;
  bytes: number;
  maskedCells: number;
  /** Null as long as no value was looked at. */
  finds: Finds | null;
  /** The request that approved it, for the report on what became of it. */
  requestId: string | null;
  /** The request let it run; what becomes of it is reported. */
  isApproved: boolean;
  /** Rows changed, where a policy asks. */
  affected: number;
  /** How many an approval lets change, where it was given for so many; null: any number. */
  affectedMax: number | null;
  /** The limit that stopped it. */
  endedBy: EndedBy | null;
  isCompleted: boolean;
};

export type Outcome = 'ok' | 'error' | 'refused' | 'cancelled' | 'unknown';

export type Totals = { statements: number; rows: number; bytesIn: number; bytesOut: number };

type JournalPorts = { recorder: Recorder; clock: Clock; report: HoldDesk['report'] };

/** Transaction resolution unknown. */
const unknownState = '08007';

/** The number at the end of a tag: rows read or changed. */
export const rowsOf = (tag: string | null): number => Number(/ (\d+)$/.exec(tag ?? '')?.[1] ?? 0);

export type DecidedDetails = {
  protocol: 'simple' | 'extended' | 'internal';
  /** Literals that the ruling's fragment does not carry. */
  literals: Sealed | null;
  requestId: string | null;
};

export class Journal {
  readonly #recorder: Recorder;
  readonly #clock: Clock;
  readonly #report: HoldDesk['report'];
  readonly #session: string;
  #lastTag: string | null = null;
  #lastTagJson = 'null';
  readonly totals: Totals = { statements: 0, rows: 0, bytesIn: 0, bytesOut: 0 };

  constructor(sessionId: string, ports: JournalPorts) {
    this.#recorder = ports.recorder;
    this.#clock = ports.clock;
    this.#report = ports.report;
    this.#session = `"session":${JSON.stringify(sessionId)},"statement":`;
  }

  /** Records the decision. The caller commits before it forwards. */
  decided(ruling: Ruling, details: DecidedDetails): Run {
    this.totals.statements += 1;
    const number = this.totals.statements;
    const request = details.requestId === null ? 'null' : `"${details.requestId}"`;
    // A shared ruling leaves them to each run, also where there are none: without the member the event is not one.
    const isOwn = ruling.isShared || details.literals !== null;
    const literals = isOwn ? `,"literals":${sealedJson(details.literals)}` : '';
    this.#recorder.appendFragment(
      ruling.fragment,
      `${this.#session}${number},"protocol":"${details.protocol}","requestId":${request}${literals}`,
    );
    return {
      number,
      startUs: this.#clock.nowUs(),
      rows: 0,
      bytes: 0,
      maskedCells: 0,
      finds: null,
      requestId: details.requestId,
      isApproved: false,
      affected: 0,
      affectedMax: null,
      endedBy: null,
      isCompleted: false,
    };
  }

  /** Once per run; later calls do nothing. */
  completed(run: Run, outcome: Outcome, result: { tag: string | null; sqlstate: string | null }): void {
    if (run.isCompleted) return;
    run.isCompleted = true;
    this.totals.rows += run.rows;
    const durationUs = Math.max(0, Math.round(this.#clock.nowUs() - run.startUs));
    const tag = this.#tagJson(result.tag);
    const sqlstate = result.sqlstate === null ? 'null' : JSON.stringify(result.sqlstate.slice(0, 5));
    this.#recorder.appendFragment(
      '"type":"statement.completed"',
      `${this.#session}${run.number},"outcome":"${outcome}","tag":${tag},"rows":${run.rows},"bytes":${run.bytes},` +
        `"maskedCells":${run.maskedCells},"durationUs":${durationUs},"sqlstate":${sqlstate}${endOf(run)}${findsOf(run)}`,
    );
    if (run.requestId !== null && run.isApproved) this.#tell(run.requestId, outcome, result);
  }

  /** Whatever the end was: a request of which nothing is heard looks as if it was still running. */
  #tell(requestId: string, outcome: Outcome, { tag, sqlstate }: { tag: string | null; sqlstate: string | null }): void {
    this.#report(requestId, {
      outcome: outcome === 'ok' || outcome === 'cancelled' ? outcome : 'error',
      rows: rowsOf(tag),
      sqlstate: outcome === 'unknown' ? unknownState : sqlstate,
    });
  }

  /** Sessions say the same again and again. */
  #tagJson(tag: string | null): string {
    if (tag !== this.#lastTag) {
      this.#lastTag = tag;
      this.#lastTagJson = tag === null ? 'null' : JSON.stringify(tag.slice(0, 64));
    }
    return this.#lastTagJson;
  }
}

/** All of it is base64url and a UUID: nothing to escape. */
const sealedJson = (sealed: Sealed | null): string =>
  sealed === null ? 'null' : `{"key":"${sealed.key}","iv":"${sealed.iv}","data":"${sealed.data}"}`;

function findsOf({ finds }: Run): string {
  return finds === null || finds.isEmpty ? '' : `,"detected":${JSON.stringify(finds.entries())}`;
}

const endOf = ({ endedBy }: Run): string => (endedBy === null ? '' : `,"endedBy":${JSON.stringify(endedBy)}`);
