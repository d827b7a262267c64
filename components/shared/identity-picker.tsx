'use client';
/** Finds one identity by typing; the server searches. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { type KeyboardEvent, useDeferredValue, useId, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field } from '#components/ui/field.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { Input } from '#components/ui/input.tsx';
import type { IdentityKind } from '#core/identity/principal.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { IdentityName } from './identity.tsx';

export type PickedIdentity = { id: string; kind: IdentityKind; login: string; displayName: string };

const shownMax = 6;

type Props = {
  label: string;
  hint?: string;
  kind?: IdentityKind;
  value: PickedIdentity | null;
  onChange: (identity: PickedIdentity | null) => void;
};

export function IdentityPicker({ label, hint, kind, value, onChange }: Props) {
  const listId = useId();
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const q = useDeferredValue(text.trim());
  const query = useQuery({
    ...orpc.identity.identities.list.queryOptions({
      input: { q: q || undefined, kind, enabled: true, limit: shownMax },
    }),
    enabled: value === null,
    placeholderData: keepPreviousData,
  });
  const found = query.data?.items ?? [];
  const shown = isOpen ? found : [];
  if (value) {
    return (
      <div className="grid gap-1">
        <span className="font-medium">{label}</span>
        <span className="flex items-center gap-1">
          <IdentityName identity={value} />
          <Button
            variant="ghost"
            size="smallIcon"
            aria-label={`Choose another ${label.toLowerCase()}`}
            onClick={() => onChange(null)}
          >
            <X aria-hidden />
          </Button>
        </span>
      </div>
    );
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const chosen = found[active];
    if (event.key === 'ArrowDown') setActive(at => Math.min(at + 1, found.length - 1));
    else if (event.key === 'ArrowUp') setActive(at => Math.max(at - 1, 0));
    else if (event.key === 'Enter' && isOpen && chosen) onChange(chosen);
    else if (event.key === 'Escape' && isOpen) setOpen(false);
    else return;
    if (event.key.startsWith('Arrow')) setOpen(true);
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="grid gap-1">
      <Field label={label} hint={hint}>
        {control => (
          <Input
            {...control}
            role="combobox"
            aria-expanded={shown.length > 0}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={shown[active] ? `${listId}-${active}` : undefined}
            autoComplete="off"
            value={text}
            onChange={event => {
              setText(event.target.value);
              setActive(0);
              setOpen(true);
            }}
            onFocus={() => setOpen(true)}
            onBlur={() => setOpen(false)}
            onKeyDown={onKeyDown}
            placeholder="Type a name"
          />
        )}
      </Field>
      <div id={listId} role="listbox" aria-label={label} className="grid rounded-md border border-border empty:hidden">
        {shown.map((identity, index) => (
          <div
            key={identity.id}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            onPointerDown={event => {
              event.preventDefault();
              onChange(identity);
            }}
            className="flex min-h-8 cursor-pointer items-center gap-2 px-2 hover:bg-muted aria-selected:bg-accent pointer-coarse:min-h-11"
          >
            <IdentityName identity={identity} />
            <span className="truncate text-muted-foreground">{inertText(identity.displayName)}</span>
          </div>
        ))}
      </div>
    </div>
  );
}
