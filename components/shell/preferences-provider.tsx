'use client';
/** The reader's preferences: changed here, seen at once, kept for the next visit. */
import { createContext, type ReactNode, use, useCallback, useMemo, useState } from 'react';
import { KeyboardProvider } from '#components/keyboard/keyboard.tsx';
import { TimeZoneProvider } from '#components/ui/time.tsx';
import { type Preferences, preferencesCookieText } from './preferences.ts';

type Context = { preferences: Preferences; setPreferences: (change: Partial<Preferences>) => void };
const PreferencesContext = createContext<Context | null>(null);

function show({ theme, density }: Preferences): void {
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme;
  root.dataset.density = density;
}

export function PreferencesProvider({ initial, children }: { initial: Preferences; children: ReactNode }) {
  const [preferences, setState] = useState(initial);
  const setPreferences = useCallback(
    (change: Partial<Preferences>) => {
      const next = { ...preferences, ...change };
      setState(next);
      show(next);
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing where the console is served without TLS
      document.cookie = preferencesCookieText(next);
    },
    [preferences],
  );
  const value = useMemo(() => ({ preferences, setPreferences }), [preferences, setPreferences]);
  return (
    <PreferencesContext value={value}>
      <TimeZoneProvider zone={preferences.zone}>
        <KeyboardProvider areSingleKeysOn={preferences.areSingleKeysOn}>{children}</KeyboardProvider>
      </TimeZoneProvider>
    </PreferencesContext>
  );
}

export function usePreferences(): Context {
  const context = use(PreferencesContext);
  if (!context) throw new Error('usePreferences needs a PreferencesProvider above it');
  return context;
}
