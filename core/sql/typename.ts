/** TypeName nodes to type OIDs (src/backend/parser/parse_type.c). */
import type { CatalogType } from '../catalog/snapshot.ts';
import { qualified, stringsOf } from './names.ts';
import type { Pg } from './parse.ts';
import { undefinedName } from './refuse.ts';
import { lookupRelation } from './relation.ts';
import type { Analyzer } from './state.ts';
import { arrayTypeOf } from './types/coerce.ts';
import { oid } from './types/oid.ts';

export function lookupType(a: Analyzer, schema: string | null, name: string): CatalogType | null {
  if (schema !== null)
    return a.catalog.typeNamed(schema === 'pg_temp' ? (a.settings.temporarySchema ?? '') : schema, name);
  for (const candidate of a.path.relations) {
    const type = a.catalog.typeNamed(candidate, name);
    if (type) return type;
  }
  return null;
}

export type TypeUse = { oid: number; typmod: number; set: boolean };

/** `relation.column%TYPE` */
function columnType(a: Analyzer, names: readonly string[], location?: number): TypeUse {
  const column = names[names.length - 1] ?? '';
  const table = qualified(names.slice(0, -1));
  const relation = lookupRelation(a, table.schema, table.name);
  const found = relation?.columns.find(candidate => candidate.name === column);
  if (!found)
    undefinedName(
      'undefined_column',
      'TypeName',
      `column "${column}" of relation "${table.name}" does not exist`,
      location,
    );
  return { oid: found.typeOid, typmod: found.typmod, set: false };
}

/** The modifier as the server counts it: a cast to the one a value has already is none. Of the rest, only that they force. */
function typmodOf(type: number, nodes: readonly Pg.Node[]): number {
  if (nodes.length === 0) return -1;
  const numbers = nodes.map(node => ('A_Const' in node && node.A_Const.ival ? (node.A_Const.ival.ival ?? 0) : null));
  const [first, second = 0] = numbers;
  if (typeof first !== 'number' || typeof second !== 'number') return forced;
  if (type === oid.numeric) return ((first << 16) | (second & 0x7ff)) + 4;
  if (type === oid.varchar || type === oid.bpchar) return first + 4;
  return counted.has(type) ? first : forced;
}

/** Types whose modifier is the number that is written. */
const counted: ReadonlySet<number> = new Set([
  oid.bit,
  oid.varbit,
  oid.time,
  oid.timetz,
  oid.timestamp,
  oid.timestamptz,
]);

/** Larger than any type's. */
export const forced = 2 ** 31;

export function typeOfName(a: Analyzer, node: Pg.TypeName): TypeUse {
  const names = stringsOf(node.names);
  if (node.pct_type) return columnType(a, names, node.location);
  const { schema, name } = qualified(names);
  const type = lookupType(a, schema, name);
  if (!type) undefinedName('undefined_object', 'TypeName', `type "${names.join('.')}" does not exist`, node.location);
  const bounds = node.arrayBounds?.length ?? 0;
  const typmod = typmodOf(type.oid, node.typmods ?? []);
  if (bounds === 0) return { oid: type.oid, typmod, set: node.setof === true };
  const array = arrayTypeOf(a.catalog, type.oid);
  if (array === 0)
    undefinedName('undefined_object', 'TypeName', `type "${names.join('.')}[]" does not exist`, node.location);
  return { oid: array, typmod, set: node.setof === true };
}

/** Not types, but short for an integer with a sequence (transformColumnDefinition, src/backend/parser/parse_utilcmd.c). */
const serial: Readonly<Record<string, string>> = {
  serial: 'int4',
  serial4: 'int4',
  bigserial: 'int8',
  serial8: 'int8',
  smallserial: 'int2',
  serial2: 'int2',
};

function integerOf(node: Pg.TypeName): string | undefined {
  const [name = '', ...more] = stringsOf(node.names);
  return more.length === 0 && !node.pct_type && Object.hasOwn(serial, name) ? serial[name] : undefined;
}

export const isSerial = (node: Pg.TypeName): boolean => integerOf(node) !== undefined;

/** The type of a column that a table is given. */
export function typeOfColumn(a: Analyzer, node: Pg.TypeName): TypeUse {
  const integer = integerOf(node);
  const names = integer === undefined ? node.names : ['pg_catalog', integer].map(part => ({ String: { sval: part } }));
  return typeOfName(a, { ...node, names });
}

/** As PostgreSQL prints types in messages (format_type), near enough for the built-in names people know. */
export function typeName(a: Analyzer, type: number): string {
  const entry = a.catalog.type(type);
  if (!entry) return 'unknown';
  if (entry.category === 'A' && entry.elementOid !== 0 && entry.name.startsWith('_'))
    return `${typeName(a, entry.elementOid)}[]`;
  return standardNames[entry.name] ?? entry.name;
}

const standardNames: Readonly<Record<string, string>> = {
  int4: 'integer',
  int8: 'bigint',
  int2: 'smallint',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  varchar: 'character varying',
  bpchar: 'character',
  timestamptz: 'timestamp with time zone',
  timestamp: 'timestamp without time zone',
  timetz: 'time with time zone',
  time: 'time without time zone',
  varbit: 'bit varying',
};
