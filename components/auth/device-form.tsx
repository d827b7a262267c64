'use client';
/** Lets a command line sign in as the reader: shows which one asks, and says yes or no. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { CircleCheck, OctagonX } from 'lucide-react';
import { parseAsString, useQueryState } from 'nuqs';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { Input, Select } from '#components/ui/input.tsx';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { TimeText } from '#components/ui/time.tsx';
import { tokenLifetimeMinutesDefault } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

const lifetimes = [60, 240, 480] as const;

function CodeForm({ error, onCode }: { error: string | null; onCode: (code: string) => void }) {
  const [code, setCode] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onCode(code);
  };
  return (
    <form onSubmit={submit} className="grid gap-3">
      <Field label="Code" hint="As the command line shows it, e.g. WXYZ-1234." error={error}>
        {control => (
          <Input
            {...control}
            value={code}
            onChange={event => setCode(event.target.value.toUpperCase())}
            autoComplete="off"
            autoFocus
            required
            maxLength={20}
            className="font-mono text-lg tracking-widest"
          />
        )}
      </Field>
      <Button type="submit" variant="primary">
        Continue
      </Button>
    </form>
  );
}

function Outcome({ isApproved }: { isApproved: boolean }) {
  const Icon = isApproved ? CircleCheck : OctagonX;
  return (
    <div role="status" className="grid justify-items-center gap-2 py-4 text-center">
      <Icon aria-hidden className={isApproved ? 'size-8 text-allow' : 'size-8 text-deny'} />
      <p className="text-base font-medium">{isApproved ? 'The command line is signed in' : 'Refused'}</p>
      <p className="text-muted-foreground">You can close this page and go back to it.</p>
    </div>
  );
}

function Decision({ code, login }: { code: string; login: string }) {
  const [, setCode] = useQueryState('code', parseAsString);
  const [ttlMinutes, setTtl] = useState<number>(tokenLifetimeMinutesDefault);
  const query = useQuery({ ...orpc.identity.device.get.queryOptions({ input: { userCode: code } }), retry: false });
  const approve = useMutation(orpc.identity.device.approve.mutationOptions());
  const deny = useMutation(orpc.identity.device.deny.mutationOptions());
  if (approve.isSuccess || deny.isSuccess) return <Outcome isApproved={approve.isSuccess} />;
  if (query.isPending) return <Skeleton className="h-32" />;
  if (query.error) return <CodeForm error={describeFailure(query.error).message} onCode={next => void setCode(next)} />;
  const device = query.data;
  if (device.status !== 'pending') {
    return (
      <CodeForm
        error={`This code is ${device.status}. Start again at the command line.`}
        onCode={next => void setCode(next)}
      />
    );
  }
  const failure = approve.error ?? deny.error;
  return (
    <div className="grid gap-4">
      <p>
        <span className="font-medium">{inertText(device.clientName)}</span> wants to sign in as{' '}
        <span className="font-medium">{login}</span>
        {device.address ? ` from ${device.address}` : ''}.
      </p>
      <p className="rounded-md border border-border bg-muted py-2 text-center font-mono text-xl tracking-widest">
        {device.userCode}
      </p>
      {device.isFromHere ? null : (
        <p role="alert" className="rounded-md border border-deny-line bg-deny-bg px-3 py-2 text-deny">
          It asks from another address than this browser. Whoever sent you this code or link gets to act as you: refuse,
          unless you started it there yourself.
        </p>
      )}
      <p className="text-muted-foreground">
        Approve only if you started this yourself and the command line shows the same code. Asked{' '}
        <TimeText value={device.createdAt} />.
      </p>
      <Field label="Signed in for">
        {control => (
          <Select {...control} value={ttlMinutes} onChange={event => setTtl(Number(event.target.value))}>
            {lifetimes.map(minutes => (
              <option key={minutes} value={minutes}>
                {minutes / 60} {minutes === 60 ? 'hour' : 'hours'}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {failure ? (
        <p role="alert" className="text-deny">
          {describeFailure(failure).message}
        </p>
      ) : null}
      <div className="grid grid-cols-2 gap-2">
        <Button pending={deny.isPending} onClick={() => deny.mutate({ userCode: code })}>
          Refuse
        </Button>
        <Button
          variant="primary"
          pending={approve.isPending}
          onClick={() => approve.mutate({ userCode: code, ttlMinutes })}
        >
          Approve sign-in
        </Button>
      </div>
    </div>
  );
}

export function DeviceForm({ login }: { login: string }) {
  const [code, setCode] = useQueryState('code', parseAsString);
  return (
    <Card className="grid gap-4 p-5">
      <h1 className="text-lg font-semibold">Sign in the command line</h1>
      {code ? (
        <Decision key={code} code={code} login={login} />
      ) : (
        <CodeForm error={null} onCode={next => void setCode(next)} />
      )}
    </Card>
  );
}
