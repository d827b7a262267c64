'use client';
/** A short explanation on hover and focus. Never the only place where something is said. */
import { Tooltip as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

export const TooltipProvider = Radix.Provider;

type Props = { label: ReactNode; children: ReactNode; side?: 'top' | 'right' | 'bottom' | 'left' };

/** `children` is one element that can be focused. */
export function Tooltip({ label, children, side = 'top' }: Props) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-w-80 rounded-md bg-popover px-2 py-1 text-xs text-popover-foreground shadow-popover animate-pop"
        >
          {label}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
