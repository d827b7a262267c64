'use client';
/** The open suggestion of one column, with its evidence, to accept or to reject where the column stands. */
import { Check, X } from 'lucide-react';
import { ReasonDialog } from '#components/shared/reason-dialog.tsx';
import { levelWord } from '#components/shared/sensitivity-tag.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { Tooltip } from '#components/ui/tooltip.tsx';
import type { ColumnView } from '#lib/catalog/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

export const isSuggested = ({ suggestion }: ColumnView): boolean => suggestion?.state === 'open';

export function ColumnSuggestion({ column, canDecide }: { column: ColumnView; canDecide: boolean }) {
  const changes = [orpc.catalog.key(), orpc.policy.masking.key()];
  const accept = useCommand(orpc.catalog.suggestions.accept.mutationOptions(), {
    doing: 'accept the suggestion',
    done: `${column.name} classified`,
    changes,
  });
  const reject = useCommand(orpc.catalog.suggestions.reject.mutationOptions(), {
    doing: 'reject the suggestion',
    isRefusalShown: true,
    done: 'Suggestion rejected; it stays rejected',
    changes,
  });
  const { suggestion } = column;
  if (suggestion?.state !== 'open') return null;
  return (
    <span className="inline-flex items-center gap-1">
      <Badge tone="observe" title={`${levelWord(suggestion.level)}, ${Math.round(suggestion.confidence * 100)} % sure`}>
        {suggestion.label}?
      </Badge>
      {canDecide ? (
        <>
          <Tooltip label={`Accept ${suggestion.label}`}>
            <Button
              size="smallIcon"
              variant="ghost"
              aria-label={`Accept ${suggestion.label} for ${inertText(column.name)}`}
              pending={accept.isPending}
              onClick={() => accept.mutate({ id: suggestion.id })}
            >
              <Check aria-hidden />
            </Button>
          </Tooltip>
          <ReasonDialog
            trigger={
              <Button
                size="smallIcon"
                variant="ghost"
                aria-label={`Reject ${suggestion.label} for ${inertText(column.name)}`}
                pending={reject.isPending}
              >
                <X aria-hidden />
              </Button>
            }
            title={`Reject ${suggestion.label} for ${inertText(column.name)}`}
            effect={<p>It is not suggested again unless the evidence changes.</p>}
            action="Reject suggestion"
            pending={reject.isPending}
            onConfirm={reason => reject.mutateAsync({ id: suggestion.id, reason })}
          />
        </>
      ) : null}
    </span>
  );
}
