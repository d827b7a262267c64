'use client';
/** Sets, changes or takes off the classification of one column. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { levelWord } from '#components/shared/sensitivity-tag.tsx';
import { Button } from '#components/ui/button.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { Field } from '#components/ui/field.tsx';
import { Input, Select } from '#components/ui/input.tsx';
import { Popover, PopoverPanel, PopoverTrigger } from '#components/ui/popover.tsx';
import { toast } from '#components/ui/toast.tsx';
import { knownLabels, type Level, levels } from '#core/catalog/classification.ts';
import { orpc } from '#lib/orpc/browser.ts';

type Props = {
  connectionId: string;
  oid: number;
  column: { attnum: number; name: string };
  current: { label: string; level: Level } | null;
};

function LabelForm({ connectionId, oid, column, current, onDone }: Props & { onDone: () => void }) {
  const listId = useId();
  const queries = useQueryClient();
  const [label, setLabel] = useState(current?.label ?? '');
  const [level, setLevel] = useState<Level>(current?.level ?? 'confidential');
  const known = knownLabels[label.trim()];
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
  const set = (value: string | null) =>
    mutation.mutate({ connectionId, oid, attnum: column.attnum, label: value, ...(value && !known ? { level } : {}) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set(label.trim());
  };
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  return (
    <form onSubmit={submit} className="grid gap-3">
      <Field
        label={`Classification of ${column.name}`}
        error={failure ? (failure.issues.label ?? failure.message) : undefined}
      >
        {control => (
          <Input
            {...control}
            autoFocus
            list={listId}
            value={label}
            onChange={event => setLabel(event.target.value)}
            placeholder="pii.email"
            pattern="[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,3}"
            title="Lower case, with dots, such as pii.email"
            required
          />
        )}
      </Field>
      <datalist id={listId}>
        {Object.entries(knownLabels).map(([value, { title }]) => (
          <option key={value} value={value}>
            {title}
          </option>
        ))}
      </datalist>
      {known ? (
        <p className="text-muted-foreground">
          {known.title}: {levelWord(known.level).toLowerCase()}.
        </p>
      ) : (
        <Field label="Level" hint="A classification of your own needs one.">
          {control => (
            <Select {...control} value={level} onChange={event => setLevel(event.target.value as Level)}>
              {levels.map(each => (
                <option key={each} value={each}>
                  {levelWord(each)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      <p className="text-xs text-muted-foreground">Masks and approvals follow it on every proxy within moments.</p>
      <div className="flex flex-wrap justify-end gap-2">
        {current ? (
          <Button pending={mutation.isPending} onClick={() => set(null)}>
            Take off
          </Button>
        ) : null}
        <Button type="submit" variant="primary" pending={mutation.isPending}>
          Classify column
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
