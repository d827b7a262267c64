/**
 * What one statement does, resolved to the column, or why it could not be resolved. This file is only the vocabulary: the
 * analyser fills it in, policy reads it, the log stores it.
 */

/**
 * A column of a relation in the live catalog. `attnum` 0 stands for the whole row, negative ones are system columns. A negative
 * `relationOid` is a relation that an earlier statement of the same message will have made: its real OID is not known yet.
 */
export type ColumnRef = {
  relationOid: number;
  attnum: number;
  schema: string;
  relation: string;
  column: string;
};

/** How an output column comes about from its origins. */
export type OutputKind =
  /** The column itself, unchanged: type and value are those of the origin. */
  | 'column'
  /** A provably total pure function of the origins: masking its result is safe, evaluating it cannot raise. */
  | 'pure'
  /** Any other aggregate or window function over the origins. */
  | 'aggregate'
  /** Anything else over the origins; may raise, and an error is a bit of information. */
  | 'derived'
  /** No column is involved, or none but whether it is NULL: `IS NULL`, and count() of a bare column or row. Counting an expression is `aggregate`. */
  | 'constant';

export type OutputColumn = {
  /** The label PostgreSQL will print, where the analyser knows it. Never used to decide. */
  name: string | null;
  /**
   * Every column the value depends on. A column of a view, a partition or a generated column is followed by the columns it
   * is made of, so that a label on any of them counts.
   */
  origins: readonly ColumnRef[];
  kind: OutputKind;
  /** What RowDescription must say for this column: the relation and attribute the text itself names; null for 0/0. */
  wire: { relationOid: number; attnum: number } | null;
  /** OID of the type, 0 where the analyser could not infer it. */
  typeOid: number;
};

/** Every use of a column other than being an output. */
export type UseContext =
  | 'predicate_null'
  | 'predicate_constant'
  | 'predicate'
  | 'join'
  /** Along a foreign key. */
  | 'join_key'
  | 'group'
  | 'distinct'
  | 'order'
  | 'set_operation'
  | 'window'
  | 'limit'
  /** The argument of an aggregate that may raise. */
  | 'aggregate'
  /** Of one that cannot: nothing is seen but its value, and what becomes of that is an output or a use of its own. */
  | 'aggregate_total'
  | 'case'
  | 'function_argument'
  | 'source'
  | 'target'
  | 'default'
  | 'conflict'
  | 'lock';

export type ColumnUse = {
  column: ColumnRef;
  context: UseContext;
  /** For `join` and `join_key`: the columns it is compared with. A column that a client can fill makes a join a comparison with its own value. */
  against: readonly ColumnRef[];
  /**
   * The use is in the definition of a view that somebody else made, not in the client's text. What such a view filters or
   * joins on is its owner's decision; outputs of the view count all the same.
   */
  viaView: boolean;
  /** Of an argument: of what, in words, such as `repeat` or a cast. For people alone; several such uses may be told as one. */
  within?: string;
};

/** What is done to which object. `call` is a function with effects or of unknown ones; `opaque` could not be resolved. */
export const actions = [
  'connect',
  'read',
  'write',
  'define',
  'drop',
  'call',
  'session',
  'lock',
  'maintain',
  'privilege',
  'opaque',
] as const;
export type Action = (typeof actions)[number];

export type AccessVerb =
  | 'select'
  | 'insert'
  | 'update'
  | 'delete'
  | 'merge'
  | 'truncate'
  | 'copy_from'
  | 'copy_to'
  | 'create'
  | 'alter'
  | 'drop'
  | 'comment'
  | 'refresh'
  | 'call'
  | 'set'
  | 'lock'
  | 'vacuum'
  | 'analyze'
  | 'reindex'
  | 'cluster'
  | 'grant'
  | 'revoke'
  | 'notify'
  | 'listen'
  | 'transaction'
  | 'cursor'
  | 'prepare'
  | 'explain'
  | 'other';

export type Access = {
  action: Action;
  verb: AccessVerb;
  object: {
    kind:
      | 'relation'
      | 'schema'
      | 'function'
      | 'type'
      | 'sequence'
      | 'database'
      | 'role'
      | 'setting'
      | 'extension'
      | 'server'
      | 'other';
    schema: string | null;
    name: string;
    oid: number;
    /** In pg_catalog, information_schema or pg_toast. */
    system: boolean;
    /** A temporary relation of this session. */
    temporary: boolean;
  };
  /** Read inside the definition of a view the text names, with the rights of the view's owner. Writes through views are not. */
  viaView: boolean;
};

