/** What the shape of a policy cannot tell: conditions, patterns and labels that are wrong, and rules that can never match. */
import { knownLabels } from '../catalog/classification.ts';
import { permissionsOf, type Role } from '../identity/role.ts';
import { compileCondition } from './condition.ts';
import { isSystemSchema, labelPatternTest, splitQualified } from './match.ts';
import { didYouMean } from './nearest.ts';
import { budgetUnits, type ObjectSelector, type Policy, type Rule, sessionLimits } from './schema.ts';

export type Finding = {
  path: readonly (string | number)[];
  message: string;
  severity: 'error' | 'warning';
  /** Characters into the value at `path`. */
  offset?: number;
};

type Path = readonly (string | number)[];
const error = (path: Path, message: string): Finding => ({ path, message, severity: 'error' });
const warning = (path: Path, message: string): Finding => ({ path, message, severity: 'warning' });

/** Whether some name could match both patterns. */
function overlap(a: string, b: string): boolean {
  const [prefixA, prefixB] = [a.replace(/\*$/, ''), b.replace(/\*$/, '')];
  if (!a.endsWith('*') && !b.endsWith('*')) return a === b;
  if (!a.endsWith('*')) return a.startsWith(prefixB);
  if (!b.endsWith('*')) return b.startsWith(prefixA);
  return prefixA.startsWith(prefixB) || prefixB.startsWith(prefixA);
}

function checkPatterns(patterns: readonly string[] | undefined, path: Path): Finding[] {
  return (patterns ?? []).flatMap((pattern, index) => {
    if (splitQualified(pattern) !== null) return [];
    const example = pattern.includes('.')
      ? 'put names with a dot in double quotes'
      : `write \`*.${pattern}\` for every schema`;
    return [error([...path, index], `\`${pattern}\` is not \`schema.name\`; ${example}`)];
  });
}

function checkLabels(
  patterns: readonly string[],
  path: Path,
  pathOf: (pattern: string, index: number) => Path,
): Finding[] {
  const known = Object.keys(knownLabels);
  return patterns.flatMap((pattern, index) => {
    if (known.some(labelPatternTest(pattern))) return [];
    const families = known.map(label => `${label.split('.')[0]}.*`);
    const hint = didYouMean(pattern, [...known, ...families]);
    return [
      warning(
        [...path, ...pathOf(pattern, index)],
        `no label of the product is \`${pattern}\`, only one of your own can be${hint}`,
      ),
    ];
  });
}

/** Why the selector can match nothing, or null. */
function contradiction(objects: ObjectSelector): string | null {
  const { schemas, relations, functions, labels, level, system } = objects;
  if (functions !== undefined && relations !== undefined) return 'nothing is both a relation and a function';
  if (functions !== undefined && (labels !== undefined || level !== undefined)) return 'functions carry no labels';
  const mayBeSystem = (pattern: string) =>
    ['pg_catalog', 'information_schema', 'pg_toast'].some(schema => overlap(schema, pattern));
  if (system === true && schemas?.some(mayBeSystem) === false) return 'none of the schemas is a system schema';
  if (system === false && schemas?.every(schema => isSystemSchema(schema)) === true)
    return 'all the schemas are system schemas';
  const named = [...(relations ?? []), ...(functions ?? [])].map(pattern => splitQualified(pattern)?.[0] ?? '*');
  const meets = named.some(schema => schemas?.some(pattern => overlap(schema, pattern)) ?? true);
  return named.length > 0 && !meets ? 'the names are in none of the schemas' : null;
}

function neverMatches(rule: Rule, path: Path): Finding[] {
  const never = (more: Path, why: string) => [
    error([...path, ...more], `the rule \`${rule.id}\` can never match: ${why}`),
  ];
  const { actions, objects, hazards } = rule;
  if (rule.effect === 'mask' && actions?.includes('read') === false)
    return never(['actions'], 'a mask applies to reading');
  if (rule.effect === 'detect' && actions?.includes('read') === false)
    return never(['actions'], 'detectors look at what is read');
  if (rule.effect === 'detect' && (objects?.labels !== undefined || objects?.level !== undefined)) {
    return never(['objects'], 'detectors look at columns without a label');
  }
  if (actions?.every(action => action === 'connect') === true && (objects !== undefined || hazards !== undefined)) {
    return never(['actions'], 'connecting touches no object and shows no hazard');
  }
  if (rule.unlessOwner === true && rule.onlyOwner === true) {
    return never(['onlyOwner'], 'it is for owners alone and not for owners');
  }
  const why = objects === undefined ? null : contradiction(objects);
  return why === null ? [] : never(['objects'], why);
}

