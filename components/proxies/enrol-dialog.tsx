'use client';
/** Enrols a proxy: a one-time token, what to run with it, and word of the first heartbeat as soon as it comes. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Input, Select } from '#components/ui/input.tsx';
import { orpc } from '#lib/orpc/browser.ts';
import { type Enrolment, EnrolSteps } from './enrol-steps.tsx';

const lifetimes = [
  { minutes: 15, label: '15 minutes' },
  { minutes: 60, label: '1 hour' },
  { minutes: 24 * 60, label: '1 day' },
  { minutes: 7 * 24 * 60, label: '7 days' },
] as const;

const lifetimeMinutesDefault = 60;

function EnrolForm({ onCreated }: { onCreated: (enrolment: Enrolment) => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [minutes, setMinutes] = useState<number>(lifetimeMinutesDefault);
  const mutation = useMutation({
    ...orpc.proxies.enrolments.create.mutationOptions(),
    // The answer holds the token: it is kept by the dialog while it is open, and nowhere else.
    gcTime: 0,
    onSuccess: created => {
      onCreated({ ...created, name: name.trim() || null });
      void queries.invalidateQueries({ queryKey: orpc.proxies.enrolments.key() });
    },
  });
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate({ name: name.trim() || null, ttlMinutes: minutes });
  };
  return (
    <form onSubmit={submit} className="grid gap-3 pb-2">
      <div className="flex flex-wrap items-start gap-3">
        <Field
          label="Name (optional)"
          hint="Binds the token to a proxy of this name."
          error={failure?.issues.name}
          className="min-w-48 flex-1"
        >
          {control => (
            <Input
              {...control}
              value={name}
              onChange={event => setName(event.target.value)}
              maxLength={63}
              placeholder="eu-1"
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        <Field label="Token good for" className="w-36">
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
      </div>
      {failure && !failure.issues.name ? (
        <p role="alert" className="text-deny">
          {failure.message}
        </p>
      ) : null}
      <Button type="submit" variant="primary" pending={mutation.isPending} className="justify-self-start">
        Make enrolment token
      </Button>
    </form>
  );
}

export function EnrolDialog() {
  const [isOpen, setOpen] = useState(false);
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const change = (next: boolean) => {
    setOpen(next);
    if (!next) setEnrolment(null);
  };
  useShortcut('proxy.enrol', () => change(true));
  return (
    <Dialog open={isOpen} onOpenChange={change}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <Plus aria-hidden /> Enrol a proxy
        </Button>
      </DialogTrigger>
      <DialogPanel
        title="Enrol a proxy"
        description="A proxy makes its own key, which never leaves it. The token lets it in, once."
        className="max-w-2xl"
      >
        {enrolment ? (
          <EnrolSteps enrolment={enrolment} onClose={() => change(false)} />
        ) : (
          <EnrolForm onCreated={setEnrolment} />
        )}
      </DialogPanel>
    </Dialog>
  );
}
