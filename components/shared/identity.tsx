/** Who: a shape that says what kind of identity it is, its name, and the chain from a person to the database. */
import { ChevronRight, Database } from 'lucide-react';
import { cn } from '#components/ui/cn.ts';
import { inertText } from '#components/ui/inert-text.ts';
import type { IdentityKind } from '#core/identity/principal.ts';

export type ChainKind = IdentityKind | 'group' | 'proxy' | 'upstream_role';

const kindWords: Readonly<Record<ChainKind, string>> = {
  user: 'Person',
  agent: 'AI agent',
  service: 'Service account',
  group: 'Group',
  proxy: 'Proxy',
  upstream_role: 'Database role',
};

export const kindWord = (kind: ChainKind): string => kindWords[kind];

/** Circle, rounded square with a spark, hexagon, stacked circles, diamond: told apart without colour. */
export function IdentityShape({ kind, className }: { kind: ChainKind; className?: string }) {
  if (kind === 'upstream_role') {
    return (
      <Database
        role="img"
        aria-label={kindWords[kind]}
        className={cn('size-4 shrink-0 text-muted-foreground', className)}
      />
    );
  }
  const shapes = {
    user: <circle cx="8" cy="8" r="6" />,
    agent: (
      <>
        <rect x="2" y="2" width="12" height="12" rx="3.5" />
        <path d="M8 4.6 8.9 7.1 11.4 8 8.9 8.9 8 11.4 7.1 8.9 4.6 8 7.1 7.1Z" fill="currentColor" stroke="none" />
      </>
    ),
    service: <path d="M8 1.6 13.6 4.8V11.2L8 14.4 2.4 11.2V4.8Z" />,
    group: (
      <>
        <circle cx="6" cy="8" r="4.5" />
        <path d="M9 3.9a4.5 4.5 0 1 1 0 8.2" />
      </>
    ),
    proxy: <path d="M8 1.5 14.5 8 8 14.5 1.5 8Z" />,
  };
  return (
    <svg
      viewBox="0 0 16 16"
      role="img"
      aria-label={kindWords[kind]}
      data-shape
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      className={cn('size-4 shrink-0 text-muted-foreground', className)}
    >
      {shapes[kind]}
    </svg>
  );
}

type Named = { kind: ChainKind; login: string; displayName?: string };

/** The login is what counts: display names can be chosen. */
export function IdentityName({ identity, className }: { identity: Named; className?: string }) {
  const login = inertText(identity.login);
  return (
    <span
      className={cn('inline-flex max-w-full min-w-0 items-center gap-1.5', className)}
      title={identity.displayName ?? undefined}
    >
      <IdentityShape kind={identity.kind} />
      <bdi className="truncate">{login}</bdi>
    </span>
  );
}

/** "agent, for person" on one line. */
export function IdentityPair({ identity, onBehalfOf }: { identity: Named; onBehalfOf: Named | null }) {
  return (
    <span className="inline-flex max-w-full min-w-0 flex-wrap items-center gap-x-1.5 sm:flex-nowrap">
      <IdentityName identity={identity} />
      {onBehalfOf ? (
        <>
          <span className="text-muted-foreground">for</span>
          <IdentityName identity={onBehalfOf} />
        </>
      ) : null}
    </span>
  );
}

export type ChainHop = { kind: Exclude<ChainKind, 'group'>; id: string | null; name: string; how: string };

/** From the person to the role of the database. A hop nobody verified is drawn dashed and says so. */
export function IdentityChain({ hops }: { hops: readonly ChainHop[] }) {
  return (
    <ol className="flex flex-wrap items-stretch gap-y-2">
      {hops.map((hop, index) => {
        const isUnverified = /unverified|not verified/i.test(hop.how);
        return (
          <li key={`${hop.kind}-${hop.name}`} className="flex min-w-0 items-center">
            {index > 0 ? <ChevronRight aria-hidden className="mx-0.5 size-4 shrink-0 text-muted-foreground" /> : null}
            <div
              className={cn(
                'grid min-w-0 gap-0.5 rounded-md border border-border bg-card px-2.5 py-1.5',
                isUnverified && 'border-dashed border-fault-line',
              )}
            >
              <span className="inline-flex min-w-0 items-center gap-1.5 font-medium">
                <IdentityShape kind={hop.kind} />
                <bdi className="truncate">{inertText(hop.name)}</bdi>
              </span>
              <span className="text-xs text-muted-foreground">
                {kindWords[hop.kind]} · {hop.how}
              </span>
            </div>
          </li>
        );
      })}
    </ol>
  );
}

/** An actor as events name it, for IdentityPair. Whom it acts for is always a person. */
export function actorOf(identity: { kind: IdentityKind; login: string; onBehalfOf: { login: string } | null }): {
  identity: Named;
  onBehalfOf: Named | null;
} {
  const { kind, login, onBehalfOf } = identity;
  return { identity: { kind, login }, onBehalfOf: onBehalfOf ? { kind: 'user', login: onBehalfOf.login } : null };
}
