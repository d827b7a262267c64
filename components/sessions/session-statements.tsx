'use client';
/** The statements of one session in the order they ran; all of them, or those that were decided in one way. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { parseAsInteger, parseAsStringLiteral, useQueryState } from 'nuqs';
import { useMemo } from 'react';
import { decisionWord } from '#components/shared/decision-badge.tsx';
import { Card, CardHeader } from '#components/ui/card.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { DataTable } from '#components/ui/data-table.tsx';
import { LoadMore } from '#components/ui/load-more.tsx';
import { formatCount } from '#components/ui/number-format.ts';
import { EmptyState } from '#components/ui/states.tsx';
import { type Tally, tallies } from '#core/event/tally.ts';
import type { SessionDetail } from '#lib/audit/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';
import { SessionTicks } from './session-ticks.tsx';
import { statementColumns } from './statement-columns.tsx';
import { StatementSheet } from './statement-sheet.tsx';

type ChoiceProps = { session: SessionDetail; chosen: Tally | null; onChoose: (tally: Tally | null) => void };

/** The counts are of the whole session, whatever is loaded. */
function Choice({ session: { decisions }, chosen, onChoose }: ChoiceProps) {
  const some = tallies.filter(tally => decisions[tally] > 0 || tally === chosen);
  if (some.length < 2 && chosen === null) return null;
  return (
    <fieldset aria-label="Decided as" className="flex flex-wrap gap-1.5 px-4 pb-1">
      {some.map(tally => (
        <button
          key={tally}
          type="button"
          aria-pressed={tally === chosen}
          onClick={() => onChoose(tally === chosen ? null : tally)}
          className="h-6 rounded-full border border-input px-2.5 text-xs hover:bg-muted aria-pressed:border-primary aria-pressed:bg-accent pointer-coarse:h-9"
        >
          {decisionWord(tally)}{' '}
          <span className="text-muted-foreground tabular-nums">{formatCount(decisions[tally])}</span>
        </button>
      ))}
    </fieldset>
  );
}

export function SessionStatements({ session }: { session: SessionDetail }) {
  const [number, setNumber] = useQueryState('stmt', parseAsInteger.withOptions({ history: 'push' }));
  const [tally, setTally] = useQueryState('decision', parseAsStringLiteral(tallies));
  const query = useInfiniteQuery({
    ...orpc.audit.sessions.statements.infiniteOptions({
      input: (cursor: string | undefined) => ({
        id: session.id,
        cursor,
        limit: 100,
        ...(tally ? { decision: [tally] } : {}),
      }),
      initialPageParam: undefined,
      getNextPageParam: page => page.nextCursor ?? undefined,
    }),
    placeholderData: keepPreviousData,
  });
  const columns = useMemo(
    () =>
      statementColumns({
        isAcrossSessions: false,
        href: statement => `/sessions/${session.id}?stmt=${statement.number}${tally ? `&decision=${tally}` : ''}`,
      }),
    [session.id, tally],
  );
  return (
    <Card>
      <CardHeader title="Statements" hint="in the order they ran" />
      <Choice session={session} chosen={tally} onChoose={next => void setTally(next)} />
      <DataRegion
        query={query}
        isEmpty={data => data.pages.every(page => page.items.length === 0)}
        empty={
          <EmptyState
            title={tally ? 'No statement of this session was decided so' : 'No statement was sent in this session'}
          />
        }
      >
        {data => {
          const rows = data.pages.flatMap(page => page.items);
          return (
            <>
              <SessionTicks
                statements={rows}
                startedAt={session.startedAt}
                chosen={number}
                onChoose={next => void setNumber(next)}
              />
              <DataTable
                label="Statements of the session"
                columns={columns}
                rows={rows}
                rowId={row => String(row.number)}
                selectedId={number === null ? null : String(number)}
                total={tally ? session.decisions[tally] : session.statements}
                isTotalAbout
                footer={<LoadMore query={query} label="Load later" />}
              />
            </>
          );
        }}
      </DataRegion>
      <StatementSheet id={number === null ? null : `${session.id}.${number}`} onClose={() => void setNumber(null)} />
    </Card>
  );
}
