'use client';
/** Adds a connection by name. Where the database is and its credentials stay with the proxy. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Input } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.tsx';
import { orpc } from '#lib/orpc/browser.ts';

const inputs = [
  {
    name: 'name',
    label: 'Name',
    hint: 'What clients name as the database, e.g. shop-prod.',
    placeholder: 'shop-prod',
    required: true,
  },
  {
    name: 'environment',
    label: 'Environment',
    hint: 'Policies refer to it, e.g. prod or dev.',
    placeholder: 'prod',
    required: true,
  },
  {
    name: 'region',
    label: 'Region',
    hint: 'Where the data is, e.g. eu-central-1.',
    placeholder: 'eu-central-1',
    required: true,
  },
  { name: 'description', label: 'Description', hint: '', placeholder: '', required: false },
] as const;

function AddForm({ onDone }: { onDone: () => void }) {
  const queries = useQueryClient();
  const mutation = useMutation({
    ...orpc.catalog.connections.create.mutationOptions(),
    onSuccess: async output => {
      toast({
        tone: 'success',
        title: `${output.name} added`,
        detail: 'Now give its address to a proxy, under this name.',
      });
      onDone();
      await queries.invalidateQueries({ queryKey: orpc.catalog.connections.key() });
    },
  });
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    mutation.mutate({
      name: text('name'),
      environment: text('environment'),
      region: text('region'),
      description: text('description'),
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-3 pb-2">
      {inputs.map(({ name, label, hint, placeholder, required }) => (
        <Field key={name} label={label} hint={hint} error={failure?.issues[name]}>
          {control => (
            <Input
              {...control}
              name={name}
              placeholder={placeholder}
              required={required}
              maxLength={500}
              autoComplete="off"
            />
          )}
        </Field>
      ))}
      {failure && Object.keys(failure.issues).length === 0 ? (
        <p role="alert" className="text-deny">
          {failure.message}
        </p>
      ) : null}
      <Button type="submit" variant="primary" pending={mutation.isPending} className="justify-self-end">
        Add connection
      </Button>
    </form>
  );
}

export function AddConnection() {
  const [isOpen, setOpen] = useState(false);
  return (
    <Dialog open={isOpen} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <Plus aria-hidden /> Add connection
        </Button>
      </DialogTrigger>
      <DialogPanel
        title="Add a connection"
        description="Its address and credentials are configured at the proxy and never come here."
      >
        <AddForm onDone={() => setOpen(false)} />
      </DialogPanel>
    </Dialog>
  );
}
