/** Policy documents → a compiled set that can be evaluated. What cannot be compiled restricts: it never allows. */

import { levelRank } from '../catalog/classification.ts';
import type { Tag } from '../catalog/labels.ts';
import type { Mask } from '../mask/rule.ts';
import { type Condition, compileCondition } from './condition.ts';
import { labelPatternTest, objectTest, placeTest, type Target, tagTest } from './match.ts';
import { defaultUses, type Policy, type Rule, type Uses } from './schema.ts';

/** A condition that does not compile: it holds for what restricts and fails for what allows. */
export type BrokenCondition = { readonly broken: string };

export type CompiledRule = {
  /** `policy/rule`. */
  readonly id: string;
  readonly rule: Rule;
  /** From a policy in observe mode: recorded, without effect. */
  readonly observed: boolean;
  readonly when: Condition | BrokenCondition | null;
  /** Place, labels and level. */
  readonly matches: (target: Target) => boolean;
  /** Place only; a mask rule then looks at each column's tags. */
  readonly matchesPlace: (target: Target) => boolean;
  readonly matchesTag: (tag: Tag) => boolean;
  readonly maskFor: (label: string) => Mask | null;
  readonly uses: Required<Uses>;
};

export type CompiledPolicy = { readonly policy: Policy; readonly rules: readonly CompiledRule[] };

export type CompiledSet = { readonly version: number; readonly policies: readonly CompiledPolicy[] };

/** The mask for one label: its own, that of its family (`pii.*`), else the rule's. */
function maskChooser(rule: Rule): (label: string) => Mask | null {
  if (rule.effect !== 'mask') return () => null;
  const own = Object.entries(rule.masks ?? {}).map(([pattern, mask]) => ({
    pattern,
    mask,
    test: labelPatternTest(pattern),
  }));
  const specific = own.sort((a, b) => b.pattern.length - a.pattern.length || (a.pattern < b.pattern ? -1 : 1));
  return label => specific.find(each => each.test(label))?.mask ?? rule.mask;
}

/** A mask rule that selects neither labels nor a level is about every column that is labelled above public. */
function maskTagTest(rule: Rule): (tag: Tag) => boolean {
  const selects = rule.objects?.labels !== undefined || rule.objects?.level !== undefined;
  return selects ? tagTest(rule.objects) : tag => levelRank(tag.level) > levelRank('public');
}

function compileWhen(text: string | undefined): Condition | BrokenCondition | null {
  if (text === undefined) return null;
  const compiled = compileCondition(text);
  return compiled.ok ? compiled.condition : { broken: compiled.problem.message };
}

function compileRule(policy: Policy, rule: Rule): CompiledRule {
  return {
    id: `${policy.name}/${rule.id}`,
    rule,
    observed: policy.mode === 'observe',
    when: compileWhen(rule.when),
    matches: objectTest(rule.objects),
    matchesPlace: placeTest(rule.objects),
    matchesTag: maskTagTest(rule),
    maskFor: maskChooser(rule),
    uses: { ...defaultUses, ...(rule.effect === 'mask' ? rule.uses : {}) },
  };
}

const byId = (a: CompiledRule, b: CompiledRule) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Compiles what is published; drafts are left out. The order of policies and rules has no meaning and no effect. */
export function compilePolicies(policies: readonly Policy[], version: number): CompiledSet {
  const compiled = policies
    .filter(policy => policy.mode !== 'draft')
    .map(policy => ({ policy, rules: policy.rules.map(rule => compileRule(policy, rule)).sort(byId) }))
    .sort((a, b) => (a.policy.name < b.policy.name ? -1 : 1));
  return { version, policies: compiled };
}
