'use client';
/** Sets, changes or takes off the classification of one column. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { inertText } from '#components/ui/inert-text.ts';
import { Popover, PopoverPanel, PopoverTrigger } from '#components/ui/popover.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { Level } from '#core/catalog/classification.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { asInput, type Classification, ClassificationFields } from './classification-fields.tsx';

type Props = {
  connectionId: string;
  oid: number;
  column: { attnum: number; name: string };
  current: { label: string; level: Level; source?: string } | null;
};

function LabelForm({ connectionId, oid, column, current, onDone }: Props & { onDone: () => void }) {
  const queries = useQueryClient();
  const [value, setValue] = useState<Classification>({
    label: current?.label ?? '',
    level: current?.level ?? 'confidential',
  });
  const mutation = useMutation({
    ...orpc.catalog.setLabel.mutationOptions(),
    onSuccess: async output => {
      toast({
        tone: 'success',
        title: output.label ? `${column.name} is ${output.label.label}` : `${column.name} is no longer classified`,
      });
      onDone();
      await queries.invalidateQueries({ queryKey: orpc.catalog.key() });
      await queries.invalidateQueries({ queryKey: orpc.policy.masking.key() });
    },
  });
  const set = (label: { label: string; level?: Level } | { label: null }) =>
    mutation.mutate({ connectionId, oid, attnum: column.attnum, ...label });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set(asInput(value));
  };
  // A person who sets what the data brought along says that it is right: from then on it is theirs.
  const isConfirming =
    current?.source === 'inherited' && value.label === current.label && value.level === current.level;
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  return (
    <form onSubmit={submit} className="grid gap-3">
      <ClassificationFields
        title={`Classification of ${inertText(column.name)}`}
        value={value}
        onChange={setValue}
        error={failure ? (failure.issues.label ?? failure.message) : undefined}
      />
      <p className="text-xs text-muted-foreground">Masks and approvals follow it on every proxy within moments.</p>
      <div className="flex flex-wrap justify-end gap-2">
        {current ? (
          <Button pending={mutation.isPending} onClick={() => set({ label: null })}>
            Take off
          </Button>
        ) : null}
        <Button type="submit" variant="primary" pending={mutation.isPending}>
          {isConfirming ? 'Confirm' : 'Classify column'}
        </Button>
      </div>
    </form>
  );
}

export function LabelEditor(props: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover open={isOpen} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button variant="ghost" size="smallIcon" aria-label={`Classify ${props.column.name}`}>
          <Pencil aria-hidden />
        </Button>
      </PopoverTrigger>
      <PopoverPanel align="end" aria-label={`Classify ${props.column.name}`}>
        <LabelForm {...props} onDone={() => setOpen(false)} />
      </PopoverPanel>
    </Popover>
  );
}
