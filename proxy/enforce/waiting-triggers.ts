/**
 * Triggers that wait for the end of the transaction find what they name by what names mean then. Whatever changes that while some wait
 * makes them read and write nobody knows what.
 */
import type { Access, Analysis, StatementAnalysis } from '#core/sql/analysis.ts';
import { changesNames } from '#core/sql/bodies.ts';
import type { Ruling } from '../postgres/session/ruling.ts';
import type { Context } from './context.ts';
import type { Gate } from './gate.ts';
import { ruleOn } from './rule-on.ts';

const unseen: Access = {
  action: 'opaque',
  verb: 'call',
  object: { kind: 'other', schema: null, name: 'waiting triggers', oid: 0, system: false, temporary: false },
  viaView: false,
};

const isMarked = ({ accesses }: StatementAnalysis): boolean => accesses.includes(unseen);

export class WaitingTriggers {
  #some = false;

  executed(statement: StatementAnalysis | undefined): void {
    if (statement?.effects.some(({ type }) => type === 'defers')) this.#some = true;
  }

  /** The transaction has ended, and with it their wait. */
  settled(): void {
    this.#some = false;
  }

  /** Whether the ruling was made without a thought of those that wait now. */
  concerns({ analysis }: Ruling): boolean {
    return (
      this.#some &&
      analysis.ok &&
      analysis.statements.some(statement => changesNames(statement.effects) && !isMarked(statement))
    );
  }

  /** Decided on with what they do among what the statement does. */
  weighed(gate: Gate, context: Context, ruling: Ruling): Ruling {
    if (!this.concerns(ruling)) return ruling;
    return ruleOn(gate, context, { key: ruling.key, analysis: included(ruling.analysis), isOfPortal: true }).ruling;
  }
}

function included(analysis: Analysis): Analysis {
  if (!analysis.ok) return analysis;
  const statements = analysis.statements.map(statement =>
    changesNames(statement.effects) ? { ...statement, accesses: [...statement.accesses, unseen] } : statement,
  );
  return { ...analysis, statements };
}
