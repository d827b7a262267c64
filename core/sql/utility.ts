/** Everything that is not a query or DML, by node type. */
import { copyStatement } from './copy.ts';
import { alterTable } from './ddl/alter-table.ts';
import {
  alterDomain,
  alterFunction,
  callStatement,
  createDomain,
  createFunction,
  createRule,
  createTrigger,
  doStatement,
  policyStatement,
} from './ddl/code.ts';
import { createTableAs, refreshStatement, viewStatement } from './ddl/create-as.ts';
import { dropNamed, dropOwned, dropRoles, dropStatement, reassignOwned } from './ddl/drop.ts';
import {
  changeOwner,
  defaultPrivileges,
  grantRole,
  grantStatement,
  roleChange,
  roleOf,
  securityLabel,
} from './ddl/privilege.ts';
import { serverStatement } from './ddl/server.ts';
import {
  alterSequence,
  alterType,
  commentStatement,
  createIndex,
  createSchema,
  createSequence,
  createStatistics,
  createType,
  dependsStatement,
  renameStatement,
  setSchema,
} from './ddl/simple.ts';
import { createForeignTable, createTable } from './ddl/table.ts';
import {
  checkpointStatement,
  clusterStatement,
  reindexStatement,
  truncateStatement,
  vacuumStatement,
} from './maintenance.ts';
import { stringsOf } from './names.ts';
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

function tables(a: Analyzer, node: Pg.Node): Outcome | null {
  if ('CreateStmt' in node) return createTable(a, node.CreateStmt);
  if ('CreateForeignTableStmt' in node) return createForeignTable(a, node.CreateForeignTableStmt);
  if ('CreateTableAsStmt' in node) return createTableAs(a, node.CreateTableAsStmt);
  if ('ViewStmt' in node) return viewStatement(a, node.ViewStmt);
  if ('AlterTableStmt' in node) return alterTable(a, node.AlterTableStmt);
  if ('IndexStmt' in node) return createIndex(a, node.IndexStmt);
  if ('CreateStatsStmt' in node) return createStatistics(a, node.CreateStatsStmt);
  if ('CreateSeqStmt' in node) return createSequence(a, node.CreateSeqStmt);
  if ('AlterSeqStmt' in node) return alterSequence(a, node.AlterSeqStmt);
  if ('CreateSchemaStmt' in node) return createSchema(a, node.CreateSchemaStmt);
  return null;
}

function code(a: Analyzer, node: Pg.Node): Outcome | null {
  if ('CreateFunctionStmt' in node) return createFunction(a, node.CreateFunctionStmt);
  if ('AlterFunctionStmt' in node) return alterFunction(a, node.AlterFunctionStmt);
  if ('DoStmt' in node) return doStatement(a, node.DoStmt);
  if ('CallStmt' in node) return callStatement(a, node.CallStmt);
  if ('CreateTrigStmt' in node) return createTrigger(a, node.CreateTrigStmt);
  if ('RuleStmt' in node) return createRule(a, node.RuleStmt);
  if ('CreatePolicyStmt' in node) return policyStatement(a, node.CreatePolicyStmt);
  if ('AlterPolicyStmt' in node) return policyStatement(a, node.AlterPolicyStmt);
  if ('CreateDomainStmt' in node) return createDomain(a, node.CreateDomainStmt);
  if ('AlterDomainStmt' in node) return alterDomain(a, node.AlterDomainStmt);
  if ('CompositeTypeStmt' in node) {
    const { typevar, coldeflist } = node.CompositeTypeStmt;
    return createType(
      a,
      [typevar?.schemaname, typevar?.relname].filter(part => part !== undefined),
      coldeflist ?? [],
    );
  }
  if ('CreateEnumStmt' in node) return createType(a, stringsOf(node.CreateEnumStmt.typeName), []);
  if ('AlterEnumStmt' in node) return alterType(a, node.AlterEnumStmt.typeName);
  return null;
}

function named(a: Analyzer, node: Pg.Node): Outcome | null {
  if ('DropStmt' in node) return dropStatement(a, node.DropStmt);
  if ('DropRoleStmt' in node) return dropRoles(a, node.DropRoleStmt);
  if ('DropOwnedStmt' in node) return dropOwned(a, node.DropOwnedStmt);
  if ('ReassignOwnedStmt' in node) return reassignOwned(a, node.ReassignOwnedStmt);
  if ('DropdbStmt' in node) return dropNamed(a, 'OBJECT_DATABASE', node.DropdbStmt.dbname ?? '');
  if ('DropTableSpaceStmt' in node)
    return dropNamed(a, 'OBJECT_TABLESPACE', node.DropTableSpaceStmt.tablespacename ?? '');
  if ('DropUserMappingStmt' in node)
    return dropNamed(a, 'OBJECT_USER_MAPPING', node.DropUserMappingStmt.servername ?? '');
  if ('DropSubscriptionStmt' in node)
    return dropNamed(a, 'OBJECT_SUBSCRIPTION', node.DropSubscriptionStmt.subname ?? '');
  if ('CommentStmt' in node) return commentStatement(a, node.CommentStmt);
  if ('RenameStmt' in node) return renameStatement(a, node.RenameStmt);
  if ('AlterObjectSchemaStmt' in node) return setSchema(a, node.AlterObjectSchemaStmt);
  if ('AlterObjectDependsStmt' in node) return dependsStatement(a, node.AlterObjectDependsStmt);
  return null;
}

function privileges(a: Analyzer, node: Pg.Node): Outcome | null {
  if ('GrantStmt' in node) return grantStatement(a, node.GrantStmt);
  if ('GrantRoleStmt' in node) return grantRole(a, node.GrantRoleStmt);
  if ('AlterDefaultPrivilegesStmt' in node) return defaultPrivileges(a, node.AlterDefaultPrivilegesStmt);
  if ('CreateRoleStmt' in node) return roleChange(a, 'create', node.CreateRoleStmt.role ?? '');
  if ('AlterRoleStmt' in node) return roleChange(a, 'alter', roleOf(node.AlterRoleStmt.role));
  if ('AlterOwnerStmt' in node) return changeOwner(a, node.AlterOwnerStmt);
  if ('SecLabelStmt' in node) return securityLabel(a, node.SecLabelStmt);
  return null;
}

const definition = (a: Analyzer, node: Pg.Node): Outcome | null =>
  tables(a, node) ?? code(a, node) ?? named(a, node) ?? privileges(a, node);

function maintenance(a: Analyzer, node: Pg.Node): Outcome | null {
  if ('TruncateStmt' in node) return truncateStatement(a, node.TruncateStmt);
  if ('VacuumStmt' in node) return vacuumStatement(a, node.VacuumStmt);
  if ('ClusterStmt' in node) return clusterStatement(a, node.ClusterStmt);
  if ('ReindexStmt' in node) return reindexStatement(a, node.ReindexStmt);
  if ('CheckPointStmt' in node) return checkpointStatement(a);
  if ('RefreshMatViewStmt' in node) return refreshStatement(a, node.RefreshMatViewStmt);
  return null;
}

export function utility(a: Analyzer, node: Pg.Node): Outcome {
  const tag = tagOf(node);
  a.step(tag);
  return (
    sessionStatement(a, node) ??
    holdingStatement(a, node) ??
    definition(a, node) ??
    maintenance(a, node) ??
    serverStatement(a, node) ??
    unresolved(tag)
  );
}
