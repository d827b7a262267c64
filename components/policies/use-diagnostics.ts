'use client';
/** What the server says about a document while it is written: asked when the typing pauses. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { orpc } from '#lib/orpc/browser.ts';

const pauseMs = 500;

export function useDiagnostics(yaml: string) {
  const [settled, setSettled] = useState(yaml);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(yaml), pauseMs);
    return () => clearTimeout(timer);
  }, [yaml]);
  const query = useQuery({
    ...orpc.policy.policies.validate.queryOptions({ input: { yaml: settled } }),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const isCurrent = settled === yaml && !query.isPlaceholderData && !query.isFetching;
  return { diagnostics: query.data?.diagnostics ?? [], policy: query.data?.policy, isCurrent, error: query.error };
}
