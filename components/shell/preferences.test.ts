/** Preferences survive the cookie, and a broken cookie breaks nothing. */
import { expect, test } from 'vitest';
import { defaultPreferences, preferencesCookieText, readPreferences } from './preferences.ts';

const valueIn = (cookie: string) => cookie.split(';')[0]?.split('=').slice(1).join('=');

test('what is written is read back', () => {
  const preferences = { ...defaultPreferences, theme: 'dark', zone: 'utc', areSingleKeysOn: false } as const;
  expect(readPreferences(valueIn(preferencesCookieText(preferences)))).toEqual(preferences);
});

test.each([undefined, '', '%', 'null', '[]', '%7B%22theme%22%3A%22purple%22%7D'])('%s is the default', cookie => {
  expect(readPreferences(cookie)).toEqual(defaultPreferences);
});
