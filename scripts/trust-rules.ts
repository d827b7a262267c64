/** The judgement in the trust table that no system catalog holds: which built-in functions are total, which only look stable. */

export type TrustClass = 'pure' | 'raises' | 'reads' | 'effects';

export type FunctionFacts = {
  name: string;
  /** OIDs of the declared argument types. */
  types: readonly number[];
  volatility: 'i' | 's' | 'v';
  leakproof: boolean;
  kind: 'f' | 'a' | 'w' | 'p';
  returnsSet: boolean;
  /** Implements an operator of a B-tree or hash operator class, or its negator (`<>`): comparisons are total on their own types. */
  comparison: boolean;
};

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter(word => word !== ''));

/** Cannot raise whatever the value (memory aside), and look at nothing but their arguments. */
const total = words(`
  lower upper initcap length char_length character_length octet_length bit_length textlen bpcharlen md5 sha224 sha256 sha384 sha512
  btrim ltrim rtrim reverse concat concat_ws quote_literal quote_ident quote_nullable starts_with strpos position replace translate
  left right ascii to_hex to_oct to_bin text_starts_with textcat textpos textanycat anytextcat byteacat crc32 crc32c casefold
  to_json to_jsonb row_to_json array_to_json json_build_array jsonb_build_array jsonb_typeof jsonb_pretty
  jsonb_object_field jsonb_object_field_text jsonb_array_element jsonb_array_element_text jsonb_extract_path jsonb_extract_path_text
    jsonb_exists jsonb_exists_any jsonb_exists_all jsonb_contains jsonb_contained jsonb_strip_nulls   array_length array_ndims array_dims array_upper array_lower cardinality array_to_string num_nulls num_nonnulls
  string_to_array
  isfinite sign booland_statefunc boolor_statefunc hashtext hashchar hashint4 hashint8
  bool_and bool_or every min max any_value array_agg string_agg json_agg jsonb_agg avg count bit_and bit_or bit_xor regr_count
  row_number rank dense_rank percent_rank cume_dist first_value last_value lag lead mode percentile_disc
  pg_typeof pg_column_size host family masklen text family abbrev broadcast hostmask netmask network
  gen_random_uuid uuidv4 uuidv7 pi version
  array_append array_prepend array_cat array_remove array_position array_positions array_replace
  isempty lower_inc upper_inc lower_inf upper_inf
  numeric_abs numeric_sign numeric_ceil numeric_floor ceil ceiling floor numeric_uminus float8um float4um float8abs float4abs
  booleq boolne
  int2up int4up int8up float4up float8up numeric_uplus
`);

/** Total, but for the arguments at these positions: `substr` only objects to its own length argument. */
const totalBut: Readonly<Record<string, readonly number[]>> = {
  substr: [1, 2],
  substring: [1, 2],
  split_part: [1, 2],
  overlay: [2, 3],
  lpad: [1],
  rpad: [1],
  date_trunc: [0, 2],
  date_part: [0],
  extract: [0],
  encode: [1],
  regexp_replace: [1, 2, 3, 4, 5],
  regexp_match: [1, 2],
  regexp_matches: [1, 2],
  regexp_like: [1, 2],
  regexp_count: [1, 2, 3],
  regexp_instr: [1, 2, 3, 4, 5, 6],
  regexp_substr: [1, 2, 3, 4, 5],
  regexp_split_to_array: [1, 2],
  regexp_split_to_table: [1, 2],
  textregexeq: [1],
  textregexne: [1],
  texticregexeq: [1],
  texticregexne: [1],
  bpcharregexeq: [1],
  bpcharregexne: [1],
  bpcharicregexeq: [1],
  bpcharicregexne: [1],
  nameregexeq: [1],
  nameregexne: [1],
  nameicregexeq: [1],
  nameicregexne: [1],
  lag: [1],
  lead: [1],
  ntile: [0],
  pg_collation_for: [],
  nth_value: [1],
};

/** A date or time has a text whatever the template; a number may be too large for what the template makes of it. */
const datesToChar = words('to_char(1114,25) to_char(1184,25) to_char(1186,25)');

/** Conversions between built-in types that lose or gain nothing that could fail: name(source type OID). */
const totalCasts = words(`
  text(18) text(19) text(1042) text(16) text(869) text(650) text(142) name(25) name(1042) name(1043) bpchar(18) bpchar(19) char(25)
  int4(21) int8(21) int8(23) int4(16) int4(18) int8(26) numeric(20) numeric(21) numeric(23) numeric(790) float8(700) float8(21) float8(23)
  float8(20) float4(21) float4(23) float4(20) bool(23) varchar(19) date(1114) date(1184) time(1114) time(1083) abs(1700) abs(700) abs(701)
  round(1700) round(701) trunc(1700) trunc(701) json(3802) jsonb(114) interval(1083) cidr(869) inet(650)
`);

/** Aggregates over integers that add up in something wider, unchecked or without an end. Partial sums of sum(int4) meet in int8. */
const totalAggregates = words(`
  sum(20) sum(21) avg(20) avg(21) stddev(20) stddev(21) stddev(23) stddev_pop(20) stddev_pop(21) stddev_pop(23)
  stddev_samp(20) stddev_samp(21) stddev_samp(23) variance(20) variance(21) variance(23)
  var_pop(20) var_pop(21) var_pop(23) var_samp(20) var_samp(21) var_samp(23)
`);

