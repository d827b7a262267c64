/** The server as oracle: for generated queries it says which columns a view of them depends on, and what each output is. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatementAnalysis } from './analysis.ts';
import { analyzeWith, type TestCatalog, testCatalog } from './testing.ts';

let target: TestCatalog;
beforeAll(async () => {
  target = await testCatalog();
});
afterAll(() => target.close());

type Type = 'text' | 'int' | 'bool' | 'numeric' | 'jsonb' | 'date';
type Column = { name: string; type: Type };
type Source = { sql: string; alias: string; columns: Column[] };

const tables: Record<string, Column[]> = {
  patients: [
    { name: 'id', type: 'int' },
    { name: 'email', type: 'text' },
    { name: 'name', type: 'text' },
    { name: 'ssn', type: 'text' },
    { name: 'born', type: 'date' },
    { name: 'balance', type: 'numeric' },
    { name: 'city', type: 'text' },
    { name: 'profile', type: 'jsonb' },
    { name: 'initials', type: 'text' },
  ],
  visits: [
    { name: 'id', type: 'int' },
    { name: 'patient_id', type: 'int' },
    { name: 'doctor', type: 'text' },
    { name: 'note', type: 'text' },
    { name: 'cost', type: 'int' },
  ],
  contacts: [
    { name: 'id', type: 'int' },
    { name: 'mail', type: 'text' },
    { name: 'city', type: 'text' },
  ],
  directory: [
    { name: 'k', type: 'int' },
    { name: 'address', type: 'text' },
    { name: 'place', type: 'text' },
  ],
  'lab.scratch': [
    { name: 'id', type: 'int' },
    { name: 'note', type: 'text' },
    { name: 'extra', type: 'jsonb' },
  ],
  readings: [
    { name: 'id', type: 'int' },
    { name: 'patient_id', type: 'int' },
    { name: 'raw', type: 'jsonb' },
  ],
};

/** Draws the parts of a query from a stream of numbers, so that fast-check can shrink it. */
class Draw {
  private at = 0;
  private names = 0;
  private readonly numbers: readonly number[];
  constructor(numbers: readonly number[]) {
    this.numbers = numbers;
  }
  below(max: number): number {
    return (this.numbers[this.at++ % this.numbers.length] ?? 0) % max;
  }
  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  name(prefix: string): string {
    return `${prefix}${++this.names}`;
  }
}

const columnOf = (draw: Draw, sources: readonly Source[], type: Type): string | null => {
  const found = sources.flatMap(source =>
    source.columns.filter(column => column.type === type).map(column => `${source.alias}.${column.name}`),
  );
  return found.length > 0 ? draw.of(found) : null;
};

const constants: Record<Type, readonly string[]> = {
  text: ["'x'", "'zz'::text", "E'a\\nb'", "U&'\\0061'", 'current_user::text'],
  int: ['1', '42', '-7', '(2 + 3)'],
  bool: ['true', 'false', 'NULL::bool'],
  numeric: ['1.5', '0.25::numeric'],
  jsonb: [`'{"a": 1}'::jsonb`, "jsonb_build_object('k', 1)"],
  date: ["date '2020-01-01'", 'current_date'],
};

