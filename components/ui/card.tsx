/** A bordered surface with an optional heading row. */
import type { ComponentProps, ReactNode } from 'react';
import { cn } from './cn.ts';

export function Card({ className, ...props }: ComponentProps<'section'>) {
  return (
    <section
      {...props}
      className={cn('min-w-0 rounded-lg border border-border bg-card text-card-foreground', className)}
    />
  );
}

type HeaderProps = { id?: string; title: ReactNode; hint?: ReactNode; children?: ReactNode; className?: string };

/** `children` are the actions at the right. */
export function CardHeader({ id, title, hint, children, className }: HeaderProps) {
  return (
    <header className={cn('flex flex-wrap items-center gap-x-3 gap-y-1 px-4 pt-3 pb-2', className)}>
      <h2 id={id} className="text-base font-semibold">
        {title}
      </h2>
      {hint ? <span className="text-muted-foreground">{hint}</span> : null}
      {children ? <div className="ms-auto flex flex-wrap items-center gap-2">{children}</div> : null}
    </header>
  );
}

export function CardBody({ className, ...props }: ComponentProps<'div'>) {
  return <div {...props} className={cn('px-4 pt-1 pb-4', className)} />;
}
