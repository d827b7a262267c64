/** PostgreSQL's built-in types by OID (pg_type.dat), as far as masks can make a valid value of them. Others become NULL. */

export type Shape =
  | { kind: 'text'; padded: boolean }
  | { kind: 'fixed'; name: FixedName }
  | { kind: 'numeric' }
  | { kind: 'bit' }
  | { kind: 'array'; elementOid: number };

export type FixedName =
  | 'char'
  | 'bool'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'float4'
  | 'float8'
  | 'money'
  | 'date'
  | 'time'
  | 'timetz'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'uuid'
  | 'json'
  | 'jsonb'
  | 'xml'
  | 'bytea'
  | 'inet'
  | 'cidr'
  | 'macaddr'
  | 'macaddr8'
  | 'varbit'
  | 'tsvector'
  | 'pg_lsn'
  | 'range'
  | 'multirange';

export const typeOid = {
  bool: 16,
  bytea: 17,
  name: 19,
  text: 25,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
} as const;

const text: readonly number[] = [typeOid.name, typeOid.text, typeOid.varchar, 705, 2275];

const fixed: Readonly<Record<FixedName, readonly number[]>> = {
  char: [18],
  bool: [typeOid.bool],
  int2: [21],
  /** Also oid, xid and cid. */
  int4: [23, 26, 28, 29],
  /** Also xid8. */
  int8: [20, 5069],
  float4: [700],
  float8: [701],
  money: [790],
  date: [typeOid.date],
  time: [1083],
  timetz: [1266],
  timestamp: [typeOid.timestamp],
  timestamptz: [typeOid.timestamptz],
  interval: [1186],
  uuid: [2950],
  json: [114],
  jsonb: [3802],
  xml: [142],
  bytea: [typeOid.bytea],
  inet: [869],
  cidr: [650],
  macaddr: [829],
  macaddr8: [774],
  varbit: [1562],
  tsvector: [3614],
  pg_lsn: [3220],
  range: [3904, 3906, 3908, 3910, 3912, 3926],
  multirange: [4451, 4532, 4533, 4534, 4535, 4536],
};

/** Array type → element type. */
const arrays: readonly (readonly [number, number])[] = [
  [143, 142],
  [199, 114],
  [271, 5069],
  [629, 628],
  [651, 650],
  [719, 718],
  [775, 774],
  [791, 790],
  [1000, 16],
  [1001, 17],
  [1002, 18],
  [1003, 19],
  [1005, 21],
  [1007, 23],
  [1009, 25],
  [1011, 28],
  [1012, 29],
  [1014, 1042],
  [1015, 1043],
  [1016, 20],
  [1017, 600],
  [1018, 601],
  [1019, 602],
  [1020, 603],
  [1021, 700],
  [1022, 701],
  [1027, 604],
  [1028, 26],
  [1040, 829],
  [1041, 869],
  [1115, 1114],
  [1182, 1082],
  [1183, 1083],
  [1185, 1184],
  [1187, 1186],
  [1231, 1700],
  [1263, 2275],
  [1270, 1266],
  [1561, 1560],
  [1563, 1562],
  [2951, 2950],
  [3221, 3220],
  [3643, 3614],
  [3645, 3615],
  [3807, 3802],
  [3905, 3904],
  [3907, 3906],
  [3909, 3908],
  [3911, 3910],
  [3913, 3912],
  [3927, 3926],
  [6150, 4451],
  [6151, 4532],
  [6152, 4533],
  [6153, 4534],
  [6155, 4535],
  [6157, 4536],
];

const shapes = new Map<number, Shape>([
  ...text.map(oid => [oid, { kind: 'text', padded: false }] as const),
  [typeOid.bpchar, { kind: 'text', padded: true }],
  [typeOid.numeric, { kind: 'numeric' }],
  [1560, { kind: 'bit' }],
  ...Object.entries(fixed).flatMap(([name, oids]) =>
    oids.map(oid => [oid, { kind: 'fixed', name: name as FixedName }] as const),
  ),
  ...arrays.map(([oid, elementOid]) => [oid, { kind: 'array', elementOid }] as const),
]);

/** Null for types of the installation (enums, composites, extensions) and built-in ones without a neutral value. */
export const shapeOf = (oid: number): Shape | null => shapes.get(oid) ?? null;

/** Every type that masks make a value of; for tests against a server. */
export const maskableOids: readonly number[] = [...shapes.keys()];