function expressionOf(draw: Draw, sources: readonly Source[], type: Type, depth: number): string {
  const sub = (wanted: Type): string => expressionOf(draw, sources, wanted, depth - 1);
  const leaf = (): string => (draw.chance(75) ? columnOf(draw, sources, type) : null) ?? draw.of(constants[type]);
  if (depth <= 0) return leaf();
  const builders: Record<Type, readonly (() => string)[]> = {
    text: [
      () => `upper(${sub('text')})`,
      () => `${sub('text')} || ${sub('text')}`,
      () => `coalesce(${sub('text')}, ${sub('text')})`,
      () => `${sub('int')}::text`,
      () => `CASE WHEN ${sub('bool')} THEN ${sub('text')} ELSE ${sub('text')} END`,
      () => `substring(${sub('text')} FROM 1 FOR 2)`,
      () => `nullif(${sub('text')}, ${sub('text')})`,
      () => `${sub('jsonb')} ->> 'a'`,
      () => `(${queryOf(draw, sources, ['text'], depth - 1, true)} LIMIT 1)`,
      () => `greatest(${sub('text')}, ${sub('text')})`,
      () => `string_agg(${sub('text')}, ',') OVER (ORDER BY ${sub('int')} ROWS 2 PRECEDING)`,
      () => `(ARRAY[${sub('text')}])[${sub('int')}]`,
      () => `(xpath('/a', xmlelement(name a, ${sub('text')})))[1]::text`,
      () => `(${sub('text')}) COLLATE "C"`,
      () => `format('%s', ${sub('text')})`,
    ],
    int: [
      () => `${sub('int')} + ${sub('int')}`,
      () => `length(${sub('text')})`,
      () => `abs(${sub('int')})`,
      () => `extract(year FROM ${sub('date')})::int`,
      () => `(ARRAY[${sub('int')}, ${sub('int')}])[1]`,
      () => `(SELECT count(*)::int FROM visits q WHERE q.patient_id = ${sub('int')})`,
      () => `coalesce(${sub('int')}, 0)`,
    ],
    bool: [
      () => `${sub('int')} = ${sub('int')}`,
      () => `${sub('text')} LIKE ${sub('text')}`,
      () => `${sub('text')} IN ('a', ${sub('text')})`,
      () => `NOT (${sub('bool')})`,
      () => `(${sub('bool')} AND ${sub('bool')})`,
      () => `(${sub('bool')} OR ${sub('bool')})`,
      () => `${sub('text')} IS NULL`,
      () => `${sub('int')} BETWEEN ${sub('int')} AND ${sub('int')}`,
      () => `EXISTS (${queryOf(draw, sources, ['int'], depth - 1, true)})`,
      () => `${sub('int')} IN (${queryOf(draw, sources, ['int'], depth - 1, true)})`,
      () => `(${sub('text')}, ${sub('int')}) = (${sub('text')}, ${sub('int')})`,
      () => `${sub('text')} = ANY (ARRAY[${sub('text')}, 'b'])`,
      () => `${sub('date')} IS DISTINCT FROM ${sub('date')}`,
      () => `${sub('jsonb')} @> ${sub('jsonb')}`,
    ],
    numeric: [
      () => `${sub('numeric')} * ${sub('int')}`,
      () => `round(${sub('numeric')}, 1)`,
      () => `${sub('int')} / 2.0`,
    ],
    jsonb: [
      () => `${sub('jsonb')} -> 'a'`,
      () => `to_jsonb(${sub('text')})`,
      () => `${sub('jsonb')} || ${sub('jsonb')}`,
    ],
    date: [
      () => `${sub('date')} + ${sub('int')}`,
      () => `(${sub('date')} - interval '1 day')::date`,
      () => `least(${sub('date')}, ${sub('date')})`,
    ],
  };
  return draw.chance(40) ? leaf() : draw.of(builders[type])();
}

function sourceOf(draw: Draw, outer: readonly Source[], depth: number): Source {
  const alias = draw.name('t');
  if (depth > 0 && draw.chance(35)) {
    const types = Array.from({ length: 1 + draw.below(3) }, () =>
      draw.of<Type>(['text', 'int', 'numeric', 'jsonb', 'date']),
    );
    const lateral = outer.length > 0 && draw.chance(40);
    const inner = queryOf(draw, lateral ? outer : [], types, depth - 1, false);
    const columns = types.map((type, index) => ({ name: `n${index}`, type }));
    return {
      sql: `${lateral ? 'LATERAL ' : ''}(${inner}) ${alias}(${columns.map(c => c.name).join(', ')})`,
      alias,
      columns,
    };
  }
  if (draw.chance(10)) {
    const columns: Column[] = [
      { name: 'a', type: 'int' },
      { name: 'b', type: 'text' },
    ];
    const arg = () => expressionOf(draw, outer, 'int', 0);
    if (draw.chance(50)) return { sql: `(VALUES (1, 'x'), (2, 'y')) ${alias}(a, b)`, alias, columns };
    return { sql: `generate_series(1, ${arg()}) ${alias}(a)`, alias, columns: columns.slice(0, 1) };
  }
  const name = draw.of(Object.keys(tables));
  return { sql: `${name} AS ${alias}`, alias, columns: tables[name] ?? [] };
}