function checkWhen(rule: Rule, path: Path): Finding[] {
  if (rule.when === undefined) return [];
  const compiled = compileCondition(rule.when);
  if (!compiled.ok) {
    const { message, start } = compiled.problem;
    return [{ ...error([...path, 'when'], `the condition does not hold together: ${message}`), offset: start ?? 0 }];
  }
  if (compiled.condition.constant !== false) return [];
  return [error([...path, 'when'], `the rule \`${rule.id}\` can never match: its condition is always false`)];
}

const mayDecide = (role: Role): boolean => permissionsOf([role]).has('approval:decide');

function checkApprovers(rule: Rule, path: Path): Finding[] {
  if (rule.effect !== 'approve') return [];
  const { owners, groups, roles = [] } = rule.approvers;
  const unable = roles.filter(role => !mayDecide(role));
  if (unable.length === 0) return [];
  const at = [...path, 'approvers', 'roles'];
  const message = `the role ${unable.map(role => `\`${role}\``).join(', ')} may not decide on requests`;
  const nobody = !owners && groups === undefined && unable.length === roles.length;
  return [nobody ? error(at, `${message}, so nobody could approve`) : warning(at, message)];
}

/** A session has no objects and shows no hazard, so a limit of it cannot be about some of them. */
function checkLimits(rule: Rule, path: Path): Finding[] {
  if (rule.effect !== 'limit') return [];
  const { limits = {}, budget } = rule;
  const given = Object.keys(limits);
  if (given.length === 0 && budget === undefined) return [error(path, `the rule \`${rule.id}\` limits nothing`)];
  const ofSession = sessionLimits.filter(name => limits[name] !== undefined);
  const narrowing = (['actions', 'objects', 'hazards', 'unlessOwner', 'onlyOwner'] as const).find(
    name => rule[name] !== undefined,
  );
  const isEmpty = budget !== undefined && budgetUnits.every(unit => budget[unit] === undefined);
  return [
    ...(narrowing === undefined
      ? []
      : ofSession.map(name =>
          error(
            [...path, 'limits', name],
            `\`${name}\` is about the whole session: put it into a rule without \`${narrowing}\``,
          ),
        )),
    ...(isEmpty ? [error([...path, 'budget'], `the budget counts nothing: give it ${budgetUnits.join(', ')}`)] : []),
  ];
}

function checkAffected(rule: Rule, path: Path): Finding[] {
  if (!('affectedRowsOver' in rule) || rule.affectedRowsOver === undefined) return [];
  if (rule.actions === undefined || rule.actions.includes('write')) return [];
  return [error([...path, 'affectedRowsOver'], `the rule \`${rule.id}\` can never match: only writing changes rows`)];
}

function checkMasks(rule: Rule, path: Path): Finding[] {
  if (rule.effect !== 'mask' || rule.masks === undefined) return [];
  const patterns = Object.keys(rule.masks);
  const selected = rule.objects?.labels;
  const unused = patterns.filter(pattern => selected !== undefined && !selected.some(label => overlap(label, pattern)));
  return [
    ...checkLabels(patterns, [...path, 'masks'], pattern => [pattern]),
    ...unused.map(pattern => warning([...path, 'masks', pattern], `the rule does not select \`${pattern}\``)),
  ];
}

function checkRule(rule: Rule, path: Path): Finding[] {
  const { objects } = rule;
  return [
    ...checkPatterns(objects?.relations, [...path, 'objects', 'relations']),
    ...checkPatterns(objects?.functions, [...path, 'objects', 'functions']),
    ...checkLabels(objects?.labels ?? [], [...path, 'objects', 'labels'], (_, index) => [index]),
    ...neverMatches(rule, path),
    ...checkWhen(rule, path),
    ...checkApprovers(rule, path),
    ...checkMasks(rule, path),
    ...checkLimits(rule, path),
    ...checkAffected(rule, path),
  ];
}

export function checkPolicy(policy: Policy): readonly Finding[] {
  const excluded = policy.except !== undefined && JSON.stringify(policy.except) === JSON.stringify(policy.identities);
  return [
    ...(excluded ? [error(['except'], 'the policy applies to nobody: `except` takes out all of `identities`')] : []),
    ...policy.rules.flatMap((rule, index) => checkRule(rule, ['rules', index])),
  ];
}

/** Whether anything at all is allowed by a set in force; without, every statement is denied. */
export function allowsAnything(policies: readonly Policy[]): boolean {
  return policies.some(policy => policy.mode === 'enforce' && policy.rules.some(rule => rule.effect === 'allow'));
}
