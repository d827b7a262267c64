/** Makes rulings: an analysis and the decision on it, turned into everything a session needs to carry it out. */
import { createHash } from 'node:crypto';
import type { Catalog } from '#core/catalog/lookup.ts';
import type { ErrorCode, Failure } from '#core/contract/error.ts';
import { factsOf } from '#core/event/facts.ts';
import { cutText } from '#core/event/redact.ts';
import type { Sealed } from '#core/event/schema.ts';
import { maskKey } from '#core/mask/apply.ts';
import { copyMasker } from '#core/mask/copy.ts';
import { mayHoldText } from '#core/mask/detectors/form.ts';
import { hidingOf } from '#core/mask/detectors/hide.ts';
import { detectorKinds, kindBits } from '#core/mask/detectors/kinds.ts';
import type { Sampling, Watches } from '#core/mask/detectors/watch.ts';
import { type FieldDetectors, type OutputField, planRow } from '#core/mask/plan.ts';
import type { Decision, Limit, StatementObligation } from '#core/policy/decision.ts';
import { explain } from '#core/policy/explain.ts';
import { isEffect, smaller } from '#core/policy/limits.ts';
import type { Analysis, Refusal, StatementAnalysis } from '#core/sql/analysis.ts';
import type { ConnectionView } from '../ports.ts';
import { refusal } from '../postgres/session/refusal.ts';
import {
  type Disagreement,
  endsTransaction,
  isBarrierEffect,
  type Refused,
  type RowPlan,
  type Ruling,
  type StatementRuling,
} from '../postgres/session/ruling.ts';
import type { WireColumn } from '../postgres/wire/row-description.ts';
import type { Nets } from './nets.ts';

const textMax = 200_000;
/** Type of literals that nothing gave a type; the server settles on text. */
const unknownOid = 705;

export type RulingParts = {
  key: string;
  context: object;
  view: ConnectionView;
  /** Where the session has objects of its own, they are in it. */
  catalog: Catalog;
  labels: ConnectionView['labels'];
  analysis: Analysis;
  decision: Decision;
  /** Of the very text; null where the ruling is shared by texts with other literals. */
  literals: Sealed | null;
  isShared: boolean;
  isSessionBound: boolean;
  nets: Nets;
  watches: Watches;
  sampling: Sampling;
};

export function makeRuling(parts: RulingParts): Ruling {
  const { key, context, analysis, decision, isShared, isSessionBound } = parts;
  const statements = analysis.ok ? analysis.statements.map((each, index) => statementRuling(parts, each, index)) : [];
  const effects = statements.flatMap(statement => statement.analysis.effects);
  return {
    key,
    context,
    analysis,
    decision,
    isShared,
    isSessionBound,
    isTransient: false,
    statements,
    fragment: fragmentOf(parts),
    isSensitive: statements.some(statement => statement.isSensitive),
    refusal: decision.effect === 'deny' ? refusedBy(parts) : null,
    wantsCopyData: statements.some(statement => statement.analysis.result === 'copy_in'),
    isBarrier: effects.some(isBarrierEffect),
    endsTransaction: endsTransaction(effects),
    asks: decision.effect === 'approve',
    definitions: '',
    counts: false,
    hasEffects: statements.some(({ analysis: each }) => isEffect(each)),
    duration: statements.reduce<Limit | null>(
      (least, { limits }) => smaller(least, limits?.durationSeconds ?? null),
      null,
    ),
    isTransactionExit: statements.length > 0 && statements.every(({ analysis }) => isExit(analysis)),
  };
}

const isExit = ({ effects }: StatementAnalysis): boolean =>
  effects.some(({ type }) => type === 'commit' || type === 'rollback' || type === 'rollback_to');

function statementRuling(parts: RulingParts, analysis: StatementAnalysis, index: number): StatementRuling {
  const obligation: StatementObligation = parts.decision.obligations[index] ?? {
    masks: [],
    origins: [],
    detectors: [],
    messages: null,
    sensitive: true,
    limits: null,
  };
  const key = maskKey(parts.view.applied.bundle.keys.mask);
  return {
    analysis,
    isSensitive: obligation.sensitive,
    hiding: parts.nets.values ? hidingOf(obligation.messages) : null,
    hasMasks: obligation.masks.some(mask => mask !== null) || looksAt(parts, obligation, analysis),
    limits: obligation.limits,
    planRows: columns => planRows({ ...parts, analysis, obligation, key }, columns),
    planCopy: columns => planCopy({ ...parts, analysis, obligation, key }, columns),
    lastShape: null,
  };
}

