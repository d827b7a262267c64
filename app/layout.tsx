/** The document: theme and density from the reader's cookie, so that the first paint is right without a script. */
import './globals.css';
import type { Metadata, Viewport } from 'next';
import { cookies, headers } from 'next/headers';
import type { ReactNode } from 'react';
import { preferencesCookie, readPreferences } from '#components/shell/preferences.ts';
import { Providers } from '#components/shell/providers.tsx';

export const metadata: Metadata = {
  title: { default: 'Weir', template: '%s · Weir' },
  description: 'Control and record access to databases, for people and AI agents.',
  robots: { index: false, follow: false },
};

export const viewport: Viewport = { width: 'device-width', initialScale: 1, viewportFit: 'cover' };

export default async function RootLayout({ children }: { children: ReactNode }) {
  const [jar, incoming] = await Promise.all([cookies(), headers()]);
  const preferences = readPreferences(jar.get(preferencesCookie)?.value);
  const theme = preferences.theme === 'system' ? undefined : preferences.theme;
  return (
    <html lang="en" data-theme={theme} data-density={preferences.density}>
      <body>
        <Providers nonce={incoming.get('x-nonce') ?? ''} preferences={preferences}>
          {children}
        </Providers>
      </body>
    </html>
  );
}
