/**
 * From one batch of a proxy's events to rows of the projections, as plain data: sessions that began, statements with what
 * became of them, totals, endings. Pure, so that what a batch means can be tested without a database.
 */
import 'server-only';
import type { Event } from '#core/event/schema.ts';
import { type Tally, tallyOf } from '#core/event/tally.ts';
import { quotedPart, splitQualified } from '#core/policy/match.ts';
import { rollupMinutes } from '#db/schema/audit.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

export type SessionStart = Of<'session.start'>;
export type Decided = Of<'statement.decided'>;
export type Completed = Of<'statement.completed'>;

/** What the batch adds to one session. */
export type SessionDelta = {
  id: string;
  activeAt: string;
  statements: number;
  rows: number;
  bytes: number;
  maskedCells: number;
  errors: number;
  allow: number;
  mask: number;
  approve: number;
  deny: number;
  mistake: number;
};

/** What the batch adds to one bucket of counts over time. */
export type RollupDelta = { bucket: string; effect: Tally; statements: number; maskedCells: number; unmasked: number };

export type Projection = {
  starts: SessionStart[];
  decided: { event: Decided; completed: Completed | null }[];
  /** Of statements whose decision came in an earlier batch. */
  completed: Completed[];
  deltas: SessionDelta[];
  rollup: RollupDelta[];
  ends: Of<'session.end'>[];
  keys: Of<'proxy.key'>[];
  /** The proxy started or stopped: sessions that are open then, except those begun since, are lost. */
  lost: { at: string; except: string[] } | null;
};

const emptyDelta = (id: string, activeAt: string): SessionDelta => ({
  id,
  activeAt,
  statements: 0,
  rows: 0,
  bytes: 0,
  maskedCells: 0,
  errors: 0,
  allow: 0,
  mask: 0,
  approve: 0,
  deny: 0,
  mistake: 0,
});

export function projectBatch(events: readonly Event[]): Projection {
  const projection: Projection = {
    starts: [],
    decided: [],
    completed: [],
    deltas: [],
    rollup: [],
    ends: [],
    keys: [],
    lost: null,
  };
  const deltas = new Map<string, SessionDelta>();
  const decided = new Map<string, Projection['decided'][number]>();
  const deltaOf = (event: { session: string; time: string }): SessionDelta => {
    const delta = deltas.get(event.session) ?? emptyDelta(event.session, event.time);
    deltas.set(event.session, delta);
    if (event.time > delta.activeAt) delta.activeAt = event.time;
    return delta;
  };
  const rollup = new Map<string, RollupDelta>();
  const rollupOf = (time: string, effect: Tally): RollupDelta => {
    const bucket = bucketOf(time);
    const held = rollup.get(`${bucket} ${effect}`) ?? { bucket, effect, statements: 0, maskedCells: 0, unmasked: 0 };
    rollup.set(`${bucket} ${effect}`, held);
    return held;
  };
  const keyOf = (event: Decided | Completed) => `${event.session} ${event.statement}`;
  for (const event of events) {
    switch (event.type) {
      case 'session.start':
        projection.starts.push(event);
        projection.lost?.except.push(event.session);
        break;
      case 'session.end':
        projection.ends.push(event);
        deltaOf(event);
        break;
      case 'statement.decided': {
        const delta = deltaOf(event);
        delta.statements += 1;
        delta[event.effect] += 1;
        const counts = rollupOf(event.time, event.effect);
        counts.statements += 1;
        if (returnsUnmasked(event)) counts.unmasked += 1;
        decided.set(keyOf(event), { event, completed: null });
        break;
      }
      case 'statement.completed': {
        const delta = deltaOf(event);
        addOutcome(delta, event);
        if (event.maskedCells > 0) rollupOf(event.time, 'mask').maskedCells += event.maskedCells;
        const known = decided.get(keyOf(event));
        // Where the decision came before, only the database knows whether and when it was counted as denied.
        if (known && tallyOf(known.event.effect, event.outcome, event.sqlstate) === 'mistake') {
          delta.deny -= 1;
          delta.mistake += 1;
          rollupOf(known.event.time, 'deny').statements -= 1;
          rollupOf(known.event.time, 'mistake').statements += 1;
        }
        if (known) known.completed = event;
        else projection.completed.push(event);
        break;
      }
      case 'proxy.key':
        projection.keys.push(event);
        break;
      case 'proxy.start':
      case 'proxy.stop':
        projection.lost = { at: event.time, except: [] };
        break;
    }
  }
  projection.decided = [...decided.values()];
  projection.deltas = [...deltas.values()];
  projection.rollup = [...rollup.values()].filter(each => each.statements + each.maskedCells + each.unmasked !== 0);
  return projection;
}

const bucketMs = rollupMinutes * 60_000;

/** Start of the bucket a time is in. */
export const bucketOf = (time: string): string =>
  new Date(Math.floor(Date.parse(time) / bucketMs) * bucketMs).toISOString();

const valueUses = new Set(['output_column', 'output_pure', 'output_derived', 'output_aggregate']);

/** Allowed as it is, with labelled columns among what it returns. */
export const returnsUnmasked = ({ effect, facts }: Decided): boolean =>
  effect !== 'mask' && effect !== 'deny' && (facts?.classified ?? []).some(({ use }) => valueUses.has(use));

function addOutcome(delta: SessionDelta, event: Completed): void {
  delta.rows += event.rows;
  delta.bytes += event.bytes;
  delta.maskedCells += event.maskedCells;
  if (event.outcome === 'error') delta.errors += 1;
}

/** Marks a name that stands for itself in any schema. */
export const anySchema = '*.';

/** The relation's own name, as it stands in its qualified one. */
function nameIn(qualified: string): string {
  const parts = splitQualified(qualified);
  return parts === null ? qualified : quotedPart(parts[1]);
}

/** `schema.relation` of what is touched, without system objects, and each name once more for any schema: what people search by. */
export function relationsOf({ facts }: Decided): string[] {
  const touched = (facts?.accesses ?? []).filter(access => access.kind === 'relation' && !access.system);
  const names = [...new Set(touched.map(access => access.object))].slice(0, 200);
  return [...new Set(names.flatMap(name => [name, `${anySchema}${nameIn(name)}`]))];
}

export function labelsOf({ facts }: Decided): string[] {
  return [...new Set((facts?.classified ?? []).map(column => column.label ?? ''))]
    .filter(label => label !== '')
    .slice(0, 100);
}

export function hazardsOf({ facts }: Decided): string[] {
  return [...new Set((facts?.hazards ?? []).map(hazard => hazard.code as string))];
}
