/** A gate for tests: allows everything, knows from the parse tree what each statement answers, and checks nothing of it. */
import { loadModule, parseSync } from 'libpg-query';
import type { Failure } from '#core/contract/error.ts';
import type { SessionEffect, StatementAnalysis } from '#core/sql/analysis.ts';
import type { OpenGate } from './open-gate.ts';
import { refusal } from './session/refusal.ts';
import {
  endsTransaction,
  isBarrierEffect,
  type Refused,
  type Ruling,
  type StatementRuling,
  splitKey,
} from './session/ruling.ts';
import { utf8OfLatin1 } from './wire/text.ts';

await loadModule();

type Node = { stmt: Record<string, Record<string, unknown>> };

export type OpenRules = {
  /** A refusal for this text, or null. */
  refuse?: (text: string) => Refused | null;
  /** Texts that need approval. */
  holds?: (text: string) => boolean;
  /** Changes statements, e.g. to put masks on them. */
  adapt?: (statement: StatementRuling, text: string) => StatementRuling;
  /** Rulings come later, never at once. */
  isSlow?: boolean;
};

const empty = {
  start: 0,
  length: 0,
  accesses: [],
  outputs: null,
  uses: [],
  reads: [],
  functions: [],
  hazards: [],
  flows: [],
  copy: null,
  parameters: 0,
} as const;

function effectsOf(kind: string, node: Record<string, unknown>): SessionEffect[] {
  switch (kind) {
    case 'TransactionStmt': {
      const name = String(node.savepoint_name ?? '');
      switch (node.kind) {
        case 'TRANS_STMT_BEGIN':
        case 'TRANS_STMT_START':
          return [{ type: 'begin' }];
        case 'TRANS_STMT_COMMIT':
          return [{ type: 'commit' }];
        case 'TRANS_STMT_ROLLBACK':
          return [{ type: 'rollback' }];
        case 'TRANS_STMT_SAVEPOINT':
          return [{ type: 'savepoint', name }];
        case 'TRANS_STMT_RELEASE':
          return [{ type: 'release', name }];
        default:
          return [{ type: 'rollback_to', name }];
      }
    }
    case 'PrepareStmt':
      return [{ type: 'prepare', name: String(node.name), text: '', parameterTypes: [], analysis: rowsAnalysis }];
    case 'DeallocateStmt':
      return [{ type: 'deallocate', name: node.name === undefined ? null : String(node.name) }];
    case 'DeclareCursorStmt':
      return [{ type: 'declare', name: String(node.portalname), holdable: false, analysis: rowsAnalysis }];
    case 'ClosePortalStmt':
      return [{ type: 'close', name: node.portalname === undefined ? null : String(node.portalname) }];
    case 'DiscardStmt':
      return [{ type: 'discard_all' }];
    default:
      return [];
  }
}

function resultOf(kind: string, node: Record<string, unknown>): StatementAnalysis['result'] {
  if (kind === 'CopyStmt') return node.filename ? 'none' : node.is_from ? 'copy_in' : 'copy_out';
  const isRows = ['SelectStmt', 'VariableShowStmt', 'ExplainStmt', 'ExecuteStmt', 'FetchStmt', 'CallStmt'].includes(
    kind,
  );
  return isRows || node.returningList || node.returningClause ? 'rows' : 'none';
}

const rowsAnalysis: StatementAnalysis = { ...empty, kind: 'select', effects: [], result: 'rows' } as never;

function statementOf({ stmt }: Node): StatementRuling {
  const [kind = '', node = {}] = Object.entries(stmt)[0] ?? [];
  const analysis = { ...empty, kind: 'other', effects: effectsOf(kind, node), result: resultOf(kind, node) } as never;
  return {
    analysis,
    isSensitive: false,
    hiding: null,
    hasMasks: false,
    limits: null,
    planRows: columns => ({ columns: columns.length, masks: null }),
    planCopy: () => null,
    lastShape: null,
  };
}

const noDecision = {
  reasons: [],
  obligations: [],
  approval: null,
  needsCount: false,
  affectedRowsMax: null,
  isSeparable: false,
  policyVersion: 1,
};

function makeRuling(key: string, rules: OpenRules): Ruling {
  const text = utf8OfLatin1(splitKey(key).text) ?? '';
  let statements: StatementRuling[] = [];
  let refused = rules.refuse?.(text) ?? null;
  try {
    const tree = text.trim() === '' ? { stmts: [] } : (parseSync(text) as { stmts?: Node[] });
    statements = (tree.stmts ?? []).map(statementOf).map(each => rules.adapt?.(each, text) ?? each);
  } catch (error) {
    const { sqlDetails } = error as { sqlDetails?: { message: string; cursorPosition: number } };
    const position = (sqlDetails?.cursorPosition ?? -1) + 1 || undefined;
    refused ??= refusal({ code: 'syntax_error', message: sqlDetails?.message ?? String(error), position }, 'analysis');
  }
  const effects = statements.flatMap(statement => statement.analysis.effects);
  const holds = rules.holds?.(text) === true;
  return {
    analysis: { ok: true, statements: [], normalized: text, literals: [], fingerprint: '0'.repeat(64) } as never,
    decision: { ...noDecision, effect: refused ? 'deny' : holds ? 'approve' : 'allow' } as never,
    fragment: `"type":"statement.decided","text":${JSON.stringify(text)},"effect":"${refused ? 'deny' : 'allow'}"`,
    key,
    context: rules,
    isSessionBound: false,
    isTransient: false,
    statements,
    isSensitive: statements.some(statement => statement.isSensitive),
    isShared: false,
    refusal: refused,
    wantsCopyData: statements.some(statement => statement.analysis.result === 'copy_in'),
    isBarrier: effects.some(isBarrierEffect),
    endsTransaction: endsTransaction(effects),
    asks: holds,
    definitions: '',
    counts: false,
    hasEffects: false,
    duration: null,
    isTransactionExit:
      statements.length > 0 &&
      statements.every(({ analysis }) =>
        analysis.effects.some(({ type }) => type === 'commit' || type === 'rollback' || type === 'rollback_to'),
      ),
  };
}

export function openGate(rules: OpenRules = {}): OpenGate {
  const cache = new Map<string, Ruling>();
  const find = (key: string): Ruling => {
    const held = cache.get(key) ?? makeRuling(key, rules);
    if (cache.size > 10_000) cache.clear();
    cache.set(key, held);
    return held;
  };
  return {
    lookup: key => (rules.isSlow ? null : find(key)),
    literals: null,
    isCurrent: () => true,
    redecide: ruling => ruling,
    spent: () => null,
    meter: () => null,
    idleInTransaction: null,
    mayMask: false,
    catalogTouched: () => {},
    transactionEnded: () => {},
    executed: () => {},
    names: { now: 0, isMoving: false, sent: () => {}, moved: () => null },
    abandoned: () => {},
    settled: () => {},
    temporaryDropped: () => {},
    needsIdle: false,
    reject: (failure: Failure, text) => ({ ...makeRuling('', rules), key: text, refusal: refusal(failure, 'limit') }),
    resolve: async key => {
      await new Promise(resolve => setImmediate(resolve));
      return find(key);
    },
    refresh: () => {},
    factsOf: () => ({ kinds: [], accesses: [], classified: [], hazards: [], functions: [], flows: [], outputs: 0 }),
    bundleVersion: 1,
    impactQuestion: () => null,
    recounted: ruling => ruling,
    close: () => {},
  };
}
