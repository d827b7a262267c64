/** What cannot be seen is shown, and what can be read is left as it is. */
import { expect, it } from 'vitest';
import { inertText } from './inert-text.ts';

it.each([
  ['controls', 'a\u0000\u001b[31m\u009bb', 'a\\u0000\\u001b[31m\\u009bb'],
  ['overrides and isolates', '\u202egnp\u2066x', '\\u202egnp\\u2066x'],
  ['what has no width', 'pay\u200bpal\u00ad\u2060\ufeff', 'pay\\u200bpal\\u00ad\\u2060\\ufeff'],
  ['what has no ink', 'a\u3164b\u115fc\u2800d', 'a\\u3164b\\u115fc\\u2800d'],
  ['tags', 'ok\u{e0041}\u{e007f}', 'ok\\u{e0041}\\u{e007f}'],
  ['separators of lines', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
])('shows %s', (_what, text, shown) => expect(inertText(text)).toBe(shown));

it.each(['مرحبا بالعالم', 'שלום', 'Ünïcödé', '数据', '👩🏽', 'a\tb\nc', '<b>&amp;'])('leaves %j', text =>
  expect(inertText(text)).toBe(text),
);
