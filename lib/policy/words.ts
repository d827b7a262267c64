/** Policies and rights in words. It describes what the rules say; what they decide is core/policy's alone. */
import 'server-only';
import type { Principal } from '#core/identity/principal.ts';
import { type DetectorKind, type DetectorVerdict, detectorFacts, detectorKinds } from '#core/mask/detectors/kinds.ts';
import type { Connection } from '#core/policy/bundle.ts';
import { type CompiledRule, compilePolicies } from '#core/policy/compile.ts';
import { residual, type Side } from '#core/policy/residual.ts';
import type { Approvers, Policy, Rule, RuleEffect } from '#core/policy/schema.ts';
import { actionWords, hazardWords, limitWords } from '#core/policy/words.ts';

const listed = (words: readonly string[], joint = 'and'): string =>
  words.length <= 1 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1)}`;

const hazardsShownMax = 6;
const someOf = (words: readonly string[]): string =>
  words.length <= hazardsShownMax
    ? listed(words, 'or')
    : `${words.slice(0, hazardsShownMax).join(', ')} or does one of ${words.length - hazardsShownMax} other dangerous things`;

/** The connections a policy is about, e.g. "prod" or "all connections". */
export function whereOf({ connections }: Policy): string {
  const parts = [
    ...(connections?.names ?? []),
    ...(connections?.environments ?? []),
    ...Object.entries(connections?.tags ?? {}).map(([key, value]) => `${key}=${value}`),
  ];
  return parts.length === 0 ? 'all connections' : parts.join(', ');
}

const kindWords = { user: 'people', agent: 'AI agents', service: 'service accounts' } as const;

/** The identities a policy is about, e.g. "AI agents" or "everyone". */
export function whoOf({ identities, except }: Policy): string {
  const named = (selector: Policy['identities']) => [
    ...(selector?.kinds ?? []).map(kind => kindWords[kind]),
    ...(selector?.roles ?? []).map(role => `role ${role}`),
    ...(selector?.groups ?? []).map(group => `group ${group}`),
    ...(selector?.logins ?? []),
  ];
  const who = named(identities).join(', ') || 'everyone';
  return except === undefined ? who : `${who} except ${named(except).join(', ')}`;
}

const strength: Readonly<Record<RuleEffect, number>> = { deny: 0, approve: 1, mask: 2, detect: 3, limit: 4, allow: 5 };

/** Those its rules have, strongest first. */
export const effectsOf = ({ rules }: Policy): RuleEffect[] =>
  [...new Set(rules.map(rule => rule.effect))].sort((a, b) => strength[a] - strength[b]);

/** A mask is about columns, everything else about the tables that have them. */
function objectsOf({ objects, effect }: Rule): string {
  if (objects === undefined) return 'everything';
  const places = [...(objects.relations ?? []), ...(objects.schemas ?? []).map(schema => `schema ${schema}`)];
  const place = places.length > 0 ? ` in ${listed(places, 'or')}` : '';
  if (objects.functions) return `functions ${listed(objects.functions)}`;
  const what = effect === 'mask' ? 'columns' : 'tables with columns';
  if (objects.labels) return `${what} labelled ${listed(objects.labels, 'or')}${place}`;
  if (objects.level) return `${what} that are ${objects.level} or above${place}`;
  if (objects.system === true) return 'the system catalogs';
  if (objects.temporary === true) return 'temporary tables';
  return places.length > 0 ? listed(places) : 'everything';
}

const actionsOf = (rule: Rule): string =>
  rule.actions === undefined ? 'do anything with' : listed(rule.actions.map(action => actionWords[action]));

export function approversWords({ owners, groups, roles, count }: Approvers): string {
  const who = listed(
    [
      ...(owners ? ['the owner'] : []),
      ...(groups ?? []).map(group => `group ${group}`),
      ...(roles ?? []).map(role => `role ${role}`),
    ],
    'or',
  );
  return count > 1 ? `${count} of ${who}` : who;
}

const pluralOf = (title: string): string => (title.endsWith('s') ? `${title}es` : `${title}s`);

/** What becomes of finds: "values that are … are masked". */
function detectWords(detectors: Extract<Rule, { effect: 'detect' }>['detectors'], where: string): string | null {
  const kindsWith = (verdict: DetectorVerdict) =>
    detectorKinds.filter(kind => (detectors[kind] ?? detectors['*'] ?? 'ignore') === verdict);
  const titles = (kinds: readonly DetectorKind[]) =>
    kinds.length === detectorKinds.length
      ? 'anything detectors know'
      : listed(kinds.map(kind => pluralOf(detectorFacts[kind].title)));
  const [masked, noted] = [kindsWith('mask'), kindsWith('alert')];
  const said = [
    ...(masked.length > 0 ? [`${titles(masked)} found in unclassified values are masked${where}`] : []),
    ...(noted.length > 0 ? [`${titles(noted)} found in unclassified values are recorded${where}`] : []),
  ];
  return said.length === 0 ? null : said.join('; ');
}

function sentenceOf({ rule }: CompiledRule): string | null {
  const hazards = rule.hazards && someOf(rule.hazards.map(code => hazardWords[code]));
  const when = rule.when === undefined ? '' : ', under a condition';
  const owner = rule.onlyOwner ? ', where you own it' : rule.unlessOwner ? ', unless you own it' : '';
  const objects = objectsOf(rule);
  switch (rule.effect) {
    case 'allow':
      if (rule.actions?.length === 1 && rule.actions[0] === 'session') return `you may change session settings${when}`;
      return `you may ${actionsOf(rule)} ${objects}${owner}${when}`;
    case 'mask':
      return `${objects === 'everything' ? 'classified columns' : objects} are masked${owner}${when}`;
    case 'approve':
      return hazards
        ? `a statement that ${hazards} waits for approval by ${approversWords(rule.approvers)}${when}`
        : `to ${actionsOf(rule)} ${objects} waits for approval by ${approversWords(rule.approvers)}${owner}${when}`;
    case 'detect':
      return detectWords(rule.detectors, `${objects === 'everything' ? '' : ` in ${objects}`}${owner}${when}`);
    case 'limit':
      return `${limitWords(rule)}${objects === 'everything' ? '' : `, from ${objects}`}${owner}${when}`;
    case 'deny':
      return hazards
        ? `a statement that ${hazards} is refused${when}`
        : `to ${actionsOf(rule)} ${objects} is refused${owner}${when}`;
  }
}

/** Sentences that are shown; the policies themselves have the rest. */
const sentencesMax = 20;

const sentences = (side: Side): string[] => {
  const aboutConnect = ({ rule }: CompiledRule) => rule.actions?.length === 1 && rule.actions[0] === 'connect';
  const rules = [...side.allow, ...side.mask, ...side.approve, ...side.deny, ...side.detect, ...side.limit];
  const said = rules.filter(rule => !rule.observed && !aboutConnect(rule)).map(sentenceOf);
  return [...new Set(said.filter(sentence => sentence !== null))];
};

/** What one identity may do on one connection, said by the rules that are about it. */
export function rightsOf(
  set: { version: number; policies: readonly Policy[] },
  principal: Principal,
  connection: Connection,
): string[] {
  const compiled = compilePolicies(set.policies, set.version);
  const [side] = residual(compiled, { principal, onBehalfOf: null, connection }).sides;
  if (side === undefined) return [];
  const said = sentences(side);
  if (!said.some(sentence => sentence.startsWith('you may'))) said.unshift('no policy allows you anything here yet');
  return said.slice(0, sentencesMax);
}
