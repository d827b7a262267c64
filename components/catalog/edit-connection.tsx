'use client';
/** Changes what the control plane knows of a connection. Policies read environment and tags, so a change may change rights. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useCan } from '#components/shell/caller.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Input, Textarea } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { ConnectionView } from '#lib/catalog/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { parseTagLines, tagLines } from './tag-lines.ts';

const fields = [
  { name: 'environment', label: 'Environment', hint: 'Policies refer to it, e.g. prod or dev.', max: 40 },
  { name: 'region', label: 'Region', hint: 'Where the data is.', max: 40 },
  { name: 'description', label: 'Description', hint: '', max: 500 },
] as const;

function EditForm({ connection, onDone }: { connection: ConnectionView; onDone: () => void }) {
  const queries = useQueryClient();
  const [values, setValues] = useState({
    environment: connection.environment,
    region: connection.region,
    description: connection.description,
  });
  const [tags, setTags] = useState(tagLines(connection.tags));
  const parsed = parseTagLines(tags);
  // Policies select connections by them: the server lets nobody else change what policies say of a connection.
  const mayMove = useCan('policy:write');
  const onlyWriters = mayMove ? '' : ' Changing it needs the permission policy:write.';
  const mutation = useMutation({
    ...orpc.catalog.connections.update.mutationOptions(),
    onSuccess: async saved => {
      toast({ tone: 'success', title: `${saved.name} saved` });
      onDone();
      await queries.invalidateQueries({ queryKey: orpc.catalog.key() });
    },
  });
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if ('wrong' in parsed) return;
    mutation.mutate({ id: connection.id, expectedVersion: connection.version, ...values, tags: parsed.tags });
  };
  return (
    <form onSubmit={submit} className="grid gap-3 pb-2">
      {fields.map(({ name, label, hint, max }) => (
        <Field
          key={name}
          label={label}
          hint={name === 'environment' ? `${hint}${onlyWriters}` : hint}
          error={failure?.issues[name]}
        >
          {control => (
            <Input
              {...control}
              value={values[name]}
              onChange={event => setValues(before => ({ ...before, [name]: event.target.value }))}
              readOnly={name === 'environment' && !mayMove}
              required={name !== 'description'}
              maxLength={max}
              autoComplete="off"
            />
          )}
        </Field>
      ))}
      <Field
        label="Tags"
        hint={`One per line, as key=value. Policies may refer to them.${onlyWriters}`}
        error={'wrong' in parsed ? `“${parsed.wrong}” is not a tag of its own.` : failure?.issues.tags}
      >
        {control => (
          <Textarea
            {...control}
            value={tags}
            onChange={event => setTags(event.target.value)}
            readOnly={!mayMove}
            spellCheck={false}
            className="font-mono text-xs"
          />
        )}
      </Field>
      {failure && Object.keys(failure.issues).length === 0 ? (
        <p role="alert" className="text-deny">
          {failure.message}
        </p>
      ) : null}
      <Button
        type="submit"
        variant="primary"
        pending={mutation.isPending}
        disabled={'wrong' in parsed}
        className="justify-self-end"
      >
        Save {connection.name}
      </Button>
    </form>
  );
}

export function EditConnection({ connection }: { connection: ConnectionView }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Dialog open={isOpen} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="small">
          <Pencil aria-hidden /> Edit
        </Button>
      </DialogTrigger>
      <DialogPanel
        title={`Edit ${connection.name}`}
        description="Which policies apply can change with it, on every proxy within moments."
      >
        <EditForm key={connection.version} connection={connection} onDone={() => setOpen(false)} />
      </DialogPanel>
    </Dialog>
  );
}
