/** Recurring work of the control plane. Every replica has the timers; an advisory lock lets one of them do each run. */
import 'server-only';
import { sql } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import { log } from '#lib/log.ts';
import type { Clock } from '#lib/orpc/context.ts';

export type JobContext = { db: Database['db']; sql: Database['sql']; clock: Clock };

export type Job = {
  /** `context.what`, e.g. `approvals.expire`. */
  name: string;
  everySeconds: number;
  /** Must be safe to repeat. What it changes is recorded with the system as the actor. */
  run(on: JobContext): Promise<void>;
};

/** One run, unless another replica is at it. True when it ran here. */
export async function runJob(job: Job, on: JobContext): Promise<boolean> {
  return on.db.transaction(async tx => {
    const [row] = await tx.execute<{ locked: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtextextended(${`job ${job.name}`}, 0)) as locked`,
    );
    if (!row?.locked) return false;
    await job.run(on);
    return true;
  });
}

export function startJobs(jobs: readonly Job[], on: JobContext): () => void {
  const timers = jobs.map(job => {
    let isRunning = false;
    const tick = () => {
      if (isRunning) return;
      isRunning = true;
      runJob(job, on)
        .catch(error => log().error({ err: error, job: job.name }, 'a job failed'))
        .finally(() => {
          isRunning = false;
        });
    };
    const timer = setInterval(tick, job.everySeconds * 1000);
    timer.unref();
    return timer;
  });
  return () => timers.forEach(clearInterval);
}
