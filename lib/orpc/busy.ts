/** Searches are the costly reads: one caller has a few of them under way at a time, so that others have their turn. */
import 'server-only';
import type { Caller } from './context.ts';
import { AppError } from './error.ts';
import { callerKey } from './idempotency.ts';

export const searchesAtOnceMax = 6;

const running = new Map<string, number>();

export async function oneOfFew<T>(caller: Caller, work: () => PromiseLike<T> | T): Promise<T> {
  const key = callerKey(caller);
  const count = running.get(key) ?? 0;
  if (count >= searchesAtOnceMax)
    throw new AppError('rate_limited', `you have ${searchesAtOnceMax} searches under way already`);
  running.set(key, count + 1);
  try {
    return await work();
  } finally {
    const left = (running.get(key) ?? 1) - 1;
    if (left > 0) running.set(key, left);
    else running.delete(key);
  }
}
