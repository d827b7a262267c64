'use client';
/** Says whether the page renews itself, and stops or starts that. */
import { Pause, Play } from 'lucide-react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { cn } from './cn.ts';
import type { LiveState } from './live.ts';

const words: Readonly<Record<LiveState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  paused: 'Paused',
  reconnecting: 'Reconnecting',
  lost: 'Lost, asking every 10 s',
};

type Props = { state: LiveState; isOn: boolean; onToggle: (isOn: boolean) => void };

export function LivePill({ state, isOn, onToggle }: Props) {
  useShortcut('list.live', () => onToggle(!isOn));
  const shown = isOn ? state : 'paused';
  const Icon = isOn ? Pause : Play;
  return (
    <button
      type="button"
      aria-pressed={isOn}
      aria-label={`Live updates: ${words[shown]}`}
      onClick={() => onToggle(!isOn)}
      className="inline-flex h-(--control-h) items-center gap-1.5 rounded-full border border-input bg-card px-3 text-xs hover:bg-muted"
    >
      <span
        aria-hidden
        className={cn(
          'size-2 rounded-full bg-chart-other',
          shown === 'live' && 'bg-allow-solid motion-safe:animate-live',
          (shown === 'reconnecting' || shown === 'connecting') && 'bg-approve-solid',
          shown === 'lost' && 'bg-deny-solid',
        )}
      />
      {words[shown]}
      <Icon aria-hidden className="size-3 text-muted-foreground" />
    </button>
  );
}
