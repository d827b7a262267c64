'use client';
/** One verdict with its reason. It is opened by naming the verdict, so that none is ever preselected. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { keyCaps } from '#components/keyboard/shortcuts.ts';
import { announce } from '#components/ui/announce.ts';
import { Button } from '#components/ui/button.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Textarea } from '#components/ui/input.tsx';
import { Kbd } from '#components/ui/kbd.tsx';
import { formatDuration } from '#components/ui/number-format.ts';
import { toast } from '#components/ui/toast.tsx';
import { type RequestDetail, reasonMax } from '#lib/approvals/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { Meanwhile } from './meanwhile.tsx';
import { stateWord } from './request-state.tsx';

export type Verdict = 'approve' | 'deny';

/** What pressing the button will do, in full. */
function consequence(request: RequestDetail, verdict: Verdict): string {
  if (verdict === 'deny') return 'The request ends. The requester sees your reason.';
  const isLastVote = request.votes.approved + 1 >= request.votes.needed;
  if (!isLastVote)
    return `Your vote counts; ${request.votes.needed - request.votes.approved - 1} more needed before anything happens.`;
  if (request.access)
    return `Opens the connection for ${formatDuration(request.access.durationMinutes * 60_000)}, from now on. It can be revoked.`;
  if (request.waiting) return 'The client waits: exactly this statement runs at once, one time.';
  return 'Exactly this statement may run one time within the approval’s window.';
}

const submitWord = (request: RequestDetail, verdict: Verdict): string => {
  if (verdict === 'deny') return 'Deny request';
  if (request.access) return 'Approve access';
  return request.waiting && request.votes.approved + 1 >= request.votes.needed ? 'Approve and run' : 'Approve once';
};

type Props = { request: RequestDetail; verdict: Verdict; onDone: () => void };

function SendVerdict({ request, verdict, isSending }: Omit<Props, 'onDone'> & { isSending: boolean }) {
  return (
    <Button type="submit" variant={verdict === 'approve' ? 'allow' : 'destructive'} pending={isSending}>
      {isSending ? 'Sending…' : submitWord(request, verdict)}
      <Kbd keys={keyCaps('form.submit')} isInverse className="max-sm:hidden" />
    </Button>
  );
}

export function DecideForm({ request, verdict, onDone }: Props) {
  const queries = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const [reason, setReason] = useState('');
  const mutation = useMutation({
    ...orpc.approvals.requests.decide.mutationOptions(),
    onSuccess: async output => {
      const word = output.state === 'pending' ? 'Vote recorded' : `Request ${stateWord(output.state).toLowerCase()}`;
      announce(word);
      toast({ tone: 'success', title: word, detail: request.summary });
      onDone();
      await queries.invalidateQueries({ queryKey: orpc.approvals.requests.key() });
    },
    // Somebody else may have been faster: show what is the case now.
    onError: () =>
      queries.invalidateQueries({ queryKey: orpc.approvals.requests.get.key({ input: { id: request.id } }) }),
  });
  useShortcut('form.submit', () => form.current?.requestSubmit());
  // What the reader's own vote did is no news to them.
  const isTaken = !request.viewer.canDecide && !mutation.isPending && !mutation.isSuccess;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!mutation.isPending && !isTaken) mutation.mutate({ id: request.id, verdict, reason });
  };
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  return (
    <form ref={form} onSubmit={submit} className="grid gap-3">
      {isTaken ? <Meanwhile request={request} kept={reason} /> : <p>{consequence(request, verdict)}</p>}
      <Field
        label="Reason"
        hint="Shown to the requester and to auditors."
        error={failure ? (failure.issues.reason ?? failure.message) : undefined}
      >
        {control => (
          <Textarea
            {...control}
            value={reason}
            onChange={event => setReason(event.target.value)}
            maxLength={reasonMax}
            required
            autoFocus
          />
        )}
      </Field>
      {request.statement && !isTaken ? (
        <p className="text-xs text-muted-foreground">
          Bound to <span className="font-mono">{request.statement.hash.slice(0, 12)}</span>: this identity, connection,
          text and parameters. Any change voids it.
        </p>
      ) : null}
      {isTaken ? (
        <Button onClick={onDone}>Close</Button>
      ) : (
        <SendVerdict request={request} verdict={verdict} isSending={mutation.isPending} />
      )}
    </form>
  );
}
