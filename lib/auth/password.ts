/** Passwords: argon2id with OWASP's parameters, and at most a few at once, because each takes 19 MiB and a core. */
import 'server-only';
import { type Algorithm, hash, verify } from '@node-rs/argon2';
import { Limiter } from '#lib/limiter.ts';

/** `Algorithm` is a const enum, which isolated modules may not read. */
const argon2id = 2 as Algorithm.Argon2id;
const options = { algorithm: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const limiter = new Limiter({ atOnceMax: 4, waitingMax: 64 });

export const hashPassword = (password: string): Promise<string> => limiter.run(() => hash(password, options));

let decoy: Promise<string> | undefined;

/** Takes as long for an account without a password as for one with, so that time does not tell them apart. */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  decoy ??= hash('nobody has this password', options);
  const against = stored ?? (await decoy);
  const matches = await limiter.run(() => verify(against, password));
  return stored !== null && matches;
}
