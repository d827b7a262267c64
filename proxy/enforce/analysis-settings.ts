/** What the analyser has to know of a session: where names are looked up, and what its statements and cursors do. */
import type { Analysis, AnalysisSettings, StatementAnalysis } from '#core/sql/analysis.ts';
import { declaredTypes } from '../postgres/session/parameters.ts';
import { splitKey } from '../postgres/session/ruling.ts';
import type { Session } from '../postgres/session/state.ts';
import { utf8OfLatin1 } from '../postgres/wire/text.ts';
import type { Context } from './context.ts';

type Parts = {
  key: string;
  text: string;
  context: Context;
  state: Session;
  /** In a failed transaction the server cannot be told to plan anew. */
  hasStalePlans: boolean;
  /** Analyses a prepared statement again, under the present catalog. */
  analyse(text: string, settings: AnalysisSettings): Promise<Analysis>;
};

/** A text that names a prepared statement has one of these words in it, and one that names a cursor. */
const preparedWord = /\bexecute\b/i;
const cursorWord = /\b(fetch|move|current|close)\b/i;
/** After the end of a transaction, names may mean something else than in it. */
const endWord = /\b(commit|rollback|abort|end|release)\b[^;]*;/i;

export async function analysisSettings(parts: Parts): Promise<AnalysisSettings> {
  const { key, text, context } = parts;
  const plain: AnalysisSettings = {
    searchPath: context.searchPath,
    prepared: new Map(),
    cursors: new Map(),
    parameterTypes: declaredTypes(key),
    temporarySchema: context.catalog.header.temporarySchema,
    // With objects of the session's own, the end of a transaction may take some of them away. In a failed one the server does not
    // say where it will look for names behind its end.
    unsettled:
      parts.hasStalePlans ||
      parts.state.settings.hasUncommitted ||
      parts.state.settings.searchPath === null ||
      context.data !== context.view.data,
  };
  const names = preparedWord.test(text);
  const cursors = cursorWord.test(text);
  if (!names && !cursors) return plain;
  return {
    ...plain,
    prepared: names ? await preparedOf(parts, plain) : plain.prepared,
    cursors: cursors ? cursorsOf(parts.state) : plain.cursors,
  };
}

/** Only statements whose name stands in the text; those of an older catalog are analysed again. */
async function preparedOf({ text, state, context, analyse }: Parts, plain: AnalysisSettings) {
  const found = new Map<string, StatementAnalysis>();
  const lowerText = text.toLowerCase();
  const isNamed = (name: string): boolean => name !== '' && lowerText.includes(name.toLowerCase());
  const again = async (name: string, statementText: string | null, types: readonly number[]) => {
    const analysis = statementText === null ? null : await analyse(statementText, { ...plain, parameterTypes: types });
    const statement = analysis?.ok === true ? analysis.statements[0] : undefined;
    if (statement !== undefined) found.set(name, statement);
  };
  for (const [nameKey, { key, ruling }] of state.statements.confirmed()) {
    const name = utf8OfLatin1(nameKey) ?? '';
    if (!isNamed(name)) continue;
    const { text: bytes } = splitKey(key);
    const known = ruling.deref();
    const statement = known?.context === context.bucket ? known.statements[0] : undefined;
    if (statement !== undefined) found.set(name, statement.analysis);
    else await again(name, utf8OfLatin1(bytes), declaredTypes(key));
  }
  for (const [name, prepared] of state.sqlPrepared) {
    if (isNamed(name)) await again(name, prepared.text, prepared.parameterTypes);
  }
  return found;
}

/** Cursors and portals share their names. */
function cursorsOf(state: Session): Map<string, StatementAnalysis> {
  const found = new Map<string, StatementAnalysis>();
  for (const [name, cursor] of state.settings.cursors) found.set(name, cursor.analysis);
  for (const [key, { ruling }] of state.portals.confirmed()) {
    const name = utf8OfLatin1(key) ?? '';
    const statement = ruling.statements[0];
    if (name !== '' && statement !== undefined) found.set(name, statement.analysis);
  }
  return found;
}

const boundKinds = new Set<StatementAnalysis['kind']>([
  'execute',
  'fetch',
  'close',
  'deallocate',
  'declare',
  'prepare',
]);

/** Whether an analysis may be different for another session or at another time, because it rests on names of the session. */
export function isSessionBound(analysis: Analysis, text: string): boolean {
  if (!analysis.ok) return preparedWord.test(text) || cursorWord.test(text) || endWord.test(text);
  if (analysis.statements.length > 1 && analysis.statements.some(({ kind }) => kind === 'transaction')) return true;
  return analysis.statements.some(({ kind }) => boundKinds.has(kind)) || runsByName(analysis, text);
}

/** Whether what it runs stands behind a name, so that the same text may be something else the next time. */
export function runsByName(analysis: Analysis, text: string): boolean {
  if (!analysis.ok) return false;
  return analysis.statements.some(
    ({ kind }) =>
      kind === 'execute' ||
      kind === 'fetch' ||
      ((kind === 'explain' || kind === 'ddl') && preparedWord.test(text)) ||
      ((kind === 'update' || kind === 'delete') && /\bcurrent\b/i.test(text)),
  );
}
