/** Everything that is not a query or DML, by node type. */
import { copyStatement } from './copy.ts';
import { type Pg, tagOf } from './parse.ts';
import {
  closeStatement,
  deallocateStatement,
  declareStatement,
  executeStatement,
  explainStatement,
  fetchStatement,
  prepareStatement,
} from './prepared.ts';
import { unresolved } from './refuse.ts';
import {
  constraintsStatement,
  discardStatement,
  listenStatement,
  lockStatement,
  notifyStatement,
  transactionStatement,
} from './session.ts';
import { setStatement, showStatement } from './setting.ts';
import type { Analyzer } from './state.ts';
import type { Outcome } from './statement.ts';

function sessionStatement(a: Analyzer, node: Pg.Node): Outcome | null {
  if ('TransactionStmt' in node) return transactionStatement(a, node.TransactionStmt);
  if ('VariableSetStmt' in node) return setStatement(a, node.VariableSetStmt);
  if ('VariableShowStmt' in node) return showStatement(a, node.VariableShowStmt);
  if ('DiscardStmt' in node) return discardStatement(a, node.DiscardStmt);
  if ('ListenStmt' in node) return listenStatement(a, node.ListenStmt.conditionname ?? '');
  if ('UnlistenStmt' in node) return listenStatement(a, node.UnlistenStmt.conditionname ?? 'all');
  if ('NotifyStmt' in node) return notifyStatement(a, node.NotifyStmt);
  if ('LockStmt' in node) return lockStatement(a, node.LockStmt);
  if ('ConstraintsSetStmt' in node) return constraintsStatement(a);
  return null;
}

function holdingStatement(a: Analyzer, node: Pg.Node): Outcome | null {
  if ('PrepareStmt' in node) return prepareStatement(a, node.PrepareStmt);
  if ('ExecuteStmt' in node) return executeStatement(a, node.ExecuteStmt);
  if ('DeallocateStmt' in node) return deallocateStatement(a, node.DeallocateStmt);
  if ('DeclareCursorStmt' in node) return declareStatement(a, node.DeclareCursorStmt);
  if ('FetchStmt' in node) return fetchStatement(a, node.FetchStmt);
  if ('ClosePortalStmt' in node) return closeStatement(a, node.ClosePortalStmt);
  if ('ExplainStmt' in node) return explainStatement(a, node.ExplainStmt);
  if ('CopyStmt' in node) return copyStatement(a, node.CopyStmt);
  return null;
}

export function utility(a: Analyzer, node: Pg.Node): Outcome {
  const tag = tagOf(node);
  a.step(tag);
  return sessionStatement(a, node) ?? holdingStatement(a, node) ?? unresolved(tag);
}
