/** Whom a table or schema belongs to, as the console shows it. */
import 'server-only';
import { type People, peopleOf } from '#lib/identity/people.ts';
import type { OwnerRef } from './schema.ts';

export { type People, peopleOf };

export function ownerRefOf(
  row: { identityId: string | null; groupName: string | null },
  people: People,
): OwnerRef | null {
  if (row.identityId !== null) return { type: 'identity', identity: people.of(row.identityId) };
  return row.groupName === null ? null : { type: 'group', group: row.groupName };
}
