/**
 * Keeps the bundle current: asks at once when the stream says that there is a newer one, long-polls while the stream is down, and
 * asks now and then in any case, since a bundle's life is extended without a new version.
 */
import type { SignedBundle } from '#core/policy/bundle.ts';
import { signedBundleSchema } from '#core/policy/bundle.ts';
import { Pause } from '../pause.ts';
import type { BundleStore } from './bundle.ts';
import { type ControlClient, parseAnswer } from './client.ts';

export type BundlePullOptions = {
  client: Pick<ControlClient, 'call'>;
  bundles: BundleStore;
  isStreamUp: () => boolean;
  /** The control plane says that this proxy's key is no longer good. */
  onRevoked: (reason: string) => void;
  /** Called when pulling begins to fail and when it works again. */
  onState: (state: { ok: boolean; message: string }) => void;
  idleMs?: number;
  retryMs?: { first: number; most: number };
};

const waitSeconds = 25;

export class BundlePull {
  private readonly options: BundlePullOptions;
  private readonly pause = new Pause();
  private readonly abort = new AbortController();
  private etag: string | null = null;
  private failures = 0;
  private wanted = false;
  private running: Promise<void> | null = null;

  constructor(options: BundlePullOptions) {
    this.options = options;
  }

  /** Resolves after the first attempt, whatever came of it. */
  async start(): Promise<void> {
    await this.pull(0);
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.pause.end();
    this.abort.abort();
    await this.running;
  }

  /** There is a newer one. */
  nudge(): void {
    this.wanted = true;
    this.pause.nudge();
  }

  private async run(): Promise<void> {
    const retryMs = this.options.retryMs ?? { first: 250, most: 10_000 };
    while (!this.pause.ended) {
      if (this.failures > 0 && !this.wanted) {
        await this.pause.jittered(Math.min(retryMs.most, retryMs.first * 2 ** Math.min(this.failures, 10)));
      } else if (this.options.isStreamUp() && !this.wanted) {
        await this.pause.jittered(this.options.idleMs ?? 20_000);
      }
      if (this.pause.ended) return;
      const isAsked = this.wanted;
      this.wanted = false;
      await this.pull(isAsked || this.options.isStreamUp() || this.failures > 0 ? 0 : waitSeconds);
    }
  }

  private async pull(wait: number): Promise<void> {
    const outcome = await this.pullOnce(wait).catch(error => (error instanceof Error ? error.message : String(error)));
    if (this.pause.ended) return;
    if (outcome === null) {
      if (this.failures > 0) this.options.onState({ ok: true, message: 'policies are being received again' });
      this.failures = 0;
      return;
    }
    this.failures += 1;
    if (this.failures === 1) this.options.onState({ ok: false, message: outcome });
  }

  /** Null, or what went wrong. */
  private async pullOnce(wait: number): Promise<string | null> {
    const answer = await this.options.client.call({
      method: 'GET',
      path: `/proxies/self/bundle?wait=${wait}`,
      timeoutMs: (wait + 15) * 1000,
      signal: this.abort.signal,
      ...(this.etag !== null && { headers: { 'if-none-match': this.etag } }),
    });
    if (!answer.ok) {
      if (answer.error.code === 'token_revoked') this.options.onRevoked(answer.error.message);
      return answer.error.message;
    }
    if (answer.value.status === 304) return null;
    const signed = parseAnswer<SignedBundle>(signedBundleSchema, answer.value.text);
    if (!signed.ok) return signed.error.message;
    const applied = await this.options.bundles.apply(signed.value);
    if (!applied.ok) return applied.error.message;
    // Only what is in force may be left out of the next answer.
    this.etag = answer.value.headers.etag ?? null;
    return null;
  }
}
