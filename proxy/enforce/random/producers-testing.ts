/** Every function and operator of the server that makes a value of the types at hand out of others, read from its own catalog. */
import type postgres from 'postgres';
import trusted from '#core/sql/trust/functions.json' with { type: 'json' };
import { types } from './values-testing.ts';

const names: Readonly<Record<string, string>> = {
  integer: 'int4',
  bigint: 'int8',
  smallint: 'int2',
  'double precision': 'float8',
  real: 'float4',
  boolean: 'bool',
  'timestamp without time zone': 'timestamp',
  'timestamp with time zone': 'timestamptz',
  'time without time zone': 'time',
  'integer[]': 'int4[]',
  'bit varying': 'varbit',
  'character varying': 'text',
};
const typeOf = (name: string): string => names[name] ?? name;
const isKnown = (type: string): boolean => types.includes(type);

/** What says something else each time (of which comparisons for GIN give the sign alone), or looks at the server rather than at its arguments. */
const untestable =
  '^(pg_|gin_|has_|inet_|txid_|current|lo_|ts_stat|query_to|table_to|schema_to|database_to|cursor_to|to_reg)';

type Row = { name: string; given: string[]; result: string; trust: string; operator: string | null };

const read = (sql: postgres.Sql): Promise<Row[]> => sql<Row[]>`
  SELECT p.proname AS name, format_type(p.prorettype, NULL) AS result, array_to_string(p.proargtypes, ',') AS trust,
    ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY u(t, n) ORDER BY n) AS given, o.oprname AS operator
  FROM pg_proc p LEFT JOIN pg_operator o ON o.oprcode = p.oid AND o.oprnamespace = p.pronamespace
  WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND NOT p.proretset AND p.provariadic = 0
    AND p.pronargs BETWEEN 1 AND 5 AND p.provolatile <> 'v' AND p.proname !~ ${untestable}
  ORDER BY p.oid, o.oid`;

/** Arguments that can make the function raise: with a masked value there it is refused for certain. Null: any of them. */
function delicate({ name, trust }: Row): readonly number[] | null {
  const entry = (trusted as Readonly<Record<string, Readonly<Record<string, string>>>>)[name]?.[trust] ?? '';
  if (entry === 'pure') return [];
  return entry.startsWith('raises:') ? entry.slice('raises:'.length).split(',').map(Number) : null;
}

function templateOf(row: Row): string {
  const constant = delicate(row) ?? [];
  const given = row.given.map((name, index) => `{${constant.includes(index) ? 'const ' : ''}${typeOf(name)}}`);
  if (row.operator === null) return `pg_catalog."${row.name}"(${given.join(', ')})`;
  return given.length === 1 ? `(${row.operator} ${given[0]})` : `(${given[0]} ${row.operator} ${given[1]})`;
}

export type Producers = {
  /** By the type they make: with any argument, or with constants at the places that are delicate, they have a chance to pass. */
  total: ReadonlyMap<string, readonly string[]>;
  others: ReadonlyMap<string, readonly string[]>;
};

export async function producersOf(sql: postgres.Sql): Promise<Producers> {
  const [total, others] = [new Map<string, string[]>(), new Map<string, string[]>()];
  for (const row of await read(sql)) {
    const result = typeOf(row.result);
    if (![result, ...row.given.map(typeOf)].every(isKnown)) continue;
    const kind = delicate(row) === null ? others : total;
    kind.set(result, [...(kind.get(result) ?? []), templateOf(row)]);
  }
  return { total, others };
}