type Promised = Pick<RulingParts, 'catalog' | 'nets' | 'watches' | 'sampling'> & {
  analysis: StatementAnalysis;
  obligation: StatementObligation;
  key: Uint8Array;
};

/** Whether values of the result may have to be looked at, as far as its types are known. */
function looksAt({ nets }: RulingParts, { detectors }: StatementObligation, { outputs }: StatementAnalysis): boolean {
  if (!nets.values || outputs === null) return false;
  return outputs.some(({ typeOid }, index) => (detectors[index] ?? null) !== null && mayHoldText(typeOid));
}

/** The third net: what is looked for in the values of each column. */
function fieldDetectors({ analysis, obligation, nets, watches, catalog }: Promised): (FieldDetectors | null)[] {
  if (!nets.values) return [];
  return (analysis.outputs ?? []).map(({ kind, origins }, index): FieldDetectors | null => {
    const detectors = obligation.detectors[index] ?? null;
    if (detectors === null) return null;
    const [first] = origins;
    const isBare = kind === 'column' && origins.length === 1 && first !== undefined && first.attnum > 0;
    if (!isBare) return { detectors, origin: null };
    const { schema, relation, column, relationOid, attnum } = first;
    const alerted = detectorKinds.filter(each => detectors[each]?.verdict === 'alert');
    const watch = watches.of(catalog, { relationOid, attnum, kinds: kindBits(alerted) });
    return { detectors, origin: { schema, relation, column, relationOid, attnum }, watch };
  });
}

const isTextType = (catalog: Catalog, oid: number): boolean => catalog.type(oid)?.category === 'S';

/** The second net: what the server says of each column must be what the analysis said. */
function planRows(promised: Promised, columns: readonly WireColumn[]): RowPlan | Disagreement {
  const { analysis, obligation, catalog, key, sampling } = promised;
  const { outputs } = analysis;
  if (outputs === null) return { disagreement: 'the statement returns rows that the analysis did not expect' };
  if (outputs.length !== columns.length) {
    return { disagreement: `the result has ${columns.length} columns, the analysis ${outputs.length}` };
  }
  const disagreement = promised.nets.origins ? disagreementOf(promised, outputs, columns) : null;
  if (disagreement !== null) return disagreement;
  const fields = columns.map(
    ({ typeOid, typmod, format }): OutputField => ({
      typeOid,
      typmod,
      format: format === 0 ? 0 : 1,
      isText: isTextType(catalog, typeOid),
    }),
  );
  const plan = planRow({ masks: obligation.masks, fields, key, detectors: fieldDetectors(promised), sampling });
  if (!plan.ok) return { disagreement: plan.error.message };
  return { columns: columns.length, masks: plan.value };
}

/** What an earlier statement of the same message made is numbered by now, but no catalog has the number yet. */
function isOrigin(catalog: Catalog, wire: { relationOid: number; attnum: number } | null, column: WireColumn): boolean {
  const { relationOid, attnum } = wire ?? { relationOid: 0, attnum: 0 };
  const isNew = relationOid < 0 && column.tableOid !== 0 && catalog.relation(column.tableOid) === null;
  return (isNew || column.tableOid === relationOid) && column.attnum === attnum;
}

function disagreementOf(
  { obligation, catalog }: Promised,
  outputs: NonNullable<StatementAnalysis['outputs']>,
  columns: readonly WireColumn[],
): Disagreement | null {
  for (const [index, column] of columns.entries()) {
    const wire = obligation.origins[index] ?? null;
    if (!isOrigin(catalog, wire, column)) {
      return { disagreement: `column ${index + 1} of the result has another origin than the analysis found` };
    }
    if (!isSameType(catalog, outputs[index]?.typeOid ?? 0, column.typeOid)) {
      return { disagreement: `column ${index + 1} of the result has another type than the analysis found` };
    }
  }
  return null;
}

/** The type itself, or what a domain is made of: that is how RowDescription names it, and how its values are written. */
function baseType(catalog: Catalog, oid: number): ReturnType<Catalog['type']> {
  let type = catalog.type(oid);
  for (let depth = 0; type?.kind === 'd' && depth < 32; depth += 1) type = catalog.type(type.baseOid);
  return type;
}

/** A type the analyser could not infer is not compared. */
function isSameType(catalog: Catalog, analysed: number, described: number): boolean {
  if (analysed === 0 || analysed === unknownOid || analysed === described) return true;
  const type = baseType(catalog, analysed);
  return type === null || type.oid === described || type.kind === 'p';
}

