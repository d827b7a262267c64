'use client';
/** Switches an identity off everywhere, after saying what that ends, and on again. */
import { useCaller } from '#components/shell/caller.tsx';
import { useCommand } from '#components/shell/use-command.ts';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogClose, DialogPanel, DialogTrigger } from '#components/ui/dialog.tsx';
import { inertText } from '#components/ui/inert-text.ts';
import { plural } from '#components/ui/number-format.ts';
import type { IdentityDetail } from '#lib/identity/schema.ts';
import { orpc } from '#lib/orpc/browser.ts';

function Consequences({ identity }: { identity: IdentityDetail }) {
  const { activeTokens, openSessions, owns, kind } = identity;
  return (
    <ul className="grid list-inside list-disc gap-1">
      <li>
        {activeTokens > 0 ? `${plural(activeTokens, 'active token')} for proxies` : 'Tokens for proxies'} are refused,
        and live sessions that rest on them are cut within a second.
      </li>
      {kind === 'user' ? (
        <li>
          {openSessions > 0
            ? `${plural(openSessions, 'session')} of the console end`
            : 'It cannot sign in to the console'}
          .
        </li>
      ) : null}
      <li>API tokens are revoked for good.</li>
      {owns.length > 0 ? (
        <li>
          {owns.map(owned => inertText(owned.login)).join(', ')} go on by themselves, but no longer on its behalf: name
          another owner, or disable them too.
        </li>
      ) : null}
      <li>Nothing that was recorded is deleted, and it can be enabled again.</li>
    </ul>
  );
}

export function Enablement({ identity }: { identity: IdentityDetail }) {
  const isSelf = useCaller().id === identity.id;
  const login = inertText(identity.login);
  const update = useCommand(orpc.identity.identities.update.mutationOptions(), {
    doing: identity.enabled ? 'disable the identity' : 'enable the identity',
    done: identity.enabled ? `${login} is disabled everywhere` : `${login} is enabled`,
    changes: [orpc.identity.key()],
  });
  const set = () => update.mutate({ id: identity.id, enabled: !identity.enabled, expectedVersion: identity.version });
  if (isSelf) return null;
  if (!identity.enabled) {
    return (
      <Button pending={update.isPending} onClick={set}>
        Enable {login}
      </Button>
    );
  }
  return (
    <Dialog>
      <DialogTrigger asChild>
        <Button variant="destructive" pending={update.isPending}>
          Disable…
        </Button>
      </DialogTrigger>
      <DialogPanel
        title={`Disable ${login}`}
        footer={
          <DialogClose asChild>
            <Button variant="destructive" onClick={set}>
              Disable everywhere
            </Button>
          </DialogClose>
        }
      >
        <Consequences identity={identity} />
      </DialogPanel>
    </Dialog>
  );
}
