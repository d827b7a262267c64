'use client';
/** ⌘K: go to a page, run an action, or search objects on the server. Backspace in an empty field goes one level up. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { Contrast, Keyboard, Link2, Rows3, TimerReset } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { type KeyboardEvent, type ReactNode, useDeferredValue, useState } from 'react';
import { useKeyboard, useShortcut } from '#components/keyboard/keyboard.tsx';
import { keyCaps, type ShortcutId } from '#components/keyboard/shortcuts.ts';
import { IdentityShape } from '#components/shared/identity.tsx';
import { SensitivityTag } from '#components/shared/sensitivity-tag.tsx';
import { Dialog, DialogPanel } from '#components/ui/dialog.tsx';
import { Kbd } from '#components/ui/kbd.tsx';
import { orpc } from '#lib/orpc/browser.ts';
import { useCaller } from './caller.tsx';
import { densityChoices, themeChoices, zoneChoices } from './display-menu.tsx';
import { permittedNavigation } from './navigation.ts';
import { preferencesSchema } from './preferences.ts';
import { usePreferences } from './preferences-provider.tsx';

type Level = 'root' | 'theme' | 'density' | 'zone';

const levelChoices = { theme: themeChoices, density: densityChoices, zone: zoneChoices } as const;
const levelLabels: Readonly<Record<Exclude<Level, 'root'>, string>> = {
  theme: 'Theme',
  density: 'Density',
  zone: 'Times in',
};

const searchCharsMin = 2;
const hitsMax = 6;

type ItemProps = {
  value: string;
  icon: ReactNode;
  children: ReactNode;
  keys?: readonly string[];
  /** What the server found it by, which need not stand in it. */
  found?: string;
  onSelect: () => void;
};

function Item({ value, icon, children, keys, found, onSelect }: ItemProps) {
  return (
    <Command.Item
      value={value}
      {...(found ? { keywords: [found] } : {})}
      onSelect={onSelect}
      className="flex min-h-9 items-center gap-2.5 rounded-md px-2 data-[selected=true]:bg-accent pointer-coarse:min-h-11 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted-foreground"
    >
      {icon}
      <span className="flex min-w-0 flex-1 items-center gap-2">{children}</span>
      {keys ? <Kbd keys={keys} className="ms-auto max-sm:hidden" /> : null}
    </Command.Item>
  );
}

const groupStyle =
  '[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-muted-foreground';

function Found({ text, go }: { text: string; go: (href: string) => void }) {
  const { permissions } = useCaller();
  const isLongEnough = text.trim().length >= searchCharsMin;
  const catalog = useQuery({
    ...orpc.catalog.search.queryOptions({ input: { q: text.trim() || ' ', limit: hitsMax } }),
    enabled: isLongEnough && permissions.has('catalog:read'),
    placeholderData: keepPreviousData,
  });
  const identities = useQuery({
    ...orpc.identity.identities.list.queryOptions({ input: { q: text.trim(), limit: hitsMax } }),
    enabled: isLongEnough && permissions.has('identity:read'),
    placeholderData: keepPreviousData,
  });
  if (!isLongEnough) return null;
  return (
    <>
      {catalog.data?.items.length ? (
        <Command.Group heading="Catalog" className={groupStyle}>
          {catalog.data.items.map(hit => (
            <Item
              key={`${hit.connection.id} ${hit.oid} ${hit.attnum}`}
              value={`catalog ${hit.connection.name} ${hit.schema}.${hit.relation} ${hit.column ?? ''}`}
              found={text}
              icon={<span className="size-4" />}
              onSelect={() => go(`/catalog/${hit.connection.id}/${hit.oid}`)}
            >
              <span className="truncate font-mono text-xs">
                {hit.schema}.{hit.relation}
                {hit.column ? `.${hit.column}` : ''}
              </span>
              <span className="truncate text-muted-foreground">{hit.connection.name}</span>
              {hit.level ? <SensitivityTag level={hit.level} {...(hit.label ? { label: hit.label } : {})} /> : null}
            </Item>
          ))}
        </Command.Group>
      ) : null}
      {identities.data?.items.length ? (
        <Command.Group heading="Identities" className={groupStyle}>
          {identities.data.items.map(identity => (
            <Item
              key={identity.id}
              value={`identity ${identity.login} ${identity.displayName}`}
              found={text}
              icon={<IdentityShape kind={identity.kind} />}
              onSelect={() => go(`/identities/${identity.id}`)}
            >
              <span className="truncate">{identity.login}</span>
              <span className="truncate text-muted-foreground">{identity.displayName}</span>
            </Item>
          ))}
        </Command.Group>
      ) : null}
    </>
  );
}

