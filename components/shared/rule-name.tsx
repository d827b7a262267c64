'use client';
/** `policy/rule`, as a way to the policy for those who may read it. */
import Link from 'next/link';
import { useCan } from '#components/shell/caller.tsx';

export function RuleName({ rule }: { rule: string }) {
  const [policy = rule] = rule.split('/');
  if (!useCan('policy:read')) return <span className="font-mono text-xs">{rule}</span>;
  return (
    <Link href={`/policies/${policy}`} className="font-mono text-link text-xs hover:underline">
      {rule}
    </Link>
  );
}
