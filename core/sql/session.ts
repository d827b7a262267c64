/** Transactions, LISTEN/NOTIFY, LOCK, DISCARD and other statements about the session itself. */
import type { AccessVerb } from './analysis.ts';
import { nameOf } from './dml.ts';
import { beneath, elsewhere } from './extent.ts';
import type { Pg } from './parse.ts';
import { unresolved } from './refuse.ts';
import { relationFor } from './relation.ts';
import type { Analyzer } from './state.ts';
import { nothing, type Outcome } from './statement.ts';

const session = (a: Analyzer, verb: AccessVerb, name: string): void => a.out.object('session', verb, 'other', name);

export function transactionStatement(a: Analyzer, node: Pg.TransactionStmt): Outcome {
  session(a, 'transaction', 'transaction');
  const { effects } = a.out;
  const name = node.savepoint_name ?? '';
  switch (node.kind) {
    case 'TRANS_STMT_BEGIN':
    case 'TRANS_STMT_START':
      effects.push({ type: 'begin' });
      break;
    case 'TRANS_STMT_COMMIT':
      effects.push({ type: 'commit' });
      break;
    case 'TRANS_STMT_ROLLBACK':
      effects.push({ type: 'rollback' });
      break;
    case 'TRANS_STMT_SAVEPOINT':
      effects.push({ type: 'savepoint', name });
      break;
    case 'TRANS_STMT_RELEASE':
      effects.push({ type: 'release', name });
      break;
    case 'TRANS_STMT_ROLLBACK_TO':
      effects.push({ type: 'rollback_to', name });
      break;
    case 'TRANS_STMT_PREPARE':
      // Settings stay, and so will what was copied. What was defined cannot be seen until somebody commits it.
      effects.push({ type: 'commit' });
      twoPhase(a, node);
      break;
    case 'TRANS_STMT_COMMIT_PREPARED':
    case 'TRANS_STMT_ROLLBACK_PREPARED':
      twoPhase(a, node);
      break;
    default:
      unresolved('TransactionStmt', node.location);
  }
  if (node.chain) effects.push({ type: 'begin' });
  return nothing('transaction');
}

function twoPhase(a: Analyzer, { gid }: Pg.TransactionStmt): void {
  a.out.hazard('two_phase', gid ?? '');
  a.catalogChanges(true);
}

export function discardStatement(a: Analyzer, node: Pg.DiscardStmt): Outcome {
  session(a, 'other', 'discard');
  if (node.target === 'DISCARD_ALL') a.out.effects.push({ type: 'discard_all' });
  if (node.target === 'DISCARD_TEMP') a.out.effects.push({ type: 'catalog' });
  return nothing('discard');
}

export function listenStatement(a: Analyzer, channel: string): Outcome {
  session(a, 'listen', channel);
  return nothing('listen');
}

export function notifyStatement(a: Analyzer, node: Pg.NotifyStmt): Outcome {
  const channel = node.conditionname ?? '';
  session(a, 'notify', channel);
  a.out.hazard('notify', channel);
  return nothing('notify');
}

/** ACCESS SHARE is what any SELECT takes; pg_dump asks for it by name. */
const accessShare = 1;

export function lockStatement(a: Analyzer, node: Pg.LockStmt): Outcome {
  for (const target of node.relations ?? []) {
    if (!('RangeVar' in target)) return unresolved('LOCK');
    const relation = relationFor(a, target.RangeVar);
    a.out.relation('lock', 'lock', relation);
    if (node.mode === accessShare) continue;
    // What is under a view is locked with it, and so are heirs.
    const heirs = target.RangeVar.inh ? elsewhere(a, relation) : [];
    for (const locked of [relation, ...beneath(a, relation), ...heirs]) {
      a.out.relation('lock', 'lock', locked);
      a.out.hazard('lock_table', nameOf(locked));
    }
  }
  return nothing('lock');
}

export function constraintsStatement(a: Analyzer): Outcome {
  session(a, 'set', 'constraints');
  return nothing('set');
}
