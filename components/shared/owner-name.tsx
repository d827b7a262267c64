/** Who owns data: a person, an agent, a service account or a group. */
import type { OwnerRef } from '#lib/catalog/schema.ts';
import { IdentityName } from './identity.tsx';

export function OwnerName({ owner }: { owner: OwnerRef | null }) {
  if (owner === null) return <span className="text-muted-foreground">nobody</span>;
  if (owner.type === 'group') return <IdentityName identity={{ kind: 'group', login: owner.group }} />;
  return <IdentityName identity={owner.identity} />;
}
