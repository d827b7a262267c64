'use client';
/** The last look before a policy takes effect: what changes, and why. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogPanel } from '#components/ui/dialog.tsx';
import { DiffView } from '#components/ui/diff-view.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Input } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.tsx';
import { orpc } from '#lib/orpc/browser.ts';

export type Draft = { name: string; yaml: string; published: string; expectedVersion: number | null };

type Props = { draft: Draft; onPublished: (version: number) => void; onConflict: () => void; onClose: () => void };

function PublishForm({ draft, onPublished, onConflict, onClose }: Props) {
  const queries = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const [comment, setComment] = useState('');
  const mutation = useMutation({
    ...orpc.policy.policies.publish.mutationOptions(),
    onSuccess: async output => {
      const detail = output.warnings.join(' ') || `Proxies take it over now (set version ${output.setVersion}).`;
      toast({ tone: 'success', title: `${output.name} version ${output.version} published`, detail });
      onPublished(output.version);
      onClose();
      await queries.invalidateQueries({ queryKey: orpc.policy.key() });
    },
    onError: error => {
      if (describeFailure(error).kind === 'conflict') onConflict();
    },
  });
  useShortcut('form.submit', () => form.current?.requestSubmit());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { name, yaml, expectedVersion } = draft;
    if (!mutation.isPending) mutation.mutate({ name, yaml, expectedVersion, comment });
  };
  return (
    <form ref={form} onSubmit={submit} className="grid grid-cols-[minmax(0,1fr)] gap-4 pb-4">
      <DiffView before={draft.published} after={draft.yaml} label="What changes" />
      <Field
        label="What changes, in a sentence"
        hint="Stands in the history and in the audit log."
        error={mutation.error ? describeFailure(mutation.error).message : undefined}
      >
        {control => (
          <Input
            {...control}
            autoFocus
            value={comment}
            onChange={event => setComment(event.target.value)}
            maxLength={1000}
            required
          />
        )}
      </Field>
      <Button type="submit" variant="primary" pending={mutation.isPending} className="justify-self-end">
        {mutation.isPending ? 'Publishing…' : `Publish ${draft.name}`}
      </Button>
    </form>
  );
}

export function PublishDialog({ isOpen, ...form }: Props & { isOpen: boolean }) {
  return (
    <Dialog open={isOpen} onOpenChange={next => next || form.onClose()}>
      {isOpen ? (
        <DialogPanel
          kind="sheet"
          title={`Publish ${form.draft.name}`}
          description="Takes effect on every proxy as soon as it has the new bundle, and on open sessions too."
        >
          <PublishForm {...form} />
        </DialogPanel>
      ) : null}
    </Dialog>
  );
}
