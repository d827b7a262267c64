/**
 * Holds statements that need approval: files a request, tells the client, waits on the wire, and says what came of it. The
 * approval is bound to who asks, where, the exact text and the exact parameters.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Failure } from '#core/contract/error.ts';
import { type HeldStatement, heldMax, type Impact } from '#core/contract/proxy.ts';
import type { Facts } from '#core/event/schema.ts';
import type { Decision } from '#core/policy/decision.ts';
import type { HoldDesk, HoldOutcome, Recorder, SessionIdentity } from '../ports.ts';
import type { Run } from '../postgres/session/journal.ts';
import { refusal } from '../postgres/session/refusal.ts';
import type { Refused, Ruling } from '../postgres/session/ruling.ts';
import type { HoldRequest, HoldResult } from '../postgres/session/state.ts';
import { approvalKey } from '../postgres/session/statement.ts';
import { runsByName } from './analysis-settings.ts';
import { waitMode } from './wait-mode.ts';

export type HoldParts = {
  sessionId: string;
  desk: HoldDesk;
  recorder: Recorder;
  identity: () => SessionIdentity;
  bundleVersion: () => number;
  /** `weir.wait` as it stands. */
  wait: () => string | null;
  factsOf: (request: HoldRequest) => Facts;
  /** Records the decision; null while recording is impossible. */
  record: (request: HoldRequest, requestId: string | null) => Run | null;
  /** How many rows the message would change; null when they cannot be counted. */
  count: (request: HoldRequest) => Promise<number | null>;
  /** The ruling with that number in it; null when policies or catalog have changed meanwhile, unless it is `isLater`. */
  recounted: (ruling: Ruling, rows: number | null, isLater: boolean) => Ruling | null;
  notice: (message: string, details: { detail: string; hint: string }) => void;
  /** What the statement would do, computed beside the request; null when that cannot be had. */
  impact: (request: HoldRequest) => Promise<Impact | null>;
};

export type HoldEnd = { result: HoldResult; run: Run | null };

/** SHA-256, hex, over everything an approval is bound to: whoever asks, the statement, what it touches, and who has to agree. */
export function statementHash(identity: SessionIdentity, request: HoldRequest): string {
  const { connection, principal, onBehalfOf } = identity;
  const bound = [connection.id, principal.id, onBehalfOf?.id ?? null, approvalKey(request)];
  return createHash('sha256').update(JSON.stringify(bound)).digest('hex');
}

export class Hold {
  readonly #parts: HoldParts;
  #abort: AbortController | null = null;

  constructor(parts: HoldParts) {
    this.#parts = parts;
  }

  /** Something is held now. */
  get isOpen(): boolean {
    return this.#abort !== null;
  }

  /** The client has cancelled the statement or is gone. */
  withdraw(): void {
    this.#abort?.abort();
  }

  async begin(request: HoldRequest, onRecorded: (run: Run) => void): Promise<HoldEnd> {
    const abort = new AbortController();
    this.#abort = abort;
    try {
      return await this.#decide(request, abort.signal, onRecorded);
    } finally {
      if (this.#abort === abort) this.#abort = null;
    }
  }

  async #decide(asked: HoldRequest, signal: AbortSignal, onRecorded: (run: Run) => void): Promise<HoldEnd> {
    const ruling = asked.ruling.counts ? await this.#recount(asked, false) : asked.ruling;
    if (ruling === null) return { run: null, result: refusedBy(changed) };
    const request = { ...asked, ruling };
    if (ruling.decision.effect === 'approve') return this.#ask(asked, request, { signal, onRecorded });
    const run = this.#parts.record(request, null);
    if (run === null) return { run, result: refusedBy(notRecorded) };
    onRecorded(run);
    if (ruling.refusal !== null) return { run, result: refusedBy(ruling.refusal) };
    return { run, result: signal.aborted ? refusedBy(cancelled) : cleared(asked, null) };
  }

