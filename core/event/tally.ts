/**
 * How a statement counts: by what was decided about it, except that mistakes count for themselves. A mistake is refused, too, but
 * PostgreSQL alone would have refused it as well: it is no SQL, or names what does not exist.
 */
import { type Effect, effects } from '../policy/schema.ts';

export const tallies = [...effects, 'mistake'] as const;
export type Tally = (typeof tallies)[number];

/** Of the class for syntax and names, the one state that is about rights: refused by policy, or because it could not be resolved. */
export const rightsState = '42501';
/** Names of prepared statements and cursors have states of other classes. */
export const nameStates = ['26000', '34000'] as const;

/** Known once it has ended: a refusal says why by its SQLSTATE. */
export function isMistake(outcome: string | null, sqlstate: string | null): boolean {
  if (outcome !== 'refused' || sqlstate === null || sqlstate === rightsState) return false;
  return sqlstate.startsWith('42') || nameStates.some(state => state === sqlstate);
}

/** Until it has ended, what is denied counts as denied. */
export const tallyOf = (effect: Effect, outcome: string | null, sqlstate: string | null): Tally =>
  effect === 'deny' && isMistake(outcome, sqlstate) ? 'mistake' : effect;
