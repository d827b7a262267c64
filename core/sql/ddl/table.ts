/** CREATE TABLE and CREATE FOREIGN TABLE: columns, and everything their constraints and defaults run. */
import type { CatalogRelation } from '../../catalog/snapshot.ts';
import { expression } from '../expression.ts';
import { item } from '../from.ts';
import { stringsOf } from '../names.ts';
import { ownCode } from '../own-code.ts';
import type { Pg } from '../parse.ts';
import { dividedBy } from '../partition.ts';
import { unresolved } from '../refuse.ts';
import { relationFields, relationFor } from '../relation.ts';
import { findColumn, Scope } from '../scope.ts';
import { condition } from '../select.ts';
import type { Analyzer } from '../state.ts';
import { nothing, type Outcome } from '../statement.ts';
import { typeOfColumn, typeOfName } from '../typename.ts';
import { relationOfType } from '../types/coerce.ts';
import { oid } from '../types/oid.ts';
import { changed, constant, type Field, unionOrigins, type Value } from '../value.ts';
import { announce } from './create-as.ts';
import { creationSchema } from './object.ts';

/** Names that table expressions may use: the table's own columns. `schema` is given for a table that is only being made. */
export function tableScope(columns: readonly Field[], name: string | null, schema: string | null = null): Scope {
  const scope = new Scope(null);
  const own = schema === null ? columns : [...columns, { name: 'tableoid', value: constant(oid.oid) }];
  scope.items.push(item({ name, schema, columns: own }));
  return scope;
}

/** Columns of the table that is being made, where the name means it: its keys may refer to itself. */
function itself(a: Analyzer, scope: Scope, { schemaname, relname = '' }: Pg.RangeVar): readonly Field[] | null {
  const [made] = scope.items;
  if (!made || made.schema === null || made.name !== relname) return null;
  const isTemporary = made.schema === (a.settings.temporarySchema ?? 'pg_temp');
  if (schemaname) return schemaname === made.schema || (isTemporary && schemaname === 'pg_temp') ? made.columns : null;
  const first = a.path.relations.find(name => name === made.schema || a.catalog.relationNamed(name, relname));
  return isTemporary || first === made.schema ? made.columns : null;
}

/** What a generated column is made of. */
export type Generated = { column: string; value: Value };

export function constraint(a: Analyzer, scope: Scope, node: Pg.Constraint, column: string | null): Generated | null {
  switch (node.contype) {
    case 'CONSTR_CHECK':
      if (node.raw_expr) condition(a, scope, node.raw_expr);
      return null;
    case 'CONSTR_DEFAULT':
      if (node.raw_expr) a.out.usedAs(expression(a, new Scope(null), node.raw_expr), 'default');
      return null;
    case 'CONSTR_GENERATED': {
      const value = node.raw_expr ? expression(a, scope, node.raw_expr) : null;
      if (value) a.out.usedAs(value, 'source');
      return value && column !== null ? { column, value } : null;
    }
    case 'CONSTR_FOREIGN':
      if (node.pktable) foreignKey(a, scope, node, column);
      return null;
    case 'CONSTR_EXCLUSION':
      for (const element of node.exclusions ?? []) exclusion(a, scope, element);
      if (node.where_clause) condition(a, scope, node.where_clause);
      return null;
    default:
      return null;
  }
}

/** A column by its name alone, as an expression. */
const columnNamed = (name: string): Pg.Node => ({ ColumnRef: { fields: [{ String: { sval: name } }] } });

/** Columns of another table that a key refers to. Without a list of them its primary key is meant. */
function keysOf(a: Analyzer, node: Pg.RangeVar, names: readonly string[]): readonly Field[] {
  const relation = relationFor(a, node);
  a.out.relation('define', 'alter', relation);
  const fields = relationFields(a, relation);
  const key = names.length > 0 ? null : a.catalog.relationNamed(relation.schema, `${relation.name}_pkey`);
  const wanted = key ? key.columns.map(column => column.name) : names;
  return wanted.length === 0 ? fields : fields.filter(field => wanted.includes(field.name));
}

/** Whether each value is in the other table is checked now and with every write: both sides are compared. */
function foreignKey(a: Analyzer, scope: Scope, node: Pg.Constraint, column: string | null): void {
  const table = node.pktable ?? unresolved('FOREIGN KEY');
  const names = column === null ? stringsOf(node.fk_attrs) : [column];
  const own = names.flatMap(name => findColumn(a, scope, name)?.origins ?? []);
  const keys = itself(a, scope, table) ?? keysOf(a, table, stringsOf(node.pk_attrs));
  const others = keys.flatMap(field => field.value.origins);
  for (const ref of others) a.out.use(ref, 'join', { against: own });
  for (const ref of own) a.out.use(ref, 'join', { against: others });
}

function exclusion(a: Analyzer, scope: Scope, node: Pg.Node): void {
  const [element] = 'List' in node ? (node.List.items ?? []) : [];
  if (!element || !('IndexElem' in element)) return;
  const { expr, name } = element.IndexElem;
  const compared = expr ?? (name === undefined ? undefined : columnNamed(name));
  if (compared) a.out.usedAs(expression(a, scope, compared), 'distinct');
}

const columnDef = (a: Analyzer, node: Pg.ColumnDef): Field => {
  const type = node.typeName ? typeOfColumn(a, node.typeName) : { oid: 0, typmod: -1 };
  return { name: node.colname ?? '', value: constant(type.oid, null, type.typmod) };
};

