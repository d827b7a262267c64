'use client';
/** One input for the whole filter: chips for what applies, suggestions of fields and values, and nothing dropped in silence. */
import { Search, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { cn } from './cn.ts';
import { type FilterChoice, type FilterField, type FilterTerm, parseFilter, quoteValue } from './filter-grammar.ts';
import { Kbd } from './kbd.tsx';

type Props = {
  /** The whole filter as text, as it stands in the address. */
  value: string;
  onChange: (value: string) => void;
  fields: readonly FilterField[];
  placeholder: string;
  /** The least number of characters the server searches for. */
  textCharsMin?: number;
};

type Suggestion = { insert: string; label: string; hint: string; isComplete: boolean };

const suggestionsMax = 8;
const suggestDelayMs = 150;

const fieldSuggestions = (draft: string, fields: readonly FilterField[]): Suggestion[] =>
  fields
    .filter(
      field => field.key.startsWith(draft.toLowerCase()) || field.label.toLowerCase().startsWith(draft.toLowerCase()),
    )
    .map(field => ({ insert: `${field.key}:`, label: `${field.key}:`, hint: field.label, isComplete: false }));

function valueSuggestions(field: FilterField, draft: string, choices: readonly FilterChoice[]): Suggestion[] {
  const typed = draft.slice(field.key.length + 1);
  const done = typed.split(',').slice(0, -1);
  const last = (typed.split(',').at(-1) ?? '').replace(/^"/, '').toLowerCase();
  return choices
    .filter(choice => !done.includes(choice.value))
    .filter(choice => `${choice.value} ${choice.label ?? ''}`.toLowerCase().includes(last))
    .map(choice => ({
      insert: `${field.key}:${[...done, quoteValue(choice.value)].join(',')}`,
      label: choice.value,
      hint: choice.label ?? '',
      isComplete: true,
    }));
}

/** Values of the field being typed, fetched where the field has no fixed ones. */
function useChoices(field: FilterField | undefined, draft: string): readonly FilterChoice[] {
  const [found, setFound] = useState<{ key: string; choices: readonly FilterChoice[] } | null>(null);
  const suggest = field?.suggest;
  const key = field?.key ?? '';
  const prefix = (
    draft
      .slice(key.length + 1)
      .split(',')
      .at(-1) ?? ''
  ).replace(/^"/, '');
  useEffect(() => {
    if (!suggest) return;
    let isCurrent = true;
    const timer = setTimeout(() => {
      suggest(prefix).then(
        choices => isCurrent && setFound({ key, choices }),
        () => isCurrent && setFound({ key, choices: [] }),
      );
    }, suggestDelayMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [suggest, key, prefix]);
  if (field?.values) return field.values;
  return found?.key === key ? found.choices : [];
}

function Chip({ term, onRemove, onEdit }: { term: FilterTerm; onRemove: () => void; onEdit: () => void }) {
  const isInvalid = term.kind === 'invalid';
  return (
    <span
      className={cn(
        'inline-flex max-w-full items-center rounded-sm border border-border bg-muted text-xs',
        isInvalid && 'border-deny-line bg-deny-bg text-deny',
      )}
    >
      <button
        type="button"
        onClick={onEdit}
        aria-label={isInvalid ? `${term.raw}: ${term.reason} Edit` : `Edit ${term.raw}`}
        title={isInvalid ? term.reason : undefined}
        className={cn('min-h-6 truncate ps-1.5', isInvalid && 'underline decoration-wavy')}
      >
        {term.kind === 'field' ? (
          <>
            <span className="text-muted-foreground">{term.key}: </span>
            {term.values.join(' or ')}
          </>
        ) : (
          term.raw
        )}
      </button>
      <button
        type="button"
        onClick={onRemove}
        aria-label={`Remove ${term.raw}`}
        className="grid size-6 place-items-center"
      >
        <X aria-hidden className="size-3" />
      </button>
    </span>
  );
}

function useFilter({ value, onChange, fields, textCharsMin = 0 }: Props) {
  const [draft, setDraft] = useState('');
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const inputRef = useRef<HTMLInputElement>(null);
  const terms = parseFilter(value, fields, { textCharsMin });
  const field = fields.find(each => draft.toLowerCase().startsWith(`${each.key}:`));
  const choices = useChoices(field, draft);
  const suggestions = (field ? valueSuggestions(field, draft, choices) : fieldSuggestions(draft, fields)).slice(
    0,
    suggestionsMax,
  );
  const raws = terms.map(term => term.raw);
  const write = (next: readonly string[]) => onChange(next.join(' '));
  const commit = (text: string) => {
    if (text.trim()) write([...raws, text.trim()]);
    setDraft('');
    setActive(-1);
  };
  const choose = (suggestion: Suggestion) => {
    if (suggestion.isComplete) commit(suggestion.insert);
    else setDraft(suggestion.insert);
    setActive(-1);
    inputRef.current?.focus();
  };
  const remove = (index: number) => {
    write(raws.filter((_, at) => at !== index));
    inputRef.current?.focus();
  };
  const edit = (index: number) => {
    setDraft(raws[index] ?? '');
    remove(index);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    const chosen = suggestions[active];
    if (event.key === 'Enter') {
      event.preventDefault();
      if (chosen) choose(chosen);
      else commit(draft);
    } else if (event.key === 'Backspace' && draft === '' && raws.length > 0) {
      event.preventDefault();
      edit(raws.length - 1);
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive(at => Math.min(Math.max(at + step, -1), suggestions.length - 1));
    } else if (event.key === 'Escape') {
      if (isOpen) setOpen(false);
      else inputRef.current?.blur();
    }
  };
  return {
    draft,
    setDraft,
    isOpen,
    setOpen,
    active,
    setActive,
    inputRef,
    terms,
    suggestions,
    choose,
    commit,
    remove,
    edit,
    onKeyDown,
  };
}

export function FilterBar(props: Props) {
  const filter = useFilter(props);
  const { terms, suggestions, draft, inputRef } = filter;
  const listId = useId();
  useShortcut('list.filter', () => inputRef.current?.focus());
  const isListShown = filter.isOpen && suggestions.length > 0;
  const invalid = terms.filter(term => term.kind === 'invalid');
  return (
    <search className="relative grid min-w-0 flex-1 basis-full gap-1 sm:basis-0">
      <div className="flex min-h-(--control-h) flex-wrap items-center gap-1 rounded-md border border-input bg-card px-2 py-0.5 focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-ring">
        <Search aria-hidden className="size-4 shrink-0 text-muted-foreground" />
        {terms.map((term, index) => (
          <Chip key={term.raw} term={term} onRemove={() => filter.remove(index)} onEdit={() => filter.edit(index)} />
        ))}
        <input
          ref={inputRef}
          type="text"
          role="combobox"
          aria-label="Filter"
          aria-expanded={isListShown}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={filter.active >= 0 ? `${listId}-${filter.active}` : undefined}
          autoComplete="off"
          spellCheck={false}
          value={draft}
          placeholder={terms.length === 0 ? props.placeholder : ''}
          onChange={event => {
            filter.setDraft(event.target.value);
            filter.setActive(-1);
            filter.setOpen(true);
          }}
          onFocus={() => filter.setOpen(true)}
          onBlur={() => {
            filter.setOpen(false);
            filter.commit(draft);
          }}
          onKeyDown={filter.onKeyDown}
          className="min-h-6 min-w-32 flex-1 bg-transparent text-sm outline-none placeholder:text-muted-foreground pointer-coarse:text-lg"
        />
        {draft === '' && terms.length === 0 ? <Kbd keys={['/']} className="max-sm:hidden" /> : null}
      </div>
      <div
        id={listId}
        role="listbox"
        aria-label="Suggestions"
        hidden={!isListShown}
        className="absolute inset-x-0 top-full z-30 mt-1 max-w-lg rounded-lg bg-popover p-1 text-popover-foreground shadow-popover"
      >
        {suggestions.map((suggestion, index) => (
          <div
            key={suggestion.insert}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === filter.active}
            onPointerDown={event => {
              event.preventDefault();
              filter.choose(suggestion);
            }}
            className="flex min-h-8 cursor-pointer items-center gap-3 rounded-md px-2 aria-selected:bg-accent hover:bg-muted pointer-coarse:min-h-11"
          >
            <span className="font-mono text-xs">{suggestion.label}</span>
            <span className="truncate text-muted-foreground">{suggestion.hint}</span>
          </div>
        ))}
      </div>
      {invalid.length > 0 ? (
        <p role="alert" className="text-xs text-deny">
          {invalid.map(term => (term.kind === 'invalid' ? term.reason : '')).join(' ')} Not applied.
        </p>
      ) : null}
    </search>
  );
}
