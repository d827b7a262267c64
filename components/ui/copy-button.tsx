'use client';
/** Copies a text and says so. */
import { Check, Copy } from 'lucide-react';
import { type ComponentProps, useEffect, useState } from 'react';
import { announce } from './announce.ts';
import { Button } from './button.tsx';

const confirmationMs = 2000;

/** The clipboard of the browser; false where it is not allowed. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

type Props = Omit<ComponentProps<typeof Button>, 'onClick' | 'children' | 'value'> & {
  value: string;
  /** What is copied, e.g. "psql command". */
  what: string;
  /** Shown beside the icon; without it the button is the icon alone. */
  label?: string;
};

export function CopyButton({ value, what, label, ...props }: Props) {
  const [outcome, setOutcome] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (outcome === 'idle') return;
    const timer = setTimeout(() => setOutcome('idle'), confirmationMs);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => {
    const isCopied = await copyText(value);
    setOutcome(isCopied ? 'copied' : 'failed');
    announce(isCopied ? `Copied ${what}` : `Could not copy ${what}`);
  };
  return (
    <Button variant="ghost" size={label ? 'small' : 'smallIcon'} {...props} onClick={copy} aria-label={`Copy ${what}`}>
      {outcome === 'copied' ? <Check aria-hidden /> : <Copy aria-hidden />}
      {label ? (outcome === 'copied' ? 'Copied' : outcome === 'failed' ? 'Could not copy' : label) : null}
    </Button>
  );
}
