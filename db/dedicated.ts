/**
 * One connection in the hands of one piece of work. Once it has broken it stays broken: the driver would connect again under the
 * same name, and what was meant for a transaction would run by itself, or inside of somebody else's.
 */
import postgres from 'postgres';

/** As the driver says it. */
class ConnectionLost extends Error {
  readonly code = 'CONNECTION_CLOSED';

  constructor() {
    super('the connection to the database was lost');
  }
}

type Rows = readonly unknown[] & { command?: string };
type AskOptions = { prepare?: boolean; isArrays?: () => boolean };

export class Dedicated {
  readonly client: postgres.Sql;
  #isLost = false;
  #abandon: () => void = () => undefined;
  /** The driver would keep some of several statements back, and send them on its next connection. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(url: string, options: postgres.Options<Record<string, postgres.PostgresType>>) {
    this.client = postgres(url, {
      ...options,
      max: 1,
      idle_timeout: 0,
      max_lifetime: null,
      onclose: () => {
        this.#isLost = true;
        this.#abandon();
      },
    });
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** One statement at a time, in the order of the calls. Begins after the caller's turn. */
  ask(
    text: string,
    parameters: readonly unknown[] = [],
    { prepare = false, isArrays }: AskOptions = {},
  ): Promise<Rows> {
    const asked = this.#last.then(async () => {
      if (this.#isLost) throw new ConnectionLost();
      try {
        const query = this.client.unsafe(text, parameters as never[], { prepare });
        return await this.#unlessLost(isArrays?.() ? query.values() : query);
      } catch (error) {
        // Whatever is not the server's own answer leaves open how far the statement came.
        if (!(error instanceof postgres.PostgresError)) this.#isLost = true;
        throw error;
      }
    });
    this.#last = asked.catch(() => undefined);
    return asked;
  }

  /** The driver does not answer what it is asked between the error of a socket and its end. */
  #unlessLost(answer: PromiseLike<Rows>): Promise<Rows> {
    return new Promise((resolve, reject) => {
      this.#abandon = () => reject(new ConnectionLost());
      answer.then(resolve, reject);
    });
  }

  async close(): Promise<void> {
    this.#isLost = true;
    await this.client.end({ timeout: 0 });
  }
}
