'use client';
/** Asks for a connection, for a time, with a reason. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { type FormEvent, useState } from 'react';
import { useCaller } from '#components/shell/caller.tsx';
import { Button } from '#components/ui/button.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Select, Textarea } from '#components/ui/input.tsx';
import { reasonMax } from '#lib/approvals/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

const durations = [
  { minutes: 60, label: '1 hour' },
  { minutes: 240, label: '4 hours' },
  { minutes: 480, label: '8 hours' },
  { minutes: 1440, label: '1 day' },
  { minutes: 10_080, label: '7 days' },
] as const;

type Props = { connection: { id: string; name: string }; onDone?: () => void };

export function AccessRequestForm({ connection, onDone }: Props) {
  const caller = useCaller();
  const queries = useQueryClient();
  const owned = useQuery(orpc.identity.me.owns.queryOptions());
  const [durationMinutes, setDuration] = useState<number>(240);
  const [identityId, setIdentityId] = useState('');
  const [reason, setReason] = useState('');
  const mutation = useMutation({
    ...orpc.approvals.access.request.mutationOptions(),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: orpc.approvals.key() });
    },
  });
  if (mutation.data) {
    return (
      <p role="status" className="rounded-lg border border-approve-line bg-approve-bg p-3">
        Asked for {connection.name}.{' '}
        <Link href={`/approvals/${mutation.data.id}?tab=mine`} className="text-link underline" onClick={onDone}>
          Follow the request
        </Link>
      </p>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate({ connectionId: connection.id, durationMinutes, reason, ...(identityId ? { identityId } : {}) });
  };
  const agents = (owned.data?.items ?? []).filter(item => item.enabled);
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  return (
    <form onSubmit={submit} className="grid gap-3">
      <div className="flex flex-wrap gap-3">
        {agents.length > 0 ? (
          <Field label="For" className="min-w-40 flex-1">
            {control => (
              <Select {...control} value={identityId} onChange={event => setIdentityId(event.target.value)}>
                <option value="">{caller.login} (you)</option>
                {agents.map(agent => (
                  <option key={agent.id} value={agent.id}>
                    {agent.login}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        ) : null}
        <Field label="For how long" className="w-36">
          {control => (
            <Select {...control} value={durationMinutes} onChange={event => setDuration(Number(event.target.value))}>
              {durations.map(duration => (
                <option key={duration.minutes} value={duration.minutes}>
                  {duration.label}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <Field
        label="Reason"
        hint="Reviewers decide by it. Name the ticket."
        error={failure ? (failure.issues.reason ?? failure.message) : undefined}
      >
        {control => (
          <Textarea
            {...control}
            value={reason}
            onChange={event => setReason(event.target.value)}
            required
            maxLength={reasonMax}
          />
        )}
      </Field>
      <Button type="submit" variant="primary" pending={mutation.isPending} className="justify-self-start">
        Request access to {connection.name}
      </Button>
    </form>
  );
}
