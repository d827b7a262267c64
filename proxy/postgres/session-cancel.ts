/** Cancels what the server does for a session, so that it hits that and nothing that comes later. */
import { CancelSender } from './cancel.ts';
import { continueClient } from './session/client.ts';
import type { Session } from './session/state.ts';
import { cancelArrived } from './session/statement.ts';

/** After so long without a word the server is asked again. */
const pausesMs = [50, 200, 800];

export type SessionCancelParts = {
  session: () => Session;
  /** Resolves when the request has arrived, or could not. */
  send(): Promise<void>;
  /** What the server says is not being read. */
  isDeaf(): boolean;
  run(step: () => void): void;
};

export class SessionCancel {
  readonly #parts: SessionCancelParts;
  readonly #sender: CancelSender;
  #chunksHeard = 0;

  constructor(parts: SessionCancelParts) {
    this.#parts = parts;
    this.#sender = new CancelSender(parts.send);
  }

  /** The server has said something. */
  heard(): void {
    this.#chunksHeard += 1;
  }

  /** Once, and whatever it hits. */
  send(): void {
    void this.#sender.send();
  }

  /** Resolves when the request has arrived. Until then what the client sends is kept back. */
  async stop(attempt = 0): Promise<void> {
    const session = this.#parts.session();
    const { head } = session.queue;
    const heard = this.#chunksHeard;
    session.cancelling += 1;
    await this.#sender.send();
    this.#parts.run(() => {
      cancelArrived(session);
      continueClient(session);
    });
    if (head === null || attempt >= pausesMs.length) return;
    // A server that has not begun yet forgets the request. One that has said something since was at work, on this or on the next.
    const isLost = () => session.queue.head === head && this.#chunksHeard === heard && !this.#parts.isDeaf();
    setTimeout(() => {
      if (!session.isEnded && isLost()) void this.stop(attempt + 1);
    }, pausesMs[attempt]).unref();
  }
}
