/** A difference applied to the one text gives the other, and says no more than it must. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffLines, foldDiff } from './line-diff.ts';

const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map(lines => lines.join('\n'));

test('both texts can be read back from the difference', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after);
      const side = (without: 'added' | 'removed') =>
        lines
          .filter(line => line.kind !== without)
          .map(line => line.text)
          .join('\n');
      expect(side('added')).toBe(before);
      expect(side('removed')).toBe(after);
    }),
  );
});

test('equal texts differ nowhere', () => {
  expect(diffLines('a\nb', 'a\nb').every(line => line.kind === 'same')).toBe(true);
});

test('one changed line is one removed and one added, with their numbers', () => {
  expect(diffLines('a\nb\nc', 'a\nx\nc').filter(line => line.kind !== 'same')).toEqual([
    { kind: 'removed', text: 'b', before: 2, after: null },
    { kind: 'added', text: 'x', before: null, after: 2 },
  ]);
});

test('what is far from a change is folded', () => {
  const before = Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n');
  const folded = foldDiff(diffLines(before, before.replace('line 15', 'other')), 2);
  expect(folded.filter(line => line === null)).toHaveLength(2);
  expect(folded.filter(line => line !== null)).toHaveLength(6);
});
