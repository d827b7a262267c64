/**
 * Files requests for held statements and waits for their outcome. The stream brings it; while the stream is down, or when it missed
 * something, the request is filed again, which is idempotent and answers with its state.
 */
import { z } from 'zod';
import { ok, type Result } from '#core/contract/error.ts';
import type { HeldStatement, Impact, StreamMessage } from '#core/contract/proxy.ts';
import type { HoldDesk, HoldOutcome } from '../ports.ts';
import type { ControlClient } from './client.ts';

export type HoldsOptions = {
  client: Pick<ControlClient, 'get' | 'call'>;
  /** Where people open requests. */
  consoleUrl: () => string;
  nowMs: () => number;
  log?: (message: string) => void;
  pollMs?: number;
  /** How long filing may take before the statement is refused. */
  fileTimeoutMs?: number;
};

type Decided = Extract<StreamMessage, { type: 'decided' }>;
/** What the control plane has to hear of a request, however long it is away. */
type News = { requestId: string; what: 'withdraw' | 'result'; json: unknown };
type Waiting = { held: HeldStatement; expiresAtMs: number; resolve: (outcome: HoldOutcome) => void };

const filedSchema = z.object({ id: z.uuid(), url: z.url(), state: z.string() });
const claimSchema = z.object({ requestId: z.uuid().nullable() });

/** Outcomes that came before anybody waited for them. */
const earlyMax = 1000;
/** News that could not be told yet. */
const untoldMax = 1000;
/** An expiry that the control plane does not report is taken for granted after this. */
const expiryGraceMs = 60_000;

export class Holds implements HoldDesk {
  private readonly options: HoldsOptions;
  private readonly filed = new Map<string, HeldStatement>();
  private readonly waiting = new Map<string, Waiting>();
  private readonly early = new Map<string, HoldOutcome>();
  private readonly untold = new Set<News>();
  private timer: NodeJS.Timeout | null = null;
  private polling: Promise<void> | null = null;

  constructor(options: HoldsOptions) {
    this.options = options;
  }

