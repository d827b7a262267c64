'use client';
/** Makes a one-time token for a new proxy, shows the command to run with it, and waits for the proxy to report. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleCheck, Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { Button } from '#components/ui/button.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { Dialog, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Input, Select } from '#components/ui/input.tsx';
import { Countdown } from '#components/ui/time.tsx';
import { orpc } from '#lib/orpc/browser.ts';

const askEveryMs = 2000;

const lifetimes = [
  { minutes: 15, label: '15 minutes' },
  { minutes: 60, label: '1 hour' },
  { minutes: 1440, label: '1 day' },
] as const;

type Made = { id: string; token: string; expiresAt: string };

function Waiting({ made }: { made: Made }) {
  const enrolments = useQuery({
    ...orpc.proxies.enrolments.list.queryOptions({ input: { limit: 50 } }),
    refetchInterval: askEveryMs,
  });
  const enrolment = enrolments.data?.items.find(item => item.id === made.id);
  const proxy = useQuery({
    ...orpc.proxies.get.queryOptions({ input: { id: enrolment?.proxyId ?? made.id } }),
    enabled: Boolean(enrolment?.proxyId),
    refetchInterval: askEveryMs,
  });
  return (
    <p role="status" className="flex items-center gap-2">
      {proxy.data?.lastSeenAt ? (
        <>
          <CircleCheck aria-hidden className="size-4 text-allow" /> {proxy.data.name} is connected.
        </>
      ) : enrolment?.state === 'used' ? (
        'Enrolled; waiting for the first report…'
      ) : (
        <>
          <span aria-hidden className="size-2 rounded-full bg-approve-solid motion-safe:animate-live" />
          Waiting for the proxy; the token has <Countdown until={made.expiresAt} />.
        </>
      )}
    </p>
  );
}

/** A line to paste, with its copy button. */
function Line({ text, what }: { text: string; what: string }) {
  return (
    <div className="flex items-start gap-2 rounded-lg border border-border bg-sql-bg p-2">
      <pre dir="ltr" className="min-w-0 flex-1 font-mono text-xs leading-5 break-all whitespace-pre-wrap">
        {text}
      </pre>
      <CopyButton value={text} what={what} />
    </div>
  );
}

function Enrolled({ made }: { made: Made }) {
  return (
    <div className="grid gap-3 pb-2">
      <p>The token is shown only now, and works once.</p>
      <Line text={made.token} what="enrolment token" />
      <p>On the machine of the proxy, with its configuration file in place:</p>
      <Line
        text={`WEIR_CONTROL_URL=${window.location.origin} weir proxy enrol --config proxy.yaml --token ${made.token}`}
        what="enrol command"
      />
      <Waiting made={made} />
    </div>
  );
}

function EnrolForm({ onMade }: { onMade: (made: Made) => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [ttlMinutes, setTtl] = useState<number>(60);
  const mutation = useMutation({
    ...orpc.proxies.enrolments.create.mutationOptions(),
    gcTime: 0,
    onSuccess: async output => {
      onMade(output);
      await queries.invalidateQueries({ queryKey: orpc.proxies.enrolments.key() });
    },
  });
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate({ name: name.trim() || null, ttlMinutes });
  };
  return (
    <form onSubmit={submit} className="grid gap-3 pb-2">
      <Field
        label="Name (optional)"
        hint="Empty: the proxy chooses its own."
        error={failure ? (failure.issues.name ?? failure.message) : undefined}
      >
        {control => (
          <Input
            {...control}
            autoFocus
            value={name}
            onChange={event => setName(event.target.value)}
            placeholder="proxy-eu-1"
            pattern="[a-z0-9][a-z0-9-]{0,62}"
            title="Lower case letters, digits and hyphens"
          />
        )}
      </Field>
      <Field label="The token is good for">
        {control => (
          <Select {...control} value={ttlMinutes} onChange={event => setTtl(Number(event.target.value))}>
            {lifetimes.map(lifetime => (
              <option key={lifetime.minutes} value={lifetime.minutes}>
                {lifetime.label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Button type="submit" variant="primary" pending={mutation.isPending} className="justify-self-end">
        Make enrolment token
      </Button>
    </form>
  );
}

export function EnrolDialog() {
  const [isOpen, setOpen] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  useShortcut('proxy.enrol', () => setOpen(true));
  const change = (next: boolean) => {
    setOpen(next);
    if (!next) setMade(null);
  };
  return (
    <Dialog open={isOpen} onOpenChange={change}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <Plus aria-hidden /> Enrol proxy
        </Button>
      </DialogTrigger>
      <DialogPanel title="Enrol a proxy" description="The proxy makes its own key; the token only introduces it.">
        {made ? <Enrolled made={made} /> : <EnrolForm onMade={setMade} />}
      </DialogPanel>
    </Dialog>
  );
}
