/** DROP in all its forms. */
import type { Pg } from '../parse.ts';
import type { Analyzer } from '../state.ts';
import { nothing, type Outcome } from '../statement.ts';
import { dependents, heirs } from './dependents.ts';
import { namesOf, objectDone } from './object.ts';

/** Dropping these loses no rows, but switches a protection off or changes what others' statements do. */
const protective: Readonly<Record<string, 'row_security' | 'trigger_disable' | 'rule' | 'event_trigger'>> = {
  OBJECT_POLICY: 'row_security',
  OBJECT_TRIGGER: 'trigger_disable',
  OBJECT_RULE: 'rule',
  OBJECT_EVENT_TRIGGER: 'event_trigger',
};

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
    const code = protective[type ?? ''];
    if (code) a.out.hazard(code, shown);
    if (type === 'OBJECT_EXTENSION') a.out.hazard('extension', shown);
    if (type === 'OBJECT_PUBLICATION') a.out.hazard('publication', shown);
    if (type === 'OBJECT_FOREIGN_SERVER' || type === 'OBJECT_FDW') a.out.hazard('foreign_connection', shown);
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

export function dropNamed(a: Analyzer, kind: 'database' | 'server' | 'other', name: string): Outcome {
  a.out.object('drop', 'drop', kind, name);
  a.out.hazard('drop', name);
  return nothing('ddl');
}
