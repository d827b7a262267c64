/** DROP in all its forms. */
import type { Pg } from '../parse.ts';
import type { Analyzer } from '../state.ts';
import { nothing, type Outcome } from '../statement.ts';
import { dependents, heirs } from './dependents.ts';
import { namesOf, objectDone, reaches } from './object.ts';

export function dropStatement(a: Analyzer, node: Pg.DropStmt): Outcome {
  const type = node.removeType;
  const cascades = node.behavior === 'DROP_CASCADE';
  for (const object of node.objects ?? []) {
    const found = objectDone(a, type, object, {
      action: 'drop',
      verb: 'drop',
      missingOk: node.missing_ok === true,
    });
    const { schema, name, relation } = found;
    const shown = schema === null ? name : `${schema}.${name}`;
    a.out.hazard('drop', shown);
    if (cascades) dependents(a, type, found);
    else if (relation?.kind === 'p') heirs(a, new Set([relation.oid]));
    if (cascades) a.out.hazard('cascade', shown);
    reaches(a, type, shown);
    if (type === 'OBJECT_TRIGGER') a.out.hazard('trigger_disable', shown);
  }
  // What else goes with CASCADE may uncover other relations of the same names.
  a.catalogChanges(cascades || a.out.touched.size === 0);
  return nothing('ddl');
}

const roleNames = (nodes: readonly Pg.Node[] | undefined): string[] =>
  (nodes ?? []).map(node =>
    'RoleSpec' in node ? (node.RoleSpec.rolename ?? 'current_user') : namesOf(node).join('.'),
  );

export function dropRoles(a: Analyzer, node: Pg.DropRoleStmt): Outcome {
  for (const name of roleNames(node.roles)) {
    a.out.object('drop', 'drop', 'role', name);
    a.out.hazard('drop', name);
    a.out.hazard('role', name);
  }
  return nothing('ddl');
}

export function dropOwned(a: Analyzer, node: Pg.DropOwnedStmt): Outcome {
  for (const name of roleNames(node.roles)) {
    a.out.object('drop', 'drop', 'role', name);
    a.out.hazard('drop', `everything owned by ${name}`);
    a.out.hazard('privilege', name);
  }
  if (node.behavior === 'DROP_CASCADE') a.out.hazard('cascade', 'owned');
  a.catalogChanges();
  return nothing('ddl');
}

export function reassignOwned(a: Analyzer, node: Pg.ReassignOwnedStmt): Outcome {
  for (const name of roleNames(node.roles)) {
    a.out.object('privilege', 'alter', 'role', name);
    a.out.hazard('owner', name);
  }
  return nothing('ddl');
}

const objectKinds = {
  OBJECT_DATABASE: 'database',
  OBJECT_USER_MAPPING: 'server',
  OBJECT_TABLESPACE: 'other',
  OBJECT_SUBSCRIPTION: 'other',
} as const;

export function dropNamed(a: Analyzer, type: keyof typeof objectKinds, name: string): Outcome {
  a.out.object('drop', 'drop', objectKinds[type], name);
  a.out.hazard('drop', name);
  reaches(a, type, name);
  return nothing('ddl');
}
