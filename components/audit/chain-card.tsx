'use client';
/** Whether the log is complete and unaltered: each source's chain, how far it was verified, and the walk on demand. */
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, Download, ShieldAlert } from 'lucide-react';
import { IdentityShape } from '#components/shared/identity.tsx';
import { useCan } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Badge } from '#components/ui/badge.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, CardHeader } from '#components/ui/card.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { DataRegion } from '#components/ui/data-region.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { formatCount, plural } from '#components/ui/number-format.ts';
import { TableCell, TableFrame, TableHead } from '#components/ui/table.tsx';
import { TimeText } from '#components/ui/time.tsx';
import type { Chain } from '#lib/audit/schema.ts';
import { downloadUrl, orpc } from '#lib/orpc/browser.ts';

function Verified({ chain }: { chain: Chain }) {
  if (chain.brokenSeq !== null) {
    return (
      <span className="inline-flex flex-wrap items-center gap-x-1.5 whitespace-normal">
        <Badge tone="deny">
          <ShieldAlert aria-hidden /> Broken at {formatCount(chain.brokenSeq)}
        </Badge>
        {chain.brokenReason ? <span className="text-fault">{inertText(chain.brokenReason)}</span> : null}
      </span>
    );
  }
  if (chain.verifiedAt === null) return <span className="text-muted-foreground">not yet</span>;
  const rest = chain.lastSeq - chain.verifiedSeq;
  return (
    <span className="inline-flex flex-wrap items-center gap-x-1.5">
      <CircleCheck aria-hidden className="size-4 text-allow" />
      to {formatCount(chain.verifiedSeq)}
      {rest > 0 ? <span className="text-muted-foreground">({formatCount(rest)} newer)</span> : null}
      <TimeText value={chain.verifiedAt} precision="minute" className="text-muted-foreground" />
    </span>
  );
}

function ChainRow({ chain, canExport }: { chain: Chain; canExport: boolean }) {
  return (
    <tr className="group/row">
      <TableCell>
        <span className="inline-flex items-center gap-1.5">
          {chain.kind === 'proxy' ? <IdentityShape kind="proxy" /> : <IdentityShape kind="service" />}
          {inertText(chain.name)}
        </span>
      </TableCell>
      <TableCell label="Events" className="text-end">
        {formatCount(chain.lastSeq)}
      </TableCell>
      <TableCell label="Last event">
        {chain.lastTime ? <TimeText value={chain.lastTime} /> : <span className="text-muted-foreground">never</span>}
      </TableCell>
      <TableCell label="Verified">
        <Verified chain={chain} />
      </TableCell>
      <TableCell label="Refused batches">
        {chain.fault ? (
          <span className="text-fault">
            {inertText(chain.fault.message)} at {formatCount(chain.fault.seq)}
          </span>
        ) : (
          <span className="text-muted-foreground">none</span>
        )}
      </TableCell>
      <TableCell label="Head">
        <span className="inline-flex items-center font-mono text-xs">
          {chain.lastHash.slice(0, 12)}
          <CopyButton value={chain.lastHash} what="hash of the last event" />
        </span>
      </TableCell>
      {canExport ? (
        <TableCell label="Offline">
          <a
            href={downloadUrl(['audit', 'chain', 'export'], { source: chain.source })}
            download
            className="inline-flex items-center gap-1 text-link hover:underline"
          >
            <Download aria-hidden className="size-4" />
            Download
            <span className="sr-only"> the chain of {inertText(chain.name)}</span>
          </a>
        </TableCell>
      ) : null}
    </tr>
  );
}

/** Long chains take more than one step; what has been looked at is what can be spoken of. */
function verdictOf({ intact, sources }: { intact: boolean; sources: readonly Chain[] }): string {
  if (!intact) return 'The log is not intact';
  const left = sources.reduce((sum, { lastSeq, walkedSeq }) => sum + Math.max(0, lastSeq - walkedSeq), 0);
  if (left === 0) return 'Every stored event matches its chain';
  return `Every event so far matches its chain; ${formatCount(left)} more are being looked at`;
}

export function ChainCard() {
  const canExport = useCan('audit:export');
  const query = useQuery({ ...orpc.audit.chain.get.queryOptions(), refetchInterval: 30_000 });
  const verify = useCommand(orpc.audit.chain.verify.mutationOptions(), {
    doing: 'verify the log',
    done: verdictOf,
    changes: [orpc.audit.chain.key()],
  });
  return (
    <Card>
      <CardHeader
        title="Integrity"
        hint={query.data ? (query.data.gaps === 0 ? 'no gaps' : plural(query.data.gaps, 'gap')) : undefined}
      >
        {query.data ? (
          query.data.intact ? (
            <Badge tone="allow">
              <CircleCheck aria-hidden /> Intact
            </Badge>
          ) : (
            <Badge tone="deny">
              <ShieldAlert aria-hidden /> Not intact
            </Badge>
          )
        ) : null}
        <Button size="small" pending={verify.isPending} onClick={() => verify.mutate({})}>
          {verify.isPending ? 'Verifying…' : 'Verify now'}
        </Button>
      </CardHeader>
      <DataRegion query={query} className="px-4 pb-4">
        {data => (
          <>
            <TableFrame label="Chains of the log">
              <thead>
                <tr>
                  <TableHead>Source</TableHead>
                  <TableHead className="text-end">Events</TableHead>
                  <TableHead>Last event</TableHead>
                  <TableHead>Verified</TableHead>
                  <TableHead>Refused batches</TableHead>
                  <TableHead>Head</TableHead>
                  {canExport ? <TableHead>Offline</TableHead> : null}
                </tr>
              </thead>
              <tbody>
                {data.sources.map(chain => (
                  <ChainRow key={chain.source} chain={chain} canExport={canExport} />
                ))}
              </tbody>
            </TableFrame>
            {canExport ? (
              <p className="pt-2 text-xs text-muted-foreground">
                A download is checked without this console: <code className="font-mono">weir verify</code> and the file.
              </p>
            ) : null}
          </>
        )}
      </DataRegion>
    </Card>
  );
}
