'use client';
/** The whole page of an object that is not there, or not for the reader: says which kind of thing, and where the others are. */
import { FileQuestion } from 'lucide-react';
import { ButtonLink } from './button.tsx';
import { describeFailure } from './failure.ts';
import { EmptyState } from './states.tsx';

/** The address names nothing: no such object, or not even a possible name of one. */
export function isMissing(query: { data: unknown; error: unknown }): boolean {
  if (query.data !== undefined || !query.error) return false;
  const { kind } = describeFailure(query.error);
  return kind === 'missing' || kind === 'invalid';
}

type Props = {
  /** What it would be, e.g. "session". */
  what: string;
  back: { href: string; label: string };
};

export function MissingPage({ what, back }: Props) {
  return (
    <EmptyState title={`There is no such ${what}`} icon={<FileQuestion aria-hidden />} isPage className="py-24">
      <p>It is gone, the link is not whole, or it is not for you to see.</p>
      <ButtonLink href={back.href}>Go to {back.label}</ButtonLink>
    </EmptyState>
  );
}
