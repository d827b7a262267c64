'use client';
/** Runs a command of the API: success is said, queries that it changes are asked again, a refusal shows the server's own words. */
import { type MutationOptions, type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query';
import { describeFailure } from '#components/ui/failure.ts';
import { toast } from '#components/ui/toast.tsx';

type Options<Input, Output> = {
  /** Said when it worked; a function of the outcome where that matters. Absent: the page shows it itself. */
  done?: string | ((output: Output, input: Input) => string);
  /** Keys of the queries whose answers change. */
  changes?: readonly QueryKey[];
  onDone?: (output: Output, input: Input) => void;
  /** What could not be done, e.g. "revoke the grant". */
  doing: string;
  /** A refusal is shown where it was asked for, as in a `ReasonDialog`. */
  isRefusalShown?: boolean;
};

export function useCommand<Input, Output, Failure extends Error>(
  mutation: MutationOptions<Output, Failure, Input>,
  { done, changes = [], onDone, doing, isRefusalShown = false }: Options<Input, Output>,
) {
  const queries = useQueryClient();
  return useMutation<Output, Failure, Input>({
    ...mutation,
    onSuccess: async (output, input) => {
      if (done) toast({ tone: 'success', title: typeof done === 'function' ? done(output, input) : done });
      onDone?.(output, input);
      await Promise.all(changes.map(queryKey => queries.invalidateQueries({ queryKey })));
    },
    onError: error => {
      if (isRefusalShown) return;
      const failure = describeFailure(error);
      toast({
        tone: 'error',
        title: `Could not ${doing}`,
        detail: failure.requestId ? `${failure.message} (request ${failure.requestId})` : failure.message,
      });
    },
  });
}