/** Not total although the rules above would say so: name or name(types). */
const notTotal = words(`
  avg(1186) min(1186) text(3904) length(17,19) array_agg(2277)
  bit_and(1560) bit_or(1560) bit_xor(1560) record_eq record_ne record_lt record_gt
  record_le record_ge record_image_eq record_image_ne array_eq array_ne array_lt array_gt array_le array_ge array_cat array_append
  array_prepend array_position array_positions array_remove array_replace range_eq range_ne range_lt range_gt range_le range_ge
  multirange_eq multirange_ne multirange_lt multirange_gt multirange_le multirange_ge btrecordcmp btarraycmp percentile_disc
  random(20,20) random(23,23) random(1700,1700) uuidv7(1186) avg(700) avg(701) avg(1700) min(2249) max(2249) min(2277) max(2277) mode
  record_image_lt record_image_gt record_image_le record_image_ge length(601) length(602)
  lseg_lt lseg_gt lseg_le lseg_ge
  circle_eq circle_ne circle_lt circle_gt circle_le circle_ge
`);

/** Declared stable for the sake of time zone, locale or output functions, but a value of their arguments all the same. */
const valueOnly = [
  /^(to_char|to_date|to_timestamp|to_ts(vector|query)|(plainto|phraseto|websearch_to)_?tsquery|ts_headline|json.*|jsonb.*)$/,
  /^(concat|concat_ws|format|quote_.*|to_json|to_jsonb|row_to_json|array_to_json|array_.*|string_agg|any_?textcat|textanycat)$/,
  /^(timestamptz.*|timestamp_.*|date_.*|.*_timestamptz.*|timestamptz|timestamp|date|time|timetz|age|timezone|extract|interval.*)$/,
  /^(.*_(in|out|recv|send)|.*(in|out|recv|send))$/,
  /^(record_.*|enum_.*|range_.*|multirange_.*|regexp_.*|cash_.*|money|numeric|text|xml.*|xpath.*|generate_series|.*_cash|unnest)$/,
  /^(|tsvector_.*|ts_.*|unicode_.*|normalize|is_normalized|pg_typeof|hash.*|in_range|overlaps|tstzrange|.*range)$/,
  /^(pg_input_is_valid|pg_input_error_info|hex_.*|parse_ident|mode|percentile_.*|min|max|sum|count|avg)$/,
];

/** Volatile in name only: they report state and change none. */
const onlyReads = [
  /^pg_stat_get_/,
  /^pg_(relation|total_relation|table|indexes|database|tablespace)_size$/,
  /^pg_(lock_status|show_all_settings|prepared_statement|cursor|prepared_xact|available_.*|timezone_.*|listening_channels)$/,
  /^pg_(is_in_recovery|is_wal_replay_paused|last_.*|current_wal_.*|get_replication_slots|get_backend_memory_contexts|get_shmem_.*)$/,
  /^pg_(conf_load_time|postmaster_start_time|backend_pid|my_temp_schema|trigger_depth|blocking_pids|safe_snapshot_blocking_pids)$/,
  /^pg_(show_.*|hba_file_rules|ident_file_mappings|config|control_.*|wal_summary.*|partition_.*|tablespace_databases|get_aios)$/,
  /^pg_(sequence_last_value|sequence_parameters|get_sequence_data|xact_status|visible_in_snapshot|isolation_test_session_is_blocked)$/,
  /^(clock_timestamp|timeofday|currval|lastval|txid_current.*|txid_status|pg_current_xact_id.*|pg_current_snapshot|txid_snapshot.*)$/,
  /^(current_.*|inet_.*|pg_event_trigger_.*|getpgusername|pg_get_multixact_members|pg_identify_.*|pg_get_.*)$/,
  // Whether one was drawn shows in the next.
  /^random(_normal)?$/,
];

/** These read tables that no catalog entry names: `query_to_xml`, `schema_to_xml`, `ts_stat`, … */
const readsTables = /^((query|cursor|table|schema|database)_to_xml.*|ts_stat|currtid.*)$/;

const matches = (patterns: readonly RegExp[], name: string): boolean => patterns.some(pattern => pattern.test(name));

export type Judgement = { trust: TrustClass; faultArguments: readonly number[] | null };

/** The class of one built-in function. What no rule knows is as its volatility says: immutable may raise, volatile has effects. */
export function judge(facts: FunctionFacts): Judgement {
  const signature = `${facts.name}(${facts.types.join(',')})`;
  const plain = (trust: TrustClass): Judgement => ({ trust, faultArguments: null });
  if (readsTables.test(facts.name)) return plain('effects');
  if (notTotal.has(facts.name) || notTotal.has(signature)) return plain('raises');
  if (total.has(facts.name) || totalCasts.has(signature) || totalAggregates.has(signature)) return plain('pure');
  if (facts.volatility === 'v') return plain(matches(onlyReads, facts.name) ? 'reads' : 'effects');
  const positions = totalBut[facts.name] ?? (datesToChar.has(signature) ? [1] : undefined);
  if (positions && facts.kind !== 'a')
    return { trust: 'raises', faultArguments: positions.filter(position => position < facts.types.length) };
  if (facts.leakproof || facts.comparison) return plain('pure');
  if (facts.volatility === 's') return plain(matches(valueOnly, facts.name) ? 'raises' : 'reads');
  return plain('raises');
}
