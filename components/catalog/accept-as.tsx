'use client';
/** Accepts that a column is classified, but as something else than was suggested. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { describeFailure } from '#components/ui/failure.ts';
import { inertText } from '#components/ui/inert-text.ts';
import { Popover, PopoverPanel, PopoverTrigger } from '#components/ui/popover.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { SuggestionView } from '#lib/catalog/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { asInput, ClassificationFields } from './classification-fields.tsx';

function AcceptForm({ suggestion }: { suggestion: SuggestionView }) {
  const queries = useQueryClient();
  const [value, setValue] = useState({ label: suggestion.label, level: suggestion.level });
  const mutation = useMutation({
    ...orpc.catalog.suggestions.accept.mutationOptions(),
    onSuccess: async () => {
      toast({ tone: 'success', title: `${inertText(suggestion.column.name)} is ${value.label.trim()}` });
      await queries.invalidateQueries({ queryKey: orpc.catalog.key() });
    },
  });
  const failure = mutation.error ? describeFailure(mutation.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate({ id: suggestion.id, ...asInput(value) });
  };
  return (
    <form onSubmit={submit} className="grid gap-3 text-start">
      <ClassificationFields
        title={`Classify ${inertText(suggestion.column.name)} as`}
        value={value}
        onChange={setValue}
        error={failure ? (failure.issues.label ?? failure.message) : undefined}
      />
      <Button type="submit" variant="primary" pending={mutation.isPending} className="justify-self-end">
        Classify column
      </Button>
    </form>
  );
}

export function AcceptAs({ suggestion }: { suggestion: SuggestionView }) {
  const name = `Classify ${inertText(suggestion.column.name)} as something else`;
  return (
    <Popover>
      <PopoverTrigger asChild>
        <Button variant="ghost" size="smallIcon" aria-label={name} title={name}>
          <Pencil aria-hidden />
        </Button>
      </PopoverTrigger>
      <PopoverPanel align="end" aria-label={name}>
        <AcceptForm suggestion={suggestion} />
      </PopoverPanel>
    </Popover>
  );
}
