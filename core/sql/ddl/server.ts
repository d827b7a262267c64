/** What concerns the server or database as a whole: settings, extensions, foreign servers, replication, languages, files. */
import type { Access, HazardCode } from '../analysis.ts';
import { qualified, stringsOf } from '../names.ts';
import type { Pg } from '../parse.ts';
import type { Analyzer } from '../state.ts';
import { nothing, type Outcome } from '../statement.ts';
import { creationSchema } from './object.ts';

type Fact = {
  verb: 'create' | 'alter';
  kind: Access['object']['kind'];
  /** Parts of it where it lies in a schema. */
  name: string | readonly string[];
  hazards: readonly HazardCode[];
};

function defined(a: Analyzer, { verb, kind, name, hazards }: Fact): Outcome {
  const placed = typeof name === 'string' ? { schema: null, name } : placeOf(a, verb, name);
  a.out.object('define', verb, kind, placed.name, { schema: placed.schema });
  const shown = placed.schema === null ? placed.name : `${placed.schema}.${placed.name}`;
  for (const code of hazards) a.out.hazard(code, shown);
  a.catalogChanges();
  return nothing('ddl');
}

/** What is new goes where new objects go; where an object is that has no schema before its name, is not known. */
function placeOf(a: Analyzer, verb: Fact['verb'], names: readonly string[]): { schema: string | null; name: string } {
  const { schema, name } = qualified(names);
  return { schema: verb === 'create' ? creationSchema(a, schema) : schema, name };
}

const settingOf = (node: Pg.VariableSetStmt | undefined): string => (node?.name ?? 'all').toLowerCase();

function serverWide(a: Analyzer, node: Pg.Node): Fact | null {
  if ('AlterSystemStmt' in node)
    return { verb: 'alter', kind: 'setting', name: settingOf(node.AlterSystemStmt.setstmt), hazards: ['alter_system'] };
  if ('AlterDatabaseSetStmt' in node) {
    const { dbname = '', setstmt } = node.AlterDatabaseSetStmt;
    a.out.object('session', 'set', 'setting', settingOf(setstmt));
    return {
      verb: 'alter',
      kind: 'database',
      name: dbname,
      hazards: ['alter_system', 'set_parsing', 'set_search_path'],
    };
  }
  if ('AlterRoleSetStmt' in node) {
    const { role, setstmt } = node.AlterRoleSetStmt;
    a.out.object('session', 'set', 'setting', settingOf(setstmt));
    const name = role?.rolename ?? 'all';
    return { verb: 'alter', kind: 'role', name, hazards: ['role', 'alter_system', 'set_parsing', 'set_search_path'] };
  }
  if ('AlterDatabaseStmt' in node)
    return { verb: 'alter', kind: 'database', name: node.AlterDatabaseStmt.dbname ?? '', hazards: ['alter_system'] };
  if ('AlterDatabaseRefreshCollStmt' in node)
    return {
      verb: 'alter',
      kind: 'database',
      name: node.AlterDatabaseRefreshCollStmt.dbname ?? '',
      hazards: ['alter_system'],
    };
  if ('CreatedbStmt' in node)
    return { verb: 'create', kind: 'database', name: node.CreatedbStmt.dbname ?? '', hazards: ['alter_system'] };
  if ('CreateTableSpaceStmt' in node)
    return {
      verb: 'create',
      kind: 'other',
      name: node.CreateTableSpaceStmt.tablespacename ?? '',
      hazards: ['server_file'],
    };
  if ('AlterTableSpaceOptionsStmt' in node) {
    const name = node.AlterTableSpaceOptionsStmt.tablespacename ?? '';
    return { verb: 'alter', kind: 'other', name, hazards: ['alter_system'] };
  }
  if ('AlterTableMoveAllStmt' in node) {
    const name = node.AlterTableMoveAllStmt.orig_tablespacename ?? '';
    return { verb: 'alter', kind: 'other', name, hazards: ['rewrite_table'] };
  }
  return null;
}

function foreign(node: Pg.Node): Fact | null {
  const fact = (verb: Fact['verb'], name: string | undefined): Fact => ({
    verb,
    kind: 'server',
    name: name ?? '',
    hazards: ['foreign_connection'],
  });
  if ('CreateFdwStmt' in node)
    return { ...fact('create', node.CreateFdwStmt.fdwname), hazards: ['foreign_connection', 'code'] };
  if ('AlterFdwStmt' in node)
    return { ...fact('alter', node.AlterFdwStmt.fdwname), hazards: ['foreign_connection', 'code'] };
  if ('CreateForeignServerStmt' in node) return fact('create', node.CreateForeignServerStmt.servername);
  if ('AlterForeignServerStmt' in node) return fact('alter', node.AlterForeignServerStmt.servername);
  if ('CreateUserMappingStmt' in node) return fact('create', node.CreateUserMappingStmt.servername);
  if ('AlterUserMappingStmt' in node) return fact('alter', node.AlterUserMappingStmt.servername);
  if ('ImportForeignSchemaStmt' in node) return fact('create', node.ImportForeignSchemaStmt.server_name);
  return null;
}

