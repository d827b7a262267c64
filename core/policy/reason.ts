/** Reasons of a decision: made here, bounded here, and put in an order that depends on nothing but themselves. */
import type { Mask } from '../mask/rule.ts';
import type { Refusal } from '../sql/analysis.ts';
import { type ColumnRule, columnName, type OutputVerdict, type RefusedUse } from './column-mask.ts';
import type { CompiledRule } from './compile.ts';
import type { Reason } from './decision.ts';
import type { Target } from './match.ts';
import type { Effect } from './schema.ts';
import type { Hit } from './scope.ts';
import { actionWords, grouped, hazardWords, useAdvice, useWords } from './words.ts';

/** As the event schema has them. */
export const reasonLimits = { reasons: 200, rule: 140, subject: 300, message: 600 } as const;

const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`);
const quoted = (text: string): string => `\`${cut(text, 260)}\``;

const severity: Readonly<Record<Effect, number>> = { deny: 0, approve: 1, mask: 2, allow: 3 };

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Distinct reasons, the ones with effect first, then by severity; above the limit the least severe are left out. */
export function settleReasons(reasons: readonly Reason[]): readonly Reason[] {
  const distinct = new Map<string, Reason>();
  for (const reason of reasons) {
    const { effect, observed, missing, advice } = reason;
    const rule = cut(reason.rule, reasonLimits.rule);
    const subject = cut(reason.subject, reasonLimits.subject);
    const message = cut(reason.message, reasonLimits.message);
    const key = `${rule}\0${effect}\0${observed}\0${subject}\0${message}`;
    if (!distinct.has(key))
      distinct.set(key, {
        rule,
        effect,
        subject,
        message,
        observed,
        ...(missing && { missing }),
        ...(advice && { advice }),
      });
  }
  return [...distinct.values()]
    .sort(
      (a, b) =>
        Number(a.observed) - Number(b.observed) ||
        severity[a.effect] - severity[b.effect] ||
        compareText(a.rule, b.rule) ||
        compareText(a.subject, b.subject) ||
        compareText(a.message, b.message),
    )
    .slice(0, reasonLimits.reasons);
}

const phrase = (target: Target): string => `${actionWords[target.action]} ${quoted(target.qualified)}`;

function hitText(effect: 'deny' | 'approve', { target, hazard, rows }: Hit): string {
  const verdict = effect === 'deny' ? 'is not allowed' : 'needs approval';
  if (rows !== undefined) {
    const found = rows.counted === null ? 'as many rows as could not be counted' : `${grouped(rows.counted)} rows`;
    return `to change ${found} of ${quoted(target.qualified)} ${verdict}, being more than ${grouped(rows.threshold)}`;
  }
  if (hazard === null) return `to ${phrase(target)} ${verdict}`;
  const object = hazard.object === '' ? '' : ` (${quoted(hazard.object)})`;
  return `a statement that ${hazardWords[hazard.code]}${object} ${verdict}`;
}

export function hitReason(compiled: CompiledRule, effect: 'deny' | 'approve', hit: Hit): Reason {
  const said = compiled.rule.reason;
  const base = said === undefined ? hitText(effect, hit) : `${hitText(effect, hit)}: ${said}`;
  return {
    rule: compiled.id,
    effect,
    subject: hit.hazard === null ? hit.target.qualified : `${hit.hazard.code} ${hit.hazard.object}`.trim(),
    message: hit.note === null ? base : `${base}; ${hit.note}`,
    observed: compiled.observed,
  };
}

/** The rule asks the owner, and there is none. */
export function ownerlessReason(compiled: CompiledRule, target: Target): Reason {
  return {
    rule: compiled.id,
    effect: 'deny',
    subject: target.qualified,
    message: `to ${phrase(target)} needs approval by its owner, and it has none: nobody could approve`,
    observed: false,
    missing: 'owner',
  };
}

/** One per rule, whatever the number of objects it allowed. */
export function allowReason(compiled: CompiledRule, targets: readonly Target[]): Reason {
  const phrases = [...new Set(targets.map(phrase))].sort();
  return {
    rule: compiled.id,
    effect: 'allow',
    subject: [...new Set(targets.map(target => target.qualified))].sort().join(', '),
    message: `to ${phrases.join(', ')} is allowed`,
    observed: false,
  };
}

/** Of a DO block the hazard names the language, and what could not be read has the server's name for such blocks. */
const isBlock = ({ action, kind, qualified }: Target): boolean =>
  action === 'opaque' && kind === 'other' && /^(plpgsql|inline_code_block)$/.test(qualified);

export function defaultReason(target: Target, login: string, notes: readonly string[]): Reason {
  const block = isBlock(target);
  const what = block ? 'run a DO block that does more than make and change objects' : phrase(target);
  const base = `no rule allows ${quoted(login)} to ${what}`;
  return {
    rule: 'default',
    effect: 'deny',
    subject: target.qualified,
    message: [base, ...notes].join('; '),
    observed: false,
    ...(block && { advice: 'send its statements one by one, or make a procedure of them and CALL it' }),
  };
}

const maskWords: Readonly<Record<Mask['kind'], string>> = {
  redact: 'redacted',
  partial: 'shown in part',
  hash: 'shown as a keyed hash',
  null: 'shown as null',
  year: 'shown as its year',
};

export function maskReasons(verdict: OutputVerdict): readonly Reason[] {
  return verdict.masked.map(({ column, by }) => ({
    rule: by.compiled.id,
    effect: 'mask' as const,
    subject: columnName(column),
    message: withNote(
      `${quoted(columnName(column))} (${by.tag.label}) is ${maskWords[verdict.mask?.mask.kind ?? by.mask.kind]}`,
      by,
    ),
    observed: by.compiled.observed,
  }));
}

const withNote = (text: string, { note, compiled }: ColumnRule): string =>
  [
    compiled.rule.reason === undefined ? text : `${text}: ${compiled.rule.reason}`,
    ...(note === null ? [] : [note]),
  ].join('; ');

/** `within` is what it is an argument of: some of the server's words, and names of functions that people chose. */
function placeOf({ use, within }: RefusedUse): string {
  if (within === undefined) return useWords[use];
  return `${cut(within, 100)}, ${use === 'aggregate' ? 'which may fail for some values' : 'where an error, or how much comes out, may tell its values'}`;
}

export function useReason(refused: RefusedUse): Reason {
  const { column, use, by } = refused;
  const text = `${quoted(columnName(column))} (${by.tag.label}) is masked and may not be used in ${placeOf(refused)}`;
  return {
    rule: by.compiled.id,
    effect: 'deny',
    subject: columnName(column),
    message: withNote(text, by),
    observed: by.compiled.observed,
    advice: useAdvice[use],
  };
}

export function parsingReason(object: string): Reason {
  return {
    rule: 'analysis',
    effect: 'deny',
    subject: object,
    message: `to change ${quoted(object)} would change how the server reads statements`,
    observed: false,
    advice: 'leave the setting as it is',
  };
}

export function refusalReason(refusal: Refusal): Reason {
  return {
    rule: 'analysis',
    effect: 'deny',
    subject: refusal.construct,
    message: refusal.message,
    observed: false,
  };
}
