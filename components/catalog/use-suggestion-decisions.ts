'use client';
/** Deciding on suggestions: what was decided leaves the list at once, and comes back when the server refused. */
import { useEffect, useState } from 'react';
import { useCommand } from '#components/shell/use-command.ts';
import { plural } from '#components/ui/number-format.ts';
import { type SuggestionView, suggestionAcceptManyMax } from '#lib/catalog/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

const linkOf = (id: string): HTMLElement | null => document.querySelector(`[data-suggestion="${id}"]`);

/** The suggestion whose row has the focus. */
export const focusedSuggestionId = (): string | null =>
  document.activeElement?.closest('tr, li')?.querySelector('[data-suggestion]')?.getAttribute('data-suggestion') ??
  null;

type Ids = ReadonlySet<string>;
const without = (ids: Ids, id: string): Ids => new Set([...ids].filter(each => each !== id));

function useHidden(items: readonly SuggestionView[]) {
  const [hidden, setHidden] = useState<Ids>(new Set());
  const [focusId, setFocusId] = useState<string | null>(null);
  const shown = items.filter(item => !hidden.has(item.id));
  useEffect(() => {
    if (focusId === null) return;
    linkOf(focusId)?.focus();
    setFocusId(null);
  }, [focusId]);
  return {
    shown,
    hide(id: string) {
      const at = shown.findIndex(item => item.id === id);
      const next = shown[at + 1] ?? shown[at - 1];
      if (next && focusedSuggestionId() === id) setFocusId(next.id);
      setHidden(before => new Set(before).add(id));
    },
    show: (id: string) => setHidden(before => without(before, id)),
  };
}

export function useSuggestionDecisions(items: readonly SuggestionView[]) {
  const { shown, hide, show } = useHidden(items);
  const [chosen, setChosen] = useState<Ids>(new Set());
  const changes = [orpc.catalog.key()];
  const accept = useCommand(orpc.catalog.suggestions.accept.mutationOptions(), {
    doing: 'accept the suggestion',
    done: suggestion => `${suggestion.relation.name}.${suggestion.column.name} is ${suggestion.label}`,
    changes,
  });
  const reject = useCommand(orpc.catalog.suggestions.reject.mutationOptions(), {
    doing: 'reject the suggestion',
    done: 'Suggestion rejected; it stays rejected',
    changes,
  });
  const acceptMany = useCommand(orpc.catalog.suggestions.acceptMany.mutationOptions(), {
    doing: 'accept the suggestions',
    done: output =>
      `${plural(output.accepted, 'column')} classified${output.skipped.length > 0 ? `, ${output.skipped.length} skipped: ${output.skipped[0]?.reason}` : ''}`,
    changes,
    onDone: () => setChosen(new Set()),
  });
  const decide = (id: string) => {
    hide(id);
    setChosen(before => without(before, id));
    return { onError: () => show(id) };
  };
  return {
    shown,
    chosen: new Set([...chosen].filter(id => shown.some(item => item.id === id))) as Ids,
    choose: (ids: readonly string[]) => setChosen(new Set(ids.slice(0, suggestionAcceptManyMax))),
    toggle: (id: string) =>
      setChosen(before => {
        if (before.has(id)) return without(before, id);
        return before.size < suggestionAcceptManyMax ? new Set(before).add(id) : before;
      }),
    accept: ({ id }: SuggestionView) => accept.mutate({ id }, decide(id)),
    reject: ({ id }: SuggestionView, reason: string) => reject.mutate({ id, reason }, decide(id)),
    acceptMany,
  };
}