function replication(node: Pg.Node): Fact | null {
  const fact = (verb: Fact['verb'], name: string | undefined, code: HazardCode): Fact => ({
    verb,
    kind: 'other',
    name: name ?? '',
    hazards: [code],
  });
  if ('CreatePublicationStmt' in node) return fact('create', node.CreatePublicationStmt.pubname, 'publication');
  if ('AlterPublicationStmt' in node) return fact('alter', node.AlterPublicationStmt.pubname, 'publication');
  if ('CreateSubscriptionStmt' in node) return fact('create', node.CreateSubscriptionStmt.subname, 'replication');
  if ('AlterSubscriptionStmt' in node) return fact('alter', node.AlterSubscriptionStmt.subname, 'replication');
  if ('CreateEventTrigStmt' in node) return fact('create', node.CreateEventTrigStmt.trigname, 'event_trigger');
  if ('AlterEventTrigStmt' in node) return fact('alter', node.AlterEventTrigStmt.trigname, 'event_trigger');
  return null;
}

function extensions(a: Analyzer, node: Pg.Node): Fact | null {
  const extension = (verb: Fact['verb'], name: string | undefined): Fact => ({
    verb,
    kind: 'extension',
    name: name ?? '',
    hazards: ['extension'],
  });
  if ('CreateExtensionStmt' in node) {
    const { extname, if_not_exists } = node.CreateExtensionStmt;
    const created = extension('create', extname);
    const isThere = a.catalog.header.extensions.some(({ name }) => name === extname);
    // The server says that it is there, and does nothing.
    return if_not_exists === true && isThere ? { ...created, hazards: [] } : created;
  }
  if ('AlterExtensionStmt' in node) return extension('alter', node.AlterExtensionStmt.extname);
  if ('AlterExtensionContentsStmt' in node) return extension('alter', node.AlterExtensionContentsStmt.extname);
  return null;
}

/** Objects that make others' statements run code of the creator's choice. */
function codeCarrier(node: Pg.Node): Fact | null {
  const fact = (verb: Fact['verb'], name: Fact['name']): Fact => ({ verb, kind: 'other', name, hazards: ['code'] });
  const language = (verb: Fact['verb'], name: Fact['name']): Fact => ({
    verb,
    kind: 'other',
    name,
    hazards: ['untrusted_language'],
  });
  if ('CreatePLangStmt' in node) return language('create', node.CreatePLangStmt.plname ?? '');
  if ('LoadStmt' in node) return language('alter', node.LoadStmt.filename ?? '');
  if ('CreateAmStmt' in node) return language('create', node.CreateAmStmt.amname ?? '');
  if ('CreateTransformStmt' in node) return language('create', node.CreateTransformStmt.lang ?? '');
  if ('CreateCastStmt' in node)
    return fact('create', `cast to ${stringsOf(node.CreateCastStmt.targettype?.names).join('.')}`);
  if ('CreateConversionStmt' in node) return fact('create', stringsOf(node.CreateConversionStmt.conversion_name));
  // What compares values in indexes and sorts is run by the server alone, and takes a superuser to make.
  if ('CreateOpClassStmt' in node) return language('create', stringsOf(node.CreateOpClassStmt.opclassname));
  if ('CreateOpFamilyStmt' in node) return language('create', stringsOf(node.CreateOpFamilyStmt.opfamilyname));
  if ('AlterOpFamilyStmt' in node) return language('alter', stringsOf(node.AlterOpFamilyStmt.opfamilyname));
  if ('AlterOperatorStmt' in node) return fact('alter', stringsOf(node.AlterOperatorStmt.opername?.objname));
  if ('AlterTypeStmt' in node) return fact('alter', stringsOf(node.AlterTypeStmt.typeName));
  if ('CreateRangeStmt' in node) return { ...fact('create', stringsOf(node.CreateRangeStmt.typeName)), kind: 'type' };
  return null;
}

/** Text search configuration and collations only change how text is taken apart or compared. */
function configuration(node: Pg.Node): Fact | null {
  const fact = (verb: Fact['verb'], names: readonly Pg.Node[] | undefined): Fact => ({
    verb,
    kind: 'other',
    name: stringsOf(names),
    hazards: [],
  });
  if ('AlterTSDictionaryStmt' in node) return fact('alter', node.AlterTSDictionaryStmt.dictname);
  if ('AlterTSConfigurationStmt' in node) return fact('alter', node.AlterTSConfigurationStmt.cfgname);
  if ('AlterCollationStmt' in node) return fact('alter', node.AlterCollationStmt.collname);
  if ('AlterStatsStmt' in node) return fact('alter', node.AlterStatsStmt.defnames);
  return null;
}

/** CREATE AGGREGATE, OPERATOR, TYPE, TEXT SEARCH …, COLLATION share one node. */
function define(node: Pg.Node): Fact | null {
  if (!('DefineStmt' in node)) return null;
  const { kind, defnames, definition = [] } = node.DefineStmt;
  const carriesCode = kind === 'OBJECT_AGGREGATE' || kind === 'OBJECT_OPERATOR' || kind === 'OBJECT_TYPE';
  // Made of compiled functions alone, and by superusers.
  const isCompiled =
    kind === 'OBJECT_TSPARSER' || kind === 'OBJECT_TSTEMPLATE' || (kind === 'OBJECT_TYPE' && definition.length > 0);
  const objectKind = kind === 'OBJECT_AGGREGATE' ? 'function' : kind === 'OBJECT_TYPE' ? 'type' : 'other';
  const hazards: HazardCode[] = carriesCode ? ['code'] : [];
  if (isCompiled) hazards.push('untrusted_language');
  return { verb: 'create', kind: objectKind, name: stringsOf(defnames), hazards };
}

export function serverStatement(a: Analyzer, node: Pg.Node): Outcome | null {
  const fact =
    serverWide(a, node) ??
    foreign(node) ??
    replication(node) ??
    extensions(a, node) ??
    codeCarrier(node) ??
    configuration(node) ??
    define(node);
  return fact ? defined(a, fact) : null;
}