  start(): void {
    this.timer ??= setInterval(() => void this.reconcile(), this.options.pollMs ?? 15_000);
  }

  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    await this.polling;
  }

  get waitingCount(): number {
    return this.waiting.size;
  }

  async file(held: HeldStatement): Promise<Result<{ url: string }>> {
    const deadline = this.options.nowMs() + (this.options.fileTimeoutMs ?? 5_000);
    for (let attempt = 0; ; attempt++) {
      const answer = await this.send(held);
      if (answer.ok) {
        if (held.waiting) this.remember(held);
        return ok({ url: answer.value.url });
      }
      const isOver = this.options.nowMs() + 200 * 2 ** attempt > deadline;
      if (answer.error.code !== 'unavailable' || isOver) return answer;
      await new Promise(resolve => setTimeout(resolve, 200 * 2 ** attempt));
    }
  }

  wait(requestId: string, signal: AbortSignal): Promise<HoldOutcome> {
    const held = this.filed.get(requestId);
    this.filed.delete(requestId);
    if (!held) return Promise.resolve({ outcome: 'unavailable', by: [], reason: 'the request was not filed' });
    return new Promise(resolve => {
      const withdraw = () => {
        this.settle(requestId, { outcome: 'withdrawn', by: [], reason: '' });
        this.announce({ requestId, what: 'withdraw', json: { reason: 'the client stopped waiting' } });
      };
      const expiresAtMs = this.options.nowMs() + held.approvers.expireMinutes * 60_000 + expiryGraceMs;
      const done = (outcome: HoldOutcome) => {
        signal.removeEventListener('abort', withdraw);
        resolve(outcome);
      };
      this.waiting.set(requestId, { held, expiresAtMs, resolve: done });
      const early = this.early.get(requestId);
      if (early) this.settle(requestId, early);
      else if (signal.aborted) withdraw();
      else signal.addEventListener('abort', withdraw, { once: true });
    });
  }

  release(requestId: string): void {
    const held = this.waiting.get(requestId)?.held;
    if (!held) return;
    this.settle(requestId, { outcome: 'unavailable', by: [], reason: 'nobody waits any more' });
    void this.file({ ...held, waiting: false }).then(filed => {
      if (!filed.ok) this.options.log?.(`request ${requestId}: ${filed.error.message}`);
    });
  }

  /** From the stream. */
  decided(message: Decided): void {
    const { outcome, by, reason, requestId } = message;
    if (!this.settle(requestId, { outcome, by, reason })) this.keepEarly(requestId, { outcome, by, reason });
  }

  /** Asks for the state of everything that waits: after the stream was down, and now and then. */
  reconcile(): Promise<void> {
    this.polling ??= this.askAll().finally(() => {
      this.polling = null;
    });
    return this.polling;
  }

  /** The control plane has cut this proxy off. */
  revokeAll(reason: string): void {
    for (const requestId of [...this.waiting.keys()]) this.settle(requestId, { outcome: 'revoked', by: [], reason });
  }

  attachImpact(requestId: string, impact: Impact): void {
    void this.tell(requestId, 'impact', impact);
  }

  async claim(hash: string, connectionId: string, identityId: string): Promise<{ requestId: string } | null> {
    const answer = await this.options.client.get(claimSchema, {
      method: 'POST',
      path: '/proxies/self/approvals/claim',
      once: true,
      json: { hash, connectionId, identityId },
      timeoutMs: 3_000,
    });
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value.requestId === null ? null : { requestId: answer.value.requestId };
  }

  report(
    requestId: string,
    result: { outcome: 'ok' | 'error' | 'cancelled'; rows: number; sqlstate: string | null },
  ): void {
    this.announce({ requestId, what: 'result', json: result });
  }

  urlOf(requestId: string): string {
    return `${this.options.consoleUrl().replace(/\/+$/, '')}/approvals/${requestId}`;
  }

  private send(held: HeldStatement) {
    return this.options.client.get(filedSchema, {
      method: 'POST',
      path: '/proxies/self/requests',
      headers: { 'idempotency-key': held.id },
      json: held,
      timeoutMs: 3_000,
    });
  }

  private remember(held: HeldStatement): void {
    this.filed.set(held.id, held);
    // Who files and never waits has gone; the request expires by itself.
    const oldest = this.filed.keys().next().value;
    if (this.filed.size > earlyMax && oldest !== undefined) this.filed.delete(oldest);
  }

  private keepEarly(requestId: string, outcome: HoldOutcome): void {
    this.early.set(requestId, outcome);
    const oldest = this.early.keys().next().value;
    if (this.early.size > earlyMax && oldest !== undefined) this.early.delete(oldest);
  }

  private settle(requestId: string, outcome: HoldOutcome): boolean {
    const waiting = this.waiting.get(requestId);
    if (!waiting) return false;
    this.waiting.delete(requestId);
    this.early.delete(requestId);
    waiting.resolve(outcome);
    return true;
  }

  private announce(news: News): void {
    this.untold.add(news);
    const [oldest] = this.untold;
    if (this.untold.size > untoldMax && oldest !== undefined) this.untold.delete(oldest);
    void this.deliver(news, 3);
  }

  /** Told twice it stays as it was. */
  private async deliver(news: News, attempts: number): Promise<void> {
    if (await this.tell(news.requestId, news.what, news.json, attempts)) this.untold.delete(news);
  }

  private async askAll(): Promise<void> {
    for (const news of [...this.untold]) await this.deliver(news, 1);
    for (const [requestId, { held, expiresAtMs }] of [...this.waiting]) {
      if (expiresAtMs <= this.options.nowMs()) {
        this.settle(requestId, { outcome: 'expired', by: [], reason: 'nobody decided in time' });
        continue;
      }
      const answer = await this.send(held);
      if (answer.ok) this.settleByState(requestId, answer.value.state);
    }
  }

  private settleByState(requestId: string, state: string): void {
    if (
      state === 'approved' ||
      state === 'denied' ||
      state === 'expired' ||
      state === 'revoked' ||
      state === 'withdrawn'
    ) {
      this.settle(requestId, { outcome: state, by: [], reason: '' });
    }
  }

  /** What the control plane should know but nobody waits for. False when it could not be reached. */
  private async tell(requestId: string, what: string, json: unknown, attempts = 3): Promise<boolean> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const answer = await this.options.client.call({
        method: 'POST',
        path: `/proxies/self/requests/${requestId}/${what}`,
        json,
        timeoutMs: 5_000,
      });
      if (answer.ok) return true;
      if (answer.error.code !== 'unavailable') {
        this.options.log?.(`request ${requestId}: ${what} was refused: ${answer.error.message}`);
        return true;
      }
      await new Promise(resolve => setTimeout(resolve, 300 * 2 ** attempt));
    }
    return false;
  }
}
