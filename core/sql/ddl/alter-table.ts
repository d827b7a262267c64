/** ALTER TABLE and its kin, one kind of change at a time. */
import type { CatalogRelation } from '../../catalog/snapshot.ts';
import type { HazardCode } from '../analysis.ts';
import { nameOf, targetField } from '../dml.ts';
import { expression } from '../expression.ts';
import { elsewhere } from '../extent.ts';
import { heldAgain } from '../objections.ts';
import { ownCode, typeCode } from '../own-code.ts';
import type { Pg } from '../parse.ts';
import { unresolved } from '../refuse.ts';
import { lookupRelation, relationFields } from '../relation.ts';
import { Scope } from '../scope.ts';
import { standardValue } from '../standard.ts';
import type { Analyzer } from '../state.ts';
import { nothing, type Outcome } from '../statement.ts';
import { isSerial, typeOfColumn, typeOfName } from '../typename.ts';
import { untyped } from '../types/oid.ts';
import { changed, constant, derive, type Field, type Value } from '../value.ts';
import { ofOwn, typedTables } from './dependents.ts';
import { relationTouched } from './object.ts';
import { constraint, constraintColumns, ownScope, partitionBound, takesFromDefault } from './table.ts';

/** Changes that are a hazard by themselves. Those not listed only change definitions, briefly locked. */
const hazards: Readonly<Record<string, readonly HazardCode[]>> = {
  AT_DropColumn: ['drop_column', 'alter_destructive'],
  AT_AlterColumnType: ['alter_rewrite', 'alter_destructive'],
  AT_SetNotNull: ['alter_rewrite'],
  AT_SetExpression: ['alter_rewrite'],
  AT_DropExpression: [],
  AT_DropConstraint: ['alter_destructive'],
  AT_DropIdentity: ['alter_destructive'],
  AT_ValidateConstraint: [],
  AT_AddIndex: ['alter_rewrite'],
  AT_AddIndexConstraint: [],
  AT_ChangeOwner: ['owner'],
  AT_ClusterOn: [],
  AT_DropCluster: [],
  AT_SetLogged: ['rewrite_table'],
  AT_SetUnLogged: ['rewrite_table', 'alter_destructive'],
  AT_SetAccessMethod: ['rewrite_table'],
  AT_SetTableSpace: ['rewrite_table'],
  AT_EnableTrig: ['trigger_disable'],
  AT_EnableAlwaysTrig: ['trigger_disable'],
  AT_EnableReplicaTrig: ['trigger_disable'],
  AT_DisableTrig: ['trigger_disable'],
  AT_EnableTrigAll: ['trigger_disable'],
  AT_DisableTrigAll: ['trigger_disable'],
  AT_EnableTrigUser: ['trigger_disable'],
  AT_DisableTrigUser: ['trigger_disable'],
  AT_EnableRule: ['rule'],
  AT_EnableAlwaysRule: ['rule'],
  AT_EnableReplicaRule: ['rule'],
  AT_DisableRule: ['rule'],
  AT_AddInherit: ['alter_destructive'],
  AT_DropInherit: ['alter_destructive'],
  AT_AttachPartition: ['alter_rewrite'],
  AT_DetachPartition: ['alter_destructive'],
  AT_DetachPartitionFinalize: ['alter_destructive'],
  AT_ReplicaIdentity: ['replication'],
  AT_EnableRowSecurity: ['row_security'],
  AT_DisableRowSecurity: ['row_security'],
  AT_ForceRowSecurity: ['row_security'],
  AT_NoForceRowSecurity: ['row_security'],
  AT_GenericOptions: ['foreign_connection'],
  AT_AlterColumnGenericOptions: ['foreign_connection'],
  AT_SetStatistics: [],
};

/** Known, and nothing but a definition. */
const plain: ReadonlySet<string> = new Set(
  `AT_AddColumn AT_AddColumnToView AT_ColumnDefault AT_CookedColumnDefault AT_DropNotNull AT_SetOptions AT_ResetOptions AT_SetStorage
  AT_SetCompression AT_AddConstraint AT_AlterConstraint AT_SetRelOptions AT_ResetRelOptions AT_ReplaceRelOptions AT_AddOf AT_DropOf
  AT_AddIdentity AT_SetIdentity AT_DropOids`.split(/\s+/),
);