/** LIKE copies a definition, not data; but what is known about the columns is likely to be true of the copy. */
function likeColumns(a: Analyzer, node: Pg.TableLikeClause): readonly Field[] {
  const relation = relationFor(a, node.relation ?? unresolved('LIKE'));
  a.out.relation('read', 'other', relation);
  return relationFields(a, relation);
}

/** A child's rows show in its parent, so the parent is written to as well. */
function parentColumns(a: Analyzer, node: Pg.Node, isPart: boolean): readonly Field[] {
  if (!('RangeVar' in node)) return unresolved('INHERITS');
  const parent = relationFor(a, node.RangeVar);
  a.out.relation('define', 'alter', parent);
  if (isPart) takesFromDefault(a, parent);
  return relationFields(a, parent);
}

const withoutDuplicates = (fields: readonly Field[]): Field[] => {
  const byName = new Map<string, Field>();
  for (const field of fields) {
    const known = byName.get(field.name);
    const origins = known ? unionOrigins([known.value.origins, field.value.origins]) : field.value.origins;
    byName.set(field.name, { name: field.name, value: changed(known?.value ?? field.value, { origins }) });
  }
  return [...byName.values()];
};

function columnsOf(a: Analyzer, node: Pg.CreateStmt): Field[] {
  const fields: Field[] = [];
  for (const parent of node.inhRelations ?? []) fields.push(...parentColumns(a, parent, node.partbound !== undefined));
  if (node.ofTypename) {
    const relation = a.catalog.relation(relationOfType(a.catalog, typeOfName(a, node.ofTypename).oid));
    for (const column of relation?.columns ?? []) fields.push({ name: column.name, value: constant(column.typeOid) });
  }
  for (const element of node.tableElts ?? []) {
    if ('ColumnDef' in element) {
      if (element.ColumnDef.typeName) fields.push(columnDef(a, element.ColumnDef));
    } else if ('TableLikeClause' in element) fields.push(...likeColumns(a, element.TableLikeClause));
    else if (!('Constraint' in element)) unresolved('CREATE TABLE');
  }
  return withoutDuplicates(fields);
}

function constraintsOf(a: Analyzer, scope: Scope, node: Pg.CreateStmt): Generated[] {
  const generated: (Generated | null)[] = [];
  for (const element of node.tableElts ?? []) {
    if ('Constraint' in element) constraint(a, scope, element.Constraint, null);
    if (!('ColumnDef' in element)) continue;
    for (const own of element.ColumnDef.constraints ?? [])
      if ('Constraint' in own) generated.push(constraint(a, scope, own.Constraint, element.ColumnDef.colname ?? ''));
  }
  for (const own of [...(node.constraints ?? []), ...(node.nnconstraints ?? [])])
    if ('Constraint' in own) constraint(a, scope, own.Constraint, null);
  for (const part of node.partspec?.partParams ?? [])
    if ('PartitionElem' in part && part.PartitionElem.expr) expression(a, scope, part.PartitionElem.expr);
  if (node.partbound) partitionBound(a, node.partbound);
  return generated.filter(entry => entry !== null);
}

/** Bounds are evaluated once, now. MINVALUE and MAXVALUE look like columns. */
export function partitionBound(a: Analyzer, node: Pg.PartitionBoundSpec): void {
  for (const datum of [...(node.listdatums ?? []), ...(node.lowerdatums ?? []), ...(node.upperdatums ?? [])])
    if (!('ColumnRef' in datum)) expression(a, new Scope(null), datum);
}

/** Rows of a default partition are held against the bounds of a new one: none may belong there. */
export function takesFromDefault(a: Analyzer, parent: CatalogRelation): void {
  for (const column of dividedBy(a, parent)) a.out.use(column, 'predicate');
  ownCode(a, parent, 'insert');
}

export function createTable(a: Analyzer, node: Pg.CreateStmt): Outcome {
  const rel = node.relation;
  if (!rel) return unresolved('CreateStmt');
  const temporary = rel.relpersistence === 't';
  const schema = creationSchema(a, rel.schemaname, temporary);
  const columns = columnsOf(a, node);
  const scope = tableScope(columns, rel.relname ?? null, schema);
  const generated = constraintsOf(a, scope, node);
  const all = columns.map(column => {
    const made = generated.find(entry => entry.column === column.name);
    return made ? { name: column.name, value: changed(column.value, { origins: made.value.origins }) } : column;
  });
  announce(a, {
    name: rel.relname ?? '',
    schema,
    temporary,
    kind: node.partspec ? 'p' : 'r',
    columns: all,
    uncertain: node.if_not_exists === true,
    replaces: false,
  });
  // A partition is a part of its table: what lies in it has the labels of the table as long as it does.
  const isPart = node.partbound !== undefined;
  for (const { name, value } of all)
    if (value.origins.length > 0)
      a.out.flows.push({
        target: { schema, relation: rel.relname ?? '', column: name },
        origins: value.origins,
        ...(isPart && !generated.some(({ column }) => column === name) && { follows: true as const }),
      });
  return nothing('ddl');
}

export function createForeignTable(a: Analyzer, node: Pg.CreateForeignTableStmt): Outcome {
  a.out.hazard('foreign_connection', node.servername ?? '');
  a.out.object('define', 'other', 'server', node.servername ?? '');
  return node.base ? createTable(a, node.base) : unresolved('CreateForeignTableStmt');
}

export const constraintColumns = (node: Pg.Constraint): string[] => stringsOf(node.keys);

/** With columns that the same statement adds. */
export function ownScope(a: Analyzer, relation: CatalogRelation, added: readonly Field[] = []): Scope {
  const scope = new Scope(null);
  const columns = [...relationFields(a, relation), ...added];
  scope.items.push(item({ name: relation.name, columns, relation }));
  return scope;
}
