/** How the analyser gives up from deep inside an expression; `analyze` turns it into a value at its border. */
import type { Refusal } from './analysis.ts';

export class RefusalError extends Error {
  override name = 'RefusalError';
  readonly code: Refusal['code'];
  readonly construct: string;
  /** Byte offset in the text the node came from; negative or absent when not known. */
  readonly location: number | undefined;
  /** What PostgreSQL would suggest. */
  hint: string | undefined;

  constructor(code: Refusal['code'], construct: string, message: string, location?: number) {
    super(message);
    this.code = code;
    this.construct = construct;
    this.location = location;
  }
}

/** Of refusals that concern how statements of one message depend on each other. */
export const messageConstruct = 'message';
export const separately = 'an earlier statement of the same message changes what names mean; send this one separately';

/** The construct cannot be resolved to columns, so policy could not be applied to it. */
export function unresolved(construct: string, location?: number, message?: string): never {
  throw new RefusalError('unresolved', construct, message ?? `${construct} cannot be resolved to columns`, location);
}

export function undefinedName(code: Refusal['code'], construct: string, message: string, location?: number): never {
  throw new RefusalError(code, construct, message, location);
}

/** The same where there is something to suggest. */
export function undefinedNear(
  { code, construct, hint }: { code: Refusal['code']; construct: string; hint: string | undefined },
  message: string,
  location?: number,
): never {
  const error = new RefusalError(code, construct, message, location);
  error.hint = hint;
  throw error;
}
