'use client';
/** Shows the values behind a statement's placeholders: with a reason, for a minute, and recorded in the audit log. */
import { useMutation } from '@tanstack/react-query';
import { Eye } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { Input } from '#components/ui/input.tsx';
import { Popover, PopoverPanel, PopoverTrigger } from '#components/ui/popover.tsx';

const shownMs = 60_000;

type Props = {
  /** Asks the server; refused without the permission. */
  reveal: (reason: string) => Promise<{ literals: readonly string[] }>;
};

export function RevealLiterals({ reveal }: Props) {
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const mutation = useMutation({ mutationFn: reveal, onSuccess: () => setOpen(false), gcTime: 0 });
  const { data, reset } = mutation;
  useEffect(() => {
    if (!data) return;
    const timer = setTimeout(reset, shownMs);
    return () => clearTimeout(timer);
  }, [data, reset]);
  if (data) {
    return (
      <div className="grid gap-1 rounded-lg border border-approve-line bg-approve-bg p-3">
        <p className="font-medium text-approve">Values, in the order of the placeholders. Hidden again in a minute.</p>
        <ol className="grid list-inside list-decimal gap-0.5 font-mono text-xs">
          {data.literals.map((literal, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a literal is its place
            <li key={index}>
              <bdi>{inertText(literal)}</bdi>
            </li>
          ))}
        </ol>
        <Button size="small" className="w-fit" onClick={reset}>
          Hide now
        </Button>
      </div>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate(reason);
  };
  return (
    <Popover open={isOpen} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button size="small" className="w-fit">
          <Eye aria-hidden /> Show values…
        </Button>
      </PopoverTrigger>
      <PopoverPanel aria-label="Show values">
        <form onSubmit={submit} className="grid gap-3">
          <Field
            label="Why do you need them?"
            hint="The reason and your name go into the audit log."
            error={mutation.error ? describeFailure(mutation.error).message : undefined}
          >
            {control => (
              <Input
                {...control}
                value={reason}
                onChange={event => setReason(event.target.value)}
                minLength={5}
                maxLength={500}
                required
              />
            )}
          </Field>
          <Button type="submit" variant="primary" pending={mutation.isPending}>
            Show values for a minute
          </Button>
        </form>
      </PopoverPanel>
    </Popover>
  );
}
