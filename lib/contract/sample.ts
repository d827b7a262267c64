/** What the contract test needs to know of a procedure besides its declaration: one good call, one bad one, and ids that are not there. */
import type { Desk } from '#lib/approvals/testing.ts';
import type { TestIdentity } from '#lib/testing.ts';

export type Sample = {
  /** Who may make the call; `proxy` is the desk's. Absent for the public. */
  as?: TestIdentity | 'proxy';
  /** Below /api/v1, with its query. */
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** Only for people at a browser: `path` is then the procedure's, and `body` its input. */
  isRpc?: boolean;
  /** The same call with one thing wrong, and the field the answer must name. Absent when there is nothing to get wrong. */
  malformed?: { path?: string; body?: unknown; field: string };
  /** The same call about something that does not exist. Absent when it is about nothing in particular. */
  absent?: string;
  /** The same call about something that exists, by somebody who may not know that: must equal `absent`. */
  hidden?: { as: TestIdentity; path: string };
  /** Leaves no control event although it is a command: a report whose record is elsewhere, or a poll that has to go on. */
  isSilent?: boolean;
};

export type Samples = Record<string, (desk: Desk) => Sample | Promise<Sample>>;

export const nowhere = '11111111-1111-4111-8111-111111111111';

/** A list that anybody with the permission may read. */
export const list =
  (path: string, as: (desk: Desk) => TestIdentity): Samples[string] =>
  desk => ({
    as: as(desk),
    path,
    malformed: { path: `${path}${path.includes('?') ? '&' : '?'}limit=0`, field: 'limit' },
  });
