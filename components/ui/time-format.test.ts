/** Times read the same for everybody in UTC, and spans name their largest unit. */
import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatDuration, plural } from './number-format.ts';
import { formatAbsolute, formatRelative, formatSpan, zoneLabel } from './time-format.ts';
import { freezeRange, fromInputValue, resolveTime, toInputValue } from './time-range.ts';

const at = Date.parse('2026-03-01T00:30:05.042Z');

test('absolute times', () => {
  expect(formatAbsolute(at, 'utc')).toBe('1 Mar 2026, 00:30:05');
  expect(formatAbsolute(at, 'utc', 'date')).toBe('1 Mar 2026');
  expect(formatAbsolute(at, 'utc', 'millisecond')).toBe('1 Mar 2026, 00:30:05.042');
  expect(zoneLabel(at, 'utc')).toBe('UTC');
});

test('relative times', () => {
  expect(formatRelative(at - 240_000, at)).toBe('4 min ago');
  expect(formatRelative(at + 7_200_000, at)).toBe('in 2 h');
  expect(formatRelative(at, at)).toBe('just now');
  expect(formatSpan(0)).toBe('0 s');
});

test('durations, bytes and counts', () => {
  expect(formatDuration(134_000)).toBe('2 min 14 s');
  expect(formatDuration(3_600_000)).toBe('1 h');
  expect(formatDuration(0.42)).toBe('0.4 ms');
  expect(formatDuration(1500)).toBe('1.5 s');
  expect(formatBytes(1536)).toBe('1.5 KiB');
  expect(formatBytes(12)).toBe('12 B');
  expect(formatCount(1_204_331)).toBe('1,204,331');
  expect(plural(1, 'row')).toBe('1 row');
  expect(plural(2, 'identity', 'identities')).toBe('2 identities');
});

test('a relative range is resolved against the present, and freezes when it is shared', () => {
  expect(resolveTime('now-15m', at)).toBe(at - 900_000);
  expect(resolveTime('now', at)).toBe(at);
  expect(resolveTime('yesterday', at)).toBeNull();
  expect(freezeRange({ from: 'now-1h', to: null }, at)).toEqual({
    from: '2026-02-28T23:30:05.042Z',
    to: '2026-03-01T00:30:05.042Z',
  });
  expect(freezeRange({ from: null, to: null }, at)).toEqual({ from: null, to: null });
});

test('what the date input shows comes back as the same minute', () => {
  const minute = at - (at % 60_000);
  expect(fromInputValue(toInputValue(minute, true), true)).toBe(minute);
  expect(fromInputValue(toInputValue(minute, false), false)).toBe(minute);
  expect(fromInputValue('', true)).toBeNull();
});
