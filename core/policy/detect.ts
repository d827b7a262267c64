/**
 * Which detectors look at the values of each output column. Labels come first: what carries one is decided on by it, and detectors
 * are for what nobody has classified. Of several verdicts the one that shows least holds.
 */
import { type DetectorKind, type DetectorVerdict, detectorKinds } from '../mask/detectors/kinds.ts';
import type { OutputColumn } from '../sql/analysis.ts';
import { targetOfColumn } from './column-mask.ts';
import type { CompiledRule } from './compile.ts';
import { ownershipMatches } from './match.ts';
import type { Rule } from './schema.ts';
import { conditionHolds, type Scope } from './scope.ts';

/** What happens to a find, and the rule that says so. Kinds that are not looked for are absent. */
export type OutputDetector = { verdict: Exclude<DetectorVerdict, 'ignore'>; rule: string };
export type OutputDetectors = Readonly<Partial<Record<DetectorKind, OutputDetector>>>;

type DetectRule = Extract<Rule, { effect: 'detect' }>;

/** A rule that is only observed hides nothing: its finds are recorded. */
function verdictOf({ rule, observed }: CompiledRule, kind: DetectorKind): DetectorVerdict {
  const { detectors } = rule as DetectRule;
  const verdict = detectors[kind] ?? detectors['*'] ?? 'ignore';
  return verdict === 'mask' && observed ? 'alert' : verdict;
}

function stricter(a: OutputDetector | undefined, b: OutputDetector | undefined): OutputDetector | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.verdict !== b.verdict) return a.verdict === 'mask' ? a : b;
  return a.rule <= b.rule ? a : b;
}

/** The stricter of both for each kind; null when nothing is looked for. */
export function joinDetectors(all: readonly (OutputDetectors | null)[]): OutputDetectors | null {
  const joined: Partial<Record<DetectorKind, OutputDetector>> = {};
  for (const kind of detectorKinds) {
    const found = all.reduce<OutputDetector | undefined>((held, each) => stricter(held, each?.[kind]), undefined);
    if (found !== undefined) joined[kind] = found;
  }
  return Object.keys(joined).length === 0 ? null : joined;
}

/** A whole row may hold columns without a label beside labelled ones. */
const isClassified = ({ view }: Scope, { origins }: OutputColumn): boolean =>
  origins.length > 0 && origins.every(origin => origin.attnum !== 0 && view.labels.ofColumn(origin).length > 0);

/** What has no origin is taken to come from everything the statement touches. */
function targetsOf(scope: Scope, { origins }: OutputColumn) {
  if (origins.length === 0) return scope.view.accesses.map(({ target }) => target);
  return origins
    .filter(origin => origin.attnum === 0 || scope.view.labels.ofColumn(origin).length === 0)
    .map(origin => targetOfColumn(scope, origin));
}

function concerns(scope: Scope, compiled: CompiledRule, output: OutputColumn): boolean {
  const { rule } = compiled;
  if (rule.hazards !== undefined && !scope.view.hazards.some(({ hazard }) => rule.hazards?.includes(hazard.code))) {
    return false;
  }
  const targets = targetsOf(scope, output);
  const isBare = targets.length === 0 && rule.objects === undefined && rule.onlyOwner !== true;
  return isBare || targets.some(target => compiled.matchesPlace(target) && ownershipMatches(rule, target));
}

function detectorsOf(scope: Scope, output: OutputColumn): OutputDetectors | null {
  if (output.kind === 'constant' || isClassified(scope, output)) return null;
  const rules = scope.side.detect.filter(
    compiled => concerns(scope, compiled, output) && conditionHolds(scope, compiled).applies,
  );
  return joinDetectors(
    rules.map(compiled =>
      Object.fromEntries(
        detectorKinds.flatMap(kind => {
          const verdict = verdictOf(compiled, kind);
          return verdict === 'ignore' ? [] : [[kind, { verdict, rule: compiled.id }]];
        }),
      ),
    ),
  );
}

/** What is looked for in messages of the server while the statement runs: they may quote a value of anything it touches. */
export function messageDetectors(scope: Scope): OutputDetectors | null {
  if (scope.side.detect.length === 0) return null;
  return detectorsOf(scope, { name: null, kind: 'derived', origins: [], wire: null, typeOid: 0 });
}

/** One entry per output column, for one side; empty when the side has no such rule. */
export function outputDetectors(scope: Scope): readonly (OutputDetectors | null)[] {
  if (scope.side.detect.length === 0) return [];
  return (scope.view.statement.outputs ?? []).map(output => detectorsOf(scope, output));
}
