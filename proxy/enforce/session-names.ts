/** One session's part in what becomes of names: what it changes, and what has changed under its statements. */
import type { Access, ColumnRef, StatementAnalysis } from '#core/sql/analysis.ts';
import type { GatedSession } from '../postgres/open-gate.ts';
import type { Ruling } from '../postgres/session/ruling.ts';
import type { Names, Sent } from '../postgres/session/state.ts';
import { transaction } from '../postgres/wire/message.ts';
import type { Context } from './context.ts';
import type { Moves, Phase } from './moves.ts';

const isRelation = ({ object }: Access): boolean => object.kind === 'relation' && object.oid > 0 && !object.system;

/** What a statement alters or drops. An index is made beside its table, whose name stays. */
function movedBy({ accesses }: StatementAnalysis): { schema: string | null; name: string; oid: number }[] {
  const moved = accesses.filter(each => isRelation(each) && (each.verb === 'alter' || each.verb === 'drop'));
  const isBeside = accesses.some(
    ({ verb, object }) => verb === 'create' && !moved.some(each => each.object.name === object.name),
  );
  return isBeside ? [] : moved.map(({ object }) => object);
}

const readBy = ({ accesses }: StatementAnalysis): Set<number> =>
  new Set(accesses.filter(isRelation).map(({ object }) => object.oid));

export class SessionNames implements Names {
  readonly #moves: Moves;
  readonly #session: GatedSession;
  readonly #context: () => Context | null;

  constructor(moves: Moves, session: GatedSession, context: () => Context | null) {
    this.#moves = moves;
    this.#session = session;
    this.#context = context;
  }

  get now(): number {
    return this.#moves.now;
  }

  get isMoving(): boolean {
    return this.#moves.isOpen(this);
  }

  sent(ruling: Ruling): void {
    const moved = ruling.statements.flatMap(({ analysis }) => movedBy(analysis));
    if (moved.length === 0) return;
    const labels = this.#context()?.labels;
    const isLabelled = moved.some(object => labels?.ofRelation(object.oid, object).length !== 0);
    const relations = new Set(moved.map(({ oid }) => oid));
    this.#moves.begin(this, { relations, isLabelled }, () => this.#phase());
  }

  #phase(): Phase {
    const { status, queue } = this.#session.state();
    if (queue.length === 0) return 'open';
    if (status !== transaction.open) return 'under way';
    for (const { ruling } of queue) if (ruling?.endsTransaction) return 'ending';
    return 'open';
  }

  moved(ruling: Ruling, statementIndex: number, when: Sent): ReadonlySet<number> | null {
    const analysis = ruling.statements[statementIndex]?.analysis;
    return analysis === undefined ? null : this.#moves.since(this, when, () => readBy(analysis));
  }

  /** Labelled columns that a statement may have copied under another name. */
  labelledSince(ruling: Ruling, statementIndex: number, when: Sent): ColumnRef[] {
    const { catalog, labels } = this.#context() ?? {};
    return [...(this.moved(ruling, statementIndex, when) ?? [])].flatMap(oid => {
      const relation = catalog?.relation(oid) ?? null;
      return relation === null ? [] : (labels?.columnsOf(oid, relation) ?? []).map(({ column }) => column);
    });
  }

  settle(isCommitted: boolean): void {
    this.#moves.settle(this, isCommitted);
  }
}
