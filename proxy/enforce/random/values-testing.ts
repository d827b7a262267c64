/** A table with two columns of each type, one masked and one open, whose values are at the edges of what the types take. */

const long = 'x'.repeat(300);

/** By type. What is odd about them is for functions to stumble over: empty, endless, negative, in another calendar, in need of quotes. */
export const values: Readonly<Record<string, readonly string[]>> = {
  text: `||a|ab|A%|%|_|\\|x\\|2020-01-01|12|-5|1e400|NaN|infinity|{1,2}|[1]|{"a":1}|{"a": {"b": [1,2]}}|<a>t</a>|é漢字|${long}|true|1 day|%s %|%I|192.168.0.1|lisbon|$.a|(|UTC|9999999999|\t\n|a,b,c|Z-1-2|int4|é`.split(
    '|',
  ),
  int4: ['0', '1', '-1', '2147483647', '-2147483648', '42', '7', '100', '3', '31', '12', '1000000', '5'],
  int8: ['0', '1', '-1', '9223372036854775807', '-9223372036854775808', '42', '4294967296', '3', '86400'],
  int2: ['0', '1', '-1', '32767', '-32768', '9'],
  numeric: ['0', '1', '-1', '9999999999.99', '-9999999999.99', '0.01', '3.14', '42', 'NaN'],
  float8: ['0', '-0', '1', '-1', '1e308', '-1e308', '1e-308', 'NaN', 'Infinity', '-Infinity', '3.5', '0.5'],
  float4: ['0', '1', '-1', '3e38', 'NaN', 'Infinity', '2.5'],
  bool: ['true', 'false'],
  date: ['2020-02-29', 'infinity', '-infinity', '0001-01-01', '4713-01-01 BC', '5874897-12-31', '1999-12-31'],
  timestamp: ['2020-02-29 12:00:00', 'infinity', '-infinity', '294276-12-31 23:59:59', '4713-01-01 00:00:00 BC'],
  timestamptz: [
    '2020-02-29 12:00:00+00',
    'infinity',
    '-infinity',
    '294276-12-31 00:00:00+00',
    '2024-07-04 01:02:03+02',
  ],
  time: ['00:00:00', '24:00:00', '12:34:56.789', '23:59:59.999999'],
  interval: ['0', '1 day', '-1 month', '178000000 years', '-178000000 years', '1 mon 1 day 1 hour', '0.000001 s'],
  jsonb: ['null', '1', '"x"', '[]', '{}', '{"a":1}', '{"a":"b","n":[1,{"c":null}]}', '[1,"2",null]', '1e300', 'true'],
  json: ['null', '1', '"x"', '[]', '{"a":1}', '{"a":1,"a":2}', '[1,"2"]', '"\\u0000"', '"\\ud83d"', '1e999'],
  xml: ['', 'x', '<a/>', '<a b="1">t</a>', '<a/><b/>', '<!-- c -->', '<a>&amp;</a>'],
  'text[]': ['{}', '{a}', '{a,NULL}', '{{a,b},{c,d}}', '{a,b,c,d,e,f}', '[0:1]={x,y}', '{"",1,2020-01-01}'],
  'int4[]': ['{}', '{1}', '{1,NULL}', '{{1,2},{3,4}}', '{1,2,3,4,5,6}', '[-1:0]={5,6}', '{2147483647}'],
  daterange: ['empty', '[2020-01-01,2020-02-01)', '(,)', '[2020-01-15,)', '(,2020-01-10)', '[infinity,infinity]'],
  int4range: ['empty', '[1,5)', '(,)', '[3,)', '(,2)', '[2147483646,2147483647)'],
  inet: ['10.0.0.1', '192.168.0.1/24', '::1', 'fe80::1/64', '0.0.0.0/0', '255.255.255.255'],
  uuid: ['00000000-0000-0000-0000-000000000000', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  bytea: ['\\x', '\\x00', '\\xdeadbeef', 'abc', `\\x${'41'.repeat(50)}`],
  varbit: ['', '0', '1', '1010', '11111111', '0'.repeat(40)],
  point: ['(0,0)', '(1,2)', '(Infinity,1)', '(NaN,NaN)', '(-3,1e200)'],
  tsvector: ['', "'a':1 'b':2", "'cat':3A"],
};
export const types = Object.keys(values);

const valuesOf = (type: string): readonly string[] => values[type] ?? [];
export const literalOf = (value: string | null, type: string): string =>
  value === null ? `NULL::${type}` : `'${value.replaceAll("'", "''")}'::${type}`;
const columnOf = (type: string): string => type.replace('[]', '_array');
/** A name with `m_` is masked, one with `o_` is open. */
export const maskedColumn = (type: string): string => `m_${columnOf(type)}`;
export const openColumn = (type: string): string => `o_${columnOf(type)}`;
export const constants = (type: string): (string | null)[] => [null, ...valuesOf(type)];

export type Columns = { masked?: string; open?: string };
const odd = (type: string): Columns => ({ masked: maskedColumn(type), open: openColumn(type) });
const kin: Readonly<Record<string, Columns>> = {
  text: { masked: 'm_code', open: 'o_word' },
  int4: { masked: 'm_rank', open: 'o_rank' },
};
const scripted: Readonly<Record<string, Columns>> = { text: { open: 't' }, int4: { open: 'n' }, jsonb: { open: 'j' } };
/** By the alias that statements use: what columns of a type there are. */
export const tables: Readonly<Record<string, (type: string) => Columns>> = {
  o: odd,
  i: odd,
  k: type => kin[type] ?? {},
  s: type => scripted[type] ?? {},
};

/** Only a numeric of a declared precision can be worked with. */
const declared = (type: string): string => (type === 'numeric' ? 'numeric(12, 2)' : type);
export const oddSchema = `CREATE TABLE odd (id int PRIMARY KEY, ${types
  .flatMap(type => [`${maskedColumn(type)} ${declared(type)}`, `${openColumn(type)} ${type}`])
  .join(', ')});`;

const rows = 10;

/** A cursor that is held takes what it takes when its transaction commits: no timeout ends that. */
const bounded =
  "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET temp_file_limit = %L', current_database(), '2GB'); END $$;";

/** Masked values go by twin, NULL is in the same places, and nothing else differs. */
export function oddRows(twin: 0 | 1): string {
  const cell = (type: string, index: number): string => {
    const all = valuesOf(type);
    return literalOf(all[index % all.length] ?? '', type);
  };
  const inserts = Array.from({ length: rows }, (_, row) => {
    const cells = types.flatMap((type, column) => [
      (row * 7 + column) % 5 === 0 ? 'NULL' : cell(type, row * 3 + column + twin * (1 + row)),
      (row * 3 + column) % 7 === 0 ? 'NULL' : cell(type, row * 5 + column),
    ]);
    return `INSERT INTO odd VALUES (${row + 1}, ${cells.join(', ')});`;
  });
  return [bounded, ...inserts, ''].join('\n');
}
