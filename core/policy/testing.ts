/** Small worlds for tests of decisions: analyses written by hand, as the analyser would give them. Not for production. */
import { type ColumnLabel, knownLabels, type Owner } from '../catalog/classification.ts';
import { type Labels, resolveLabels } from '../catalog/labels.ts';
import type { Principal } from '../identity/principal.ts';
import type { Access, Analysis, ColumnRef, ColumnUse, OutputColumn, StatementAnalysis } from '../sql/analysis.ts';
import type { Connection } from './bundle.ts';
import { compilePolicies } from './compile.ts';
import { type Residual, residual, type Subject } from './residual.ts';
import { type Policy, policySchema } from './schema.ts';

const tables: Readonly<Record<string, { oid: number; columns: readonly string[] }>> = {
  'public.customers': { oid: 100, columns: ['id', 'email', 'phone', 'city'] },
  'public.orders': { oid: 101, columns: ['id', 'customer_id', 'total'] },
  'public.employees': { oid: 102, columns: ['id', 'email', 'salary'] },
  'public.api_keys': { oid: 103, columns: ['id', 'token'] },
  'analytics.guesses': { oid: 104, columns: ['id', 'email'] },
  'audit_private.notes': { oid: 105, columns: ['id', 'body'] },
};

export const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** `public.customers.email`, or `public.customers.*` for the whole row. */
export function column(path: string): ColumnRef {
  const [schema = '', relation = '', name = ''] = path.split('.');
  const table = tables[`${schema}.${relation}`];
  const attnum = name === '*' ? 0 : (table?.columns.indexOf(name) ?? -1) + 1;
  return { relationOid: table?.oid ?? 0, attnum, schema, relation, column: name };
}

export function label(path: string, name: string): ColumnLabel {
  return { ...column(path), label: name, level: knownLabels[name]?.level ?? 'confidential' };
}

export const shopLabels: readonly ColumnLabel[] = [
  label('public.customers.email', 'pii.email'),
  label('public.customers.phone', 'pii.phone'),
  label('public.employees.email', 'pii.email'),
  label('public.employees.salary', 'hr.salary'),
  label('public.api_keys.token', 'secret.token'),
];

export function shopCatalog(labels: readonly ColumnLabel[] = shopLabels, owners: readonly Owner[] = []): Labels {
  const relations = Object.entries(tables).map(([path, { oid, columns }]) => {
    const [schema = '', name = ''] = path.split('.');
    return {
      oid,
      schema,
      name,
      parents: [],
      columns: columns.map((each, index) => ({ attnum: index + 1, name: each })),
    };
  });
  return resolveLabels({ relations }, { labels, owners });
}

export function access(
  action: Access['action'],
  path: string,
  more: Partial<Omit<Access, 'object'>> & { object?: Partial<Access['object']> } = {},
): Access {
  const [first = '', second] = path.split('.');
  const schema = second === undefined ? null : first;
  const { object, ...rest } = more;
  return {
    action,
    verb: action === 'read' ? 'select' : 'other',
    viaView: false,
    ...rest,
    object: {
      kind: 'relation',
      schema,
      name: second ?? first,
      oid: tables[path]?.oid ?? 0,
      system: schema === 'pg_catalog',
      temporary: false,
      ...object,
    },
  };
}

export function output(kind: OutputColumn['kind'], ...paths: readonly string[]): OutputColumn {
  const origins = paths.map(column);
  const [first] = origins;
  const wire =
    kind === 'column' && first !== undefined ? { relationOid: first.relationOid, attnum: first.attnum } : null;
  return { name: null, kind, origins, wire, typeOid: 25 };
}

export function use(context: ColumnUse['context'], path: string, more: Partial<ColumnUse> = {}): ColumnUse {
  return { column: column(path), context, against: [], viaView: false, ...more };
}

export function statement(parts: Partial<StatementAnalysis> = {}): StatementAnalysis {
  return {
    kind: 'select',
    start: 0,
    length: 0,
    accesses: [],
    outputs: null,
    uses: [],
    reads: [],
    functions: [],
    hazards: [],
    flows: [],
    effects: [],
    result: 'rows',
    copy: null,
    parameters: 0,
    ...parts,
  };
}

export function analysis(...statements: readonly StatementAnalysis[]): Analysis {
  const fingerprint = '0'.repeat(64);
  return { ok: true, statements, normalized: '', literals: [], fingerprint, literalFree: true };
}

export const person = (login: string, more: Partial<Principal> = {}): Principal => ({
  id: uuid(1),
  kind: 'user',
  login,
  displayName: login,
  groups: [],
  roles: ['developer'],
  ownerId: null,
  enabled: true,
  ...more,
});

export const connection: Connection = {
  id: uuid(900),
  name: 'shop-prod',
  engine: 'postgresql',
  environment: 'prod',
  region: 'eu',
  tags: { team: 'shop' },
};

export const policy = (input: object): Policy => policySchema.parse(input);

export function session(policies: readonly Policy[], subject: Partial<Subject> = {}): Residual {
  return residual(compilePolicies(policies, 7), {
    principal: person('dev@example.com'),
    onBehalfOf: null,
    connection,
    ...subject,
  });
}

export const allowAll = policy({ name: 'all', rules: [{ id: 'everything', effect: 'allow' }] });
export const readAll = policy({ name: 'reads', rules: [{ id: 'read', effect: 'allow', actions: ['read'] }] });
export const masking = policy({
  name: 'mask',
  rules: [
    {
      id: 'classified',
      effect: 'mask',
      objects: { level: 'confidential' },
      mask: { kind: 'redact' },
      masks: { 'pii.email': { kind: 'partial', shape: 'email' } },
      unlessOwner: true,
    },
  ],
});

export const readEmail = statement({
  accesses: [access('read', 'public.customers')],
  outputs: [output('column', 'public.customers.id'), output('column', 'public.customers.email')],
  reads: [column('public.customers.email')],
});
