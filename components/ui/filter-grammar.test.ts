/** What people type into a filter means what it says, and nothing of it is dropped in silence. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FilterField, filterInput, parseFilter, quoteValue, splitTerms } from './filter-grammar.ts';

const fields: FilterField[] = [
  { key: 'decision', label: 'Decision', isMultiple: true, values: [{ value: 'deny' }, { value: 'mask' }] },
  { key: 'table', label: 'Table' },
];

test('fields, lists, phrases and words are told apart', () => {
  const terms = parseFilter('decision:deny,mask table:public.customers gold "two words"', fields);
  const { q, values } = filterInput(terms);
  expect(q).toBe('gold two words');
  expect(Object.fromEntries(values)).toEqual({ decision: ['deny', 'mask'], table: ['public.customers'] });
});

test('a quoted value may hold blanks', () => {
  const { values } = filterInput(parseFilter(`table:${quoteValue('odd name')}`, fields));
  expect(values.get('table')).toEqual(['odd name']);
});

test.each([
  ['colour:red', 'There is no field colour.'],
  ['-table:a', 'Table cannot be excluded.'],
  ['table:', 'Table needs a value.'],
  ['table:a,b', 'Table takes one value.'],
  ['decision:maybe', 'Decision is never maybe.'],
])('%s is reported, not dropped', (text, reason) => {
  expect(parseFilter(text, fields)).toEqual([{ kind: 'invalid', raw: text, reason }]);
});

test('a field given twice is reported', () => {
  expect(parseFilter('table:a table:b', fields)[1]).toMatchObject({ kind: 'invalid' });
});

test('a word too short to search for is reported, several short words are not', () => {
  expect(parseFilter('ab table:t', fields, { textCharsMin: 3 }).map(term => term.kind)).toEqual(['invalid', 'field']);
  expect(parseFilter('a b', fields, { textCharsMin: 3 }).map(term => term.kind)).toEqual(['text', 'text']);
});

test('a time or an address is text, not a field', () => {
  expect(filterInput(parseFilter('10:42 "table:a"', fields)).q).toBe('10:42 table:a');
});

test('splitting loses nothing but blanks', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      expect(splitTerms(text).join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
    }),
  );
});
