'use client';
/** What a reviewer reads before deciding, section by section. */
import {
  Ban,
  Check,
  CircleDot,
  Eye,
  Flag,
  type LucideIcon,
  OctagonX,
  Play,
  Scale,
  TimerOff,
  TriangleAlert,
} from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { IdentityChain, IdentityName } from '#components/shared/identity.tsx';
import { LineageMini } from '#components/shared/lineage-mini.tsx';
import { OwnerName } from '#components/shared/owner-name.tsx';
import { RuleTrace } from '#components/shared/rule-trace.tsx';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { SqlBlock } from '#components/shared/sql-block.tsx';
import { Timeline } from '#components/shared/timeline.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { Badge } from '#components/ui/badge.tsx';
import { Card, CardBody, CardHeader } from '#components/ui/card.tsx';
import { Clause } from '#components/ui/clause.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { formatCount, plural } from '#components/ui/number-format.ts';
import { TableCell, TableFrame, TableHead } from '#components/ui/table.tsx';
import { TimeText } from '#components/ui/time.tsx';
import type { RequestDetail } from '#lib/approvals/schema.ts';
import { client } from '#lib/orpc/browser.ts';
import { RevealLiterals } from './literals.tsx';
import { RequestStateBadge } from './request-state.tsx';

type Props = { request: RequestDetail };

export function Section({
  id,
  title,
  hint,
  children,
}: {
  id: string;
  title: string;
  hint?: ReactNode;
  children: ReactNode;
}) {
  return (
    <Card id={id} aria-labelledby={`${id}-title`} className="scroll-mt-16">
      <CardHeader id={`${id}-title`} title={title} hint={hint} />
      <CardBody className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-3">{children}</CardBody>
    </Card>
  );
}

export function StatementSection({ request }: Props) {
  const { statement, viewer } = request;
  const canReadSessions = useCan('session:read');
  if (!statement) return null;
  const { hazards } = statement.facts;
  return (
    <Section
      id="statement"
      title="Statement"
      hint={<span className="font-mono text-xs">{statement.hash.slice(0, 12)}</span>}
    >
      {hazards.length > 0 ? (
        <ul className="flex flex-wrap gap-1.5" aria-label="Risks">
          {hazards.map(hazard => (
            <li key={`${hazard.code} ${hazard.object}`}>
              <Badge tone="deny">
                <TriangleAlert aria-hidden />
                {hazard.code.replaceAll('_', ' ')}
                {hazard.object ? `: ${inertText(hazard.object)}` : ''}
              </Badge>
            </li>
          ))}
        </ul>
      ) : null}
      <SqlBlock
        sql={statement.text}
        isAddressed
        {...(statement.hasLiterals ? { note: 'Values are shown as placeholders with their type, such as :text.' } : {})}
      />
      <div className="flex flex-wrap items-center gap-3">
        {statement.hasLiterals && viewer.canReadLiterals ? (
          <RevealLiterals reveal={reason => client.approvals.requests.statement({ id: request.id, reason })} />
        ) : null}
        {canReadSessions ? (
          <Link
            href={`/sessions/${statement.sessionId}?stmt=${statement.number}`}
            className="text-link hover:underline"
          >
            Statement {statement.number} of its session
          </Link>
        ) : null}
      </div>
    </Section>
  );
}

export function WhoSection({ request }: Props) {
  return (
    <Section id="who" title="Who">
      <IdentityChain hops={request.chain} />
      {request.access ? (
        <div className="grid gap-1">
          <h3 className="text-xs font-medium text-muted-foreground">Reason given</h3>
          <blockquote className="border-s-2 border-border ps-3 whitespace-pre-wrap">
            {inertText(request.access.reason)}
          </blockquote>
        </div>
      ) : null}
      {request.requesterOwner ? (
        <p className="flex flex-wrap items-center gap-1.5 text-muted-foreground">
          Answered for by <IdentityName identity={request.requesterOwner} className="text-foreground" />
        </p>
      ) : null}
    </Section>
  );
}

export function WhySection({ request }: Props) {
  const canReadPolicies = useCan('policy:read');
  const version = request.statement?.policyVersion;
  return (
    <Section id="why" title="Why it was stopped" hint={version === undefined ? undefined : `policy version ${version}`}>
      <RuleTrace reasons={request.reasons} isLinked={canReadPolicies} />
    </Section>
  );
}

