/** The analyser's front door: one text in, what each of its statements does out, or why that cannot be told. */
import type { Catalog } from '../catalog/lookup.ts';
import {
  type Analysis,
  type AnalysisSettings,
  partsMax,
  type Refusal,
  type StatementAnalysis,
  type TextPart,
} from './analysis.ts';
import { defaultTextLimits, type TextLimits } from './guard.ts';
import { Message, positioned } from './message.ts';
import { normalize, unparsable } from './normalize.ts';
import { type Pg, parseText } from './parse.ts';
import { messageConstruct, RefusalError } from './refuse.ts';

export const noSettings: AnalysisSettings = {
  searchPath: ['$user', 'public'],
  prepared: new Map(),
  cursors: new Map(),
  temporarySchema: null,
};

/** Pure: the same text, catalog and settings give the same answer. Throws only when the parser itself broke. */
export function analyze(
  text: string,
  catalog: Catalog,
  settings: AnalysisSettings = noSettings,
  limits: TextLimits = defaultTextLimits,
): Analysis {
  const parsed = parseText(text, limits);
  if (!parsed.ok) return { ok: false, refusal: parsed.refusal, ...shape(text, parsed.refusal) };
  const shown = normalize(text);
  const message = new Message(catalog, settings);
  try {
    const statements = statementsOf(message, parsed.statements, text);
    return { ok: true, statements, ...shown, literalFree: !message.positional && isLiteralFree(statements) };
  } catch (error) {
    if (error instanceof RefusalError) {
      const parts = isReadLater(error, message, parsed.statements) ? partsOf(parsed.statements, text) : {};
      return { ok: false, refusal: { ...refusalOf(error, text), ...parts }, ...shown };
    }
    if (error instanceof RangeError) return { ok: false, refusal: tooDeep, ...shown };
    throw error;
  }
}

const tooDeep: Refusal = {
  code: 'too_deep',
  construct: 'nesting',
  message: 'the statement is nested too deeply to analyse',
  position: null,
};

/** A text that was not even looked at is not scanned either. */
const shape = (text: string, refusal: Refusal) =>
  refusal.code === 'syntax_error'
    ? normalize(text)
    : { normalized: `${unparsable} ${text.length}`, literals: [], fingerprint: '' };

/** Byte offset in UTF-8 to PostgreSQL's 1-based character position. */
export function positionOf(text: string, byte: number | undefined): number | null {
  if (byte === undefined || byte < 0) return null;
  const before = Buffer.from(text, 'utf8').subarray(0, byte).toString('utf8');
  return [...before].length + 1;
}

/** What an earlier statement makes of names cannot be foreseen; or the server will not know a name either, but only when it gets there. */
const isReadLater = ({ construct, code }: RefusalError, { read }: Message, nodes: readonly Pg.RawStmt[]): boolean =>
  construct === messageConstruct || (read > 0 && notThere.has(code) && !nodes.some(takesData));

const notThere: ReadonlySet<Refusal['code']> = new Set([
  'undefined_table',
  'undefined_column',
  'undefined_function',
  'undefined_object',
  'ambiguous_column',
]);

/** The data stands behind the whole message. */
const takesData = ({ stmt }: Pg.RawStmt): boolean =>
  stmt !== undefined && 'CopyStmt' in stmt && stmt.CopyStmt.is_from === true;

const refusalOf = (error: RefusalError, text: string): Refusal => ({
  code: error.code,
  construct: error.construct,
  message: error.message,
  position: positionOf(text, error.location),
  ...(error.hint === undefined ? {} : { hint: error.hint }),
});

const partsOf = (nodes: readonly Pg.RawStmt[], text: string): { parts?: TextPart[] } =>
  nodes.length > partsMax ? {} : { parts: nodes.map(raw => placeOf(raw, Buffer.byteLength(text))) };

/** Absent lengths reach to the end of the text. */
function placeOf(raw: Pg.RawStmt, textBytes: number): TextPart {
  const start = raw.stmt_location ?? 0;
  return { start, length: raw.stmt_len ?? textBytes - start };
}

/** Kinds of statements where an integer is only ever a value. In SET, FETCH, EXPLAIN (ANALYZE 1), … it is more. */
const valueOnly: ReadonlySet<string> = new Set(['select', 'insert', 'update', 'delete', 'merge']);

const isLiteralFree = (statements: readonly StatementAnalysis[]): boolean =>
  statements.length === 1 && statements.every(({ kind, effects }) => valueOnly.has(kind) && effects.length === 0);

function statementsOf(message: Message, nodes: readonly Pg.RawStmt[], text: string): StatementAnalysis[] {
  const bytes = Buffer.from(text, 'utf8');
  return nodes.map(raw => {
    const { start, length } = placeOf(raw, bytes.length);
    const analysis = message.run(raw, bytes.subarray(start, start + length).toString('utf8'), { start, length });
    return { ...analysis, hazards: positioned(analysis.hazards, byte => positionOf(text, byte)) };
  });
}
