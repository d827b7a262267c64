/** CREATE TABLE AS, SELECT INTO, views and materialised views: relations whose columns are made of others'. */

import type { CatalogColumn, CatalogRelation, RelationKind } from '../../catalog/snapshot.ts';
import { stringsOf } from '../names.ts';
import { ownCode, queryCode } from '../own-code.ts';
import type { Pg } from '../parse.ts';
import { executeStatement } from '../prepared.ts';
import { unresolved } from '../refuse.ts';
import { lookupRelation, relationFor } from '../relation.ts';
import { query, selectStmt } from '../select.ts';
import type { Analyzer } from '../state.ts';
import { nothing, type Outcome } from '../statement.ts';
import { oid } from '../types/oid.ts';
import { columnValue, type Field, unionOrigins } from '../value.ts';
import { creationSchema } from './object.ts';
import { keepsOrigins, redefined } from './stored.ts';

type Made = {
  name: string;
  schema: string;
  temporary: boolean;
  kind: RelationKind;
  columns: readonly Field[];
  /** IF NOT EXISTS: whether this or another relation of the name is there afterwards, only the server knows. */
  uncertain: boolean;
  /** OR REPLACE */
  replaces: boolean;
};

/** A relation that will exist once this statement ran, with the columns it takes its values from. */
export function announce(a: Analyzer, made: Made): void {
  const relationOid = a.nextOid();
  const columns: CatalogColumn[] = made.columns.map(({ name, value }, index) => ({
    attnum: index + 1,
    name,
    typeOid: value.type === oid.unknown ? oid.text : value.type,
    typmod: value.typmod,
    notNull: false,
    generated: null,
    virtual: false,
    hasDefault: false,
    defaultText: null,
  }));
  const relation: CatalogRelation = {
    oid: relationOid,
    schema: made.schema,
    name: made.name,
    kind: made.kind,
    columns,
    rowTypeOid: 0,
    definition: null,
    extension: null,
    temporary: made.temporary,
    parents: [],
    rowsEstimate: -1,
    bytesEstimate: 0,
    rowSecurity: false,
    triggers: [],
    rules: [],
  };
  a.out.relation('define', 'create', relation);
  const fields = made.columns.map(({ name, value }, index) => {
    const own = { relationOid, attnum: index + 1, schema: made.schema, relation: made.name, column: name };
    const { type, typmod, kind } = { ...value, type: value.type === oid.unknown ? oid.text : value.type };
    return {
      name,
      value: columnValue(type, unionOrigins([[own], value.origins]), {
        typmod,
        wire: { relationOid, attnum: index + 1 },
        kind: kind === 'column' || value.origins.length === 0 ? 'column' : 'pure',
      }),
    };
  });
  const exists = !made.replaces && a.catalog.relationNamed(made.schema, made.name) !== null;
  // Where the name is taken the server stops with an error, or (IF NOT EXISTS) leaves what is there.
  if (made.uncertain || exists) a.catalogChanges(true);
  else a.create({ relation, fields });
}

/** What is in the columns follows them: into the stored rows, or into every later reading of the view. */
function follow(a: Analyzer, schema: string, name: string, columns: readonly Field[]): void {
  for (const column of columns) {
    a.out.copied(column.value);
    if (column.value.origins.length > 0)
      a.out.flows.push({ target: { schema, relation: name, column: column.name }, origins: column.value.origins });
  }
}

const renamed = (columns: readonly Field[], names: readonly string[]): readonly Field[] =>
  columns.map((column, index) => ({ name: names[index] ?? column.name, value: column.value }));

function sourceOf(a: Analyzer, node: Pg.Node): readonly Field[] {
  if ('ExecuteStmt' in node) return executeStatement(a, node.ExecuteStmt).columns ?? [];
  return query(a, null, node).columns;
}

export function createTableAs(a: Analyzer, node: Pg.CreateTableAsStmt): Outcome {
  const rel = node.into?.rel;
  if (!node.query || !rel) return unresolved('CreateTableAsStmt');
  const columns = renamed(sourceOf(a, node.query), stringsOf(node.into?.colNames));
  const kind = node.objtype === 'OBJECT_MATVIEW' ? 'm' : 'r';
  into(a, rel, columns, { kind, uncertain: node.if_not_exists === true });
  return nothing('ddl');
}

type Into = Pick<Made, 'kind' | 'uncertain'>;

function into(a: Analyzer, rel: Pg.RangeVar, columns: readonly Field[], how: Into): void {
  const temporary = rel.relpersistence === 't';
  const schema = creationSchema(a, rel.schemaname, temporary);
  const name = rel.relname ?? '';
  announce(a, { name, schema, temporary, columns, replaces: false, ...how });
  follow(a, schema, name, columns);
}

/** INTO stands in the first arm of a set operation. */
export function intoClause(node: Pg.SelectStmt): Pg.RangeVar | null {
  let current: Pg.SelectStmt | undefined = node;
  while (current) {
    if (current.intoClause?.rel) return current.intoClause.rel;
    current = current.larg;
  }
  return null;
}

export function selectInto(a: Analyzer, node: Pg.SelectStmt, rel: Pg.RangeVar): Outcome {
  into(a, rel, selectStmt(a, null, node, { keepUnknown: false, onlyColumns: true }).columns, {
    kind: 'r',
    uncertain: false,
  });
  return nothing('ddl');
}

export function viewStatement(a: Analyzer, node: Pg.ViewStmt): Outcome {
  if (!node.query || !node.view) return unresolved('ViewStmt');
  const temporary = node.view.relpersistence === 't';
  const schema = creationSchema(a, node.view.schemaname, temporary);
  const name = node.view.relname ?? '';
  const columns = renamed(query(a, null, node.query).columns, stringsOf(node.aliases));
  const replaced = node.replace ? lookupRelation(a, node.view.schemaname ?? schema, name) : null;
  if (replaced) {
    redefined(a);
    a.touch(replaced);
    a.out.relation('define', 'alter', replaced);
  }
  announce(a, { name, schema, temporary, kind: 'v', columns, uncertain: false, replaces: node.replace === true });
  follow(a, schema, name, columns);
  return nothing('ddl');
}

/** Runs the view's query again and stores what it gives. */
export function refreshStatement(a: Analyzer, node: Pg.RefreshMatViewStmt): Outcome {
  const relation = relationFor(a, node.relation ?? unresolved('REFRESH'));
  a.out.relation('maintain', 'refresh', relation);
  if (node.skipData) a.out.hazard('truncate', `${relation.schema}.${relation.name}`);
  ownCode(a, relation, 'maintain');
  queryCode(a, relation);
  keepsOrigins(a, relation);
  return nothing('maintenance');
}
