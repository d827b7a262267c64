'use client';
/** A menu of actions behind a button. */
import { Check } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import type { ComponentProps } from 'react';
import { cn } from './cn.ts';

export const Menu = Radix.Root;
export const MenuTrigger = Radix.Trigger;
export const MenuRadioGroup = Radix.RadioGroup;
export const MenuGroup = Radix.Group;

const itemStyle =
  'relative flex min-h-8 items-center gap-2 rounded-md px-2 py-1 text-sm outline-none select-none data-[highlighted]:bg-accent data-[disabled]:text-muted-foreground pointer-coarse:min-h-11 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted-foreground';

export function MenuPanel({ className, ...props }: ComponentProps<typeof Radix.Content>) {
  return (
    <Radix.Portal>
      <Radix.Content
        align="end"
        sideOffset={6}
        collisionPadding={12}
        {...props}
        className={cn(
          'z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-48 overflow-y-auto rounded-lg bg-popover p-1 text-popover-foreground shadow-popover animate-pop',
          className,
        )}
      />
    </Radix.Portal>
  );
}

export function MenuItem({
  className,
  isDestructive = false,
  ...props
}: ComponentProps<typeof Radix.Item> & { isDestructive?: boolean }) {
  return <Radix.Item {...props} className={cn(itemStyle, isDestructive && 'text-deny [&_svg]:text-deny', className)} />;
}

export function MenuRadioItem({ className, children, ...props }: ComponentProps<typeof Radix.RadioItem>) {
  return (
    <Radix.RadioItem {...props} className={cn(itemStyle, 'ps-8', className)}>
      <Radix.ItemIndicator className="absolute start-2">
        <Check aria-hidden />
      </Radix.ItemIndicator>
      {children}
    </Radix.RadioItem>
  );
}

export function MenuLabel({ className, ...props }: ComponentProps<typeof Radix.Label>) {
  return (
    <Radix.Label {...props} className={cn('px-2 pt-2 pb-1 text-xs font-medium text-muted-foreground', className)} />
  );
}

export function MenuSeparator() {
  return <Radix.Separator className="my-1 h-px bg-border" />;
}
