'use client';
/** Chooses a span of time: presets that move with the present, or two fixed moments. */
import { CalendarClock } from 'lucide-react';
import { useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { Button } from './button.tsx';
import { Field } from './field.tsx';
import { Input } from './input.tsx';
import { Popover, PopoverPanel, PopoverTrigger } from './popover.tsx';
import { useTimeZone } from './time.tsx';
import { formatAbsolute, zoneLabel } from './time-format.ts';
import { fromInputValue, resolveTime, type TimeRange, timePresets, toInputValue } from './time-range.ts';

type Props = { range: TimeRange; onChange: (range: TimeRange) => void; emptyLabel?: string };

function rangeLabel(range: TimeRange, zone: 'local' | 'utc', emptyLabel: string): string {
  if (range.from === null && range.to === null) return emptyLabel;
  const preset = range.to === null && timePresets.find(each => each.from === range.from);
  if (preset) return preset.label;
  const nowMs = Date.now();
  const name = (text: string | null, open: string) => {
    const at = text === null ? null : resolveTime(text, nowMs);
    return at === null ? open : formatAbsolute(at, zone, 'minute');
  };
  return `${name(range.from, 'the beginning')} – ${name(range.to, 'now')}`;
}

function CustomRange({ range, onChange }: Pick<Props, 'range' | 'onChange'>) {
  const zone = useTimeZone();
  const isUtc = zone === 'utc';
  const start = (text: string | null) => {
    const at = text === null ? null : resolveTime(text, Date.now());
    return at === null ? '' : toInputValue(at, isUtc);
  };
  const [from, setFrom] = useState(() => start(range.from));
  const [to, setTo] = useState(() => start(range.to));
  const [fromAt, toAt] = [fromInputValue(from, isUtc), fromInputValue(to, isUtc)];
  const isReversed = fromAt !== null && toAt !== null && fromAt >= toAt;
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return (
    <form
      className="grid gap-2 border-t border-border pt-3"
      onSubmit={event => {
        event.preventDefault();
        onChange({ from: iso(fromAt), to: iso(toAt) });
      }}
    >
      <Field label={`From (${zoneLabel(Date.now(), zone)})`}>
        {control => (
          <Input {...control} type="datetime-local" value={from} onChange={event => setFrom(event.target.value)} />
        )}
      </Field>
      <Field
        label={`To (${zoneLabel(Date.now(), zone)})`}
        error={isReversed ? 'The end is before the beginning.' : undefined}
      >
        {control => (
          <Input {...control} type="datetime-local" value={to} onChange={event => setTo(event.target.value)} />
        )}
      </Field>
      <Button type="submit" disabled={isReversed || (fromAt === null && toAt === null)}>
        Show this range
      </Button>
    </form>
  );
}

export function TimeRangePicker({ range, onChange, emptyLabel = 'Any time' }: Props) {
  const zone = useTimeZone();
  const [isOpen, setOpen] = useState(false);
  useShortcut('list.time', () => setOpen(true));
  const choose = (next: TimeRange) => {
    onChange(next);
    setOpen(false);
  };
  return (
    <Popover open={isOpen} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button>
          <CalendarClock aria-hidden />
          <span suppressHydrationWarning>{rangeLabel(range, zone, emptyLabel)}</span>
        </Button>
      </PopoverTrigger>
      <PopoverPanel align="end" className="grid gap-3" aria-label="Time range">
        <div className="grid gap-0.5">
          <Button variant="ghost" className="justify-start" onClick={() => choose({ from: null, to: null })}>
            {emptyLabel}
          </Button>
          {timePresets.map(preset => (
            <Button
              key={preset.from}
              variant="ghost"
              aria-pressed={range.from === preset.from && range.to === null}
              className="justify-start aria-pressed:bg-accent"
              onClick={() => choose({ from: preset.from, to: null })}
            >
              {preset.label}
            </Button>
          ))}
        </div>
        <CustomRange range={range} onChange={choose} />
      </PopoverPanel>
    </Popover>
  );
}
