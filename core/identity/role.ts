/** Roles are fixed sets of permissions; a permission names one capability of the control plane or of the data plane. */

export const permissions = [
  'overview:read',
  'connection:use',
  'connection:read',
  'connection:write',
  'access:request',
  'access:read',
  'access:revoke',
  'approval:read',
  'approval:decide',
  'policy:read',
  'policy:write',
  'catalog:read',
  'catalog:write',
  'session:read',
  'session:kill',
  'audit:read',
  'audit:export',
  'literals:read',
  'proxy:read',
  'proxy:enrol',
  'proxy:revoke',
  'identity:read',
  'identity:write',
  'token:issue',
  'token:revoke',
] as const;

export type Permission = (typeof permissions)[number];

export const roles = ['admin', 'reviewer', 'auditor', 'operator', 'developer'] as const;

export type Role = (typeof roles)[number];

const everyone: readonly Permission[] = ['overview:read', 'connection:read', 'access:request', 'catalog:read'];

export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  admin: permissions.filter(permission => permission !== 'literals:read'),
  reviewer: [
    ...everyone,
    'approval:read',
    'approval:decide',
    'access:read',
    'policy:read',
    'session:read',
    'literals:read',
    'token:issue',
    'connection:use',
    'identity:read',
  ],
  auditor: [
    ...everyone,
    'approval:read',
    'access:read',
    'policy:read',
    'session:read',
    'audit:read',
    'audit:export',
    'proxy:read',
    'identity:read',
  ],
  operator: [
    ...everyone,
    'connection:write',
    'session:read',
    'session:kill',
    'proxy:read',
    'proxy:enrol',
    'proxy:revoke',
    'policy:read',
    'identity:read',
  ],
  developer: [...everyone, 'connection:use', 'token:issue', 'approval:read', 'access:read', 'session:read'],
};

/** The union of what the roles permit. Who may see *whose* rows is decided by each query. */
export function permissionsOf(held: readonly Role[]): ReadonlySet<Permission> {
  return new Set(held.flatMap(role => rolePermissions[role]));
}
