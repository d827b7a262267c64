/** Statements that only name an object: COMMENT, RENAME, SET SCHEMA, sequences, types, indexes, statistics. */

import { targetField } from '../dml.ts';
import { expression } from '../expression.ts';
import { elsewhere } from '../extent.ts';
import { qualified, stringsOf } from '../names.ts';
import type { Pg } from '../parse.ts';
import { unresolved } from '../refuse.ts';
import { relationFor } from '../relation.ts';
import { condition } from '../select.ts';
import type { Analyzer } from '../state.ts';
import { nothing, type Outcome } from '../statement.ts';
import { typeOfName } from '../typename.ts';
import { created, creationSchema, type Done, namesOf, objectDone, reaches, relationTouched } from './object.ts';
import { ownScope } from './table.ts';

export function commentStatement(a: Analyzer, node: Pg.CommentStmt): Outcome {
  objectDone(a, node.objtype, node.object, { action: 'define', verb: 'comment', missingOk: true });
  return nothing('ddl');
}

/** A part of a relation (column, constraint, trigger, …) is renamed with the relation. */
export function renameStatement(a: Analyzer, node: Pg.RenameStmt): Outcome {
  const missingOk = node.missing_ok === true;
  const done: Done = { action: 'define', verb: 'alter', missingOk };
  const relation = node.relation ? relationTouched(a, node.relation, done) : null;
  if (!node.relation) objectDone(a, node.renameType, node.object ?? named(node.subname), done);
  if (node.renameType === 'OBJECT_SCHEMA')
    a.out.object('define', 'create', 'schema', node.newname ?? '', { schema: node.newname ?? null });
  // Heirs have the names of columns and constraints from their parent.
  const isShared = node.renameType === 'OBJECT_COLUMN' || node.renameType === 'OBJECT_TABCONSTRAINT';
  for (const heir of relation && isShared ? elsewhere(a, relation) : []) a.out.relation('define', 'alter', heir);
  reaches(a, node.renameType, node.subname ?? namesOf(node.object).join('.'));
  // The new name may hide, the old one uncover, another object.
  a.catalogChanges(true);
  return nothing('ddl');
}

const named = (name: string | undefined): Pg.Node => ({ String: { sval: name ?? '' } });

export function setSchema(a: Analyzer, node: Pg.AlterObjectSchemaStmt): Outcome {
  const target = node.relation ? { RangeVar: node.relation } : node.object;
  const missingOk = node.missing_ok === true;
  const { name } = objectDone(a, node.objectType, target, { action: 'define', verb: 'alter', missingOk });
  reaches(a, node.objectType, name);
  const kind = node.relation ? 'relation' : 'other';
  a.out.object('define', 'create', kind, name, { schema: node.newschema ?? null });
  // The new name may hide, the old one uncover, another object.
  a.catalogChanges(true);
  return nothing('ddl');
}

export function dependsStatement(a: Analyzer, node: Pg.AlterObjectDependsStmt): Outcome {
  const done: Done = { action: 'define', verb: 'alter' };
  // A trigger is named beside its table.
  if (node.relation) relationTouched(a, node.relation, done);
  else objectDone(a, node.objectType, node.object, done);
  return nothing('ddl');
}

const isOneself = (a: Analyzer, { roletype, rolename }: Pg.RoleSpec): boolean =>
  rolename === undefined ? roletype !== 'ROLESPEC_PUBLIC' : rolename === a.catalog.header.role;

export function createSchema(a: Analyzer, node: Pg.CreateSchemaStmt): Outcome {
  const name = node.schemaname ?? node.authrole?.rolename ?? '';
  a.out.object('define', 'create', 'schema', name, { schema: name });
  if (node.authrole && !isOneself(a, node.authrole)) a.out.hazard('owner', name);
  a.catalogChanges();
  // The elements are created inside the schema that does not exist yet.
  if ((node.schemaElts ?? []).length > 0)
    unresolved('CREATE SCHEMA', undefined, 'create the schema and its objects separately');
  return nothing('ddl');
}

