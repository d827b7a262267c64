/** Names in DDL to the objects they mean, and the record that something is done to them. */
import type { CatalogRelation } from '../../catalog/snapshot.ts';
import type { Access, AccessVerb, Action, HazardCode } from '../analysis.ts';
import { dotted, qualified, stringOf, stringsOf } from '../names.ts';
import type { Pg } from '../parse.ts';
import { undefinedName } from '../refuse.ts';
import { lookupRelation, relationFor } from '../relation.ts';
import type { Analyzer } from '../state.ts';
import { lookupType } from '../typename.ts';

type ObjectKind = Access['object']['kind'];

/** How PostgreSQL calls the kind in messages, and under which kind we record it. */
const kinds: Readonly<Record<string, readonly [string, ObjectKind]>> = {
  OBJECT_TABLE: ['table', 'relation'],
  OBJECT_VIEW: ['view', 'relation'],
  OBJECT_MATVIEW: ['materialized view', 'relation'],
  OBJECT_FOREIGN_TABLE: ['foreign table', 'relation'],
  OBJECT_INDEX: ['index', 'relation'],
  OBJECT_SEQUENCE: ['sequence', 'sequence'],
  OBJECT_FUNCTION: ['function', 'function'],
  OBJECT_PROCEDURE: ['procedure', 'function'],
  OBJECT_ROUTINE: ['routine', 'function'],
  OBJECT_AGGREGATE: ['aggregate', 'function'],
  OBJECT_TYPE: ['type', 'type'],
  OBJECT_DOMAIN: ['type', 'type'],
  OBJECT_SCHEMA: ['schema', 'schema'],
  OBJECT_DATABASE: ['database', 'database'],
  OBJECT_ROLE: ['role', 'role'],
  OBJECT_EXTENSION: ['extension', 'extension'],
  OBJECT_FOREIGN_SERVER: ['server', 'server'],
  OBJECT_FDW: ['foreign-data wrapper', 'server'],
};

const kindOf = (type: string | undefined): readonly [string, ObjectKind] =>
  kinds[type ?? ''] ?? [(type ?? '').replace('OBJECT_', '').toLowerCase().replaceAll('_', ' '), 'other'];

/** To drop one of these, or to give it another name or place, is no less than to make it. */
const reaching: Readonly<Record<string, HazardCode>> = {
  OBJECT_DATABASE: 'alter_system',
  OBJECT_TABLESPACE: 'alter_system',
  OBJECT_ROLE: 'role',
  OBJECT_EXTENSION: 'extension',
  OBJECT_FOREIGN_SERVER: 'foreign_connection',
  OBJECT_FDW: 'foreign_connection',
  OBJECT_USER_MAPPING: 'foreign_connection',
  OBJECT_PUBLICATION: 'publication',
  OBJECT_SUBSCRIPTION: 'replication',
  OBJECT_EVENT_TRIGGER: 'event_trigger',
  OBJECT_POLICY: 'row_security',
  OBJECT_RULE: 'rule',
  OBJECT_LANGUAGE: 'untrusted_language',
  OBJECT_ACCESS_METHOD: 'untrusted_language',
  OBJECT_TRANSFORM: 'untrusted_language',
};

export function reaches(a: Analyzer, type: string | undefined, name: string): void {
  const code = reaching[type ?? ''];
  if (code) a.out.hazard(code, name);
}

const relationTypes: ReadonlySet<string> = new Set(
  'OBJECT_TABLE OBJECT_VIEW OBJECT_MATVIEW OBJECT_FOREIGN_TABLE OBJECT_INDEX OBJECT_SEQUENCE'.split(' '),
);

/** The object's name as a list of parts, whichever way the grammar spells it. */
export function namesOf(node: Pg.Node | undefined): string[] {
  if (!node) return [];
  if ('String' in node) return [stringOf(node)];
  if ('List' in node) return (node.List.items ?? []).flatMap(namesOf);
  if ('TypeName' in node) return stringsOf(node.TypeName.names);
  if ('ObjectWithArgs' in node) return stringsOf(node.ObjectWithArgs.objname);
  if ('RangeVar' in node) return [node.RangeVar.schemaname, node.RangeVar.relname].filter(part => part !== undefined);
  return [];
}

