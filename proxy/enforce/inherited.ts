/** What the log says of copies of labelled columns that were committed: the control plane labels their targets durably. */
import { type InheritedColumn, inheritedColumnsMax } from '#core/event/schema.ts';
import type { EventDraft } from '../ports.ts';
import { isTemporary, type LabelledCopy } from './flows.ts';

const labelsMax = 20;
const originsMax = 20;

const columnOf = ({ target, tags, origins }: LabelledCopy): InheritedColumn => ({
  target,
  labels: tags.slice(0, labelsMax).map(({ label, level }) => ({ label, level })),
  origins: origins.slice(0, originsMax).map(({ schema, relation, column }) => ({ schema, relation, column })),
});

export function inheritedEvents(copies: readonly LabelledCopy[]): EventDraft[] {
  const sessions = [...new Set(copies.map(copy => copy.session))];
  return sessions.flatMap(session =>
    eventsOf(
      session,
      copies.filter(copy => copy.session === session),
    ),
  );
}

function eventsOf(session: string, copies: readonly LabelledCopy[]): EventDraft[] {
  const lasting = copies.filter(copy => !isTemporary(copy) && copy.tags.length > 0);
  const events: EventDraft[] = [];
  for (let at = 0; at < lasting.length; at += inheritedColumnsMax) {
    const some = lasting.slice(at, at + inheritedColumnsMax);
    const statement = Math.max(...some.map(copy => copy.statement));
    events.push({ type: 'classification.inherited', session, statement, columns: some.map(columnOf) });
  }
  return events;
}
