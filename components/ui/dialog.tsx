'use client';
/** What covers the page: a dialog to confirm, a sheet to create, edit or read beside the list. Escape closes one layer. */
import { cva, type VariantProps } from 'class-variance-authority';
import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';
import { buttonStyle } from './button.tsx';
import { cn } from './cn.ts';

export const Dialog = Radix.Root;
export const DialogTrigger = Radix.Trigger;
export const DialogClose = Radix.Close;

const panelStyle = cva('fixed z-50 flex flex-col bg-popover text-popover-foreground shadow-popover outline-none', {
  variants: {
    kind: {
      dialog:
        'inset-x-4 top-[8dvh] mx-auto max-h-[84dvh] max-w-lg rounded-xl animate-pop max-sm:inset-x-0 max-sm:top-auto max-sm:bottom-0 max-sm:max-h-[92dvh] max-sm:rounded-b-none',
      sheet: 'inset-y-0 end-0 w-full max-w-[44rem] animate-slide',
      narrow: 'inset-y-0 end-0 w-full max-w-96 animate-slide',
      bottom: 'inset-x-0 bottom-0 max-h-[92dvh] rounded-t-xl animate-rise',
      left: 'inset-y-0 start-0 w-64 max-w-[85vw] bg-sidebar text-sidebar-foreground',
    },
  },
  defaultVariants: { kind: 'dialog' },
});

type PanelProps = Omit<ComponentProps<typeof Radix.Content>, 'title'> &
  VariantProps<typeof panelStyle> & {
    title: ReactNode;
    /** Said under the title; an element that needs none passes its meaning in the title alone. */
    description?: ReactNode;
    /** Keeps the title for assistive technology only. */
    isTitleHidden?: boolean;
    footer?: ReactNode;
  };

export function DialogPanel({
  title,
  description,
  isTitleHidden,
  footer,
  kind,
  className,
  children,
  ...props
}: PanelProps) {
  return (
    <Radix.Portal>
      <Radix.Overlay className="fixed inset-0 z-50 bg-scrim" />
      <Radix.Content
        {...props}
        {...(description ? {} : { 'aria-describedby': undefined })}
        className={cn(panelStyle({ kind }), className)}
      >
        <header className={cn('flex items-start gap-4 px-5 pt-4 pb-2', isTitleHidden && 'sr-only')}>
          <div className="grid min-w-0 flex-1 gap-0.5">
            <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
            {description ? (
              <Radix.Description className="text-muted-foreground">{description}</Radix.Description>
            ) : null}
          </div>
          {isTitleHidden ? null : (
            <Radix.Close aria-label="Close" className={buttonStyle({ variant: 'ghost', size: 'smallIcon' })}>
              <X aria-hidden />
            </Radix.Close>
          )}
        </header>
        <div className="min-h-0 flex-1 overflow-y-auto px-5 py-2">{children}</div>
        {footer ? (
          <footer className="flex flex-wrap justify-end gap-2 px-5 pt-2 pb-4">{footer}</footer>
        ) : (
          <div className="pb-2" />
        )}
      </Radix.Content>
    </Radix.Portal>
  );
}
