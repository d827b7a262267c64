'use client';
/** The columns of a list of statements. */
import { ScanSearch } from 'lucide-react';
import Link from 'next/link';
import { DecisionBadge, talliedAs } from '#components/shared/decision-badge.tsx';
import { actorOf, IdentityPair } from '#components/shared/identity.tsx';
import { type Column, rowAction } from '#components/ui/data-table.tsx';
import { formatCount, formatDuration } from '#components/ui/number-format.ts';
import { SqlLine } from '#components/ui/sql-text.tsx';
import { TimeHeading, TimeText } from '#components/ui/time.tsx';
import { Tooltip } from '#components/ui/tooltip.tsx';
import { detectorFacts } from '#core/mask/detectors/kinds.ts';
import type { StatementView } from '#lib/audit/schema.ts';
import { OutcomeBadge } from './outcome-badge.tsx';

const number = (value: number | null) =>
  value === null ? <span className="text-muted-foreground">–</span> : formatCount(value);

/** What detectors found is masked or shown; either way it is worth a look. */
function Masked({ statement: { maskedCells, detected } }: { statement: StatementView }) {
  const kinds = [...new Set(detected.map(each => detectorFacts[each.detector].title))];
  return (
    <span className="inline-flex items-center gap-1">
      {kinds.length > 0 ? (
        <Tooltip label={`Found in values: ${kinds.join(', ')}`}>
          <span role="img" aria-label={`Found in values: ${kinds.join(', ')}`}>
            <ScanSearch aria-hidden className="size-3.5 text-approve" />
          </span>
        </Tooltip>
      ) : null}
      {number(maskedCells)}
    </span>
  );
}

/** Together in one column: the room is the statement's. */
const where: Column<StatementView>[] = [
  {
    id: 'who',
    header: 'Identity, connection',
    meta: { narrow: 'detail', className: 'min-w-44' },
    cell: ({ row }) => (
      <span className="inline-flex max-w-full flex-wrap gap-x-3 sm:grid sm:max-w-56 sm:justify-items-start">
        <IdentityPair {...actorOf(row.original.identity)} />
        <span className="font-mono text-xs text-muted-foreground">{row.original.connection}</span>
      </span>
    ),
  },
];

type Options = {
  /** False inside one session, where they are the same in every row. */
  isAcrossSessions: boolean;
  href: (statement: StatementView) => string;
};

export function statementColumns({ isAcrossSessions, href }: Options): Column<StatementView>[] {
  return [
    {
      id: 'time',
      header: () => <TimeHeading />,
      meta: { narrow: 'detail' },
      cell: ({ row }) => <TimeText value={row.original.time} isRelativeShown={false} />,
    },
    {
      id: 'statement',
      header: 'Statement',
      meta: { narrow: 'title', className: 'w-1/2 max-w-0 min-w-72' },
      cell: ({ row }) => (
        <Link {...rowAction} href={href(row.original)} scroll={false} className="block outline-none hover:underline">
          <SqlLine sql={row.original.text} lines={isAcrossSessions ? 2 : 1} />
        </Link>
      ),
    },
    {
      id: 'decision',
      header: 'Decision',
      meta: { narrow: 'badge' },
      cell: ({ row }) => <DecisionBadge kind={talliedAs(row.original)} />,
    },
    ...(isAcrossSessions ? where : []),
    {
      id: 'outcome',
      header: 'Outcome',
      meta: { narrow: 'detail' },
      cell: ({ row }) => <OutcomeBadge {...row.original} />,
    },
    { id: 'rows', header: 'Rows', meta: { align: 'right' }, cell: ({ row }) => number(row.original.rows) },
    {
      id: 'masked',
      header: 'Masked',
      meta: { align: 'right' },
      cell: ({ row }) => <Masked statement={row.original} />,
    },
    {
      id: 'duration',
      header: 'Took',
      meta: { align: 'right', className: 'whitespace-nowrap' },
      cell: ({ row }) =>
        row.original.durationUs === null ? number(null) : formatDuration(row.original.durationUs / 1000),
    },
  ];
}
