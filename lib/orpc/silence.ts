/** A control database that freezes under a request that it has let in: told from one that is slow by asking it something else. */
import 'server-only';
import { databaseAnswers, type Sql } from '#db/client.ts';
import { AppError } from './error.ts';
import { DatabaseSilent } from './outage.ts';

/** Work may take its time while the database does answer others; after so long it is asked whether it does. */
export const doubtAfterMs = 5000;

async function isSettledWithin(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>(resolve => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  const settled = work.then(
    () => true,
    () => true,
  );
  const first = await Promise.race([settled, late]);
  clearTimeout(timer);
  return first;
}

/** Waits for work that may be slow, but not for a database that froze in the middle of it. What was sent to it then may still happen. */
export async function whileDatabaseAnswers<T>(pool: Sql, work: Promise<T>): Promise<T> {
  while (!(await isSettledWithin(work, doubtAfterMs))) {
    const question = databaseAnswers(pool);
    const isThere = await Promise.race([question, work.then(() => true)]);
    if (!isThere) throw new DatabaseSilent();
  }
  return work;
}

/** The same for what writes: nobody can say whether it was done. */
export async function writtenWhileDatabaseAnswers<T>(pool: Sql, work: Promise<T>): Promise<T> {
  try {
    return await whileDatabaseAnswers(pool, work);
  } catch (thrown) {
    if (!(thrown instanceof DatabaseSilent)) throw thrown;
    const sentence =
      'the console’s database stopped answering in the middle of this: look whether it was done before you try again';
    throw new AppError('unavailable', sentence, { cause: thrown });
  }
}
