/** Generated SELECT statements over the test schema, drawn from numbers so that a failing one shrinks. Never imported by the product. */

type Type = 'text' | 'int' | 'bool' | 'numeric' | 'jsonb' | 'date';
type Column = { name: string; type: Type };
type Source = { sql: string; alias: string; columns: Column[]; stored?: boolean };

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
export class Draw {
  private at = 0;
  private names = 0;
  private readonly numbers: readonly number[];
  /** Also what only makes sense to run, not to describe: rows as values, conversions, what may raise. */
  readonly exotic: boolean;
  constructor(numbers: readonly number[], exotic = false) {
    this.numbers = numbers;
    this.exotic = exotic;
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
  if (draw.exotic && draw.chance(35)) {
    const unusual = exoticOf(draw, sources, type, sub);
    if (unusual.length > 0) return draw.of(unusual)();
  }
  return draw.chance(40) ? leaf() : draw.of(builders[type])();
}

type Sub = (type: Type) => string;

type Builders = Partial<Record<Type, readonly (() => string)[]>>;

const otherTypes = (row: () => string, sub: Sub): Builders => ({
  int: [
    () => `ascii(${sub('text')})`,
    () => `(${sub('numeric')})::int`,
    () => `1 / (${sub('int')} - 3)`,
    () => `(${sub('text')})::int`,
    () => `cost_of(${sub('int')})`,
    () => `(SELECT count(DISTINCT q.note)::int FROM visits q)`,
    () => `array_length(string_to_array(${sub('text')}, '-'), 1)`,
    () => `width_bucket(${sub('numeric')}, 0, 1000, 10)`,
    () => `(SELECT count(*)::int FROM generate_series(1, ${sub('int')} % 5))`,
    () => `jsonb_array_length(jsonb_path_query_array(${sub('jsonb')}, '$.*'))`,
  ],
  bool: [
    () => `(${row()}) IS NULL`,
    () => `(${sub('text')})::bool`,
    () => `starts_with(${sub('text')}, ${sub('text')})`,
    () => `${sub('text')} ~ '^[a-m]'`,
    () => `${sub('text')} = ALL (SELECT q.note FROM visits q WHERE q.note IS NOT NULL)`,
    () => `${sub('numeric')} > ${sub('numeric')}`,
    () => `bool_or(${sub('bool')}) OVER ()`,
    () => `CASE ${sub('text')} WHEN ${sub('text')} THEN true ELSE ${sub('bool')} END`,
    () => `${sub('jsonb')} ? 'a'`,
    () => `(${sub('int')}, ${sub('text')}) < (${sub('int')}, ${sub('text')})`,
  ],
  jsonb: [
    () => `to_jsonb(${row()})`,
    () => `jsonb_build_object('k', ${sub('text')})`,
    () => `jsonb_agg(${sub('text')}) OVER ()`,
    () => `${sub('jsonb')} - 'a'`,
    () => `jsonb_set(${sub('jsonb')}, '{a}', to_jsonb(${sub('text')}))`,
  ],
  numeric: [
    () => `sum(${sub('numeric')}) OVER (ORDER BY ${sub('int')})`,
    () => `(${sub('text')})::numeric`,
    () => `round(${sub('numeric')}, ${sub('int')} % 3)`,
    () => `(SELECT avg(q.balance) FROM patients q)`,
  ],
  date: [() => `(${sub('text')})::date`, () => `(${sub('date')} + ${sub('int')} % 100)`],
});

/** Constructs that take values along unusual ways. */
function exoticOf(draw: Draw, sources: readonly Source[], type: Type, sub: Sub): readonly (() => string)[] {
  const rows = sources.filter(source => source.stored).map(source => source.alias);
  const patients = sources
    .filter(source => source.stored && source.sql.startsWith('patients'))
    .map(source => source.alias);
  const row = (): string => (rows.length > 0 ? draw.of(rows) : `ROW(${sub('text')})`);
  const byType: Builders = {
    text: [
      () => `(${row()})::text`,
      () => `row_to_json(${row()})::text`,
      () => `to_jsonb(${row()}) ->> 'ssn'`,
      () => `md5(${sub('text')})`,
      () => `encode(convert_to(${sub('text')}, 'UTF8'), 'hex')`,
      () => `regexp_replace(${sub('text')}, '[0-9]', 'x', 'g')`,
      () => `split_part(${sub('text')}, '-', 2)`,
      () => `(string_to_array(${sub('text')}, '-'))[${sub('int')}]`,
      () => `(SELECT string_agg(u, '|') FROM unnest(string_to_array(${sub('text')}, '')) u)`,
      () => `(SELECT j.value FROM jsonb_each_text(${sub('jsonb')}) j LIMIT 1)`,
      () => `(SELECT x FROM XMLTABLE('/a' PASSING xmlelement(name a, ${sub('text')}) COLUMNS x text PATH '.') q)`,
      () => `(SELECT max(v) FROM (VALUES (${sub('text')}), ('m')) w(v))`,
      () => `(WITH k AS (SELECT ${sub('text')} AS v) SELECT v FROM k)`,
      () => `((ROW(${sub('text')}, 1)::lab.pair).a)`,
      () => `array_to_string(ARRAY(SELECT q.note FROM visits q ORDER BY q.id), ',')`,
      () => `JSON_VALUE(${sub('jsonb')}, '$.a' DEFAULT ${`'none'`} ON EMPTY)`,
      () => `mail_of(${sub('int')})`,
      () => `(patient(${sub('int')})).city`,
      () => `(SELECT f.value FROM find(${sub('int')}) f LIMIT 1)`,
      () => `overlay(${sub('text')} PLACING 'x' FROM 1)`,
      () => `quote_literal(${sub('text')}) || reverse(${sub('text')})`,
      () => `xmlserialize(content xmlforest(${sub('text')} AS q) AS text)`,
      ...patients.map(alias => () => `ssn(${alias})`),
      ...patients.map(alias => () => `(${alias}).email`),
      ...patients.map(alias => () => `(SELECT ${alias}).name`),
    ],
    ...otherTypes(row, sub),
  };
  return byType[type] ?? [];
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
  const name = draw.exotic && draw.chance(60) ? 'patients' : draw.of(Object.keys(tables));
  return { sql: `${name} AS ${alias}`, alias, columns: tables[name] ?? [], stored: true };
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
  const where = draw.chance(draw.exotic ? 25 : 60) ? ` WHERE ${expressionOf(draw, scope, 'bool', depth)}` : '';
  const plain = `SELECT ${outputs.join(', ')} FROM ${sql}${where}`;
  if (depth > 0 && draw.chance(15)) {
    const operator = draw.of(['UNION ALL', 'UNION', 'INTERSECT', 'EXCEPT ALL']);
    return `${plain} ${operator} ${queryOf(draw, outer, types, depth - 1, correlated)}`;
  }
  return draw.chance(8) ? plain.replace('SELECT', 'SELECT DISTINCT') : plain;
}

/** A whole statement: CTE, aggregation, windows and ordering around a query. */
export function statementOf(draw: Draw): string {
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