/** All rows are written or looked at again, with everything the table computes of them. */
const goesOver: ReadonlySet<string> = new Set(
  'AT_AlterColumnType AT_SetExpression AT_ValidateConstraint AT_AddConstraint AT_AddIndex AT_AttachPartition AT_SetLogged AT_SetUnLogged AT_SetAccessMethod'.split(
    ' ',
  ),
);

type Change = {
  relation: CatalogRelation;
  node: Pg.AlterTableCmd;
  /** Columns that the statement adds: its constraints may be about them. */
  added: readonly Field[];
};

const defOf = <K extends string>(node: Pg.AlterTableCmd, tag: K): Extract<Pg.Node, Record<K, unknown>>[K] | null => {
  const { def } = node;
  return def && tag in def ? (def as Extract<Pg.Node, Record<K, unknown>>)[tag] : null;
};

/** The value a column is given for every row there is. */
function filled(a: Analyzer, relation: CatalogRelation, column: string, value: Value): void {
  a.out.copied(value);
  if (value.origins.length > 0)
    a.out.flows.push({ target: { schema: relation.schema, relation: relation.name, column }, origins: value.origins });
}

/** Rows that are there already are given the default, be it that of the column's domain. */
function filledByDefault(a: Analyzer, relation: CatalogRelation, def: Pg.ColumnDef, inherited: string | null): void {
  const own = (def.constraints ?? []).flatMap(node =>
    'Constraint' in node && node.Constraint.contype === 'CONSTR_DEFAULT' ? [node.Constraint.raw_expr] : [],
  )[0];
  if (own) filled(a, relation, def.colname ?? '', expression(a, new Scope(null), own));
  else if (inherited !== null) filled(a, relation, def.colname ?? '', standardValue(a, relation, inherited));
}

/** A default that may be another for each row is written into every row. */
const callsVolatile = (a: Analyzer): boolean =>
  a.out.functions.some(({ oid }) => a.catalog.function(oid)?.volatility === 'v');

/** What is computed holds what it is computed of, also for the constraints it comes with. */
function addedColumn(a: Analyzer, relation: CatalogRelation, def: Pg.ColumnDef, others: readonly Field[]): Field {
  const { oid: type, typmod } = def.typeName ? typeOfColumn(a, def.typeName) : { oid: untyped, typmod: -1 };
  const values = (def.constraints ?? []).flatMap(own => {
    if (!('Constraint' in own) || !own.Constraint.raw_expr) return [];
    const { contype, raw_expr: made } = own.Constraint;
    if (contype === 'CONSTR_DEFAULT') return [expression(a, new Scope(null), made)];
    return contype === 'CONSTR_GENERATED' ? [expression(a, ownScope(a, relation, others), made)] : [];
  });
  const value = values.length === 0 ? constant(type, null, typmod) : derive(values, { type, typmod, faulty: true });
  return { name: def.colname ?? '', value: changed(value, { literal: null }) };
}

function addedColumns(a: Analyzer, relation: CatalogRelation, node: Pg.AlterTableStmt): readonly Field[] {
  const fields: Field[] = [];
  for (const entry of node.cmds ?? []) {
    const def = 'AlterTableCmd' in entry ? defOf(entry.AlterTableCmd, 'ColumnDef') : null;
    if (!def || !('AlterTableCmd' in entry) || entry.AlterTableCmd.subtype !== 'AT_AddColumn') continue;
    if (!relation.columns.some(column => column.name === def.colname))
      fields.push(addedColumn(a, relation, def, fields));
  }
  return fields;
}

/** A column by name, of those that are there or come with the statement. */
const fieldNamed = (a: Analyzer, { relation, added }: Change, name: string): Field =>
  added.find(field => field.name === name) ?? targetField(a, relation, name);

