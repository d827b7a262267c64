/** Open streams of this process, so that a shutdown can end them: the web server does not exit while one is open. */
import 'server-only';
import type { BaseContext, Caller } from './context.ts';
import { AppError } from './error.ts';

const slot = Symbol.for('weir.streams');
/** Instrumentation and routes are separate module graphs; they share through globalThis. */
const registry = (): Set<AbortController> => {
  const holder = globalThis as { [slot]?: Set<AbortController> };
  holder[slot] ??= new Set();
  return holder[slot];
};

export const openStreamsMax = 2000;

/** Callers whose session, token or key is no longer good lose their streams within this time. */
export const recheckIntervalMs = 10_000;

export function closeAllStreams(): void {
  for (const controller of registry()) controller.abort();
}

export const openStreamCount = (): number => registry().size;

/** Aborts on shutdown, when the client leaves, and when the caller stops being allowed. `release` when the stream is done. */
type Watched = { context: BaseContext; request: AbortSignal | undefined; permits: (caller: Caller) => boolean };

export function streamLifetime({ context, request, permits }: Watched) {
  if (registry().size >= openStreamsMax) throw new AppError('unavailable', 'too many streams are open');
  const controller = new AbortController();
  registry().add(controller);
  const end = () => controller.abort();
  request?.addEventListener('abort', end, { once: true });
  if (request?.aborted) end();
  const timer = setInterval(() => {
    context
      .authenticate?.()
      .then(caller => {
        if (!permits(caller)) end();
      })
      .catch(end);
  }, recheckIntervalMs);
  timer.unref();
  const release = () => {
    clearInterval(timer);
    registry().delete(controller);
    request?.removeEventListener('abort', end);
    controller.abort();
  };
  return { signal: controller.signal, release };
}

/** The source until the signal aborts; the source is told to return either way. */
export async function* until<T>(source: AsyncIterator<T>, lifetime: { signal: AbortSignal; release: () => void }) {
  const { signal, release } = lifetime;
  const aborted = new Promise<null>(resolve => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  try {
    for (;;) {
      const next = await Promise.race([source.next(), aborted]);
      if (next === null || next.done) return;
      yield next.value;
    }
  } finally {
    release();
    source.return?.()?.catch(() => undefined);
  }
}
