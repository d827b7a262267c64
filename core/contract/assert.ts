/** Invariants stay on in production: a broken one ends the session or request it is found in, never the process. */

export class BugError extends Error {
  override name = 'BugError';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BugError(message);
}

/** The value, or a BugError when an invariant says it cannot be absent. */
export function must<T>(value: T | null | undefined, message: string): T {
  if (value === null || value === undefined) throw new BugError(message);
  return value;
}

export function unreachable(value: never, message = 'unreachable'): never {
  throw new BugError(`${message}: ${JSON.stringify(value)}`);
}
