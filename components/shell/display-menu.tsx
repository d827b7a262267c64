'use client';
/** How the console looks to this reader: theme, density, time zone. */
import { SlidersHorizontal } from 'lucide-react';
import { Button } from '#components/ui/button.tsx';
import {
  Menu,
  MenuGroup,
  MenuLabel,
  MenuPanel,
  MenuRadioGroup,
  MenuRadioItem,
  MenuSeparator,
  MenuTrigger,
} from '#components/ui/menu.tsx';
import { useNow } from '#components/ui/time.tsx';
import { zoneLabel } from '#components/ui/time-format.ts';
import { preferencesSchema } from './preferences.ts';
import { usePreferences } from './preferences-provider.tsx';

export const themeChoices = [
  { value: 'system', label: 'As the device' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const;

export const densityChoices = [
  { value: 'compact', label: 'Compact' },
  { value: 'default', label: 'Default' },
  { value: 'comfortable', label: 'Comfortable' },
] as const;

export const zoneChoices = [
  { value: 'local', label: 'Local' },
  { value: 'utc', label: 'UTC' },
] as const;

type ChoiceProps = {
  label: string;
  name: 'theme' | 'density' | 'zone';
  choices: readonly { value: string; label: string; hint?: string }[];
};

function Choice({ label, name, choices }: ChoiceProps) {
  const { preferences, setPreferences } = usePreferences();
  return (
    <MenuGroup>
      <MenuLabel>{label}</MenuLabel>
      <MenuRadioGroup
        value={preferences[name]}
        onValueChange={value => setPreferences({ [name]: preferencesSchema.shape[name].parse(value) })}
      >
        {choices.map(choice => (
          <MenuRadioItem key={choice.value} value={choice.value} onSelect={event => event.preventDefault()}>
            {choice.label}
            {choice.hint ? <span className="text-muted-foreground">{choice.hint}</span> : null}
          </MenuRadioItem>
        ))}
      </MenuRadioGroup>
    </MenuGroup>
  );
}

export function DisplayMenu() {
  const nowMs = useNow(60_000);
  const zones = zoneChoices.map(choice => ({
    ...choice,
    hint: choice.value === 'local' && nowMs > 0 ? zoneLabel(nowMs, 'local') : '',
  }));
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant="ghost" size="icon" aria-label="Theme, density and time zone">
          <SlidersHorizontal aria-hidden />
        </Button>
      </MenuTrigger>
      <MenuPanel>
        <Choice label="Theme" name="theme" choices={themeChoices} />
        <MenuSeparator />
        <Choice label="Density" name="density" choices={densityChoices} />
        <MenuSeparator />
        <Choice label="Times in" name="zone" choices={zones} />
      </MenuPanel>
    </Menu>
  );
}