function addColumn(a: Analyzer, { relation, node, added }: Change): void {
  const def = defOf(node, 'ColumnDef');
  if (!def?.typeName) unresolved('ADD COLUMN');
  const type = a.catalog.type(typeOfColumn(a, def.typeName).oid);
  if (type) typeCode(a, relation, type.oid);
  const isChecked = type?.kind === 'd' && (type.notNull || type.checks.length > 0);
  if (isSerial(def.typeName) || isChecked) a.out.hazard('alter_rewrite', nameOf(relation));
  filledByDefault(a, relation, def, type?.defaultText ?? null);
  const scope = ownScope(a, relation, added);
  for (const own of def.constraints ?? []) {
    if (!('Constraint' in own)) continue;
    const generated = constraint(a, scope, own.Constraint, def.colname ?? '');
    if (generated) {
      filled(a, relation, generated.column, generated.value);
      a.out.hazard('alter_rewrite', nameOf(relation));
    }
    const isComputed = own.Constraint.contype === 'CONSTR_DEFAULT' && callsVolatile(a);
    if (own.Constraint.contype === 'CONSTR_IDENTITY' || isComputed) a.out.hazard('alter_rewrite', nameOf(relation));
  }
  if (a.out.hazards.some(({ code }) => code === 'alter_rewrite')) ownCode(a, relation, 'update');
}

function alterType(a: Analyzer, { relation, node }: Change): void {
  const def = defOf(node, 'ColumnDef');
  if (!def) unresolved('ALTER COLUMN TYPE');
  if (def.typeName) typeOfName(a, def.typeName);
  const target = targetField(a, relation, node.name ?? '');
  const using = def.raw_default ? expression(a, ownScope(a, relation), def.raw_default) : null;
  if (using) filled(a, relation, target.name, using);
  // Every value is converted, and one that does not convert is shown in the error.
  a.out.usedAs(target.value, 'function_argument');
}

/** A constraint is checked against every row there is; uniqueness compares them. */
function addConstraint(a: Analyzer, change: Change): void {
  const { relation, node, added } = change;
  const def = defOf(node, 'Constraint');
  if (!def) unresolved('ADD CONSTRAINT');
  constraint(a, ownScope(a, relation, added), def, null);
  if (def.contype === 'CONSTR_PRIMARY' || def.contype === 'CONSTR_UNIQUE')
    for (const name of constraintColumns(def)) a.out.usedAs(fieldNamed(a, change, name).value, 'distinct');
  if (!def.skip_validation) a.out.hazard('alter_rewrite', nameOf(relation));
}

function dropColumn(a: Analyzer, { relation, node }: Change): void {
  if (node.missing_ok && !relation.columns.some(column => column.name === node.name)) return;
  for (const ref of targetField(a, relation, node.name ?? '').value.origins) a.out.use(ref, 'target');
}

/** What leaves its parent goes on holding the parent's values: labels of the parent's columns go with it. */
function leaves(a: Analyzer, child: CatalogRelation): void {
  for (const { name, value } of relationFields(a, child)) {
    const target = { schema: child.schema, relation: child.name, column: name };
    const inherited = value.origins.slice(1);
    if (inherited.length > 0) a.out.flows.push({ target, origins: inherited });
  }
}

/** What was computed stays as it is, and nothing tells any more what of. */
function freezes(a: Analyzer, { relation, node }: Change): void {
  const { name, value } = targetField(a, relation, node.name ?? '');
  const origins = value.origins.slice(1);
  if (origins.length > 0)
    a.out.flows.push({ target: { schema: relation.schema, relation: relation.name, column: name }, origins });
}

/** Its rows are held against the bounds: those that do not fit are an error. */
function joins(a: Analyzer, parent: CatalogRelation, child: CatalogRelation): void {
  const names = parent.columns.filter(
    ({ attnum }) => parent.partitionKey?.some(key => key === attnum || key === 0) ?? true,
  );
  for (const { name, value } of relationFields(a, child))
    if (names.some(column => column.name === name)) a.out.usedAs(value, 'function_argument');
}

