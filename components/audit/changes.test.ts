/** What an audit event changed is told field by field. */
import { expect, test } from 'vitest';
import { fieldChanges } from './changes.ts';

test('only what differs is told, by its path', () => {
  expect(fieldChanges({ a: 1, b: { c: 'x', d: [1] } }, { a: 1, b: { c: 'y', d: [1, 2] } })).toEqual([
    { path: 'b.c', before: 'x', after: 'y' },
    { path: 'b.d', before: '[1]', after: '[1,2]' },
  ]);
});

test('making and removing are told as such', () => {
  expect(fieldChanges(null, { name: 'n' })).toEqual([{ path: 'name', before: null, after: 'n' }]);
  expect(fieldChanges({ name: 'n' }, null)).toEqual([{ path: 'name', before: 'n', after: null }]);
  expect(fieldChanges(null, null)).toEqual([]);
});
