/** Refusals that need no look at the statement: no policies, a text that is too long, a catalog that cannot be read. */
import { createHash } from 'node:crypto';
import { firstUserOid } from '#core/catalog/lookup.ts';
import { type Failure, fail } from '#core/contract/error.ts';
import type { Bundle } from '#core/policy/bundle.ts';
import type { Analysis } from '#core/sql/analysis.ts';
import { refusal } from '../postgres/session/refusal.ts';
import type { Ruling } from '../postgres/session/ruling.ts';

/** Belongs to no policies and no catalog. */
export const noContext: object = {};

/** `text` is what the log shows in place of the statement. */
export function rejection(failure: Failure, text: string, bundle: Bundle | null): Ruling {
  const fingerprint = createHash('sha256').update(text).digest('hex');
  const policyVersion = bundle?.policyVersion ?? 0;
  const reasons = [
    {
      rule: 'analysis',
      effect: 'deny' as const,
      subject: failure.code,
      message: failure.message.slice(0, 600),
      observed: false,
    },
  ];
  const members = {
    type: 'statement.decided',
    text,
    truncated: false,
    fingerprint,
    literals: null,
    facts: null,
    effect: 'deny',
    reasons,
    policyVersion,
    bundleVersion: bundle?.version ?? 0,
  };
  return {
    key: '',
    context: noContext,
    isTransient: true,
    isSessionBound: true,
    isShared: false,
    analysis: {
      ok: false,
      refusal: { code: 'unresolved', construct: failure.code, message: failure.message, position: null },
      normalized: text,
      literals: [],
      fingerprint,
    },
    decision: {
      effect: 'deny',
      reasons,
      obligations: [],
      approval: null,
      needsCount: false,
      affectedRowsMax: null,
      isSeparable: false,
      policyVersion,
    },
    fragment: JSON.stringify(members).slice(1, -1),
    statements: [],
    isSensitive: false,
    refusal: refusal(failure, 'analysis', failure.code === 'invalid_input' ? '22021' : undefined),
    wantsCopyData: false,
    isBarrier: false,
    endsTransaction: false,
    isTransactionExit: false,
    asks: false,
    definitions: '',
    counts: false,
    hasEffects: false,
    duration: null,
  };
}

export const tooManyCopies: Failure = {
  code: 'rate_limited',
  message: 'too many copies of columns were made on this connection for another to be kept track of',
  hint: 'Try again in a few minutes: copies are forgotten when the console has labelled them.',
};

/** Functions are looked up when they run: what was bound to some may run others. */
export const movedOn: Failure = {
  code: 'precondition_failed',
  message: 'functions, tables or settings have changed since the statement was bound; bind it again',
};

export const callsOwn = (analysis: Analysis): boolean =>
  analysis.ok && analysis.statements.some(({ functions }) => functions.some(({ oid }) => oid >= firstUserOid));

export const hidden = fail(
  'unavailable',
  'search_path puts other schemas before pg_catalog, so the catalog cannot be read',
  { hint: 'Connect again, and leave pg_catalog out of search_path or put it first.' },
);
export const unreadable = fail('unavailable', 'the database did not say what the session sees', {
  hint: 'Connect again.',
});