/** Things a guardrail can name. Codes are stable: policy documents and the log use them. */
export const hazardCodes = [
  'drop',
  'drop_column',
  'truncate',
  'unbounded_update',
  'unbounded_delete',
  'alter_destructive',
  'alter_rewrite',
  'copy_program',
  'copy_file',
  'server_file',
  'large_object',
  'foreign_connection',
  'dynamic_sql',
  'anonymous_block',
  'alter_system',
  'extension',
  'privilege',
  'role',
  'owner',
  'security_definer',
  'untrusted_language',
  'row_security',
  /** Whether row security leaves rows out or makes the statement fail: shows no row either way, which is why pg_dump sets it. */
  'set_row_security',
  'trigger_disable',
  'replication',
  'publication',
  'set_role',
  'set_limits',
  'set_parsing',
  /** How statements are planned: the order of rows then follows the order of what is masked. */
  'set_planner',
  /** What the server says about its work: how much it says depends on the values it works on. */
  'set_messages',
  'set_search_path',
  'lock_table',
  'row_lock',
  'vacuum_full',
  'rewrite_table',
  'two_phase',
  'notify',
  'backend_control',
  'advisory_lock',
  'statistics',
  'sleep',
  'cascade',
  'event_trigger',
  'rule',
  /** Functions, operators, casts, domains, aggregates, types with code: they run later, in somebody else's statement. */
  'code',
  /** Relations joined without a condition that ties them together. */
  'cross_join',
  /** A recursive query that nothing in it bounds. */
  'unbounded_recursion',
] as const;
export type HazardCode = (typeof hazardCodes)[number];
export type Hazard = { code: HazardCode; object: string; position: number | null };

export type FunctionTrust =
  /** Pure and total. */
  | 'pure'
  /** Pure but may raise. */
  | 'raises'
  /** Reads data or state. */
  | 'reads'
  /** Has effects. */
  | 'effects'
  /** Not known: an extension's, a dynamic or compiled one. */
  | 'unknown';

export type FunctionUse = { oid: number; schema: string; name: string; trust: FunctionTrust };

export type StatementKind =
  | 'select'
  | 'insert'
  | 'update'
  | 'delete'
  | 'merge'
  | 'copy'
  | 'ddl'
  | 'transaction'
  | 'set'
  | 'show'
  | 'explain'
  | 'prepare'
  | 'execute'
  | 'deallocate'
  | 'declare'
  | 'fetch'
  | 'close'
  | 'call'
  | 'do'
  | 'listen'
  | 'notify'
  | 'lock'
  | 'maintenance'
  | 'discard'
  | 'other';

/** What the statement does to the session state that later analyses depend on; applied only when the server confirms it. */
export type SessionEffect =
  | { type: 'set'; name: string; value: string | null; local: boolean }
  | { type: 'reset'; name: string }
  | { type: 'reset_all' }
  | { type: 'discard_all' }
  /** `text` is the prepared statement itself: PostgreSQL reads it anew when the catalog or search_path changed. */
  /** `parameterTypes`: the server keeps them for good, declared or inferred. */
  | { type: 'prepare'; name: string; text: string; parameterTypes: readonly number[]; analysis: StatementAnalysis }
  | { type: 'deallocate'; name: string | null }
  | { type: 'declare'; name: string; holdable: boolean; analysis: StatementAnalysis }
  | { type: 'close'; name: string | null }
  | { type: 'begin' }
  | { type: 'commit' }
  | { type: 'rollback' }
  | { type: 'savepoint'; name: string }
  | { type: 'release'; name: string }
  | { type: 'rollback_to'; name: string }
  /** Sets off code that may wait for the end of the transaction, and then finds what it names. */
  | { type: 'defers' }
  /** The catalog changes when this is done: introspect again before the next statement is analysed. */
  | { type: 'catalog' };