  async #recount(request: HoldRequest, isLater: boolean): Promise<Ruling | null> {
    const rows = await this.#parts.count(request).catch(() => null);
    return this.#parts.recounted(request.ruling, rows, isLater);
  }

  /** `asked` is what the session goes on with; `request` is the same with the number of rows in it, where there is one. */
  async #ask(
    asked: HoldRequest,
    request: HoldRequest,
    { signal, onRecorded }: { signal: AbortSignal; onRecorded: (run: Run) => void },
  ): Promise<HoldEnd> {
    const { desk } = this.#parts;
    const tooMuch = beyondRequest(request.ruling.decision.approval);
    if (tooMuch !== null) return this.#refuse(request, tooMuch, onRecorded);
    const identity = this.#parts.identity();
    const hash = statementHash(identity, request);
    const mode = waitMode(this.#parts.wait());
    const isByName = runsByName(request.ruling.analysis, request.ruling.key);
    if (isByName && !mode.waits) return this.#refuse(request, byName, onRecorded);
    const claimed = isByName
      ? null
      : await desk.claim(hash, identity.connection.id, identity.principal.id).catch(() => null);
    const requestId = claimed?.requestId ?? randomUUID();
    const run = this.#parts.record(request, requestId);
    if (run === null) {
      // The approval is used up all the same.
      if (claimed !== null) desk.report(requestId, notRun);
      return { run, result: refusedBy(notRecorded) };
    }
    onRecorded(run);
    run.affectedMax = request.ruling.decision.affectedRowsMax;
    if (claimed !== null) return { run, result: cleared(asked, requestId) };
    if (signal.aborted) return { run, result: refusedBy(cancelled) };
    const filed = await desk
      .file(this.#held(request, { id: requestId, hash, statement: run.number, waiting: mode.waits }))
      .catch(() => null);
    if (!filed?.ok)
      return { run, result: refusedBy(filed?.error.code === 'rate_limited' ? tooMany(filed.error) : unreachable) };
    const { url } = filed.value;
    this.#attachImpact(request, requestId);
    if (!mode.waits) return { run, result: refusedBy(askAgain(request, { requestId, url })) };
    this.#parts.notice(`waiting for approval, request ${requestId}`, {
      detail: `rule ${request.ruling.decision.approval?.rule ?? 'unknown'}`,
      hint: `Follow it at ${url}. Cancel the statement to withdraw the request.`,
    });
    const outcome = await this.#wait(requestId, signal, mode.timeoutMs);
    if (outcome === null) desk.release(requestId);
    if (outcome === null) return { run, result: refusedBy(isByName ? byName : askAgain(request, { requestId, url })) };
    if (outcome.outcome !== 'approved') return { run, result: refusedBy(ended(outcome)) };
    const objection = asked.ruling.counts ? await this.#countAgain(asked, request, run) : null;
    const refused = signal.aborted ? cancelled : objection;
    if (refused === null) return { run, result: cleared(asked, requestId) };
    desk.report(requestId, notRun);
    return { run, result: refusedBy(refused) };
  }

  /** While somebody thought about it, it may have come to change more rows: null where the same approval is good for them. */
  async #countAgain(asked: HoldRequest, request: HoldRequest, run: Run): Promise<Refused | null> {
    const ruling = await this.#recount(asked, true);
    if (ruling === null) return changed;
    if (ruling.refusal !== null) return ruling.refusal;
    const needs = [ruling, request.ruling].map(({ decision }) => JSON.stringify(decision.approval));
    if (ruling.asks && needs[0] !== needs[1]) return moreRows;
    run.affectedMax = ruling.decision.affectedRowsMax;
    return null;
  }

  #refuse(request: HoldRequest, refused: Refused, onRecorded: (run: Run) => void): HoldEnd {
    const run = this.#parts.record(request, null);
    if (run === null) return { run, result: refusedBy(notRecorded) };
    onRecorded(run);
    return { run, result: refusedBy(refused) };
  }

  /** Null when the session's patience ends first; the request then stays open. */
  async #wait(requestId: string, signal: AbortSignal, timeoutMs: number | null): Promise<HoldOutcome | null> {
    const decided = this.#parts.desk
      .wait(requestId, signal)
      .catch((): HoldOutcome => ({ outcome: 'unavailable', by: [], reason: '' }));
    if (timeoutMs === null) return decided;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<null>(resolve => {
      timer = setTimeout(() => resolve(null), timeoutMs);
    });
    try {
      return await Promise.race([decided, patience]);
    } finally {
      clearTimeout(timer);
    }
  }

  #attachImpact(request: HoldRequest, requestId: string): void {
    const { impact, desk } = this.#parts;
    impact(request).then(
      found => {
        if (found !== null) desk.attachImpact(requestId, found);
      },
      () => {},
    );
  }

  #held(request: HoldRequest, filed: { id: string; hash: string; statement: number; waiting: boolean }): HeldStatement {
    const { recorder, sessionId } = this.#parts;
    const identity = this.#parts.identity();
    const { analysis, decision } = request.ruling;
    const need = decision.approval;
    const { rule = 'unknown', ownerOf = [], further = [], ...approvers } = need ?? {};
    const literals = recorder.seal(request.literals ?? analysis.literals, analysis.fingerprint);
    return {
      ...filed,
      sessionId,
      connectionId: identity.connection.id,
      identityId: identity.principal.id,
      onBehalfOf: identity.onBehalfOf?.id ?? null,
      text: analysis.normalized.slice(0, 200_000),
      literals,
      literalsJwe: literals === null ? null : recorder.contentKeyJwe,
      fingerprint: analysis.fingerprint,
      facts: this.#parts.factsOf(request),
      reasons: decision.reasons
        .slice(0, 200)
        .map(({ rule, effect, subject, message }) => ({ rule, effect, subject, message })),
      rule,
      approvers: { owners: false, count: 1, expireMinutes: 60, windowMinutes: 15, ...approvers },
      ownerOf: [...ownerOf],
      further: further.map(({ rule, ownerOf, ...approvers }) => ({ rule, approvers, ownerOf: [...ownerOf] })),
      policyVersion: decision.policyVersion,
      bundleVersion: this.#parts.bundleVersion(),
    };
  }
}

