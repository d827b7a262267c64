/**
 * What the session has to know about one message of statements in order to carry out the decision on it. Made once by the gate
 * and shared by every run of the same text, so nothing in it may belong to one run or one session.
 */
import type { Failure } from '#core/contract/error.ts';
import type { CopyMasker } from '#core/mask/copy.ts';
import type { Hiding } from '#core/mask/detectors/hide.ts';
import type { RowPlan as MaskPlan } from '#core/mask/plan.ts';
import type { Limit, StatementLimits } from '#core/policy/decision.ts';
import type { SessionEffect, StatementAnalysis } from '#core/sql/analysis.ts';
import type { Verdict } from '#proxy/ports.ts';
import type { WireColumn } from '../wire/row-description.ts';

/** What to do to each DataRow of one result; without masks values pass. */
export type RowPlan = { columns: number; masks: MaskPlan | null };

/** The server described another result than the analysis did. */
export type Disagreement = { disagreement: string };

export type StatementRuling = {
  analysis: StatementAnalysis;
  /** Server messages may carry classified values while this runs. */
  isSensitive: boolean;
  /** For what the server says while this runs; null: nothing in it has to be hidden. */
  hiding: Hiding | null;
  hasMasks: boolean;
  /** What bounds it; null where nothing does. */
  limits: StatementLimits | null;
  /** Compares the server's description with the analysis and plans the masks. */
  planRows(columns: readonly WireColumn[]): RowPlan | Disagreement;
  /** Null: the data passes as it is. A new one for each run. */
  planCopy(columns: number): CopyMasker | Disagreement | null;
  /** The last description the server gave, and what it led to. */
  lastShape: { bytes: Uint8Array; plan: RowPlan } | null;
};

export type Ruling = Verdict & {
  /** The statement as it was sent, one character per byte; types that Parse declared stand behind a NUL. */
  key: string;
  /** Who decided under which policies, catalog and settings; compared by identity. */
  context: object;
  /** Says that there is no ruling now; it may be asked for again at once. */
  isTransient: boolean;
  /** Names statements or cursors of this session, whose meaning may change. */
  isSessionBound: boolean;
  statements: readonly StatementRuling[];
  isSensitive: boolean;
  /** Serves texts that differ in their literals: these are recorded with each run. */
  isShared: boolean;
  /** Set when the statement is refused: what the client is told. */
  refusal: Refused | null;
  /** COPY FROM STDIN: what the client sends next belongs to it. */
  wantsCopyData: boolean;
  /** Later statements cannot be analysed before the server has confirmed this one. */
  isBarrier: boolean;
  /** COMMIT, ROLLBACK and the like. */
  endsTransaction: boolean;
  /** PostgreSQL accepts nothing but these in a failed transaction. */
  isTransactionExit: boolean;
  /** Before each run somebody has to be asked: people for their approval, or the database for a number of rows. */
  asks: boolean;
  /** Where people may be asked: what the objects that it touches are by definition. Empty where nobody is. */
  definitions: string;
  /** The decision holds for as few rows as pass; what it is for as many as there are is found out before each run. */
  counts: boolean;
  /** It changes more than the session. */
  hasEffects: boolean;
  /** How long the whole message may take; null: as long as it likes. */
  duration: Limit | null;
};

/** What a client is told instead of an answer. */
export type Refused = {
  failure: Failure;
  /** SQLSTATE, when it is not the one of the failure's code. */
  sqlstate?: string;
  /** The rule, for the server's log; only [a-z0-9/_-]. */
  rule: string;
  /** The server's error is the right one but for what it says: it keeps its place in the server's source. */
  keepsOrigin?: boolean;
};

/** The text of a key, and the parameter types that Parse declared with it. */
export function splitKey(key: string): { text: string; types: string } {
  const at = key.indexOf('\0');
  return at < 0 ? { text: key, types: '' } : { text: key.slice(0, at), types: key.slice(at + 1) };
}

/** Settings that later analyses depend on, or that the session itself obeys. */
const watchedSettings = new Set(['search_path', 'role', 'session_authorization', 'weir.wait']);

/** Whether the meaning of later statements depends on this having happened. */
export function isBarrierEffect(effect: SessionEffect): boolean {
  switch (effect.type) {
    case 'set':
    case 'reset':
      return watchedSettings.has(effect.name.toLowerCase());
    case 'reset_all':
    case 'discard_all':
    case 'prepare':
    case 'deallocate':
    case 'declare':
    case 'close':
    case 'catalog':
    case 'defers':
      return true;
    default:
      return false;
  }
}

const transactionEnds = new Set<SessionEffect['type']>([
  'commit',
  'rollback',
  'savepoint',
  'release',
  'rollback_to',
  'discard_all',
]);

export const endsTransaction = (effects: readonly SessionEffect[]): boolean =>
  effects.some(effect => transactionEnds.has(effect.type));
