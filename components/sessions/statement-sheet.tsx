'use client';
/** One statement in full, beside the list: text, rules, what it touched, what it returned, and its place in the log. */
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { RevealLiterals } from '#components/approvals/literals.tsx';
import { DecisionBadge, talliedAs } from '#components/shared/decision-badge.tsx';
import { RuleName } from '#components/shared/rule-name.tsx';
import { RuleTrace } from '#components/shared/rule-trace.tsx';
import { SqlBlock } from '#components/shared/sql-block.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { Badge } from '#components/ui/badge.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { DefinitionList } from '#components/ui/definition-list.tsx';
import { Dialog, DialogPanel } from '#components/ui/dialog.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { formatBytes, formatCount, formatDuration } from '#components/ui/number-format.ts';
import { Unknown } from '#components/ui/states.tsx';
import { TimeText } from '#components/ui/time.tsx';
import { endedByWords } from '#core/policy/words.ts';
import type { StatementDetail } from '#lib/audit/schema.ts';
import { client, orpc } from '#lib/orpc/browser.ts';
import { FoundValues } from './found-values.tsx';
import { OutcomeBadge } from './outcome-badge.tsx';

function Touched({ statement }: { statement: StatementDetail }) {
  const { facts } = statement;
  if (!facts)
    return (
      <p className="text-muted-foreground">
        The statement could not be resolved, so nothing is known of what it would touch.
      </p>
    );
  return (
    <div className="grid gap-2">
      {facts.hazards.length > 0 ? (
        <ul className="flex flex-wrap gap-1.5" aria-label="Risks">
          {facts.hazards.map(hazard => (
            <li key={`${hazard.code} ${hazard.object}`}>
              <Badge tone="deny">
                {hazard.code.replaceAll('_', ' ')} {inertText(hazard.object)}
              </Badge>
            </li>
          ))}
        </ul>
      ) : null}
      <ul className="grid gap-0.5">
        {facts.accesses.map(access => (
          <li key={`${access.verb} ${access.object}`}>
            {access.verb.replaceAll('_', ' ')} <span className="font-mono text-xs">{inertText(access.object)}</span>
          </li>
        ))}
      </ul>
      {facts.classified.length > 0 ? (
        <ul className="grid gap-0.5">
          {facts.classified.map(column => (
            <li key={`${column.relation}.${column.column} ${column.use}`}>
              <span className="font-mono text-xs">
                {column.schema}.{column.relation}.{column.column}
              </span>
              <span className="text-muted-foreground">
                {' '}
                {column.label ?? 'classified'}, {column.use.replaceAll('_', ' ')}
              </span>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

const count = (value: number | null) => (value === null ? <Unknown why="it has not ended" /> : formatCount(value));

function Facts({ statement }: { statement: StatementDetail }) {
  const canReadAudit = useCan('audit:read');
  return (
    <DefinitionList
      items={[
        ['Time', <TimeText key="time" value={statement.time} precision="millisecond" />],
        ['Outcome', <OutcomeBadge key="outcome" {...statement} />],
        ...(statement.endedBy === null
          ? []
          : [
              [
                'Ended by',
                <span key="ended">
                  {endedByWords(statement.endedBy)}, rule <RuleName rule={statement.endedBy.rule} />
                </span>,
              ] as const,
            ]),
        ['Rows', count(statement.rows)],
        ['Masked cells', count(statement.maskedCells)],
        ['Sent to the client', statement.bytes === null ? count(null) : formatBytes(statement.bytes)],
        ['Took', statement.durationUs === null ? count(null) : formatDuration(statement.durationUs / 1000)],
        ['Protocol', statement.protocol],
        ['Policy version', `${statement.policyVersion} (bundle ${statement.bundleVersion})`],
        [
          'Event',
          <span key="event" className="inline-flex items-center gap-1">
            {canReadAudit ? (
              <Link
                href={`/audit?event=${statement.event.source}.${statement.event.seq}`}
                className="text-link hover:underline"
              >
                {formatCount(statement.event.seq)}
              </Link>
            ) : (
              formatCount(statement.event.seq)
            )}
            <span className="font-mono text-xs text-muted-foreground">{statement.event.hash.slice(0, 12)}</span>
            <CopyButton value={statement.event.hash} what="hash of the event" />
          </span>,
        ],
      ]}
    />
  );
}

function Body({ statement }: { statement: StatementDetail }) {
  const canReadLiterals = useCan('literals:read');
  const canReadPolicies = useCan('policy:read');
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5 pb-4">
      <div className="flex flex-wrap items-center gap-2">
        <DecisionBadge kind={talliedAs(statement)} />
        {statement.isMistake ? (
          <span className="text-muted-foreground">
            No policy decided this: the database would have refused it as well.
          </span>
        ) : null}
        {statement.requestId ? (
          <Link href={`/approvals/${statement.requestId}`} className="text-link hover:underline">
            Its request
          </Link>
        ) : null}
      </div>
      <SqlBlock
        sql={statement.text}
        note={[
          statement.hasLiterals ? 'Values are shown as placeholders with their type.' : '',
          statement.truncated ? 'The text was longer and is cut.' : '',
        ]
          .filter(Boolean)
          .join(' ')}
      />
      {statement.hasLiterals && canReadLiterals ? (
        <RevealLiterals reveal={reason => client.audit.statements.reveal({ id: statement.id, reason })} />
      ) : null}
      <section className="grid gap-2">
        <h3 className="font-semibold">Why</h3>
        <RuleTrace reasons={statement.reasons} isLinked={canReadPolicies} />
      </section>
      <section className="grid gap-2">
        <h3 className="font-semibold">What it touches</h3>
        <Touched statement={statement} />
      </section>
      {statement.detected.length > 0 ? (
        <section className="grid gap-2">
          <h3 className="font-semibold">What was found in its values</h3>
          <FoundValues found={statement.detected} />
        </section>
      ) : null}
      <section className="grid gap-2">
        <h3 className="font-semibold">What happened</h3>
        <Facts statement={statement} />
      </section>
    </div>
  );
}

export function StatementSheet({ id, onClose }: { id: string | null; onClose: () => void }) {
  const query = useQuery({
    ...orpc.audit.statements.get.queryOptions({ input: { id: id ?? '' } }),
    enabled: id !== null,
  });
  return (
    <Dialog open={id !== null} onOpenChange={isOpen => isOpen || onClose()}>
      {id === null ? null : (
        <DialogPanel kind="sheet" title={`Statement ${id.split('.')[1] ?? ''}`}>
          <DataRegion query={query}>{statement => <Body statement={statement} />}</DataRegion>
        </DialogPanel>
      )}
    </Dialog>
  );
}
