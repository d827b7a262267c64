'use client';
/** The filter and the time range of a list as they stand in the address, read and written together. */
import { parseAsString, useQueryStates } from 'nuqs';
import { useMemo } from 'react';
import { type FilterField, filterInput, parseFilter } from './filter-grammar.ts';
import { resolveTime, type TimeRange } from './time-range.ts';

const parsers = { q: parseAsString.withDefault(''), from: parseAsString, to: parseAsString };

export function useUrlFilter(fields: readonly FilterField[], textCharsMin = 0) {
  const [{ q, from, to }, setState] = useQueryStates(parsers, { history: 'replace', shallow: true });
  const parsed = useMemo(() => filterInput(parseFilter(q, fields, { textCharsMin })), [q, fields, textCharsMin]);
  // A relative range is resolved when it is chosen: resolved anew on each render it would be another question each time.
  const times = useMemo(() => {
    const nowMs = Date.now();
    const iso = (text: string | null) => {
      const at = text === null ? null : resolveTime(text, nowMs);
      return at === null ? undefined : new Date(at).toISOString();
    };
    return { from: iso(from), to: iso(to) };
  }, [from, to]);
  return {
    text: q,
    range: { from, to } satisfies TimeRange,
    /** Free text for the server. */
    q: parsed.q,
    /** The single value of a field. */
    one: (key: string) => parsed.values.get(key)?.[0],
    many: (key: string) => parsed.values.get(key),
    /** ISO 8601, for the server. */
    times,
    isFiltered: q !== '' || from !== null || to !== null,
    setText: (next: string) => void setState({ q: next || null }),
    setRange: (range: TimeRange) => void setState({ from: range.from, to: range.to }),
    clear: () => void setState({ q: null, from: null, to: null }),
  };
}