function ObjectTable({ request }: Props) {
  return (
    <TableFrame label="Objects touched">
      <thead>
        <tr>
          <TableHead>Object</TableHead>
          <TableHead>Does</TableHead>
          <TableHead>Holds</TableHead>
          <TableHead>Owner</TableHead>
        </tr>
      </thead>
      <tbody>
        {request.objectDetails.map(object => (
          <tr key={`${object.schema}.${object.relation}`} className="group/row">
            <TableCell>
              {object.oid === null ? (
                <span className="font-mono text-xs">
                  {object.schema}.{object.relation}
                </span>
              ) : (
                <Link
                  href={`/catalog/${request.connection.id}/${object.oid}`}
                  className="font-mono text-xs text-link hover:underline"
                >
                  {object.schema}.{object.relation}
                </Link>
              )}
              {object.rowsEstimate === null || object.rowsEstimate < 0 ? null : (
                <span className="block text-xs text-muted-foreground">
                  ≈ {plural(Math.round(object.rowsEstimate), 'row')} in it
                </span>
              )}
            </TableCell>
            <TableCell label="Does">{object.verbs.join(', ')}</TableCell>
            <TableCell label="Holds">
              <span className="flex flex-wrap gap-1">
                {object.level ? (
                  <SensitivityTag level={object.level} />
                ) : (
                  <span className="text-muted-foreground">unclassified</span>
                )}
                {object.labels.slice(0, 3).map(label => (
                  <Badge key={label}>{label}</Badge>
                ))}
                {object.labels.length > 3 ? <Badge>+{object.labels.length - 3}</Badge> : null}
              </span>
            </TableCell>
            <TableCell label="Owner">
              <OwnerName owner={object.owner} />
            </TableCell>
          </tr>
        ))}
      </tbody>
    </TableFrame>
  );
}

function ClassifiedColumns({ request }: Props) {
  if (request.classified.length === 0) return null;
  return (
    <div className="grid gap-1">
      <h3 className="text-xs font-medium text-muted-foreground">Classified columns involved</h3>
      <ul className="flex flex-wrap gap-x-4 gap-y-1">
        {request.classified.map(column => (
          <li key={`${column.schema}.${column.relation}.${column.column} ${column.use}`}>
            <span className="font-mono text-xs">
              {column.relation}.{column.column}
            </span>
            <span className="text-muted-foreground">
              {' '}
              {column.label ? `${column.label}, ` : ''}
              {column.use.replaceAll('_', ' ')}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function SideEffects({ impact }: { impact: NonNullable<RequestDetail['impact']> }) {
  if (impact.triggers.length === 0 && impact.cascades.length === 0) return null;
  return (
    <div className="grid gap-1">
      <h3 className="text-xs font-medium text-muted-foreground">Also sets off</h3>
      <ul className="grid gap-0.5">
        {impact.triggers.map(trigger => (
          <li key={trigger}>
            Trigger <span className="font-mono text-xs">{inertText(trigger)}</span>
          </li>
        ))}
        {impact.cascades.map(cascade => (
          <li key={`${cascade.relation} ${cascade.constraint}`}>
            {cascade.action} on <span className="font-mono text-xs">{inertText(cascade.relation)}</span>
            <span className="text-muted-foreground"> ({inertText(cascade.constraint)})</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function ImpactSection({ request }: Props) {
  if (!request.statement) return null;
  const { impact } = request;
  return (
    <Section id="impact" title="Impact">
      <ObjectTable request={request} />
      <ClassifiedColumns request={request} />
      {impact ? <SideEffects impact={impact} /> : null}
      {impact?.planCost == null ? null : (
        <p className="text-muted-foreground">The planner’s cost: {formatCount(Math.round(impact.planCost))}.</p>
      )}
    </Section>
  );
}

export function LineageSection({ request }: Props) {
  if (!request.downstream) return null;
  return (
    <Section id="lineage" title="Downstream" hint="what reads from here">
      <LineageMini graph={request.downstream} />
    </Section>
  );
}

export function PrecedentSection({ request }: Props) {
  if (!request.statement) return null;
  return (
    <Section id="precedent" title="Precedent" hint="the same statement on this connection">
      {request.precedent.length === 0 ? (
        <p className="text-muted-foreground">This statement was never requested before.</p>
      ) : null}
      <ul className="grid gap-2">
        {request.precedent.map(earlier => (
          <li key={earlier.id} className="grid gap-1 sm:grid-cols-[8rem_minmax(0,1fr)]">
            <div>
              <RequestStateBadge state={earlier.state} />
            </div>
            <div className="grid gap-0.5">
              <span className="flex flex-wrap items-center gap-x-2">
                <Link href={`/approvals/${earlier.id}`} className="text-link hover:underline">
                  <TimeText value={earlier.createdAt} />
                </Link>
                <IdentityName identity={earlier.requester} />
              </span>
              {earlier.reason ? (
                <span className="text-muted-foreground">
                  “{inertText(earlier.reason)}”
                  {earlier.decidedBy.length > 0 ? ` – ${earlier.decidedBy.map(each => each.login).join(', ')}` : ''}
                </span>
              ) : null}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

const timelineIcons: Readonly<Record<RequestDetail['timeline'][number]['type'], LucideIcon>> = {
  created: Flag,
  impact: Scale,
  approved: Check,
  denied: OctagonX,
  voted: CircleDot,
  executing: Play,
  done: Check,
  failed: TriangleAlert,
  expired: TimerOff,
  withdrawn: Ban,
  revoked: Ban,
  literals_read: Eye,
  granted: Check,
  grant_ended: TimerOff,
};

export function TimelineSection({ request }: Props) {
  return (
    <Section id="timeline" title="Timeline">
      <Timeline
        entries={request.timeline.map(event => {
          const Icon = timelineIcons[event.type];
          return {
            id: event.id,
            at: event.at,
            icon: <Icon />,
            title: <Clause text={event.message} />,
            quote: event.reason,
          };
        })}
      />
    </Section>
  );
}