/** Another relation takes part: a partition, a parent. */
function withOther(a: Analyzer, { relation, node }: Change): void {
  const partition = defOf(node, 'PartitionCmd');
  if (partition?.bound) partitionBound(a, partition.bound);
  const name = partition?.name ?? defOf(node, 'RangeVar');
  if (!name) return;
  const other = lookupRelation(a, name.schemaname ?? null, name.relname ?? '');
  if (!other) return;
  a.touch(other);
  a.out.relation('define', 'alter', other);
  if (node.subtype === 'AT_AttachPartition' && other.kind !== 'i' && other.kind !== 'I') {
    joins(a, relation, other);
    takesFromDefault(a, relation);
  }
  if (node.subtype === 'AT_DropInherit') leaves(a, relation);
  if (node.subtype === 'AT_DetachPartition' || node.subtype === 'AT_DetachPartitionFinalize') leaves(a, other);
}

/** What is no longer enforced is as good as dropped; what is from now on is held against every row. */
function alterConstraint(a: Analyzer, { relation, node }: Change): void {
  const { alterEnforceability, is_enforced, conname = '' } = defOf(node, 'ATAlterConstraint') ?? {};
  if (!alterEnforceability) return;
  a.out.hazard(is_enforced ? 'alter_rewrite' : 'alter_destructive', nameOf(relation));
  if (is_enforced) heldAgain(a, relation, conname);
}

const changes: Readonly<Record<string, (a: Analyzer, change: Change) => void>> = {
  AT_AddColumn: addColumn,
  AT_AlterColumnType: alterType,
  AT_AddConstraint: addConstraint,
  AT_DropColumn: dropColumn,
  AT_ValidateConstraint: (a, { relation, node }) => heldAgain(a, relation, node.name ?? ''),
  AT_AlterConstraint: alterConstraint,
  AT_AttachPartition: withOther,
  AT_DetachPartition: withOther,
  AT_DetachPartitionFinalize: withOther,
  AT_AddInherit: withOther,
  AT_DropInherit: withOther,
  AT_ColumnDefault: (a, { relation, node }) => {
    if (node.def) a.out.usedAs(expression(a, ownScope(a, relation), node.def), 'default');
  },
  AT_DropExpression: freezes,
  AT_SetExpression: (a, { relation, node }) => {
    if (node.def) filled(a, relation, node.name ?? '', expression(a, ownScope(a, relation), node.def));
  },
};

type Altering = { relation: CatalogRelation | null; node: Pg.AlterTableStmt; added: readonly Field[] };

/** Hazards are those of each relation that is changed along with it. */
function alter(a: Analyzer, { relation, node, added }: Altering, command: Pg.AlterTableCmd): void {
  const subtype = command.subtype ?? '';
  const codes = hazards[subtype];
  if (!codes && !plain.has(subtype)) unresolved(subtype);
  const heirs = relation && node.relation?.inh ? elsewhere(a, relation) : [];
  const name = relation ? nameOf(relation) : (node.relation?.relname ?? '');
  for (const code of codes ?? []) for (const each of [name, ...heirs.map(nameOf)]) a.out.hazard(code, each);
  for (const heir of heirs) a.out.relation('define', 'alter', heir);
  if (command.behavior === 'DROP_CASCADE') {
    a.out.hazard('cascade', name);
    if (relation) ofOwn(a, relation);
    a.catalogChanges(true);
  }
  if (!relation) return;
  if (goesOver.has(subtype)) ownCode(a, relation, 'update');
  changes[subtype]?.(a, { relation, node: command, added });
}

export function alterTable(a: Analyzer, node: Pg.AlterTableStmt): Outcome {
  const named = relationTouched(a, node.relation, {
    action: 'define',
    verb: 'alter',
    missingOk: node.missing_ok === true,
  });
  a.catalogChanges();
  const typed = named?.kind === 'c' ? typedTables(a, named) : [];
  for (const table of typed) {
    a.touch(table);
    a.out.relation('define', 'alter', table);
  }
  for (const relation of [named, ...typed]) {
    const added = relation ? addedColumns(a, relation, node) : [];
    for (const entry of node.cmds ?? []) {
      if (!('AlterTableCmd' in entry)) return unresolved('ALTER TABLE');
      alter(a, { relation, node, added }, entry.AlterTableCmd);
    }
  }
  return nothing('ddl');
}
