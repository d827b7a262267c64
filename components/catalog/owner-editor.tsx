'use client';
/** Sets who owns a relation or a whole schema: owners see their data unmasked and approve writes to it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { IdentityPicker, type PickedIdentity } from '#components/shared/identity-picker.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Select } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { OwnerRef } from '#lib/catalog/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

const groupsMax = 200;

type Props = {
  connectionId: string;
  schema: string;
  /** Null: the whole schema. */
  relation: string | null;
  current: OwnerRef | null;
  trigger: ReactNode;
};

function OwnerForm({
  connectionId,
  schema,
  relation,
  current,
  onDone,
}: Omit<Props, 'trigger'> & { onDone: () => void }) {
  const queries = useQueryClient();
  const [kind, setKind] = useState<'identity' | 'group' | 'nobody'>(current?.type ?? 'identity');
  const [person, setPerson] = useState<PickedIdentity | null>(current?.type === 'identity' ? current.identity : null);
  const [group, setGroup] = useState(current?.type === 'group' ? current.group : '');
  const groups = useQuery({
    ...orpc.identity.groups.list.queryOptions({ input: { limit: groupsMax } }),
    enabled: kind === 'group',
  });
  const mutation = useMutation({
    ...orpc.catalog.setOwner.mutationOptions(),
    onSuccess: async () => {
      toast({ tone: 'success', title: `Owner of ${relation === null ? schema : `${schema}.${relation}`} set` });
      onDone();
      await queries.invalidateQueries({ queryKey: orpc.catalog.key() });
    },
  });
  const owner =
    kind === 'identity'
      ? person
        ? { identity: person.id }
        : null
      : kind === 'group'
        ? group
          ? { group }
          : null
        : null;
  const isComplete = kind === 'nobody' || owner !== null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isComplete) mutation.mutate({ connectionId, schema, relation, owner });
  };
  return (
    <form onSubmit={submit} className="grid gap-3 pb-2">
      <Field label="Owner is">
        {control => (
          <Select {...control} value={kind} onChange={event => setKind(event.target.value as typeof kind)}>
            <option value="identity">A person</option>
            <option value="group">A group</option>
            <option value="nobody">Nobody</option>
          </Select>
        )}
      </Field>
      {kind === 'identity' ? <IdentityPicker label="Person" kind="user" value={person} onChange={setPerson} /> : null}
      {kind === 'group' ? (
        <Field label="Group">
          {control => (
            <Select {...control} value={group} onChange={event => setGroup(event.target.value)}>
              <option value="" disabled>
                {groups.isPending ? 'Loading…' : 'Choose one'}
              </option>
              {groups.data?.items.map(each => (
                <option key={each.id} value={each.name}>
                  {each.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ) : null}
      {mutation.error ? (
        <p role="alert" className="text-deny">
          {describeFailure(mutation.error).message}
        </p>
      ) : null}
      <Button
        type="submit"
        variant="primary"
        disabled={!isComplete}
        pending={mutation.isPending}
        className="justify-self-end"
      >
        Set owner
      </Button>
    </form>
  );
}

export function OwnerEditor({ trigger, ...form }: Props) {
  const [isOpen, setOpen] = useState(false);
  const what = form.relation === null ? `schema ${form.schema}` : `${form.schema}.${form.relation}`;
  return (
    <Dialog open={isOpen} onOpenChange={setOpen}>
      <DialogTrigger asChild>{trigger}</DialogTrigger>
      <DialogPanel title={`Owner of ${what}`} description="Owners see this data unmasked and approve writes to it.">
        <OwnerForm {...form} onDone={() => setOpen(false)} />
      </DialogPanel>
    </Dialog>
  );
}
