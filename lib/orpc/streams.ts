/** Open streams of this process, so that a shutdown can end them: the web server does not exit while one is open. */
import 'server-only';
import type { BaseContext, Caller } from './context.ts';
import { AppError } from './error.ts';
import { callerKey } from './idempotency.ts';
import { watchCaller } from './watch-caller.ts';

const slot = Symbol.for('weir.streams');
/** Instrumentation and routes are separate module graphs; they share through globalThis. */
type Open = { kind: Caller['type']; key: string };
const registry = (): Map<AbortController, Open> => {
  const holder = globalThis as { [slot]?: Map<AbortController, Open> };
  holder[slot] ??= new Map();
  return holder[slot];
};

/** Of people and of proxies, each: what people open must not keep a proxy from hearing of a revocation. */
export const openStreamsMax = 2000;
export const streamsPerCallerMax = 40;

function assertRoom({ kind, key }: Open): void {
  const open = [...registry().values()];
  if (open.filter(each => each.key === key).length >= streamsPerCallerMax)
    throw new AppError('rate_limited', `you have ${streamsPerCallerMax} streams open already`);
  if (open.filter(each => each.kind === kind).length >= openStreamsMax)
    throw new AppError('unavailable', 'too many streams are open');
}

export function closeAllStreams(): void {
  for (const controller of registry().keys()) controller.abort();
}

export const openStreamCount = (): number => registry().size;

/** Aborts on shutdown, when the client leaves, and when the caller stops being allowed. `release` when the stream is done. */
type Watched = { context: BaseContext; request: AbortSignal | undefined; permits: (caller: Caller) => boolean };

export function streamLifetime({ context, request, permits }: Watched) {
  const opening = { kind: context.caller.type, key: callerKey(context.caller) };
  assertRoom(opening);
  const controller = new AbortController();
  registry().set(controller, opening);
  const end = () => controller.abort();
  request?.addEventListener('abort', end, { once: true });
  if (request?.aborted) end();
  const unwatch = watchCaller(context, { permits, end });
  const release = () => {
    unwatch();
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
