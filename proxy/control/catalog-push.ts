/** A catalog as the control plane gets it: the user's objects only, with types in words and edges that the analyser found. */
import { createHash } from 'node:crypto';
import { firstUserOid, isSystemSchema } from '#core/catalog/lookup.ts';
import type { CatalogData, CatalogFunction, CatalogRelation, CatalogType } from '#core/catalog/snapshot.ts';
import type { CatalogPush } from '#core/contract/proxy.ts';

type PushedRelation = CatalogPush['relations'][number];

const pushedKinds = new Set(['r', 'p', 'v', 'm', 'f']);
const isPushedKind = (kind: string): kind is PushedRelation['kind'] => pushedKinds.has(kind);

/** As `catalogPushSchema` limits them; a larger database is pushed in part rather than not at all. */
const relationsMax = 50_000;
const functionsMax = 50_000;
const foreignKeysMax = 100_000;
const edgesMax = 500_000;

export function catalogPush(connectionId: string, data: CatalogData, edges: CatalogPush['edges']): CatalogPush {
  const types = new Map(data.types.map(type => [type.oid, type]));
  const content = {
    serverVersion: data.serverVersion,
    database: data.database,
    relations: data.relations.flatMap(relation => pushedRelation(relation, types)).slice(0, relationsMax),
    functions: data.functions
      .filter(each => !isSystemSchema(each.schema) && each.extension === null)
      .map(each => pushedFunction(each, types))
      .slice(0, functionsMax),
    foreignKeys: data.foreignKeys
      .filter(key => key.relationOid >= firstUserOid)
      .map(key => ({ ...key, columns: [...key.columns], referencedColumns: [...key.referencedColumns] }))
      .slice(0, foreignKeysMax),
    edges: edges.slice(0, edgesMax),
  };
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return { connectionId, hash, ...content };
}

function pushedRelation(relation: CatalogRelation, types: ReadonlyMap<number, CatalogType>): PushedRelation[] {
  const { oid, schema, name, kind, rowsEstimate, bytesEstimate, columns } = relation;
  if (!isPushedKind(kind) || isSystemSchema(schema) || relation.temporary || relation.extension !== null) return [];
  return [
    {
      oid,
      schema,
      name,
      kind,
      rowsEstimate,
      bytesEstimate,
      columns: columns.map(column => ({
        attnum: column.attnum,
        name: column.name,
        type: typeText(column.typeOid, column.typmod, types).slice(0, 200),
        notNull: column.notNull,
      })),
    },
  ];
}

function pushedFunction(
  definition: CatalogFunction,
  types: ReadonlyMap<number, CatalogType>,
): CatalogPush['functions'][number] {
  const text = (oid: number) => typeText(oid, -1, types);
  const inputs = definition.allArguments
    .filter(argument => argument.mode !== 't' && argument.mode !== 'o')
    .map(argument => [argument.name, text(argument.typeOid)].filter(Boolean).join(' '));
  const { oid, schema, name, language } = definition;
  const result = `${definition.returnsSet ? 'SETOF ' : ''}${text(definition.returnTypeOid)}`;
  return {
    oid,
    schema,
    name,
    language,
    arguments: inputs.join(', ').slice(0, 2000),
    result: definition.kind === 'procedure' ? '' : result.slice(0, 500),
  };
}

const standardNames: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  varchar: 'character varying',
  bpchar: 'character',
  varbit: 'bit varying',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  time: 'time without time zone',
  timetz: 'time with time zone',
};

/** As format_type() prints it, for the modifiers of the built-in types. */
export function typeText(oid: number, typmod: number, types: ReadonlyMap<number, CatalogType>): string {
  const type = types.get(oid);
  if (!type) return 'unknown';
  if (type.category === 'A' && type.elementOid !== 0 && type.name.startsWith('_')) {
    return `${typeText(type.elementOid, typmod, types)}[]`;
  }
  const isSystem = isSystemSchema(type.schema);
  const name = isSystem ? (standardNames[type.name] ?? type.name) : `${type.schema}.${type.name}`;
  return isSystem ? withModifier(type.name, name, typmod) : name;
}

function withModifier(internal: string, name: string, typmod: number): string {
  if (typmod < 0) return name;
  switch (internal) {
    case 'varchar':
    case 'bpchar':
      return `${name}(${typmod - 4})`;
    case 'numeric': {
      const precision = ((typmod - 4) >> 16) & 0xffff;
      const scale = (typmod - 4) & 0x7ff;
      return scale === 0 ? `numeric(${precision})` : `numeric(${precision},${scale})`;
    }
    case 'bit':
    case 'varbit':
      return `${name}(${typmod})`;
    case 'timestamp':
    case 'timestamptz':
    case 'time':
    case 'timetz':
      return name.replace(' ', `(${typmod}) `);
    default:
      return name;
  }
}
