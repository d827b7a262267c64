'use client';
/** The columns of the list of requests. */
import Link from 'next/link';
import { ConnectionName } from '#components/shared/environment-badge.tsx';
import { IdentityName, IdentityPair } from '#components/shared/identity.tsx';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { type Column, rowAction } from '#components/ui/data-table.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { formatCount } from '#components/ui/number-format.ts';
import { SqlLine } from '#components/ui/sql-text.tsx';
import { Countdown, TimeHeading, TimeText, useNow } from '#components/ui/time.tsx';
import { formatSpan } from '#components/ui/time-format.ts';
import type { RequestItem, RequestTab } from '#lib/approvals/schema.ts';
import { RequestStateBadge } from './request-state.tsx';

export const requestHref = (id: string, tab: RequestTab): string => `/approvals/${id}?tab=${tab}`;

function Waiting({ since }: { since: string }) {
  const nowMs = useNow();
  return (
    <span className="whitespace-nowrap tabular-nums">{nowMs > 0 ? formatSpan(nowMs - Date.parse(since)) : ''}</span>
  );
}

const unitOf = (rows: number): string => (rows === 1 ? 'row' : 'rows');

function Rows({ rows }: { rows: RequestItem['rows'] }) {
  if (!rows) return <span className="text-muted-foreground in-[li]:hidden">–</span>;
  return (
    <span className="whitespace-nowrap tabular-nums" title={rows.exact ? 'counted' : 'estimated by the planner'}>
      {rows.exact ? '' : '≈ '}
      {formatCount(rows.value)}
      <span className="sr-only">, {rows.exact ? 'counted' : 'estimated'}</span>
    </span>
  );
}

const open: Column<RequestItem>[] = [
  {
    id: 'votes',
    header: 'Votes',
    cell: ({ row }) => (
      <span className="whitespace-nowrap">
        {row.original.votes.approved} of {row.original.votes.needed}
      </span>
    ),
  },
  {
    id: 'waiting',
    header: 'Waiting',
    meta: { narrow: 'detail', narrowLabel: 'waits' },
    cell: ({ row }) => (
      <span className="in-[td]:grid">
        <Waiting since={row.original.createdAt} />
        {row.original.waiting ? (
          <span className="text-xs whitespace-nowrap text-muted-foreground in-[li]:before:content-['_·_']">
            client waits
          </span>
        ) : null}
      </span>
    ),
  },
  {
    id: 'expires',
    header: 'Expires',
    meta: { narrow: 'detail' },
    cell: ({ row }) => <Countdown until={row.original.expiresAt} className="whitespace-nowrap" />,
  },
];

const decided: Column<RequestItem>[] = [
  {
    id: 'state',
    header: 'State',
    meta: { narrow: 'badge' },
    cell: ({ row }) => <RequestStateBadge state={row.original.state} />,
  },
  {
    id: 'by',
    header: 'Decided by',
    meta: { narrow: 'detail', narrowLabel: 'by' },
    cell: ({ row }) =>
      row.original.decidedBy.length > 0 ? (
        <span className="grid">
          {row.original.decidedBy.map(identity => (
            <IdentityName key={identity.id} identity={identity} />
          ))}
        </span>
      ) : (
        <span className="text-muted-foreground">nobody</span>
      ),
  },
  {
    id: 'decidedAt',
    header: () => <TimeHeading label="Decided" />,
    meta: { narrow: 'detail', narrowLabel: 'decided' },
    cell: ({ row }) => <TimeText value={row.original.decidedAt} precision="minute" isRelativeShown={false} />,
  },
];

export function requestColumns(tab: RequestTab): Column<RequestItem>[] {
  return [
    {
      id: 'level',
      header: 'Sensitivity',
      meta: { narrow: 'badge' },
      cell: ({ row }) =>
        row.original.level ? (
          <SensitivityTag level={row.original.level} />
        ) : (
          <span className="text-muted-foreground in-[li]:hidden">–</span>
        ),
    },
    {
      id: 'request',
      header: 'Request',
      meta: { narrow: 'title', className: 'min-w-72 max-w-0 w-1/2' },
      cell: ({ row }) => (
        <span className="grid min-w-0">
          <Link
            {...rowAction}
            href={requestHref(row.original.id, tab)}
            className="font-medium outline-none hover:underline in-[td]:truncate"
          >
            {inertText(row.original.summary)}
          </Link>
          {row.original.text ? <SqlLine sql={row.original.text} className="text-muted-foreground" /> : null}
        </span>
      ),
    },
    {
      id: 'who',
      header: 'Requester',
      meta: { narrow: 'detail' },
      cell: ({ row }) => <IdentityPair identity={row.original.requester} onBehalfOf={row.original.onBehalfOf} />,
    },
    {
      id: 'connection',
      header: 'Connection',
      meta: { narrow: 'detail' },
      cell: ({ row }) => <ConnectionName connection={row.original.connection} />,
    },
    {
      id: 'rows',
      header: 'Rows',
      meta: { align: 'right', narrow: 'detail', narrowUnit: ({ rows }) => (rows ? unitOf(rows.value) : null) },
      cell: ({ row }) => <Rows rows={row.original.rows} />,
    },
    ...(tab === 'decided' ? decided : tab === 'mine' ? [...decided.slice(0, 1), ...open] : open),
  ];
}