/** The copies of data a statement makes, so that classification follows the data (target column ← origins). */
export type DataFlow = {
  target: { schema: string; relation: string; column: string };
  origins: readonly ColumnRef[];
  /** The server takes it along by itself, as a key that follows the one it refers to: nobody is refused for it. */
  follows?: true;
};

export type StatementAnalysis = {
  kind: StatementKind;
  /** Byte offsets into the UTF-8 text. */
  start: number;
  length: number;
  accesses: readonly Access[];
  /** Null when the statement returns no rows; in order otherwise. */
  outputs: readonly OutputColumn[] | null;
  uses: readonly ColumnUse[];
  /** Every column the text itself names or expands to, whether or not it reaches the result; not those behind views. */
  reads: readonly ColumnRef[];
  functions: readonly FunctionUse[];
  hazards: readonly Hazard[];
  flows: readonly DataFlow[];
  effects: readonly SessionEffect[];
  /** Where rows go: to the client, or nowhere. `copy` means CopyData rather than DataRow. */
  result: 'rows' | 'copy_out' | 'copy_in' | 'none';
  /** Format of COPY data, where `result` is copy_out or copy_in. */
  copy: {
    format: 'text' | 'csv' | 'binary';
    delimiter: string;
    quote: string;
    escape: string;
    null: string;
    header: boolean;
  } | null;
  /** $n parameters used, highest number. */
  parameters: number;
  /** What types they were found to have, by their OIDs; 0 where that is not known. Absent where there are none. */
  parameterTypes?: readonly number[];
  /** Rows of the largest table it touches, as the server estimated when the catalog was read; null where it has no estimate. */
  tableRows?: number | null;
  /** FETCH: the cursor it reads on. */
  cursor?: string;
};

export type Refusal = {
  code:
    | 'syntax_error'
    | 'undefined_table'
    | 'undefined_column'
    | 'ambiguous_column'
    | 'undefined_function'
    | 'undefined_object'
    | 'unresolved'
    | 'too_large'
    | 'too_deep'
    | 'parser_failure'
    | 'timeout'
    | 'encoding';
  /** The grammar node or construct, e.g. `XMLTABLE`. */
  construct: string;
  message: string;
  /** 1-based character position, as PostgreSQL counts. */
  position: number | null;
  /** What PostgreSQL would suggest. */
  hint?: string;
  /**
   * Where the statements of the message stand, in bytes, if all that is wrong is that what an earlier one makes of names cannot be
   * foreseen, or that the server will object to a name when those before it have run: each can be read by then.
   */
  parts?: readonly TextPart[];
};

export type TextPart = { start: number; length: number };
/** Statements of a message that is run one after the other. */
export const partsMax = 10_000;

export type Analysis =
  | {
      ok: true;
      statements: readonly StatementAnalysis[];
      /** Text with every literal replaced by a typed placeholder (`:int`, `:text`, …); safe to store and show. */
      normalized: string;
      /** The literals that were replaced, in order of appearance. */
      literals: readonly string[];
      /** Identifies the shape: SHA-256 of `normalized`, hex. */
      fingerprint: string;
      /** True when integer literals in the text cannot have influenced anything above (see the template cache). */
      literalFree: boolean;
    }
  | { ok: false; refusal: Refusal; normalized: string; literals: readonly string[]; fingerprint: string };

/** Session state that changes what a text means. */
export type AnalysisSettings = {
  /** The setting's elements as unquoted names, e.g. `['$user', 'public']`; implicit schemas are added by the analyser. */
  searchPath: readonly string[];
  /** Names prepared with PREPARE or Parse, and open cursors and portals, with what they do under the present catalog. */
  prepared: ReadonlyMap<string, StatementAnalysis>;
  cursors: ReadonlyMap<string, StatementAnalysis>;
  /**
   * False when search_path, catalog and what is prepared are as they will be if the transaction that is open now (if any) ends.
   * Otherwise, also when absent, what follows the end of a transaction in the same message cannot be read. An answer that rests
   * on this must not be kept for another session or moment.
   */
  unsettled?: boolean;
  /** OIDs of $1, $2, … where the client declared them (Parse); 0 or absent where PostgreSQL is to infer. */
  parameterTypes?: readonly number[];
  /** Temporary relations and other session-local objects, searched first as PostgreSQL does (pg_temp). */
  temporarySchema: string | null;
};
