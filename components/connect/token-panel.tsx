'use client';
/** Issues a short-lived token, shows it this once, and takes it back. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useCaller } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Button } from '#components/ui/button.tsx';
import { CheckboxField } from '#components/ui/checkbox.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Select } from '#components/ui/input.tsx';
import { Countdown } from '#components/ui/time.tsx';
import { tokenLifetimeMinutesDefault } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { passwordLine } from './client-lines.ts';

const lifetimes = [
  { minutes: 15, label: '15 minutes' },
  { minutes: 60, label: '1 hour' },
  { minutes: 240, label: '4 hours' },
  { minutes: 480, label: '8 hours' },
] as const;

export type IssuedToken = { token: string; jti: string; login: string; expiresAt: string };

type Props = { connection: string; issued: IssuedToken | null; onIssued: (token: IssuedToken | null) => void };

function IssueForm({ connection, onIssued }: Props) {
  const caller = useCaller();
  const owned = useQuery(orpc.identity.me.owns.queryOptions());
  const [minutes, setMinutes] = useState<number>(tokenLifetimeMinutesDefault);
  const [identityId, setIdentityId] = useState('');
  const [isOnBehalf, setOnBehalf] = useState(true);
  const mutation = useMutation({ ...orpc.identity.tokens.issue.mutationOptions(), onSuccess: onIssued, gcTime: 0 });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate({
      connections: [connection],
      ttlMinutes: minutes,
      ...(identityId ? { identityId, ...(isOnBehalf ? { onBehalfOf: caller.id } : {}) } : {}),
    });
  };
  const agents = (owned.data?.items ?? []).filter(item => item.enabled);
  return (
    <form onSubmit={submit} className="grid gap-3">
      <div className="flex flex-wrap items-end gap-3">
        {agents.length > 0 ? (
          <Field label="For" className="min-w-40 flex-1">
            {control => (
              <Select {...control} value={identityId} onChange={event => setIdentityId(event.target.value)}>
                <option value="">{caller.login} (you)</option>
                {agents.map(agent => (
                  <option key={agent.id} value={agent.id}>
                    {agent.login} ({agent.kind === 'agent' ? 'your AI agent' : 'your service account'})
                  </option>
                ))}
              </Select>
            )}
          </Field>
        ) : null}
        <Field label="Good for" className="w-36">
          {control => (
            <Select {...control} value={minutes} onChange={event => setMinutes(Number(event.target.value))}>
              {lifetimes.map(lifetime => (
                <option key={lifetime.minutes} value={lifetime.minutes}>
                  {lifetime.label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Button type="submit" variant="primary" pending={mutation.isPending}>
          <KeyRound aria-hidden /> Issue token
        </Button>
      </div>
      {identityId ? (
        <CheckboxField
          checked={isOnBehalf}
          onCheckedChange={checked => setOnBehalf(checked === true)}
          label="It acts on my behalf"
          hint="Recorded with every statement; you are part of its identity chain."
        />
      ) : null}
      {mutation.error ? (
        <p role="alert" className="text-deny">
          {describeFailure(mutation.error).message}
        </p>
      ) : null}
    </form>
  );
}

function Issued({ issued, onIssued }: { issued: IssuedToken; onIssued: Props['onIssued'] }) {
  const line = passwordLine(issued.token);
  const revoke = useCommand(orpc.identity.tokens.revoke.mutationOptions(), {
    doing: 'revoke the token',
    done: 'Token revoked',
    changes: [orpc.identity.tokens.key()],
    onDone: () => onIssued(null),
  });
  return (
    <div className="grid gap-2 rounded-lg border border-allow-line bg-allow-bg p-3">
      <p>
        Token for <span className="font-medium">{issued.login}</span>, <Countdown until={issued.expiresAt} />. It is
        shown only now.
      </p>
      <div className="flex items-start gap-2">
        <code className="max-h-28 min-w-0 flex-1 overflow-y-auto rounded-md bg-card p-2 font-mono text-xs break-all">
          {line}
        </code>
        <CopyButton value={line} what="the line that sets the password" />
      </div>
      <div className="flex flex-wrap gap-2">
        <CopyButton value={issued.token} what="token" label="Copy the token alone" />
        <Button
          size="small"
          variant="ghost"
          pending={revoke.isPending}
          onClick={() => revoke.mutate({ id: issued.jti })}
        >
          Revoke
        </Button>
        <Button size="small" variant="ghost" onClick={() => onIssued(null)}>
          Issue another
        </Button>
      </div>
    </div>
  );
}

export function TokenPanel(props: Props) {
  return props.issued ? <Issued issued={props.issued} onIssued={props.onIssued} /> : <IssueForm {...props} />;
}
