/** Tells the control plane what was counted against budgets, and hears what other proxies have counted. No statement waits for it. */
import { type BudgetReport, budgetAnswerSchema, budgetUsesMax } from '#core/contract/proxy.ts';
import type { Budgets } from '../enforce/budgets.ts';
import { Pause } from '../pause.ts';
import type { ControlClient } from './client.ts';

export type BudgetExchangeOptions = {
  client: Pick<ControlClient, 'get'>;
  budgets: Budgets;
  instance: string;
  nowMs: () => number;
  /** Some policy in force has a budget; without one there is nothing to hear. */
  isNeeded: () => boolean;
  intervalMs?: number;
};

export class BudgetExchange {
  private readonly options: BudgetExchangeOptions;
  private readonly pause = new Pause();
  private running: Promise<void> | null = null;
  private since = 0;

  constructor(options: BudgetExchangeOptions) {
    this.options = options;
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Says what is still to be said. */
  async stop(): Promise<void> {
    this.pause.end();
    await this.running;
    await this.exchange();
  }

  private async run(): Promise<void> {
    while (!this.pause.ended) {
      await this.exchange();
      await this.pause.jittered(this.options.intervalMs ?? 5_000);
    }
  }

  async exchange(): Promise<void> {
    const { client, budgets, instance, nowMs, isNeeded } = this.options;
    const uses = budgets.takeChanged(budgetUsesMax);
    if (uses.length === 0 && !isNeeded()) return;
    const report: BudgetReport = { instance, uses, since: this.since };
    const answer = await client.get(budgetAnswerSchema, {
      method: 'POST',
      path: '/proxies/self/budgets',
      json: report,
      timeoutMs: 5_000,
    });
    if (!answer.ok) {
      budgets.giveBack(uses);
      return;
    }
    budgets.heard(answer.value.uses, nowMs());
    this.since = answer.value.through;
  }
}
