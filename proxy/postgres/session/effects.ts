/** Applies to the session what the server has confirmed: settings, names, transaction ends, changes of the catalog. */
import type { SessionEffect, StatementAnalysis, StatementKind } from '#core/sql/analysis.ts';
import { transaction } from '../wire/message.ts';
import { nameKeyOf } from '../wire/text.ts';
import { type Expect, expects } from './expect.ts';
import type { Outcome } from './journal.ts';
import { namedBytesMax, namesMax } from './names.ts';
import type { Session, SqlPrepared } from './state.ts';
import { weightOfAnalysis } from './weight.ts';

/** Of these the effects are what they say; others may have effects in code that is not always come to. */
const plain: ReadonlySet<StatementKind> = new Set(['set', 'discard', 'transaction']);

/** `tag` is that of CommandComplete: a COMMIT that had to roll back says so there. */
export function applyEffects(
  s: Session,
  { kind, effects }: Pick<StatementAnalysis, 'kind' | 'effects'>,
  tag: string,
): void {
  if (effects.length > 0 && !plain.has(kind)) s.settings.mayDiffer(effects);
  for (const effect of effects) applyEffect(s, effect, tag);
}

function applyEffect(s: Session, effect: SessionEffect, tag: string): void {
  switch (effect.type) {
    case 'commit':
    case 'rollback':
      if (tag === 'ROLLBACK' || effect.type === 'rollback') s.settings.rollback();
      else s.settings.commit();
      s.gate.settled(tag !== 'ROLLBACK' && effect.type === 'commit');
      s.portals.clear();
      leaveFailed(s, transaction.idle);
      return;
    case 'prepare':
      s.sqlPrepared.set(effect.name, preparedBy(effect));
      countPrepared(s, s.sqlPreparedBytes + weightOfPrepared(effect));
      if (!hasRoomForPrepared(s)) s.settings.isLost = true;
      return;
    case 'deallocate':
      deallocate(s, effect.name);
      return;
    case 'discard_all':
      deallocate(s, null);
      s.portals.clear();
      s.settings.apply(effect);
      s.gate.temporaryDropped();
      return;
    case 'declare':
      s.portals.confirm(nameKeyOf(effect.name), null);
      s.settings.apply(effect);
      return;
    case 'close':
      if (effect.name === null) s.portals.clear();
      else s.portals.confirm(nameKeyOf(effect.name), null);
      s.settings.apply(effect);
      return;
    case 'catalog':
      touchCatalog(s);
      return;
    case 'rollback_to':
      s.settings.apply(effect);
      // What was defined since the savepoint is gone, and what it took the place of is back.
      if (s.isCatalogChanged) s.gate.catalogTouched();
      leaveFailed(s, transaction.open);
      return;
    default:
      s.settings.apply(effect);
  }
}

/** What follows in the same unit is run, and the server can be asked about it, though ReadyForQuery is still to come. */
function leaveFailed(s: Session, status: number): void {
  if (s.status === transaction.failed) s.status = status;
}

/** Code that ends transactions has failed: what it did before the last of them stays. */
export function committedBefore(s: Session, { kind, ruling, statementIndex, run }: Expect): void {
  const analysis = ruling?.statements[statementIndex]?.analysis;
  const isRun = kind === expects.query || kind === expects.execute;
  if (!isRun || ruling === null || analysis === undefined || s.status !== transaction.idle) return;
  if (analysis.kind !== 'call' && analysis.kind !== 'do') return;
  if (!analysis.accesses.some(({ verb }) => verb === 'transaction')) return;
  applyEffects(s, analysis, '');
  s.gate.executed(ruling, statementIndex, { statement: run?.number ?? 1, when: null });
  s.settings.commit();
  s.gate.settled(true);
}

const preparedBy = ({ text, parameterTypes, analysis }: SqlPrepared): SqlPrepared => ({
  text,
  parameterTypes,
  analysis,
});

const weightOfPrepared = ({ text, parameterTypes, analysis }: SqlPrepared): number =>
  text.length + 8 * parameterTypes.length + weightOfAnalysis(analysis);

/** What was deallocated is counted as long as that makes no difference. */
function hasRoomForPrepared(s: Session): boolean {
  if (s.sqlPrepared.size > namesMax) return false;
  const isRoom = () => s.sqlPreparedBytes <= namedBytesMax && !s.room.isFullFor(s.sqlPreparedBytes);
  if (isRoom()) return true;
  countPrepared(
    s,
    [...s.sqlPrepared.values()].reduce((sum, prepared) => sum + weightOfPrepared(prepared), 0),
  );
  return isRoom();
}

function countPrepared(s: Session, bytes: number): void {
  s.room.add(bytes - s.sqlPreparedBytes);
  s.sqlPreparedBytes = bytes;
}

/** The session has ended: what it kept by name is nobody's. */
export function forgetNames(s: Session): void {
  s.statements.clear();
  s.portals.clear();
  s.sqlPrepared.clear();
  countPrepared(s, 0);
}

function touchCatalog(s: Session): void {
  s.isCatalogChanged = true;
  s.gate.catalogTouched();
}

/** The unnamed statement is not among those that DEALLOCATE drops. */
function deallocate(s: Session, name: string | null): void {
  if (name !== null) {
    s.statements.confirm(nameKeyOf(name), null);
    s.sqlPrepared.delete(name);
    return;
  }
  const unnamed = s.statements.get('');
  s.statements.clear();
  s.statements.confirm('', unnamed);
  s.sqlPrepared.clear();
}

/** Nobody can ask their portals for more: what they gave is all there will be. */
export function endSuspended(s: Session, outcome: Outcome): void {
  if (s.suspended.size === 0) return;
  for (const run of s.suspended) s.journal.completed(run, outcome, { tag: null, sqlstate: null });
  s.suspended.clear();
}

/** ReadyForQuery: outside a transaction, everything since the last one was either committed or rolled back. */
export function transactionEnded(s: Session, hasFailed: boolean): void {
  if (s.status !== transaction.idle) {
    s.settings.settled();
    return;
  }
  if (hasFailed) s.settings.rollback();
  else s.settings.commit();
  s.settings.settled();
  s.portals.clear();
  endSuspended(s, 'ok');
  s.isSensitive = false;
  s.isCatalogChanged = false;
  s.gate.transactionEnded(hasFailed);
}
