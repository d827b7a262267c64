'use client';
/** Confirms something that takes effect at once: names the object and the effect, and asks why. */
import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { Field } from '#components/ui/field.tsx';
import { Textarea } from '#components/ui/input.tsx';

type Props = {
  /** The button that opens it; absent when the page opens it. */
  trigger?: ReactNode;
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
  title: string;
  effect: ReactNode;
  /** The verb with its object. */
  action: string;
  pending: boolean;
  /** False where an empty reason is fine. */
  isReasonRequired?: boolean;
  reasonMin?: number;
  onConfirm: (reason: string) => void;
};

function ReasonForm({
  effect,
  action,
  pending,
  isReasonRequired = true,
  reasonMin = 1,
  onConfirm,
}: Omit<Props, 'trigger' | 'title'>) {
  const form = useRef<HTMLFormElement>(null);
  const [reason, setReason] = useState('');
  useShortcut('form.submit', () => form.current?.requestSubmit());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onConfirm(reason.trim());
  };
  return (
    <form ref={form} onSubmit={submit} className="grid gap-3 pb-2">
      <div>{effect}</div>
      <Field label={isReasonRequired ? 'Reason' : 'Reason (optional)'} hint="Goes into the audit log.">
        {control => (
          <Textarea
            {...control}
            autoFocus
            value={reason}
            onChange={event => setReason(event.target.value)}
            required={isReasonRequired}
            minLength={isReasonRequired ? reasonMin : undefined}
            maxLength={500}
          />
        )}
      </Field>
      <Button type="submit" variant="destructive" pending={pending} className="justify-self-end">
        {action}
      </Button>
    </form>
  );
}

export function ReasonDialog({ trigger, isOpen, onOpenChange, title, ...form }: Props) {
  const [isOwnOpen, setOwnOpen] = useState(false);
  const setOpen = onOpenChange ?? setOwnOpen;
  return (
    <Dialog open={isOpen ?? isOwnOpen} onOpenChange={setOpen}>
      {trigger ? <DialogTrigger asChild>{trigger}</DialogTrigger> : null}
      <DialogPanel title={title}>
        <ReasonForm
          {...form}
          onConfirm={reason => {
            setOpen(false);
            form.onConfirm(reason);
          }}
        />
      </DialogPanel>
    </Dialog>
  );
}
