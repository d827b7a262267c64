'use client';
/** Hands the nonce of the page's Content-Security-Policy to the few libraries that write style elements. */
import { createContext, type ReactNode, use } from 'react';

declare global {
  interface Window {
    /** Read by get-nonce, which the scroll lock of Radix dialogs uses. */
    __webpack_nonce__?: string;
  }
}

const NonceContext = createContext<string>('');

export function NonceProvider({ nonce, children }: { nonce: string; children: ReactNode }) {
  if (typeof window !== 'undefined') window.__webpack_nonce__ = nonce;
  return <NonceContext value={nonce}>{children}</NonceContext>;
}

export const useNonce = (): string => use(NonceContext);
