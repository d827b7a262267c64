/**
 * Whether a database runs code of its own when somebody signs in (event triggers on `login`, PostgreSQL 17). Such code would run
 * with settings of the startup packet that nobody has decided on: along a search_path of the client's, for instance.
 */
import type { UpstreamTarget } from '../config.ts';
import { QueryClient } from '../control/query-client.ts';
import type { Clock } from '../ports.ts';

const question = `SELECT 1 FROM pg_catalog.pg_event_trigger
  WHERE evtevent OPERATOR(pg_catalog.=) 'login' AND evtenabled OPERATOR(pg_catalog.<>) 'D' LIMIT 1`;

/** Superusers alone make them. */
const knownForMs = 5_000;

export class LoginTriggers {
  readonly #clock: Clock;
  /** One for each database that is served. */
  readonly #known = new Map<UpstreamTarget, { atUs: number; answer: Promise<boolean> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Rejects when the database cannot be asked. */
  in(target: UpstreamTarget, timeoutMs: number): Promise<boolean> {
    const known = this.#known.get(target);
    const nowUs = this.#clock.nowUs();
    if (known !== undefined && nowUs - known.atUs < knownForMs * 1000) return known.answer;
    const answer = ask(target, timeoutMs);
    this.#known.set(target, { atUs: nowUs, answer });
    answer.catch(() => this.#known.delete(target));
    return answer;
  }
}

async function ask(target: UpstreamTarget, timeoutMs: number): Promise<boolean> {
  const client = await QueryClient.connect(target, { timeoutMs, answerTimeoutMs: timeoutMs });
  try {
    return (await client.query(question)).length > 0;
  } finally {
    client.close();
  }
}
