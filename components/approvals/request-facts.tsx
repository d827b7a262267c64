'use client';
/** The facts of a request at a glance, each with how it was found and how old it is. */
import { FactStrip, FactTile } from '#components/shared/fact-tile.tsx';
import { OwnerName } from '#components/shared/owner-name.tsx';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { formatCount, formatDuration, plural } from '#components/ui/number-format.ts';
import { Unknown } from '#components/ui/states.tsx';
import { useNow } from '#components/ui/time.tsx';
import { formatRelative } from '#components/ui/time-format.ts';
import type { RequestDetail } from '#lib/approvals/schema.ts';

/** How long the proxy may take to report; after that the impact is unknown rather than on its way. */
const impactExpectedMs = 30_000;

function RowsTile({ request }: { request: RequestDetail }) {
  const nowMs = useNow();
  const { impact } = request;
  if (!impact) {
    const isComing = request.state === 'pending' && nowMs - Date.parse(request.createdAt) < impactExpectedMs;
    return (
      <FactTile
        label="Rows affected"
        value={isComing ? 'Counting…' : <Unknown />}
        method={isComing ? undefined : 'the proxy has not reported'}
      />
    );
  }
  const age = nowMs > 0 ? `, ${formatRelative(impact.computedAt, nowMs)}` : '';
  const share = impact.tableRows ? ` of ${formatCount(impact.tableRows)}` : '';
  if (impact.exactRows !== null) {
    const took = impact.exactMs === null ? '' : ` in ${formatDuration(impact.exactMs)}`;
    return (
      <FactTile
        label="Rows affected"
        value={`${formatCount(impact.exactRows)}${share}`}
        method={`counted read-only${took}${age}`}
      />
    );
  }
  const why = impact.note ? ` · ${impact.note}` : '';
  return (
    <FactTile
      label="Rows affected"
      value={impact.planRows === null ? <Unknown /> : `≈ ${formatCount(Math.round(impact.planRows))}${share}`}
      method={`${impact.planRows === null ? 'no plan' : 'estimated by the planner'}${age}${why}`}
    />
  );
}

/** `ROW EXCLUSIVE (other writes go on)`: the name is the fact, the rest explains it. */
function LockTile({ lock }: { lock: string | null }) {
  const [, name, explanation] = /^([^(]+?)\s*(?:\((.*)\))?$/.exec(lock ?? '') ?? [];
  return (
    <FactTile
      label="Lock"
      value={<span className="text-sm">{name ?? 'None'}</span>}
      method={explanation ?? 'held while it runs'}
    />
  );
}

function SideEffectTile({ impact }: { impact: NonNullable<RequestDetail['impact']> }) {
  const { triggers, cascades } = impact;
  const parts = [
    triggers.length > 0 ? plural(triggers.length, 'trigger') : '',
    cascades.length > 0 ? plural(cascades.length, 'cascade') : '',
  ].filter(Boolean);
  const names = [...triggers, ...cascades.map(cascade => cascade.relation)].slice(0, 3).join(', ');
  return (
    <FactTile label="Also sets off" value={parts.join(', ') || 'Nothing'} method={names || 'no trigger, no cascade'} />
  );
}

export function RequestFacts({ request }: { request: RequestDetail }) {
  const owners = [
    ...new Map(
      request.objectDetails.flatMap(object => (object.owner ? [[JSON.stringify(object.owner), object.owner]] : [])),
    ).values(),
  ];
  const downstream = request.downstream?.nodes.filter(node => node.hop > 0).length;
  return (
    <FactStrip label="Facts">
      {request.statement ? <RowsTile request={request} /> : null}
      {request.access ? (
        <FactTile
          label="Duration"
          value={formatDuration(request.access.durationMinutes * 60_000)}
          method="from approval"
        />
      ) : null}
      <FactTile
        label="Most sensitive"
        value={request.level ? <SensitivityTag level={request.level} className="my-1" /> : 'Unclassified'}
        method={
          request.classified.length > 0
            ? plural(request.classified.length, 'classified column')
            : 'no classified column is read or written'
        }
      />
      {request.statement ? (
        <FactTile
          label="Tables"
          value={formatCount(request.objectDetails.length)}
          method={
            request.objectDetails
              .map(object => `${object.schema}.${object.relation}`)
              .slice(0, 3)
              .join(', ') || 'none'
          }
        />
      ) : null}
      {request.statement ? (
        <FactTile
          label="Owners"
          value={
            owners.length > 0 ? (
              <span className="grid text-sm font-medium">
                {owners.slice(0, 3).map(owner => (
                  <OwnerName key={JSON.stringify(owner)} owner={owner as never} />
                ))}
              </span>
            ) : (
              'Nobody'
            )
          }
        />
      ) : null}
      {downstream === undefined ? null : (
        <FactTile label="Downstream" value={plural(downstream, 'object')} method="one hop out" />
      )}
      {request.impact ? <LockTile lock={request.impact.lock} /> : null}
      {request.impact ? <SideEffectTile impact={request.impact} /> : null}
    </FactStrip>
  );
}
