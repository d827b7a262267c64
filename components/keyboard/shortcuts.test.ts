/** Key presses become the chords of the list, and the list contradicts itself nowhere. */
import { expect, test } from 'vitest';
import { chordOf, isSingleKey, type Press, type Shortcut, shortcuts } from './shortcuts.ts';

const press = (key: string, more: Partial<Press> = {}): Press => ({
  key,
  ctrl: false,
  meta: false,
  alt: false,
  shift: false,
  ...more,
});

test('a key press is read as its chord', () => {
  expect(chordOf(press('a'))).toBe('a');
  expect(chordOf(press('K', { meta: true }))).toBe('mod+k');
  expect(chordOf(press('k', { ctrl: true }))).toBe('mod+k');
  expect(chordOf(press('?', { shift: true }))).toBe('?');
  expect(chordOf(press('R', { shift: true }))).toBe('shift+r');
  expect(chordOf(press('Shift', { shift: true }))).toBeNull();
  expect(chordOf(press('ą', { alt: true }))).toBeNull();
  expect(chordOf(press('c', { ctrl: true, shift: true }))).toBeNull();
});

test('typing and copying are never single keys', () => {
  expect(isSingleKey('mod+enter')).toBe(false);
  expect(isSingleKey('g')).toBe(true);
});

/** Scopes that are on the page together. */
const together = new Set(['Everywhere', 'Go to', 'Lists']);

test('no two shortcuts that can be on one page share their keys, and none begins another', () => {
  const entries = Object.entries<Shortcut>(shortcuts);
  for (const [id, one] of entries) {
    for (const [otherId, other] of entries) {
      if (id === otherId) continue;
      const meet =
        one.scope === other.scope ||
        (together.has(one.scope) && together.has(other.scope)) ||
        (together.has(one.scope) !== together.has(other.scope) &&
          (one.scope === 'Everywhere' ||
            other.scope === 'Everywhere' ||
            one.scope === 'Go to' ||
            other.scope === 'Go to'));
      if (!meet) continue;
      const begins = one.keys.every((chord, index) => other.keys[index] === chord);
      expect(begins, `${id} and ${otherId}`).toBe(false);
    }
  }
});