/** The table a sequence is made a part of. */
function ownedBy(a: Analyzer, options: readonly Pg.Node[] | undefined): void {
  for (const option of options ?? []) {
    if (!('DefElem' in option) || option.DefElem.defname !== 'owned_by') continue;
    const names = option.DefElem.arg && 'List' in option.DefElem.arg ? stringsOf(option.DefElem.arg.List.items) : [];
    const { schema, name } = qualified(names.slice(0, -1));
    if (names.length > 1) a.out.relation('define', 'alter', relationFor(a, rangeVarOf(schema, name)));
  }
}

const rangeVarOf = (schema: string | null, name: string): Pg.RangeVar => ({
  relname: name,
  ...(schema !== null && { schemaname: schema }),
});

export function createSequence(a: Analyzer, node: Pg.CreateSeqStmt): Outcome {
  const { schemaname, relname, relpersistence } = node.sequence ?? {};
  const schema = creationSchema(a, schemaname, relpersistence === 't');
  a.out.object('define', 'create', 'sequence', relname ?? '', { schema, temporary: relpersistence === 't' });
  ownedBy(a, node.options);
  a.catalogChanges(false);
  return nothing('ddl');
}

export function alterSequence(a: Analyzer, node: Pg.AlterSeqStmt): Outcome {
  relationTouched(a, node.sequence, { action: 'define', verb: 'alter', missingOk: node.missing_ok === true });
  ownedBy(a, node.options);
  a.catalogChanges();
  return nothing('ddl');
}

/** Types made of other types. */
export function createType(a: Analyzer, names: readonly string[], columns: readonly Pg.Node[]): Outcome {
  created(a, 'type', names);
  for (const column of columns)
    if ('ColumnDef' in column && column.ColumnDef.typeName) typeOfName(a, column.ColumnDef.typeName);
  return nothing('ddl');
}

export function alterType(a: Analyzer, names: readonly Pg.Node[] | undefined): Outcome {
  objectDone(a, 'OBJECT_TYPE', { List: { items: [...(names ?? [])] } }, { action: 'define', verb: 'alter' });
  a.catalogChanges();
  return nothing('ddl');
}

/** Building an index evaluates its expressions over every row, and statistics are kept about them; a unique one compares them. */
export function createIndex(a: Analyzer, node: Pg.IndexStmt): Outcome {
  const relation = relationFor(a, node.relation ?? unresolved('IndexStmt'));
  a.out.relation('define', 'alter', relation);
  const { schema, temporary } = relation;
  a.out.object('define', 'create', 'relation', node.idxname ?? 'index', { schema, temporary });
  const scope = ownScope(a, relation);
  const { indexParams: keys = [], indexIncludingParams: carried = [] } = node;
  for (const element of [...keys, ...carried]) {
    if (!('IndexElem' in element)) return unresolved('CREATE INDEX');
    const { name, expr } = element.IndexElem;
    const value = expr ? expression(a, scope, expr) : targetField(a, relation, name ?? '').value;
    if (expr) a.out.usedAs(value, 'source');
    // What is only carried along is not compared.
    if (node.unique && keys.includes(element)) a.out.usedAs(value, 'distinct');
  }
  for (const child of node.relation?.inh ? elsewhere(a, relation) : []) a.out.relation('define', 'alter', child);
  if (node.whereClause) condition(a, scope, node.whereClause);
  a.catalogChanges(false);
  return nothing('ddl');
}

/** Extended statistics keep samples of values in catalogs, of expressions how many are NULL and how long they are, and how columns depend on each other. */
export function createStatistics(a: Analyzer, node: Pg.CreateStatsStmt): Outcome {
  for (const target of node.relations ?? []) {
    if (!('RangeVar' in target)) return unresolved('CREATE STATISTICS');
    const relation = relationFor(a, target.RangeVar);
    a.out.relation('define', 'alter', relation);
    for (const element of node.exprs ?? []) {
      if (!('StatsElem' in element)) return unresolved('CREATE STATISTICS');
      const { name, expr } = element.StatsElem;
      const value = expr ? expression(a, ownScope(a, relation), expr) : targetField(a, relation, name ?? '').value;
      a.out.usedAs(value, 'source');
    }
  }
  const { schema, name } = qualified(stringsOf(node.defnames));
  a.out.object('define', 'create', 'other', name, { schema: creationSchema(a, schema) });
  return nothing('ddl');
}
