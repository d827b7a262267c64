/** Reads one database's catalog into a snapshot over any connection that can run a query. */
import { firstUserOid } from '#core/catalog/lookup.ts';
import type {
  CatalogCast,
  CatalogColumn,
  CatalogData,
  CatalogFunction,
  CatalogOperator,
  CatalogRelation,
  CatalogType,
  RelationKind,
} from '#core/catalog/snapshot.ts';
import { splitSearchPath } from '#core/sql/search-path.ts';
import { type CatalogQueryKind, catalogQueries, type IntrospectScope } from './introspect-queries.ts';

type Row = readonly (string | null)[];
/** Runs one statement and gives its rows as text, SQL NULL as null. Rejects on an error. */
export type QueryPort = (sql: string) => Promise<readonly Row[]>;

const text = (row: Row, index: number): string => row[index] ?? '';
const number = (row: Row, index: number): number => Number(row[index] ?? 0);
const truth = (row: Row, index: number): boolean => row[index] === 't';
const numbers = (row: Row, index: number): number[] => {
  const value = row[index];
  return value ? value.split(' ').map(Number) : [];
};
const json = <T>(row: Row, index: number, empty: T): T => {
  const value = row[index];
  return value ? (JSON.parse(value) as T) : empty;
};

const columnOf = (row: Row): CatalogColumn => ({
  attnum: number(row, 1),
  name: text(row, 2),
  typeOid: number(row, 3),
  typmod: number(row, 4),
  notNull: truth(row, 5),
  generated: text(row, 6) === '' ? null : (row[8] ?? null),
  virtual: text(row, 6) === 'v',
  hasDefault: truth(row, 7),
  defaultText: text(row, 6) === '' ? (row[8] ?? null) : null,
});

const columnsByRelation = (rows: readonly Row[]): Map<number, CatalogColumn[]> => {
  const byRelation = new Map<number, CatalogColumn[]>();
  for (const row of rows) {
    const oid = number(row, 0);
    const columns = byRelation.get(oid);
    if (columns) columns.push(columnOf(row));
    else byRelation.set(oid, [columnOf(row)]);
  }
  return byRelation;
};

type TriggerJson = {
  name: string;
  functionOid: number;
  enabled: boolean;
  deferrable: boolean;
  type: number;
  definition: string | null;
};
type RuleJson = { name: string; event: string; definition: string };
const ruleEvents: Readonly<Record<string, 'insert' | 'update' | 'delete'>> = { 2: 'update', 3: 'insert', 4: 'delete' };

type Code = NonNullable<CatalogRelation['code']>;
const codeEvents: Readonly<Record<string, Code[number]['events'][number]>> = {
  r: 'select',
  a: 'insert',
  w: 'update',
  d: 'delete',
};

const codeByRelation = (rows: readonly Row[]): Map<number, Code> => {
  const byRelation = new Map<number, Code>();
  for (const row of rows) {
    const events = [...text(row, 1)].flatMap(letter => codeEvents[letter] ?? []);
    byRelation.set(number(row, 0), [...(byRelation.get(number(row, 0)) ?? []), { events, text: text(row, 2) }]);
  }
  return byRelation;
};

const relationOf = (row: Row, columns: readonly CatalogColumn[], code: Code | undefined): CatalogRelation => ({
  oid: number(row, 0),
  schema: text(row, 1),
  name: text(row, 2),
  kind: text(row, 3) as RelationKind,
  columns,
  rowTypeOid: number(row, 4),
  definition: row[5] ?? null,
  parents: numbers(row, 6),
  rowsEstimate: number(row, 7),
  bytesEstimate: number(row, 8),
  rowSecurity: truth(row, 9),
  extension: row[10] ?? null,
  temporary: truth(row, 11),
  triggers: json<TriggerJson[]>(row, 12, []).map(trigger => ({
    name: trigger.name,
    functionOid: trigger.functionOid,
    enabled: trigger.enabled,
    events: triggerEvents(trigger.type),
    definition: trigger.definition,
    ...(trigger.deferrable && { deferrable: true }),
  })),
  rules: json<RuleJson[]>(row, 13, []).map(rule => ({ ...rule, event: ruleEvents[rule.event] ?? 'update' })),
  ...(row[14] && { partitionKey: numbers(row, 14) }),
  ...(code && { code }),
});

/** Bits of pg_trigger.tgtype (src/include/catalog/pg_trigger.h). */
const triggerEvents = (bits: number): ('insert' | 'delete' | 'update' | 'truncate')[] => [
  ...(bits & 4 ? (['insert'] as const) : []),
  ...(bits & 8 ? (['delete'] as const) : []),
  ...(bits & 16 ? (['update'] as const) : []),
  ...(bits & 32 ? (['truncate'] as const) : []),
];

const functionKinds: Readonly<Record<string, CatalogFunction['kind']>> = {
  f: 'function',
  p: 'procedure',
  a: 'aggregate',
  w: 'window',
};

const argumentsOf = (row: Row): CatalogFunction['allArguments'] => {
  const types = row[5] === null || row[5] === undefined ? numbers(row, 4) : numbers(row, 5);
  const modes = text(row, 6);
  const names = json<(string | null)[]>(row, 7, []);
  return types.map((typeOid, index) => ({
    name: names[index] ?? '',
    mode: (modes[index] ?? 'i') as 'i' | 'o' | 'b' | 'v' | 't',
    typeOid,
  }));
};