/** Parts of a relation: triggers, policies, rules, constraints and columns are named after it. */
const belongsToRelation: ReadonlySet<string> = new Set(
  'OBJECT_TRIGGER OBJECT_POLICY OBJECT_RULE OBJECT_TABCONSTRAINT OBJECT_COLUMN'.split(' '),
);

export type Done = { action: Action; verb: AccessVerb; missingOk?: boolean };

export type Found = { schema: string | null; name: string; relation: CatalogRelation | null };

/** Records what is done to the object a DROP, COMMENT, ALTER … names; gives what it turned out to be. */
export function objectDone(a: Analyzer, type: string | undefined, node: Pg.Node | undefined, done: Done): Found {
  const names = namesOf(node);
  if (relationTypes.has(type ?? '')) return relationDone(a, type, names, done);
  if (belongsToRelation.has(type ?? '')) return partDone(a, type, names, done);
  const [, kind] = kindOf(type);
  const { schema, name } = qualified(names);
  const found =
    schema ?? (kind === 'function' ? functionSchema(a, name) : kind === 'type' ? typeSchema(a, name) : null);
  a.out.object(done.action, done.verb, kind, name, { schema: kind === 'schema' ? name : found });
  return { schema: found, name, relation: null };
}

export const functionSchema = (a: Analyzer, name: string): string | null => {
  const schemas = new Set(a.catalog.functionsNamed(name).map(fn => fn.schema));
  return a.path.functions.find(schema => schemas.has(schema)) ?? null;
};

const typeSchema = (a: Analyzer, name: string): string | null => lookupType(a, null, name)?.schema ?? null;

/** Should it be there by then, it was made where new objects go; and what is made there for the session alone is temporary. */
const placeOf = (a: Analyzer, schema: string | null): { schema: string | null; temporary: boolean } => ({
  schema: schema ?? a.path.creation,
  temporary: schema !== null && (schema === 'pg_temp' || schema === a.settings.temporarySchema),
});

function relationDone(a: Analyzer, type: string | undefined, names: readonly string[], done: Done): Found {
  const { schema, name } = qualified(names);
  const [word, kind] = kindOf(type);
  const relation = lookupRelation(a, schema, name);
  if (relation) {
    a.touch(relation);
    a.out.relation(done.action, done.verb, relation);
    return { schema: relation.schema, name, relation };
  }
  if (!done.missingOk) undefinedName('undefined_table', 'object', `${word} "${dotted(names)}" does not exist`);
  a.out.object(done.action, done.verb, kind, name, placeOf(a, schema));
  return { schema, name, relation: null };
}

function partDone(a: Analyzer, type: string | undefined, names: readonly string[], done: Done): Found {
  const found = relationDone(a, 'OBJECT_TABLE', names.slice(0, -1), { ...done, verb: 'alter' });
  const [word] = kindOf(type);
  const part = `${word} ${names.at(-1) ?? ''}`;
  a.out.object(done.action, done.verb, 'other', part, { schema: found.schema });
  return found;
}

/** A relation that must be there, with what is done to it. */
export function relationTouched(a: Analyzer, node: Pg.RangeVar | undefined, done: Done): CatalogRelation | null {
  if (!node) return null;
  if (done.missingOk && !lookupRelation(a, node.schemaname ?? null, node.relname ?? '')) {
    a.out.object(done.action, done.verb, 'relation', node.relname ?? '', placeOf(a, node.schemaname ?? null));
    return null;
  }
  const relation = relationFor(a, node);
  a.touch(relation);
  a.out.relation(done.action, done.verb, relation);
  return relation;
}

/** Where a new object goes when its name has no schema. */
export function creationSchema(a: Analyzer, schema: string | undefined | null, temporary = false): string {
  if (temporary || schema === 'pg_temp') return a.settings.temporarySchema ?? 'pg_temp';
  return (
    schema ?? a.path.creation ?? undefinedName('undefined_object', 'schema', 'no schema has been selected to create in')
  );
}

/** A new object. */
export function created(a: Analyzer, kind: ObjectKind, names: readonly string[], schemaless = false): void {
  const { schema, name } = qualified(names);
  a.out.object('define', 'create', kind, name, schemaless ? {} : { schema: creationSchema(a, schema) });
  a.catalogChanges();
}

/** Any object without a place in our catalog: kind and name are all that is known. */
export function otherDone(a: Analyzer, done: Done, kind: ObjectKind, name: string): void {
  a.out.object(done.action, done.verb, kind, name);
  a.catalogChanges();
}
