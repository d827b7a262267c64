'use client';
/** Cuts a proxy off for good, after saying what that ends. */
import { CircleSlash } from 'lucide-react';
import { ReasonDialog } from '#components/shared/reason-dialog.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Button } from '#components/ui/button.tsx';
import { plural } from '#components/ui/number-format.ts';
import { orpc } from '#lib/orpc/browser.ts';
import type { ProxyItem } from '#lib/proxies/schema.ts';

export function RevokeProxy({ proxy }: { proxy: ProxyItem }) {
  const revoke = useCommand(orpc.proxies.revoke.mutationOptions(), {
    doing: 'revoke the proxy',
    isRefusalShown: true,
    done: `${proxy.name} is revoked`,
    changes: [orpc.proxies.key()],
  });
  const served = proxy.heartbeat?.connections.map(connection => connection.name) ?? [];
  const sessions = proxy.heartbeat?.sessions ?? 0;
  return (
    <ReasonDialog
      trigger={
        <Button variant="destructive" pending={revoke.isPending}>
          <CircleSlash aria-hidden /> Revoke proxy…
        </Button>
      }
      title={`Revoke ${proxy.name}`}
      effect={
        <ul className="grid list-inside list-disc gap-1">
          <li>Its key is worthless at once and for good. To come back it has to be enrolled anew.</li>
          <li>
            {sessions > 0
              ? `${plural(sessions, 'live session')} through it ${sessions === 1 ? 'is' : 'are'} cut.`
              : 'Sessions through it are cut.'}{' '}
            Statements it holds for approval are withdrawn.
          </li>
          {served.length > 0 ? <li>Nobody reaches {served.join(', ')} through it any more.</li> : null}
          <li>Events it has not sent yet stay on its disk.</li>
        </ul>
      }
      action={`Revoke ${proxy.name}`}
      pending={revoke.isPending}
      onConfirm={reason => revoke.mutateAsync({ id: proxy.id, reason })}
    />
  );
}
