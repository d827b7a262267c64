/** Events as JSON text, always the same for the same event: members in the order of their names, after what numbers the event. */
import type { Event } from './schema.ts';

type Draft<E> = E extends unknown ? Omit<E, 'v' | 'proxy' | 'seq' | 'time'> : never;
/** An event without what its recorder adds. */
export type EventBody = Draft<Event>;

/** JSON with sorted keys; absent members are left out, as JSON.stringify does. */
export function stableJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(each => stableJson(each === undefined ? null : each)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  return `{${membersOf(value)}}`;
}

function membersOf(value: object): string {
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${stableJson(member)}`)
    .join(',');
}

/** The members of a draft without braces, `type` first: what a recorder may keep and append to. */
export function serializeMembers(body: EventBody): string {
  const { type, ...rest } = body;
  const members = membersOf(rest);
  return members === '' ? `"type":"${type}"` : `"type":"${type}",${members}`;
}

/** The text that is hashed, stored and sent. */
export function serialize({ v, proxy, seq, time, ...body }: Event): string {
  return `{"v":${v},"proxy":"${proxy}","seq":${seq},"time":"${time}",${serializeMembers(body as EventBody)}}`;
}