/** A column name that both sides have exactly once, for USING. */
function commonName(left: readonly Source[], right: Source): string | null {
  const names = left.flatMap(source => source.columns.map(column => column.name));
  const once = right.columns
    .map(column => column.name)
    .filter(name => names.filter(other => other === name).length === 1);
  return once[0] ?? null;
}

function fromOf(draw: Draw, depth: number): { sql: string; sources: Source[] } {
  const first = sourceOf(draw, [], depth);
  const sources = [first];
  let sql = first.sql;
  while (draw.chance(45) && sources.length < 4) {
    const next = sourceOf(draw, sources, depth);
    const kind = draw.of(['JOIN', 'LEFT JOIN', ', ', 'CROSS JOIN', 'FULL JOIN', 'RIGHT JOIN']);
    const both = [...sources, next];
    const shared = commonName(sources, next);
    sources.push(next);
    if (shared !== null && !sql.includes(',') && kind.length > 4 && kind !== 'CROSS JOIN' && draw.chance(50)) {
      sql += ` ${kind} ${next.sql} USING (${shared})`;
      continue;
    }
    if (kind === ', ' && !sql.includes('JOIN')) sql += `, ${next.sql}`;
    else if (kind === 'CROSS JOIN' || kind === ', ') sql += ` CROSS JOIN ${next.sql}`;
    else sql += ` ${kind} ${next.sql} ON ${expressionOf(draw, both, 'bool', 1)}`;
  }
  return { sql, sources };
}

function queryOf(
  draw: Draw,
  outer: readonly Source[],
  types: readonly Type[],
  depth: number,
  correlated: boolean,
): string {
  const { sql, sources } = fromOf(draw, depth);
  const scope = correlated || outer.length > 0 ? [...sources, ...outer] : sources;
  const outputs = types.map(type => expressionOf(draw, scope, type, depth));
  const where = draw.chance(60) ? ` WHERE ${expressionOf(draw, scope, 'bool', depth)}` : '';
  const plain = `SELECT ${outputs.join(', ')} FROM ${sql}${where}`;
  if (depth > 0 && draw.chance(15)) {
    const operator = draw.of(['UNION ALL', 'UNION', 'INTERSECT', 'EXCEPT ALL']);
    return `${plain} ${operator} ${queryOf(draw, outer, types, depth - 1, correlated)}`;
  }
  return draw.chance(8) ? plain.replace('SELECT', 'SELECT DISTINCT') : plain;
}

