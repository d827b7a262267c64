'use client';
/** The keys that work on this page, from the one list of shortcuts. */
import { useState } from 'react';
import { useKeyboard, useShortcut } from '#components/keyboard/keyboard.tsx';
import { keyCaps, type ShortcutId, type ShortcutScope, shortcuts } from '#components/keyboard/shortcuts.ts';
import { Switch } from '#components/ui/checkbox.tsx';
import { Dialog, DialogPanel } from '#components/ui/dialog.tsx';
import { Kbd } from '#components/ui/kbd.tsx';
import { usePreferences } from './preferences-provider.tsx';

function ScopeList({ scope, ids }: { scope: ShortcutScope; ids: readonly ShortcutId[] }) {
  return (
    <section className="grid content-start gap-1">
      <h3 className="text-xs font-medium text-muted-foreground">{scope}</h3>
      <dl className="grid gap-1">
        {ids.map(id => (
          <div key={id} className="flex min-h-6 items-center justify-between gap-4">
            <dt>{shortcuts[id].label}</dt>
            <dd>
              <Kbd keys={keyCaps(id)} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function ShortcutSheet() {
  const [isOpen, setOpen] = useState(false);
  const { active } = useKeyboard();
  const { preferences, setPreferences } = usePreferences();
  useShortcut('help.open', () => setOpen(true));
  const all = Object.keys(shortcuts) as ShortcutId[];
  const shown = all.filter(id => active.includes(id));
  const scopes = [...new Set(shown.map(id => shortcuts[id].scope))];
  return (
    <Dialog open={isOpen} onOpenChange={setOpen}>
      <DialogPanel title="Keyboard shortcuts" description="What works on this page." className="max-w-2xl">
        <div className="grid gap-4 sm:grid-cols-2">
          {scopes.map(scope => (
            <ScopeList key={scope} scope={scope} ids={shown.filter(id => shortcuts[id].scope === scope)} />
          ))}
        </div>
        <div className="mt-4 flex items-center justify-between gap-4 border-t border-border pt-3">
          <label htmlFor="single-keys">
            Single keys
            <span className="block text-xs text-muted-foreground">
              Off while typing in any case. ⌘ and Ctrl combinations stay.
            </span>
          </label>
          <Switch
            id="single-keys"
            checked={preferences.areSingleKeysOn}
            onCheckedChange={areSingleKeysOn => setPreferences({ areSingleKeysOn })}
          />
        </div>
      </DialogPanel>
    </Dialog>
  );
}
