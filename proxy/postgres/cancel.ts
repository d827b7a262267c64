/** Cancellation keys: the proxy gives out its own, from the system's random source, and finds the session that a request is for. */
import { randomInt } from 'node:crypto';
import type { UpstreamTarget } from '../config.ts';
import { openSocket } from '../control/dial.ts';
import { encodeCancel } from './wire/encode.ts';

export type CancelKey = { processId: number; secret: number };

const timeoutMs = 5_000;

export class CancelKeys<T> {
  readonly #byKey = new Map<string, T>();

  /** The process id is the server's own, so that pg_backend_pid() agrees with what clients show. */
  issue(processId: number, holder: T): CancelKey {
    for (;;) {
      const key = { processId, secret: randomInt(-(2 ** 31), 2 ** 31) };
      if (this.#byKey.has(keyOf(key))) continue;
      this.#byKey.set(keyOf(key), holder);
      return key;
    }
  }

  find(key: CancelKey): T | null {
    return this.#byKey.get(keyOf(key)) ?? null;
  }

  withdraw(key: CancelKey): void {
    this.#byKey.delete(keyOf(key));
  }
}

/** Requests of one session: one is on its way at a time, and all that come meanwhile share the next. */
export class CancelSender {
  readonly #send: () => Promise<void>;
  #underWay: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(send: () => Promise<void>) {
    this.#send = send;
  }

  /** Resolves when a request that was sent after the call has arrived, or could not. */
  send(): Promise<void> {
    if (this.#underWay === null && this.#next === null) return this.#start();
    this.#next ??= (this.#underWay ?? Promise.resolve()).then(() => {
      this.#next = null;
      return this.#start();
    });
    return this.#next;
  }

  #start(): Promise<void> {
    this.#underWay = this.#send()
      .catch(() => {})
      .finally(() => {
        this.#underWay = null;
      });
    return this.#underWay;
  }
}

const keyOf = ({ processId, secret }: CancelKey): string => `${processId}.${secret}`;

/** Asks the server to cancel what it does for a session. Whether it did is only seen in the session; failures are not. */
export async function cancelUpstream(
  target: UpstreamTarget,
  key: { processId: number; secret: Uint8Array },
): Promise<void> {
  const opened = await openSocket(target, timeoutMs);
  if (!opened.ok) return;
  const socket = opened.value;
  socket.on('error', () => {});
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  socket.end(encodeCancel(key.processId, key.secret));
  socket.resume();
  if (!socket.closed) await new Promise(resolve => socket.once('close', resolve));
  clearTimeout(timer);
}
