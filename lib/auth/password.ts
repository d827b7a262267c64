/** Passwords: argon2id with OWASP's parameters, and at most a few at once, because each takes 19 MiB and a core. */
import 'server-only';
import { type Algorithm, hash, verify } from '@node-rs/argon2';
import { AppError } from '#lib/orpc/error.ts';

/** `Algorithm` is a const enum, which isolated modules may not read. */
const argon2id = 2 as Algorithm.Argon2id;
const options = { algorithm: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export const hashingConcurrencyMax = 4;
export const hashingQueueMax = 64;

let running = 0;
const waiting: (() => void)[] = [];

async function limited<T>(work: () => Promise<T>): Promise<T> {
  if (running >= hashingConcurrencyMax) {
    if (waiting.length >= hashingQueueMax)
      throw new AppError('unavailable', 'too many sign-ins at once, try again in a moment');
    await new Promise<void>(resolve => waiting.push(resolve));
  }
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

export const hashPassword = (password: string): Promise<string> => limited(() => hash(password, options));

let decoy: Promise<string> | undefined;

/** Takes as long for an account without a password as for one with, so that time does not tell them apart. */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  decoy ??= hash('nobody has this password', options);
  const against = stored ?? (await decoy);
  const matches = await limited(() => verify(against, password));
  return stored !== null && matches;
}