/** Of an approval that came to nothing, because its session had ended. */
export const notRun = { outcome: 'cancelled', rows: 0, sqlstate: null } as const;

const refusedBy = (refused: Refused): HoldResult => ({ type: 'refused', refused });

const cleared = (request: HoldRequest, requestId: string | null): HoldResult => ({
  type: 'cleared',
  requestId,
  approvalKey: approvalKey(request),
});

const notRecorded = refusal(
  { code: 'recording_failed', message: 'the statement cannot be recorded, so it is not run' },
  'recording',
);
/** A request that left out whom else to ask would be approved by fewer than policy names. */
function beyondRequest(approval: Decision['approval']): Refused | null {
  if (approval === null) return null;
  const owners = Math.max(approval.ownerOf.length, ...approval.further.map(need => need.ownerOf.length));
  if (owners <= heldMax.ownerOf && approval.further.length <= heldMax.further) return null;
  const asked =
    owners > heldMax.ownerOf
      ? `the owners of ${owners} objects, and a request asks those of ${heldMax.ownerOf} at most`
      : `${approval.further.length + 1} different groups of people, and a request asks ${heldMax.further + 1} at most`;
  return refusal(
    {
      code: 'statement_too_complex',
      message: `the statement needs the approval of ${asked}`,
      hint: 'Split it into statements that touch less.',
    },
    'approval',
  );
}

/** Nobody could say later whether it is still what was approved. */
const byName = refusal(
  {
    code: 'approval_required',
    message: 'the statement needs approval, and runs something that this session alone knows by name',
    hint: 'Send the statement itself instead, or wait for its approval.',
  },
  'approval',
);
const changed = refusal(
  {
    code: 'approval_expired',
    message: 'policies or catalog changed while the rows were counted',
    hint: 'Run the statement again.',
  },
  'analysis',
);
const moreRows = refusal(
  {
    code: 'approval_expired',
    message:
      'the statement would change more rows by now, or policy asks others, so the approval does not cover it any more',
    hint: 'Run the statement again.',
  },
  'approval',
);
const cancelled = refusal(
  {
    code: 'approval_withdrawn',
    message: 'canceling statement due to user request',
    detail: 'The request was withdrawn.',
  },
  'approval',
);
const unreachable = refusal(
  {
    code: 'unavailable',
    message: 'the statement needs approval, and nobody can be asked: the control plane cannot be reached',
    hint: 'Try again shortly.',
  },
  'approval',
);

/** The control plane takes no more requests of this identity for now. */
const tooMany = ({ message }: Failure): Refused =>
  refusal(
    {
      code: 'rate_limited',
      message: `the statement needs approval, and nobody more is asked for now: ${message}`,
      hint: 'Withdraw requests that nobody needs any more, or wait until some are decided.',
    },
    'approval',
  );

/** For a session that does not wait, or not any longer. */
function askAgain(request: HoldRequest, filed: { requestId: string; url: string }): Refused {
  const minutes = request.ruling.decision.approval?.windowMinutes ?? 15;
  return refusal(
    {
      code: 'approval_required',
      message: `approval required: request ${filed.requestId} is pending`,
      detail: request.ruling.decision.reasons
        .filter(reason => reason.effect === 'approve')
        .slice(0, 10)
        .map(reason => reason.message)
        .join('\n'),
      hint: `Follow it at ${filed.url}. Once approved, run the same statement again within ${minutes} minutes.`,
    },
    'approval',
  );
}

function ended({ outcome, by, reason }: HoldOutcome): Refused {
  const whom = by.length > 0 ? ` by ${by.join(', ')}` : '';
  const detail = reason === '' ? undefined : reason;
  switch (outcome) {
    case 'denied':
      return refusal({ code: 'approval_denied', message: `the request was denied${whom}`, detail }, 'approval');
    case 'expired':
      return refusal(
        {
          code: 'approval_expired',
          message: 'the request expired before anybody decided',
          hint: 'Run it again to ask again.',
        },
        'approval',
      );
    case 'withdrawn':
      return cancelled;
    case 'revoked':
      return refusal({ code: 'approval_denied', message: `the request was revoked${whom}`, detail }, 'approval');
    default:
      return unreachable;
  }
}
