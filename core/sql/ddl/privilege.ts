/** Who may do what: GRANT, REVOKE, roles, ownership, defaults, labels. */
import type { Pg } from '../parse.ts';
import type { Analyzer } from '../state.ts';
import { nothing, type Outcome } from '../statement.ts';
import { namesOf, objectDone, otherDone } from './object.ts';

/** `public` and `current_user`, as they are written. */
const roleName = (role: Pg.RoleSpec | undefined): string =>
  role?.rolename ?? role?.roletype?.replace('ROLESPEC_', '').toLowerCase() ?? '';
const roleNames = (nodes: readonly Pg.Node[] | undefined): string[] =>
  (nodes ?? []).map(node => {
    if ('RoleSpec' in node) return roleName(node.RoleSpec);
    return 'AccessPriv' in node ? (node.AccessPriv.priv_name ?? '') : namesOf(node).join('.');
  });

export function grantStatement(a: Analyzer, node: Pg.GrantStmt): Outcome {
  const verb = node.is_grant ? 'grant' : 'revoke';
  for (const object of node.objects ?? []) {
    const type = node.targtype === 'ACL_TARGET_OBJECT' ? node.objtype : 'OBJECT_SCHEMA';
    const { schema, name } = objectDone(a, type, object, { action: 'privilege', verb, missingOk: true });
    a.out.hazard('privilege', schema === null ? name : `${schema}.${name}`);
    // Names are looked up only where the role may look.
    if (type === 'OBJECT_SCHEMA') a.catalogChanges(true);
  }
  a.out.hazard('privilege', roleNames(node.grantees).join(', '));
  return nothing('ddl');
}

export function grantRole(a: Analyzer, node: Pg.GrantRoleStmt): Outcome {
  a.catalogChanges(true);
  for (const name of [...roleNames(node.granted_roles), ...roleNames(node.grantee_roles)]) {
    a.out.object('privilege', node.is_grant ? 'grant' : 'revoke', 'role', name);
    a.out.hazard('privilege', name);
    a.out.hazard('role', name);
  }
  return nothing('ddl');
}

export function defaultPrivileges(a: Analyzer, node: Pg.AlterDefaultPrivilegesStmt): Outcome {
  a.out.object('privilege', node.action?.is_grant ? 'grant' : 'revoke', 'other', 'default privileges');
  a.out.hazard('privilege', 'default privileges');
  return nothing('ddl');
}

export function roleChange(a: Analyzer, verb: 'create' | 'alter', name: string): Outcome {
  a.out.object('privilege', verb, 'role', name);
  a.out.hazard('role', name);
  return nothing('ddl');
}

export const roleOf = roleName;

export function changeOwner(a: Analyzer, node: Pg.AlterOwnerStmt): Outcome {
  const target = node.relation ? { RangeVar: node.relation } : node.object;
  const { schema, name } = objectDone(a, node.objectType, target, { action: 'privilege', verb: 'alter' });
  a.out.hazard('owner', schema === null ? name : `${schema}.${name}`);
  a.catalogChanges();
  return nothing('ddl');
}

export function securityLabel(a: Analyzer, node: Pg.SecLabelStmt): Outcome {
  const { name } = objectDone(a, node.objtype, node.object, { action: 'privilege', verb: 'alter' });
  a.out.hazard('privilege', name);
  otherDone(a, { action: 'privilege', verb: 'alter' }, 'other', `security label on ${name}`);
  return nothing('ddl');
}
