/** What detectors found in the values of one statement: which kind, in which column, how often, and what became of it. */
import { DecisionBadge } from '#components/shared/decision-badge.tsx';
import { RuleName } from '#components/shared/rule-name.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { formatCount } from '#components/ui/number-format.ts';
import type { Detected } from '#core/event/schema.ts';
import { detectorFacts } from '#core/mask/detectors/kinds.ts';

const placeOf = ({ column, output }: Detected): string =>
  column === null ? `output column ${output}` : inertText(`${column.schema}.${column.relation}.${column.column}`);

export function FoundValues({ found }: { found: readonly Detected[] }) {
  return (
    <ul className="grid gap-1.5">
      {found.map(each => (
        <li key={`${each.output} ${each.detector}`} className="flex flex-wrap items-center gap-x-2">
          <DecisionBadge
            kind={each.verdict === 'mask' ? 'mask' : 'observe'}
            word={each.verdict === 'mask' ? 'Masked' : 'Shown'}
          />
          <span>{detectorFacts[each.detector].title}</span>
          <span className="font-mono text-xs">{placeOf(each)}</span>
          <span className="text-muted-foreground">
            in {formatCount(each.values)} of {formatCount(each.looked)} values looked at, rule{' '}
            <RuleName rule={each.rule} />
          </span>
        </li>
      ))}
    </ul>
  );
}