const searchPathOf = (config: readonly string[]): string[] | null => {
  const setting = config.find(entry => entry.startsWith('search_path='));
  return setting === undefined ? null : splitSearchPath(setting.slice('search_path='.length));
};

const functionOf = (row: Row): CatalogFunction => ({
  oid: number(row, 0),
  schema: text(row, 1),
  name: text(row, 2),
  kind: functionKinds[text(row, 3)] ?? 'function',
  argumentTypes: numbers(row, 4),
  allArguments: argumentsOf(row),
  defaults: number(row, 8),
  variadicTypeOid: number(row, 9),
  returnTypeOid: number(row, 10),
  returnsSet: truth(row, 11),
  volatility: text(row, 12) as 'i' | 's' | 'v',
  strict: truth(row, 13),
  leakproof: truth(row, 14),
  securityDefiner: truth(row, 15),
  language: text(row, 16),
  body: row[17] ?? null,
  atomic: truth(row, 18),
  searchPath: searchPathOf(json<string[]>(row, 19, [])),
  aggregate: (row[20] ?? null) as 'n' | 'o' | 'h' | null,
  extension: row[21] ?? null,
  defaultsText: row[22] ?? null,
  ...(row[23] && { steps: numbers(row, 23).filter(oid => oid !== 0) }),
});

const typeOf = (row: Row): CatalogType => ({
  oid: number(row, 0),
  schema: text(row, 1),
  name: text(row, 2),
  kind: text(row, 3) as CatalogType['kind'],
  category: text(row, 4),
  preferred: truth(row, 5),
  elementOid: number(row, 6),
  arrayOid: number(row, 7),
  relationOid: number(row, 8),
  baseOid: number(row, 9),
  baseTypmod: number(row, 10),
  length: number(row, 11),
  rangeSubtypeOid: number(row, 12),
  checks: json<string[]>(row, 13, []),
  notNull: truth(row, 14),
  rangePartnerOid: number(row, 15),
  ...(row[16] && { defaultText: row[16] }),
});

const operatorOf = (row: Row): CatalogOperator => ({
  oid: number(row, 0),
  schema: text(row, 1),
  name: text(row, 2),
  left: number(row, 3),
  right: number(row, 4),
  result: number(row, 5),
  functionOid: number(row, 6),
  ...(number(row, 0) >= firstUserOid && {
    ...(row[7] !== '0' && { negatorOid: number(row, 7) }),
    ...(row[8] !== '0' && { commutatorOid: number(row, 8) }),
  }),
});

const castOf = (row: Row): CatalogCast => ({
  sourceOid: number(row, 0),
  targetOid: number(row, 1),
  functionOid: number(row, 2),
  context: text(row, 3) as CatalogCast['context'],
  method: text(row, 4) as CatalogCast['method'],
});

type Rows = Record<CatalogQueryKind, readonly Row[]>;

const catalogFromRows = (rows: Rows): CatalogData => {
  const header = rows.header[0] ?? [];
  const columns = columnsByRelation(rows.columns);
  const code = codeByRelation(rows.code);
  return {
    serverVersion: number(header, 0),
    database: text(header, 1),
    role: text(header, 2),
    searchPath: json<string[]>(header, 3, []),
    temporarySchema: header[4] ?? null,
    schemas: rows.schemas.map(row => ({
      oid: number(row, 0),
      name: text(row, 1),
      ...(row[2] === 'f' && { isClosed: true }),
    })),
    relations: rows.relations.map(row => {
      const oid = number(row, 0);
      return relationOf(row, columns.get(oid) ?? [], code.get(oid));
    }),
    functions: rows.functions.map(functionOf),
    types: rows.types.map(typeOf),
    operators: rows.operators.map(operatorOf),
    casts: rows.casts.map(castOf),
    foreignKeys: rows.foreignKeys.map(row => ({
      name: text(row, 0),
      relationOid: number(row, 1),
      columns: numbers(row, 2),
      referencedOid: number(row, 3),
      referencedColumns: numbers(row, 4),
      onDelete: text(row, 5) as 'a' | 'r' | 'c' | 'n' | 'd',
      onUpdate: text(row, 6) as 'a' | 'r' | 'c' | 'n' | 'd',
    })),
    extensions: rows.extensions.map(row => ({ name: text(row, 0), version: text(row, 1) })),
  };
};

/** Runs several statements and gives the rows of each, as a `QueryPort` does. */
export type QueriesPort = (sql: readonly string[]) => Promise<readonly (readonly Row[])[]>;

/** Where only one can be asked at a time. */
export const oneByOne =
  (query: QueryPort): QueriesPort =>
  async texts => {
    const answers: (readonly Row[])[] = [];
    for (const text of texts) answers.push(await query(text));
    return answers;
  };

/**
 * One statement per kind. For a consistent picture run them inside one transaction; a change in between shows in the next
 * fingerprint. `user` leaves the system schemas out: put it over an `all` snapshot with `withUserPart`.
 */
export async function readCatalog(queries: QueriesPort, scope: IntrospectScope): Promise<CatalogData> {
  const wanted = catalogQueries(scope);
  const answers = await queries(Object.values(wanted));
  const entries = Object.keys(wanted).map((kind, index) => {
    const rows = answers[index];
    if (rows === undefined) throw new Error('the server did not answer all that was asked');
    return [kind, rows];
  });
  return catalogFromRows(Object.fromEntries(entries) as Rows);
}
