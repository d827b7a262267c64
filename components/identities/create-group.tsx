'use client';
/** Makes a group. Its members are added on its own page. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Input } from '#components/ui/input.tsx';
import { orpc } from '#lib/orpc/browser.ts';

function GroupForm({ onDone }: { onDone: () => void }) {
  const queries = useQueryClient();
  const router = useRouter();
  const mutation = useMutation({
    ...orpc.identity.groups.create.mutationOptions(),
    onSuccess: async group => {
      onDone();
      router.push(`/identities/groups/${group.id}`);
      await queries.invalidateQueries({ queryKey: orpc.identity.groups.key() });
    },
  });
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    mutation.mutate({
      name: String(form.get('name') ?? '').trim(),
      description: String(form.get('description') ?? '').trim(),
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-3 pb-2">
      <Field
        label="Name"
        hint="Lower case; policies refer to it."
        error={failure ? (failure.issues.name ?? failure.message) : undefined}
      >
        {control => <Input {...control} name="name" required maxLength={100} autoFocus autoComplete="off" />}
      </Field>
      <Field label="Description">
        {control => <Input {...control} name="description" maxLength={500} autoComplete="off" />}
      </Field>
      <Button type="submit" variant="primary" pending={mutation.isPending} className="justify-self-end">
        Add group
      </Button>
    </form>
  );
}

export function CreateGroup() {
  const [isOpen, setOpen] = useState(false);
  return (
    <Dialog open={isOpen} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <Plus aria-hidden /> Add group
        </Button>
      </DialogTrigger>
      <DialogPanel title="Add a group" description="Policies and ownership can name it. Its members are added next.">
        <GroupForm onDone={() => setOpen(false)} />
      </DialogPanel>
    </Dialog>
  );
}
