/**
 * The text of a filter: `field:value`, `field:a,b` (any of them), `"a phrase"`, and words. What a page cannot ask of the server is
 * reported as invalid and never dropped. Pure.
 */

export type FilterChoice = { value: string; label?: string };

export type FilterField = {
  key: string;
  label: string;
  /** The only values there are. */
  values?: readonly FilterChoice[];
  /** True where the server takes several values of the field. */
  isMultiple?: boolean;
  /** Finds values by what they begin with. */
  suggest?: (prefix: string) => Promise<readonly FilterChoice[]>;
};

export type FilterTerm =
  | { kind: 'field'; raw: string; key: string; values: readonly string[] }
  | { kind: 'text'; raw: string; text: string }
  | { kind: 'invalid'; raw: string; reason: string };

/** Splits at blanks outside quotes; an open quote runs to the end. */
export function splitTerms(text: string): string[] {
  return text.match(/(?:[^\s"]+:)?"[^"]*"?|[^\s"]+/g) ?? [];
}

const unquote = (text: string): string => text.replace(/^"([^"]*)"?$/, '$1');

export function parseTerm(raw: string, fields: readonly FilterField[]): FilterTerm {
  const match = /^(-?)([A-Za-z][\w.]*):(.*)$/.exec(raw);
  if (!match || raw.startsWith('"')) return { kind: 'text', raw, text: unquote(raw) };
  const [, minus, key = '', rest = ''] = match;
  const field = fields.find(each => each.key === key.toLowerCase());
  if (!field) return { kind: 'invalid', raw, reason: `There is no field ${key}.` };
  if (minus) return { kind: 'invalid', raw, reason: `${field.label} cannot be excluded.` };
  const values = rest.startsWith('"') ? [unquote(rest)] : rest.split(',').filter(Boolean);
  if (values.length === 0) return { kind: 'invalid', raw, reason: `${field.label} needs a value.` };
  if (values.length > 1 && !field.isMultiple) {
    return { kind: 'invalid', raw, reason: `${field.label} takes one value.` };
  }
  const wrong = field.values && values.find(value => !field.values?.some(choice => choice.value === value));
  if (wrong) return { kind: 'invalid', raw, reason: `${field.label} is never ${wrong}.` };
  return { kind: 'field', raw, key: field.key, values };
}

type FilterLimits = {
  /** The least number of characters the server searches for. */
  textCharsMin?: number;
};

export function parseFilter(
  text: string,
  fields: readonly FilterField[],
  { textCharsMin = 0 }: FilterLimits = {},
): FilterTerm[] {
  const seen = new Set<string>();
  const terms = splitTerms(text).map<FilterTerm>(raw => {
    const term = parseTerm(raw, fields);
    if (term.kind !== 'field') return term;
    if (seen.has(term.key)) return { kind: 'invalid', raw, reason: `${term.key} is given twice.` };
    seen.add(term.key);
    return term;
  });
  if ((filterInput(terms).q ?? '').length >= textCharsMin) return terms;
  return terms.map(term =>
    term.kind === 'text'
      ? { kind: 'invalid', raw: term.raw, reason: `Search for at least ${textCharsMin} characters.` }
      : term,
  );
}

/** What the server is asked: free text as `q`, each field by its key. */
export function filterInput(terms: readonly FilterTerm[]): {
  q: string | undefined;
  values: ReadonlyMap<string, readonly string[]>;
} {
  const words = terms.flatMap(term => (term.kind === 'text' ? [term.text] : []));
  const values = new Map(terms.flatMap(term => (term.kind === 'field' ? [[term.key, term.values] as const] : [])));
  return { q: words.join(' ') || undefined, values };
}

export const quoteValue = (value: string): string => (/[\s",]/.test(value) ? `"${value.replaceAll('"', '')}"` : value);
