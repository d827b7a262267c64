/** Held statements, from the proxies' side. */
import 'server-only';
import { attachImpact, claimApproval, recordResult, withdrawByProxy } from '#lib/approvals/execute.ts';
import { fileHeld } from '#lib/approvals/file.ts';
import type { RequestRow } from '#lib/approvals/state.ts';
import type { AuditEntry } from '#lib/audit/append.ts';
import { env } from '#lib/env.ts';
import { proxyCommand } from '#lib/orpc/base.ts';
import {
  attachImpactInputSchema,
  claimInputSchema,
  claimOutputSchema,
  fileRequestInputSchema,
  fileRequestOutputSchema,
  planeResultInputSchema,
  planeWithdrawInputSchema,
  requestStateBodySchema,
} from './schema.ts';

const tags = ['Data plane'];

const entry = (action: string, row: RequestRow, after: Record<string, unknown>): AuditEntry => ({
  action,
  target: { type: 'request', id: row.id, label: row.summary.slice(0, 300) },
  before: null,
  after,
});

export const requestUrl = (id: string): string => `${env().WEIR_CONSOLE_URL.replace(/\/+$/, '')}/approvals/${id}`;

/** A proxy files again to learn the state, so that a key must not bring back the first answer. */
export const fileRequest = proxyCommand({ ignoresKey: true })
  .route({
    method: 'POST',
    path: '/proxies/self/requests',
    tags,
    summary: 'File a held statement; idempotent by its id',
  })
  .input(fileRequestInputSchema)
  .output(fileRequestOutputSchema)
  .handler(async ({ context: { tx, clock, caller }, input }) => {
    const { row, isNew } = await fileHeld(tx, { held: input, proxyId: caller.id, at: clock.now() });
    const { identityId, onBehalfOf, connectionId, hash, rule, sessionId, statementNumber } = row;
    const after = { identityId, onBehalfOf, connectionId, hash, rule, sessionId, statement: statementNumber };
    return {
      result: { id: row.id, url: requestUrl(row.id), state: row.state },
      audit: isNew ? entry('request.file', row, after) : null,
    };
  });

export const reportImpact = proxyCommand()
  .route({
    method: 'POST',
    path: '/proxies/self/requests/{id}/impact',
    tags,
    summary: 'Attach what a held statement would do',
  })
  .input(attachImpactInputSchema)
  .output(requestStateBodySchema)
  .handler(async ({ context: { tx, clock, caller }, input: { id, ...impact } }) => {
    const row = await attachImpact(tx, { id, impact, proxyId: caller.id, at: clock.now() });
    return { result: { id, state: row.state }, audit: null };
  });

export const withdrawHeld = proxyCommand()
  .route({ method: 'POST', path: '/proxies/self/requests/{id}/withdraw', tags, summary: 'The client no longer waits' })
  .input(planeWithdrawInputSchema)
  .output(requestStateBodySchema)
  .handler(async ({ context: { tx, clock, caller }, input: { id, reason } }) => {
    const { row, isNew } = await withdrawByProxy(tx, { id, reason, proxyId: caller.id, at: clock.now() });
    const audit = isNew ? entry('request.withdraw', row, { state: row.state, reason }) : null;
    return { result: { id, state: row.state }, audit };
  });

export const reportResult = proxyCommand()
  .route({
    method: 'POST',
    path: '/proxies/self/requests/{id}/result',
    tags,
    summary: 'Say what became of an approved statement',
  })
  .input(planeResultInputSchema)
  .output(requestStateBodySchema)
  .handler(async ({ context: { tx, clock, caller }, input: { id, ...result } }) => {
    const { row, isNew } = await recordResult(tx, { id, result, proxyId: caller.id, at: clock.now() });
    const audit = isNew ? entry('request.run', row, { state: row.state, ...result }) : null;
    return { result: { id, state: row.state }, audit };
  });

export const claim = proxyCommand()
  .route({ method: 'POST', path: '/proxies/self/approvals/claim', tags, summary: 'Use up an approval, once' })
  .input(claimInputSchema)
  .output(claimOutputSchema)
  .handler(async ({ context: { tx, clock, caller }, input }) => {
    const row = await claimApproval(tx, input, { proxyId: caller.id, at: clock.now() });
    return {
      result: { requestId: row?.id ?? null },
      audit: row ? entry('request.claim', row, { hash: row.hash, identityId: row.identityId }) : null,
    };
  });
