'use client';
/** What a region shows instead of data: nothing there, nothing matches, failed, not allowed, incomplete, unknown. */
import { CloudOff, FileQuestion, Lock, RotateCw, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { cn } from './cn.ts';
import { CopyButton } from './copy-button.tsx';
import { type CallFailure, describeFailure } from './failure.ts';

type EmptyProps = {
  title: ReactNode;
  children?: ReactNode;
  icon?: ReactNode;
  /** It is all there is on the page: its title is the page's heading. */
  isPage?: boolean;
  className?: string;
};

/** `title` says what would be here; `children` are the sentence and the one action that changes it. */
export function EmptyState({ title, icon, children, isPage = false, className }: EmptyProps) {
  const Title = isPage ? 'h1' : 'p';
  return (
    <div className={cn('grid justify-items-center gap-2 px-4 py-10 text-center', className)}>
      {icon ? <div className="text-muted-foreground [&_svg]:size-6">{icon}</div> : null}
      <Title className="text-base font-medium">{title}</Title>
      {children ? (
        <div className="grid max-w-prose justify-items-center gap-3 text-muted-foreground">{children}</div>
      ) : null}
    </div>
  );
}

/** The filter left nothing. */
export function NoMatch({ query, onClear, children }: { query: string; onClear: () => void; children?: ReactNode }) {
  return (
    <EmptyState title={query ? `No results for ${query}` : 'No results in this range'}>
      <div className="flex flex-wrap justify-center gap-2">
        <Button onClick={onClear}>Clear filters</Button>
        {children}
      </div>
    </EmptyState>
  );
}

const failureIcons = { forbidden: Lock, missing: FileQuestion, offline: CloudOff, unavailable: CloudOff } as const;

const titles: Readonly<Record<CallFailure['kind'], string>> = {
  invalid: 'This cannot be asked for',
  signed_out: 'You are signed out',
  forbidden: 'You may not see this',
  missing: 'Not found',
  conflict: 'Changed in the meantime',
  limited: 'Too many requests',
  offline: 'No connection to the console',
  unavailable: 'Not available at the moment',
  failed: 'This could not be loaded',
};

function explain(failure: CallFailure): string {
  if (failure.kind === 'forbidden' && failure.permission) {
    return `It needs the permission ${failure.permission}. An administrator can give you a role that has it.`;
  }
  return failure.message;
}

type ErrorProps = { error: unknown; onRetry?: () => void; isPage?: boolean; className?: string };

export function ErrorState({ error, onRetry, isPage = false, className }: ErrorProps) {
  const failure = describeFailure(error);
  const Icon = failureIcons[failure.kind as keyof typeof failureIcons] ?? TriangleAlert;
  const details = [titles[failure.kind], failure.message, failure.requestId].filter(Boolean).join('\n');
  return (
    <div role="alert">
      <EmptyState title={titles[failure.kind]} icon={<Icon aria-hidden />} isPage={isPage} className={className ?? ''}>
        <p>{explain(failure)}</p>
        {failure.requestId ? <p className="font-mono text-xs">Request {failure.requestId}</p> : null}
        <div className="flex flex-wrap justify-center gap-2">
          {failure.kind === 'signed_out' ? (
            <Button variant="primary" onClick={() => window.location.reload()}>
              Sign in again
            </Button>
          ) : onRetry ? (
            <Button onClick={onRetry}>
              <RotateCw aria-hidden /> Retry
            </Button>
          ) : null}
          <CopyButton value={details} what="error details" label="Copy details" />
        </div>
      </EmptyState>
    </div>
  );
}

/** What is missing from the data below it, and why. */
export function PartialStrip({
  tone = 'approve',
  children,
}: {
  tone?: 'approve' | 'neutral' | 'deny';
  children: ReactNode;
}) {
  const colours = {
    approve: 'border-approve-line bg-approve-bg text-approve',
    deny: 'border-deny-line bg-deny-bg text-deny',
    neutral: 'border-border bg-muted text-foreground',
  };
  return (
    <div role="status" className={cn('flex flex-wrap items-center gap-2 rounded-md border px-3 py-1.5', colours[tone])}>
      {tone === 'neutral' ? null : <TriangleAlert aria-hidden className="size-4 shrink-0" />}
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}

/** A value nobody knows; never a zero and never a blank. */
export function Unknown({ why }: { why?: string }) {
  return (
    <span className="text-muted-foreground">
      <span className="underline decoration-dotted underline-offset-2">Unknown</span>
      {why ? ` · ${why}` : null}
    </span>
  );
}
