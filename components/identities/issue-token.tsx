'use client';
/** Issues a token with which an AI agent or service account of one's own signs in to proxies. It is shown this once. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useCaller } from '#components/shell/caller.tsx';
import { Button } from '#components/ui/button.tsx';
import { CheckboxField } from '#components/ui/checkbox.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { Dialog, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { Select } from '#components/ui/input.tsx';
import { Countdown } from '#components/ui/time.tsx';
import type { IdentityKind } from '#core/identity/principal.ts';
import { tokenLifetimeMinutesDefault } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

const lifetimes = [
  { minutes: 15, label: '15 minutes' },
  { minutes: 60, label: '1 hour' },
  { minutes: 240, label: '4 hours' },
  { minutes: 480, label: '8 hours' },
] as const;

const connectionsListedMax = 200;

type Holder = { id: string; login: string; kind: IdentityKind };

function Issued({ token, login, expiresAt }: { token: string; login: string; expiresAt: string }) {
  return (
    <div className="grid gap-2 pb-2">
      <p>
        Token for <span className="font-medium">{inertText(login)}</span>, <Countdown until={expiresAt} />. It is shown
        only now; it is the password, and {inertText(login)} the user.
      </p>
      <div className="flex items-start gap-2 rounded-lg border border-border bg-sql-bg p-2">
        <code className="max-h-40 min-w-0 flex-1 overflow-y-auto font-mono text-xs break-all">{token}</code>
        <CopyButton value={token} what="token" />
      </div>
    </div>
  );
}

function IssueForm({ holder }: { holder: Holder }) {
  const caller = useCaller();
  const queries = useQueryClient();
  const [connection, setConnection] = useState('');
  const [ttlMinutes, setMinutes] = useState<number>(tokenLifetimeMinutesDefault);
  const [isOnBehalf, setOnBehalf] = useState(holder.kind === 'agent');
  const connections = useQuery(orpc.catalog.connections.list.queryOptions({ input: { limit: connectionsListedMax } }));
  const mutation = useMutation({
    ...orpc.identity.tokens.issue.mutationOptions(),
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: orpc.identity.key() }),
  });
  if (mutation.data) return <Issued {...mutation.data} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate({
      identityId: holder.id,
      ttlMinutes,
      ...(connection ? { connections: [connection] } : {}),
      ...(isOnBehalf ? { onBehalfOf: caller.id } : {}),
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-3 pb-2">
      <div className="flex flex-wrap gap-3">
        <Field label="For" className="min-w-48 flex-1">
          {control => (
            <Select {...control} value={connection} onChange={event => setConnection(event.target.value)}>
              <option value="">All connections that policy allows</option>
              {connections.data?.items.map(each => (
                <option key={each.id} value={each.name}>
                  {each.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Good for" className="w-36">
          {control => (
            <Select {...control} value={ttlMinutes} onChange={event => setMinutes(Number(event.target.value))}>
              {lifetimes.map(lifetime => (
                <option key={lifetime.minutes} value={lifetime.minutes}>
                  {lifetime.label}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <CheckboxField
        checked={isOnBehalf}
        onCheckedChange={checked => setOnBehalf(checked === true)}
        label="It acts on my behalf"
        hint="Then it may do no more than you may, and you are named with every statement."
      />
      {mutation.error ? (
        <p role="alert" className="text-deny">
          {describeFailure(mutation.error).message}
        </p>
      ) : null}
      <Button type="submit" variant="primary" pending={mutation.isPending} className="justify-self-end">
        Issue token
      </Button>
    </form>
  );
}

export function IssueToken({ holder, size }: { holder: Holder; size?: 'small' }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Dialog open={isOpen} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button {...(size ? { size } : {})} aria-label={`Issue a token for ${inertText(holder.login)}`}>
          <KeyRound aria-hidden /> Issue token…
        </Button>
      </DialogTrigger>
      <DialogPanel
        title={`Token for ${inertText(holder.login)}`}
        description="Short-lived, for signing in to proxies. You answer for what is done with it."
      >
        <IssueForm holder={holder} />
      </DialogPanel>
    </Dialog>
  );
}
