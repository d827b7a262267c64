/** COPY TO STDOUT: passes, or is rewritten message by message where columns are masked. */
import { backend, int16At } from '../wire/message.ts';
import { Writer } from '../wire/writer.ts';
import { fateOf, unexpected } from './answer.ts';
import { endWithFault } from './end.ts';
import type { Expect } from './expect.ts';
import type { Fate, ServerMessage } from './server.ts';
import type { Session } from './state.ts';
import { stopStatement } from './stop.ts';

/** CopyOutResponse. */
export function copyOut(s: Session, entry: Expect, m: ServerMessage): Fate {
  if (entry.isMuted) return 'drop';
  const statement = entry.ruling?.statements[entry.statementIndex];
  if (statement?.analysis.result !== 'copy_out') {
    endWithFault(s, 'copy_disagreement', 'the database sends COPY data that the analysis did not expect');
    return 'drop';
  }
  const plan = statement.planCopy(int16At(m.bytes, m.start + 6));
  if (plan !== null && 'disagreement' in plan) return stopStatement(s, entry, plan.disagreement);
  s.result.copy = plan;
  s.result.isCopyOut = true;
  return fateOf(entry);
}

export const isCopyRewritten = (s: Session): boolean => s.result.copy !== null;

/** CopyData that does not simply pass: rewritten, or of a stopped statement. */
export function copyData(s: Session, m: ServerMessage): Fate {
  const entry = s.queue.head;
  if (entry?.isMuted) return 'drop';
  if (entry === null || s.result.copy === null) return unexpected(s, m);
  const rewritten = s.result.copy.rewrite(m.bytes.subarray(m.start + 5, m.end));
  if (rewritten === null) return stopStatement(s, entry, 'the COPY data are not those of the analysed columns');
  if (entry.run !== null) {
    entry.run.rows += 1;
    entry.run.bytes += m.end - m.start - 1;
  }
  s.down.bytes(new Writer(rewritten.length + 8).begin(backend.copyData).raw(rewritten).end().finish());
  return 'drop';
}
