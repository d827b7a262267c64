'use client';
/** What every page stands on: preferences, queries, address state, tooltips, messages. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { type ReactNode, useState } from 'react';
import { announcerId } from '#components/ui/announce.ts';
import { describeFailure } from '#components/ui/failure.ts';
import { NonceProvider } from '#components/ui/nonce.tsx';
import { useSubmitOnce } from '#components/ui/submit-once.ts';
import { Toaster } from '#components/ui/toast.tsx';
import { TooltipProvider } from '#components/ui/tooltip.tsx';
import type { Preferences } from './preferences.ts';
import { PreferencesProvider } from './preferences-provider.tsx';

const freshMs = 5000;
const retriesMax = 2;

const createClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: freshMs,
        // A refusal stays one however often it is asked; only what may pass is tried again.
        retry: (failures, error) =>
          failures < retriesMax && ['offline', 'failed'].includes(describeFailure(error).kind),
      },
      mutations: { retry: false },
    },
  });

type Props = { nonce: string; preferences: Preferences; children: ReactNode };

export function Providers({ nonce, preferences, children }: Props) {
  const [client] = useState(createClient);
  useSubmitOnce();
  return (
    <NonceProvider nonce={nonce}>
      <QueryClientProvider client={client}>
        <NuqsAdapter>
          <PreferencesProvider initial={preferences}>
            <TooltipProvider delayDuration={300}>
              {children}
              <Toaster />
              <div id={announcerId} role="status" aria-live="polite" className="sr-only" />
            </TooltipProvider>
          </PreferencesProvider>
        </NuqsAdapter>
      </QueryClientProvider>
    </NonceProvider>
  );
}