function planCopy(promised: Promised, columns: number): ReturnType<StatementRuling['planCopy']> {
  const { analysis, obligation, catalog, key, sampling } = promised;
  const { outputs, copy } = analysis;
  if (copy === null || outputs === null)
    return { disagreement: 'the statement copies what the analysis did not expect' };
  if (outputs.length !== columns) {
    return { disagreement: `the copy has ${columns} columns, the analysis ${outputs.length}` };
  }
  const format = copy.format === 'binary' ? 1 : 0;
  const fields = outputs.map(({ typeOid: declared }): OutputField => {
    const typeOid = baseType(catalog, declared)?.oid ?? declared;
    return { typeOid, typmod: -1, format, isText: isTextType(catalog, typeOid) };
  });
  const plan = planRow({ masks: obligation.masks, fields, key, detectors: fieldDetectors(promised), sampling });
  if (!plan.ok) return { disagreement: plan.error.message };
  return plan.value === null ? null : copyMasker(plan.value, copy);
}

function fragmentOf({ view, labels, analysis, decision, literals, isShared }: RulingParts): string {
  const { text, truncated } = cutText(analysis.normalized, textMax);
  const facts = analysis.ok ? factsOf(analysis, labels) : null;
  const reasons = decision.reasons.slice(0, 200).map(({ rule, effect, subject, message, observed }) => ({
    rule: cutText(rule, 140).text,
    effect,
    subject: cutText(subject, 300).text,
    message: cutText(message, 600).text,
    observed,
  }));
  const members = {
    type: 'statement.decided',
    text,
    truncated,
    fingerprint: fingerprintOf(analysis),
    ...(isShared ? {} : { literals }),
    facts,
    effect: decision.effect,
    reasons,
    policyVersion: decision.policyVersion,
    bundleVersion: view.applied.bundle.version,
  };
  return JSON.stringify(members).slice(1, -1);
}

const fingerprintOf = ({ fingerprint, normalized }: Analysis): string =>
  fingerprint === '' ? createHash('sha256').update(normalized).digest('hex') : fingerprint;

const refusalCodes: Readonly<Record<Refusal['code'], ErrorCode>> = {
  syntax_error: 'syntax_error',
  undefined_table: 'undefined_table',
  undefined_column: 'undefined_column',
  ambiguous_column: 'ambiguous_column',
  undefined_function: 'undefined_function',
  undefined_object: 'undefined_object',
  unresolved: 'unresolved',
  too_large: 'statement_too_complex',
  too_deep: 'statement_too_complex',
  parser_failure: 'unresolved',
  timeout: 'statement_too_complex',
  encoding: 'invalid_input',
};

/** Where PostgreSQL is more precise than the code. */
const sqlstateFor = ({ code, construct }: Refusal): string | undefined =>
  code === 'encoding' ? '22021' : sqlstates[`${code} ${construct}`];

const sqlstates: Readonly<Record<string, string>> = {
  'undefined_object EXECUTE': '26000',
  'undefined_object FETCH': '34000',
  'undefined_column position': '42P10',
  'undefined_table table': '42712',
  'undefined_table WITH': '42712',
};

/** What PostgreSQL adds where no function or operator fits, by construct. */
const hints: Readonly<Record<string, string>> = {
  CallStmt: 'No procedure matches the given name and argument types. You might need to add explicit type casts.',
  FuncCall: 'No function matches the given name and argument types. You might need to add explicit type casts.',
  'prefix operator':
    'No operator matches the given name and argument type. You might need to add an explicit type cast.',
  A_Expr: 'No operator matches the given name and argument types. You might need to add explicit type casts.',
};

/** Mistakes that PostgreSQL would have reported as well read as PostgreSQL's errors; everything else says which rule refused. */
const ownWords: readonly Refusal['code'][] = ['unresolved', 'parser_failure'];

export function refusedBy({ analysis, decision, view }: Pick<RulingParts, 'analysis' | 'decision' | 'view'>): Refused {
  const { message, detail, hint } = explain(decision, {
    connection: view.connection.name,
    consoleUrl: view.applied.bundle.consoleUrl,
  });
  const rule = decision.reasons.find(reason => reason.effect === 'deny' && !reason.observed)?.rule ?? 'default';
  if (analysis.ok) return refusal({ code: 'refused', message, detail, hint: hint ?? undefined }, rule);
  const { code, position } = analysis.refusal;
  const failure: Failure = { code: refusalCodes[code], message: analysis.refusal.message };
  const usual = code === 'undefined_function' ? hints[analysis.refusal.construct] : analysis.refusal.hint;
  if (usual !== undefined) failure.hint = usual;
  if (position !== null) failure.position = position;
  if (ownWords.includes(code)) Object.assign(failure, { message, detail, hint: hint ?? undefined });
  return refusal(failure, rule, sqlstateFor(analysis.refusal));
}
