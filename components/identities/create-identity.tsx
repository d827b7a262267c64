'use client';
/** Makes a person, an AI agent or a service account. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { kindWord } from '#components/shared/identity.tsx';
import { IdentityPicker, type PickedIdentity } from '#components/shared/identity-picker.tsx';
import { Button } from '#components/ui/button.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { Dialog, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Input, Textarea } from '#components/ui/input.tsx';
import { TimeText } from '#components/ui/time.tsx';
import type { IdentityKind } from '#core/identity/principal.ts';
import type { Role } from '#core/identity/role.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { RoleFields } from './role-fields.tsx';

const verbs: Readonly<Record<IdentityKind, string>> = {
  user: 'Add person',
  agent: 'Add AI agent',
  service: 'Add service account',
};

export function PasswordLink({ url, expiresAt }: { url: string; expiresAt: string }) {
  return (
    <div className="grid gap-2">
      <p>
        Hand this link over; with it the person sets a password. It is shown only now, works once, and expires{' '}
        <TimeText value={expiresAt} />.
      </p>
      <div className="flex items-start gap-2 rounded-lg border border-border bg-sql-bg p-2">
        <code className="min-w-0 flex-1 font-mono text-xs break-all">{url}</code>
        <CopyButton value={url} what="link" />
      </div>
    </div>
  );
}

type FormProps = { kind: IdentityKind; onDone: () => void };

function CreateForm({ kind, onDone }: FormProps) {
  const queries = useQueryClient();
  const [chosenRoles, setRoles] = useState<Role[]>(['developer']);
  const [chosenGroups, setGroups] = useState<string[]>([]);
  const [owner, setOwner] = useState<PickedIdentity | null>(null);
  const mutation = useMutation({
    ...orpc.identity.identities.create.mutationOptions(),
    gcTime: 0,
    onSuccess: async output => {
      await queries.invalidateQueries({ queryKey: orpc.identity.identities.key() });
      if (!output.passwordLink) onDone();
    },
  });
  if (mutation.data?.passwordLink) {
    return (
      <div className="grid gap-3 pb-2">
        <p>{mutation.data.identity.login} was added.</p>
        <PasswordLink {...mutation.data.passwordLink} />
      </div>
    );
  }
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    mutation.mutate({
      kind,
      login: text('login'),
      displayName: text('displayName'),
      purpose: text('purpose'),
      roles: chosenRoles,
      groups: chosenGroups,
      ...(kind === 'user' || !owner ? {} : { ownerId: owner.id }),
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-3 pb-4">
      <Field
        label={kind === 'user' ? 'E-mail address' : 'Login'}
        hint="What clients send as user name."
        error={failure?.issues.login}
      >
        {control => (
          <Input
            {...control}
            name="login"
            type={kind === 'user' ? 'email' : 'text'}
            required
            maxLength={320}
            autoFocus
            autoComplete="off"
          />
        )}
      </Field>
      <Field label="Name" error={failure?.issues.displayName}>
        {control => <Input {...control} name="displayName" required maxLength={200} autoComplete="off" />}
      </Field>
      {kind === 'user' ? null : (
        <>
          <IdentityPicker
            label="Owner"
            hint="The person who answers for it."
            kind="user"
            value={owner}
            onChange={setOwner}
          />
          <Field label="Purpose" hint="What it is for, so that somebody can judge later whether it is still needed.">
            {control => <Textarea {...control} name="purpose" maxLength={500} rows={2} />}
          </Field>
        </>
      )}
      <RoleFields chosenRoles={chosenRoles} onRoles={setRoles} chosenGroups={chosenGroups} onGroups={setGroups} />
      {failure && !failure.issues.login && !failure.issues.displayName ? (
        <p role="alert" className="text-deny">
          {failure.issues.ownerId ?? failure.message}
        </p>
      ) : null}
      <Button
        type="submit"
        variant="primary"
        pending={mutation.isPending}
        disabled={kind !== 'user' && !owner}
        className="justify-self-end"
      >
        {verbs[kind]}
      </Button>
    </form>
  );
}

export function CreateIdentity({ kind }: { kind: IdentityKind }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Dialog open={isOpen} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <Plus aria-hidden /> {verbs[kind]}
        </Button>
      </DialogTrigger>
      <DialogPanel
        kind="sheet"
        title={verbs[kind]}
        description={
          kind === 'user'
            ? 'They get a link to set their own password.'
            : `${kindWord(kind)}s sign in with tokens that their owner issues.`
        }
      >
        <CreateForm kind={kind} onDone={() => setOpen(false)} />
      </DialogPanel>
    </Dialog>
  );
}
