/** Decides on an analysed text under a session's context, and keeps the ruling where others of the same context find it. */
import { noLabels } from '#core/catalog/labels.ts';
import type { Decision } from '#core/policy/decision.ts';
import { decide } from '#core/policy/evaluate.ts';
import type { Analysis } from '#core/sql/analysis.ts';
import { type Template, templateOf } from '#core/sql/template.ts';
import { type Ruling, splitKey } from '../postgres/session/ruling.ts';
import { isSessionBound } from './analysis-settings.ts';
import type { Context } from './context.ts';
import type { Gate } from './gate.ts';
import { makeRuling } from './ruling.ts';
import { touchedDefinitions } from './touched-definitions.ts';

const minuteMs = 60_000;

/** A refusal for names that are not known; what they mean may be known a moment later. */
export const isUndefined = (analysis: Analysis): boolean =>
  !analysis.ok && /^undefined_/.test(analysis.refusal.code) && !/^(EXECUTE|FETCH)$/.test(analysis.refusal.construct);

export type Question = {
  key: string;
  analysis: Analysis;
  /** What was counted for one run; absent for a ruling that serves every run. */
  affectedRows?: number | null;
  /** The analysis was made under other names than those of the context: nobody else may find the ruling by its text. */
  isOfPortal?: true;
};

/**
 * Where rules ask how many rows change, the ruling is for as few as they let pass, and says that they have to be counted before each
 * run; where the number makes no difference to a refusal, nobody has to count.
 */
function decideOn(
  gate: Gate,
  context: Context,
  { analysis, affectedRows }: Question,
): { decision: Decision; counts: boolean } {
  const { residual, labels, minute } = context;
  const seen = gate.nets.lineage ? labels : noLabels;
  const time = minute === null ? {} : { nowMs: minute * minuteMs };
  const counted = affectedRows === undefined ? {} : { affectedRows };
  const decision = decide(residual, analysis, seen, { ...time, ...counted });
  if (!decision.needsCount) return { decision, counts: false };
  const least = decide(residual, analysis, seen, { ...time, affectedRows: 0 });
  return least.effect === 'deny' ? { decision, counts: false } : { decision: least, counts: true };
}

/** `literals` are those of the very text, where the ruling is shared by texts with others. */
export function ruleOn(
  gate: Gate,
  context: Context,
  question: Question,
): { ruling: Ruling; literals: readonly string[] | null } {
  const { view, catalog, labels, bucket } = context;
  const { key, analysis } = question;
  const { decision, counts } = decideOn(gate, context, question);
  const { text, types } = splitKey(key);
  const bound = isSessionBound(analysis, text);
  const isForOne = question.affectedRows !== undefined || question.isOfPortal === true;
  const isOwn = bound || types !== '' || counts || decision.effect === 'approve' || isForOne;
  const template = isOwn ? null : sharedTemplate(analysis, text);
  const made = makeRuling({
    key,
    context: bucket,
    view,
    catalog,
    labels,
    analysis,
    decision,
    literals: template === null ? gate.options.recorder.seal(analysis.literals, analysis.fingerprint) : null,
    isShared: template !== null,
    isSessionBound: bound,
    ...gate.values,
  });
  const asks = made.asks || counts;
  const definitions = asks ? touchedDefinitions(analysis, catalog, context.searchPath) : '';
  const ruling = asks ? { ...made, asks, counts, definitions } : made;
  if (template !== null) gate.cache.put(bucket, { kind: 'template', key: template.key }, ruling);
  else if (!bound && !isUndefined(analysis) && !isForOne) {
    gate.cache.put(bucket, { kind: 'text', key }, ruling);
  }
  return { ruling, literals: template?.literals ?? null };
}

/** The template of a text, where one ruling can serve everything that has it. An approval is for one text alone. */
function sharedTemplate(analysis: Analysis, text: string): Template | null {
  if (!analysis.ok || !analysis.literalFree) return null;
  const template = templateOf(text);
  const isSame =
    template !== null &&
    template.literals.length === analysis.literals.length &&
    template.literals.every((literal, index) => literal === analysis.literals[index]);
  return isSame ? template : null;
}
