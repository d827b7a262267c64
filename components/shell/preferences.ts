/** What each reader sets for themselves in this browser; kept in a cookie, so that the server renders the right theme at once. Pure. */
import { z } from 'zod';

export const preferencesCookie = 'weir.preferences';

export const preferencesSchema = z.object({
  /** `system` follows the device. */
  theme: z.enum(['system', 'light', 'dark']).catch('system'),
  density: z.enum(['compact', 'default', 'comfortable']).catch('default'),
  zone: z.enum(['local', 'utc']).catch('local'),
  areSingleKeysOn: z.boolean().catch(true),
  isSidebarOpen: z.boolean().catch(true),
});
export type Preferences = z.infer<typeof preferencesSchema>;

export const defaultPreferences: Preferences = preferencesSchema.parse({});

const year = 365 * 24 * 3600;

/** Anything unreadable counts as the default. */
export function readPreferences(cookie: string | undefined): Preferences {
  if (!cookie) return defaultPreferences;
  try {
    return preferencesSchema.catch(defaultPreferences).parse(JSON.parse(decodeURIComponent(cookie)));
  } catch {
    return defaultPreferences;
  }
}

export function preferencesCookieText(preferences: Preferences): string {
  const value = encodeURIComponent(JSON.stringify(preferences));
  return `${preferencesCookie}=${value}; Path=/; Max-Age=${year}; SameSite=Lax`;
}
