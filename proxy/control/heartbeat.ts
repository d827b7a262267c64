/** Tells the control plane every few seconds how this proxy is. Nothing depends on it being heard. */
import { z } from 'zod';
import type { Heartbeat } from '#core/contract/proxy.ts';
import { Pause } from '../pause.ts';
import type { ControlClient } from './client.ts';

export type HeartbeatOptions = {
  client: Pick<ControlClient, 'get'>;
  read: () => Heartbeat;
  /** The version of the bundle that the control plane would send now. */
  onAnswer?: (answer: { bundleVersion: number; skewMs: number }) => void;
  nowMs: () => number;
  intervalMs?: number;
};

const answerSchema = z.object({ now: z.number(), bundleVersion: z.number() });

export class HeartbeatLoop {
  private readonly options: HeartbeatOptions;
  private readonly pause = new Pause();
  private running: Promise<void> | null = null;

  constructor(options: HeartbeatOptions) {
    this.options = options;
  }

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.pause.end();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.pause.ended) {
      const answer = await this.options.client.get(answerSchema, {
        method: 'POST',
        path: '/proxies/self/heartbeat',
        json: this.options.read(),
        timeoutMs: 5_000,
      });
      if (answer.ok) {
        const { now, bundleVersion } = answer.value;
        this.options.onAnswer?.({ bundleVersion, skewMs: this.options.nowMs() - now });
      }
      await this.pause.jittered(this.options.intervalMs ?? 10_000);
    }
  }
}
