'use client';
/** What was done with which data, by whom, and is somebody doing it now: by session or by statement. */
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useState } from 'react';
import { useCan } from '#components/shell/caller.tsx';
import { ExportMenu } from '#components/ui/export-menu.tsx';
import { FilterBar } from '#components/ui/filter-bar.tsx';
import { LivePill } from '#components/ui/live-pill.tsx';
import { PageBody, PageHeader } from '#components/ui/page-header.tsx';
import { LinkTabs } from '#components/ui/tabs.tsx';
import { TimeRangePicker } from '#components/ui/time-range-picker.tsx';
import { downloadUrl } from '#lib/orpc/browser.ts';
import {
  searchCharsMin,
  sessionFields,
  statementFields,
  useSessionFilter,
  useStatementFilter,
} from './session-filter.ts';
import { SessionList } from './session-list.tsx';
import { StatementList } from './statement-list.tsx';
import { useSessionChanges } from './use-session-changes.ts';

const views = ['sessions', 'statements'] as const;
const viewWords = { sessions: 'Sessions', statements: 'Statements' } as const;

/** Exports carry the filter without what belongs to the page. */
const withoutAbsent = (input: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));

function Export({ what, input }: { what: 'sessions' | 'statements'; input: Record<string, unknown> }) {
  if (!useCan('audit:export')) return null;
  return <ExportMenu href={format => downloadUrl(['audit', what, 'export'], { ...withoutAbsent(input), format })} />;
}

function SessionsView() {
  const search = useSessionFilter();
  const [isLiveOn, setLiveOn] = useState(true);
  const live = useSessionChanges(isLiveOn);
  return (
    <>
      <div className="flex flex-wrap items-start gap-2">
        <FilterBar
          value={search.filter.text}
          onChange={search.filter.setText}
          fields={sessionFields}
          textCharsMin={searchCharsMin}
          placeholder="Search statements, logins, connections, or type table:customers"
        />
        <TimeRangePicker range={search.filter.range} onChange={search.filter.setRange} />
        <LivePill state={live} isOn={isLiveOn} onToggle={setLiveOn} />
        <Export what="sessions" input={search.input} />
      </div>
      <SessionList search={search} isPolled={isLiveOn && live === 'lost'} />
    </>
  );
}

function StatementsView() {
  const search = useStatementFilter();
  return (
    <>
      <div className="flex flex-wrap items-start gap-2">
        <FilterBar
          value={search.filter.text}
          onChange={search.filter.setText}
          fields={statementFields}
          textCharsMin={searchCharsMin}
          placeholder="Search the text of statements, or type decision:deny"
        />
        <TimeRangePicker range={search.filter.range} onChange={search.filter.setRange} />
        <Export what="statements" input={search.input} />
      </div>
      <StatementList search={search} />
    </>
  );
}

export function SessionsPage() {
  const [view] = useQueryState('view', parseAsStringLiteral(views).withDefault('sessions'));
  return (
    <PageBody>
      <PageHeader title="Sessions" sentence="Everything that went through a proxy, statement by statement." />
      <LinkTabs
        label="View"
        tabs={views.map(each => ({
          href: each === 'sessions' ? '/sessions' : `/sessions?view=${each}`,
          label: viewWords[each],
          isCurrent: each === view,
        }))}
      />
      {view === 'sessions' ? <SessionsView /> : <StatementsView />}
    </PageBody>
  );
}