function RootLevel({
  go,
  open,
  act,
}: {
  go: (href: string) => void;
  open: (level: Level) => void;
  act: (id: ShortcutId) => void;
}) {
  const { permissions } = useCaller();
  return (
    <>
      <Command.Group heading="Go to" className={groupStyle}>
        {permittedNavigation(permissions)
          .flatMap(group => group.items)
          .map(item => (
            <Item
              key={item.href}
              value={`go to ${item.label}`}
              icon={<item.icon aria-hidden />}
              keys={keyCaps(item.shortcut)}
              onSelect={() => go(item.href)}
            >
              {item.label}
            </Item>
          ))}
      </Command.Group>
      <Command.Group heading="Act" className={groupStyle}>
        <Item
          value="copy link to this view"
          icon={<Link2 aria-hidden />}
          keys={keyCaps('link.copy')}
          onSelect={() => act('link.copy')}
        >
          Copy a link to this view
        </Item>
        <Item value="theme dark light" icon={<Contrast aria-hidden />} onSelect={() => open('theme')}>
          Theme…
        </Item>
        <Item value="density compact comfortable" icon={<Rows3 aria-hidden />} onSelect={() => open('density')}>
          Density…
        </Item>
        <Item value="time zone utc local" icon={<TimerReset aria-hidden />} onSelect={() => open('zone')}>
          Time zone…
        </Item>
        <Item
          value="keyboard shortcuts help"
          icon={<Keyboard aria-hidden />}
          keys={keyCaps('help.open')}
          onSelect={() => act('help.open')}
        >
          Keyboard shortcuts
        </Item>
      </Command.Group>
    </>
  );
}

function ChoiceLevel({ level, onDone }: { level: Exclude<Level, 'root'>; onDone: () => void }) {
  const { preferences, setPreferences } = usePreferences();
  return (
    <Command.Group heading={levelLabels[level]} className={groupStyle}>
      {levelChoices[level].map(choice => (
        <Item
          key={choice.value}
          value={choice.label}
          icon={<span className="size-4 text-center">{preferences[level] === choice.value ? '✓' : ''}</span>}
          onSelect={() => {
            setPreferences({ [level]: preferencesSchema.shape[level].parse(choice.value) });
            onDone();
          }}
        >
          {choice.label}
        </Item>
      ))}
    </Command.Group>
  );
}

export function CommandMenu() {
  const router = useRouter();
  const { run } = useKeyboard();
  const [isOpen, setOpen] = useState(false);
  const [level, setLevel] = useState<Level>('root');
  const [text, setText] = useState('');
  const searched = useDeferredValue(text);
  const change = (next: boolean) => {
    setOpen(next);
    setLevel('root');
    setText('');
  };
  useShortcut('menu.open', () => change(!isOpen));
  const open = (next: Level) => {
    setLevel(next);
    setText('');
  };
  const go = (href: string) => {
    change(false);
    router.push(href);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Backspace' || text !== '' || level === 'root') return;
    event.preventDefault();
    open('root');
  };
  return (
    <Dialog open={isOpen} onOpenChange={change}>
      <DialogPanel title="Command menu" isTitleHidden className="max-w-xl">
        <Command label="Command menu" onKeyDown={onKeyDown} className="-mx-3 -my-1">
          <Command.Input
            autoFocus
            value={text}
            onValueChange={setText}
            placeholder={level === 'root' ? 'Go to a page, run an action, or search' : levelLabels[level]}
            className="h-10 w-full border-b border-border bg-transparent px-2 text-base outline-none placeholder:text-muted-foreground pointer-coarse:text-lg"
          />
          <Command.List className="max-h-[60dvh] overflow-y-auto py-1">
            <Command.Empty className="px-2 py-6 text-center text-muted-foreground">Nothing found.</Command.Empty>
            {level === 'root' ? (
              <>
                <RootLevel
                  go={go}
                  open={open}
                  act={id => {
                    change(false);
                    run(id);
                  }}
                />
                <Found text={searched} go={go} />
              </>
            ) : (
              <ChoiceLevel level={level} onDone={() => change(false)} />
            )}
          </Command.List>
        </Command>
      </DialogPanel>
    </Dialog>
  );
}