/** A whole statement: CTE, aggregation, windows and ordering around a query. */
function statementOf(draw: Draw): string {
  const types = Array.from({ length: 1 + draw.below(4) }, () =>
    draw.of<Type>(['text', 'int', 'numeric', 'jsonb', 'date']),
  );
  const inner = queryOf(draw, [], types, 2, false);
  const names = types.map((_, index) => `o${index}`);
  const source: Source = {
    sql: '',
    alias: 'base',
    columns: names.map((name, index) => ({ name, type: types[index] ?? 'text' })),
  };
  const with_ = `WITH base(${names.join(', ')}) AS (${inner})`;
  const first = types.map((type, index) => expressionOf(draw, [source], type, index === 0 ? 1 : 0));
  const outputs = (list: readonly string[]): string => list.map((text, index) => `${text} AS c${index}`).join(', ');
  switch (draw.below(8)) {
    case 5:
      return `${with_} SELECT DISTINCT ON (base.o0) ${outputs(first)} FROM base ORDER BY base.o0, ${names.at(-1)}`;
    case 6:
      return `${with_} SELECT ${outputs(['base.o0', 'grouping(base.o0)', 'array_agg(base.o0 ORDER BY base.o0)'])} FROM base GROUP BY GROUPING SETS ((base.o0), ())`;
    case 7:
      return `WITH RECURSIVE base(${names.join(', ')}, n) AS (SELECT q.*, 1 FROM (${inner}) q UNION ALL SELECT ${names.join(', ')}, n + 1 FROM base WHERE n < 3) SELECT ${outputs([...names, 'n'])} FROM base`;
    case 0:
      return `${with_} SELECT ${outputs(first)} FROM base ORDER BY base.o0`;
    case 1:
      return `${with_} SELECT ${outputs([`count(*)`, `max(base.o0::text)`, `count(base.o0) FILTER (WHERE base.o0 IS NOT NULL)`])} FROM base`;
    case 2:
      return `${with_} SELECT ${outputs([`base.o0`, `row_number() OVER (PARTITION BY base.o0 ORDER BY base.o0)`])} FROM base`;
    case 3:
      return `${with_} SELECT ${outputs([`base.o0`, `count(*)`])} FROM base GROUP BY base.o0 HAVING count(*) > 1`;
    default:
      return `SELECT ${names.map((name, index) => `x.${name} AS c${index}`).join(', ')} FROM (${inner}) x(${names.join(', ')})`;
  }
}

type Described = { name: string; type: number; table: number; column: number };

/** What RowDescription says, without running the statement. */
async function describeStatement(text: string): Promise<Described[]> {
  const description = await target.sql.unsafe(text).describe();
  return description.columns.map(column => {
    const { name, type, table, number } = column as unknown as {
      name: string;
      type: number;
      table: number;
      number: number;
    };
    return { name, type, table, column: number };
  });
}

/** Columns that PostgreSQL records a view of the query to depend on. */
async function dependencies(text: string): Promise<string[]> {
  await target.sql.unsafe('BEGIN').simple();
  try {
    await target.sql.unsafe(`CREATE VIEW lab.oracle AS ${text}`).simple();
    const rows = await target.sql`
      SELECT DISTINCT d.refobjid::int8 AS oid, d.refobjsubid AS attnum FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
      WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND r.ev_class = 'lab.oracle'::regclass
      AND d.deptype = 'n' AND d.refobjsubid > 0`;
    return rows.map(row => `${row.oid}.${row.attnum}`).sort();
  } finally {
    await target.sql.unsafe('ROLLBACK').simple();
  }
}

const readsOf = (statement: StatementAnalysis): string[] =>
  statement.reads
    .filter(ref => ref.attnum > 0)
    .map(ref => `${ref.relationOid}.${ref.attnum}`)
    .sort();

async function check(text: string): Promise<boolean> {
  let described: Described[];
  let depends: string[];
  try {
    described = await describeStatement(text);
    depends = await dependencies(text);
  } catch {
    return false;
  }
  const analysis = analyzeWith(target.catalog, text);
  if (!analysis.ok) throw new Error(`${analysis.refusal.message}\n${text}`);
  const [statement] = analysis.statements;
  if (!statement) throw new Error(`no statement\n${text}`);
  const outputs = (statement.outputs ?? []).map(({ name, typeOid, wire }) => ({
    name,
    type: typeOid,
    table: wire?.relationOid ?? 0,
    column: wire?.attnum ?? 0,
  }));
  expect({ text, outputs }).toEqual({ text, outputs: described });
  expect({ text, reads: readsOf(statement) }).toEqual({ text, reads: depends });
  return true;
}

describe('generated queries', () => {
  it('read what PostgreSQL says they read, and give what it says they give', async () => {
    let accepted = 0;
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(1_000_000), { minLength: 30, maxLength: 120 }), async numbers => {
        tried++;
        if (await check(statementOf(new Draw(numbers)))) accepted++;
      }),
      { numRuns: 400, seed: 20_261_121, endOnFailure: true },
    );
    // Most of what is generated has to be valid SQL, or nothing is shown.
    expect(accepted / tried).toBeGreaterThan(0.7);
  }, 120_000);
});
