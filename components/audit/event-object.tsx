/** What an event is about: its kind, its name, and the way to it where there is a page. */
import Link from 'next/link';
import { inertText } from '#components/ui/inert-text.ts';
import type { EventView } from '#lib/audit/schema.ts';

/** Reading names what was read in the action; the label repeats that, and the id alone says which one it was. */
const isRead = ({ action, target }: EventView): boolean => action === `${target?.label}.read`;

const pages: Readonly<Record<string, string>> = {
  request: '/approvals',
  session: '/sessions',
  sessions: '/sessions',
  proxy: '/proxies',
  identity: '/identities',
  policy: '/policies',
};

/** As one of them is called, not the collection it is read from. */
const kindOf = (type: string): string => (type === 'sessions' ? 'session' : type.replaceAll('_', ' '));

/** Null where nothing in particular was touched: who searches looks at no one thing. */
function shownOf(event: EventView): { kind: string; name: string; isId: boolean } | null {
  const { target } = event;
  if (target === null) return null;
  if (!isRead(event)) return { kind: kindOf(target.type), name: target.label, isId: false };
  return target.id === '' ? null : { kind: kindOf(target.type), name: target.id, isId: true };
}

type Props = {
  event: EventView;
  /** In a list the row has one link of its own. */
  isLinked: boolean;
};

export function EventObject({ event, isLinked }: Props) {
  const shown = shownOf(event);
  if (shown === null) return isLinked ? '–' : null;
  const name = <bdi className={shown.isId ? 'font-mono text-xs' : undefined}>{inertText(shown.name)}</bdi>;
  const page = event.target && pages[event.target.type];
  return (
    <>
      <span className="text-muted-foreground">{shown.kind} </span>
      {isLinked && page && event.target?.id ? (
        <Link href={`${page}/${encodeURIComponent(event.target.id)}`} className="text-link hover:underline">
          {name}
        </Link>
      ) : (
        name
      )}
    </>
  );
}
