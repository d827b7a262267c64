'use client';
/** Confirms something that takes effect at once: names the object and the effect, and asks why. What was written outlives a refusal. */
import { type FormEvent, type ReactNode, useEffect, useEffectEvent, useRef, useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Textarea } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.tsx';

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
  /** Set when there is nothing left to confirm, because somebody else was faster: says what happened, given what was written. */
  overtaken?: ((kept: string) => ReactNode) | null;
  /** Rejects when it was refused: the dialog says so and stays. */
  onConfirm: (reason: string) => Promise<unknown>;
};

type Draft = { reason: string; isSent: boolean };

const notDone = (title: string, because: string, { reason }: Draft) =>
  toast({
    tone: 'error',
    title: `${title}: not done`,
    detail: `${because}${reason ? ` You had written: “${reason}”` : ''}`,
  });

/** When the row it belongs to goes away under it, a dialog says so, with what was written in it. */
function useLastWords(title: string, isOpen: boolean) {
  const draft = useRef<Draft>({ reason: '', isSent: false });
  const say = useEffectEvent(() => {
    const { reason, isSent } = draft.current;
    if (isOpen && reason && !isSent) notDone(title, 'What it was about changed in the meantime.', draft.current);
  });
  useEffect(() => () => say(), []);
  return draft;
}

type FormProps = Omit<Props, 'trigger' | 'isOpen' | 'onOpenChange'> & {
  draft: { current: Draft };
  onClose: () => void;
};

function ReasonForm({ title, effect, action, pending, overtaken, draft, onConfirm, onClose, ...asked }: FormProps) {
  const { isReasonRequired = true, reasonMin = 1 } = asked;
  const form = useRef<HTMLFormElement>(null);
  const [reason, setReason] = useState('');
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isSent, setSent] = useState(false);
  useEffect(() => {
    draft.current = { reason: reason.trim(), isSent };
  }, [draft, reason, isSent]);
  useShortcut('form.submit', () => form.current?.requestSubmit());
  const isOvertaken = Boolean(overtaken) && !pending && !isSent;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (pending || isOvertaken) return;
    setRefusal(null);
    setSent(true);
    try {
      await onConfirm(reason.trim());
      onClose();
    } catch (error) {
      const { message } = describeFailure(error);
      if (!form.current) notDone(title, message, { reason: reason.trim(), isSent: false });
      setSent(false);
      setRefusal(message);
    }
  };
  return (
    <form ref={form} onSubmit={event => void submit(event)} className="grid gap-3 pb-2">
      <div>{isOvertaken ? overtaken?.(reason) : effect}</div>
      <Field
        label={isReasonRequired ? 'Reason' : 'Reason (optional)'}
        hint="Goes into the audit log."
        error={refusal ?? undefined}
      >
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
      {isOvertaken ? (
        <Button onClick={onClose} className="justify-self-end">
          Close
        </Button>
      ) : (
        <Button type="submit" variant="destructive" pending={pending} className="justify-self-end">
          {action}
        </Button>
      )}
    </form>
  );
}

export function ReasonDialog({ trigger, isOpen, onOpenChange, ...form }: Props) {
  const [isOwnOpen, setOwnOpen] = useState(false);
  const draft = useLastWords(form.title, isOpen ?? isOwnOpen);
  const setOpen = onOpenChange ?? setOwnOpen;
  return (
    <Dialog open={isOpen ?? isOwnOpen} onOpenChange={setOpen}>
      {trigger ? <DialogTrigger asChild>{trigger}</DialogTrigger> : null}
      <DialogPanel title={form.title}>
        <ReasonForm {...form} draft={draft} onClose={() => setOpen(false)} />
      </DialogPanel>
    </Dialog>
  );
}
