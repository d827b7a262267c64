/**
 * Suggests a label for a column from its name, type and table. A suggestion is for a person to accept or reject; nothing is
 * classified by it.
 */
import { knownLabels, type Level } from './classification.ts';
import { commonHeads, commonTails, contextWords, type NameRule, nameRules, type TypeFamily } from './suggest-rules.ts';

export type ColumnNames = {
  schema: string;
  relation: string;
  column: string;
  /** As format_type prints it. */
  type: string;
};

export type LabelSuggestion = {
  label: string;
  level: Level;
  /** Above 0, at most 0.99. */
  confidence: number;
  /** Sentences that say why, the same for the same column. */
  evidence: readonly string[];
};

/** `customerEmail`, `customer_email` and `CUSTOMER-EMAIL` are the same words. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replace(/([a-z]{3,})(\d+)$/i, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(word => word !== '');
}

const families: readonly (readonly [RegExp, TypeFamily])[] = [
  [/^(text|character|varchar|char|bpchar|citext|name|xml|"char")/, 'text'],
  [/^(smallint|integer|bigint|numeric|decimal|real|double|money|oid)/, 'number'],
  [/^(date|timestamp)/, 'date'],
  [/^(inet|cidr)/, 'network'],
  [/^(json|jsonb|hstore)/, 'json'],
  [/^bytea/, 'bytes'],
  [/^uuid/, 'uuid'],
  [/^boolean/, 'boolean'],
];

function familyOf(type: string): TypeFamily {
  const base = type.replace(/^[a-z_]+\./, '').toLowerCase();
  return families.find(([pattern]) => pattern.test(base))?.[1] ?? 'other';
}

const singular = (word: string): string =>
  word.endsWith('ies') ? `${word.slice(0, -3)}y` : word.replace(/(?<!s)s$/, '');

function isAbout(context: NameRule['context'], words: readonly string[]): boolean {
  if (context === undefined) return false;
  const known = contextWords[context];
  return words.some(word => known.has(word) || known.has(singular(word)));
}

/**
 * Where `term` stands in `words`, if what comes before and after leaves its meaning alone. The last words of a name say what it is:
 * `email_template` is a template, `phone_model` a model, `token_count` a count.
 */
function reads(words: readonly string[], term: readonly string[], rule: NameRule): { start: number } | null {
  for (let start = words.length - term.length; start >= 0; start -= 1) {
    if (!term.every((word, index) => words[start + index] === word)) continue;
    const before = words.slice(0, start);
    const after = words.slice(start + term.length);
    const isTail = (word: string) => commonTails.has(word) || rule.tails?.includes(word) === true;
    const isOther = before.some(word => rule.heads?.includes(word) === true) || commonHeads.has(before[0] ?? '');
    if (after.every(isTail) && !isOther) return { start };
  }
  return null;
}

type Match = { rule: NameRule; term: string; words: number };

function bestMatch(words: readonly string[], family: TypeFamily, about: readonly string[]): Match | null {
  let best: Match | null = null;
  for (const rule of nameRules) {
    if (!rule.types.includes(family)) continue;
    for (const term of rule.terms) {
      const parts = term.split(' ');
      const found = reads(words, parts, rule);
      if (found === null) continue;
      if (rule.context !== undefined && !isAbout(rule.context, [...about, ...words.slice(0, found.start)])) continue;
      const match = { rule, term, words: parts.length };
      const isBetter =
        best === null ||
        match.words > best.words ||
        (match.words === best.words && rule.confidence > best.rule.confidence);
      if (isBetter) best = match;
    }
  }
  return best;
}

const round = (value: number): number => Math.round(value * 100) / 100;

function suggestion(label: string, confidence: number, evidence: readonly string[]): LabelSuggestion | null {
  const known = knownLabels[label];
  return known === undefined
    ? null
    : { label, level: known.level, confidence: round(Math.min(0.99, confidence)), evidence };
}

/** Null when nothing speaks for a label. */
export function suggestLabel({ schema, relation, column, type }: ColumnNames): LabelSuggestion | null {
  const family = familyOf(type);
  if (family === 'boolean') return null;
  const words = wordsOf(column);
  const about = [...wordsOf(relation), ...wordsOf(schema)];
  const match = bestMatch(words, family, about);
  if (match === null) {
    return family === 'network'
      ? suggestion('pii.ip_address', 0.6, [`type \`${type}\` holds network addresses`])
      : null;
  }
  const { rule, term } = match;
  const inPersonTable = isAbout('person', about);
  const evidence = [`the name \`${column}\` reads as \`${term}\``, `type \`${type}\` can hold it`];
  if (rule.context !== undefined)
    evidence.push(`table \`${relation}\` is about ${rule.context === 'person' ? 'people' : `${rule.context}s`}`);
  else if (inPersonTable) evidence.push(`table \`${relation}\` is about people`);
  const lift = rule.context === undefined && inPersonTable ? 0.05 : 0;
  return suggestion(rule.label, rule.confidence + lift, evidence);
}
