'use client';
/** Points in time on the page: absolute in the zone the reader chose, relative beside it and never alone. */
import { createContext, type ReactNode, use, useSyncExternalStore } from 'react';
import { cn } from './cn.ts';
import {
  formatAbsolute,
  formatRelative,
  formatSpan,
  type TimePrecision,
  type TimeValue,
  type TimeZoneChoice,
  zoneLabel,
} from './time-format.ts';

const ZoneContext = createContext<TimeZoneChoice>('local');

export function TimeZoneProvider({ zone, children }: { zone: TimeZoneChoice; children: ReactNode }) {
  return <ZoneContext value={zone}>{children}</ZoneContext>;
}

export const useTimeZone = (): TimeZoneChoice => use(ZoneContext);

const ZoneSaidContext = createContext(false);

/** Around times whose zone stands above them already, as in the heading of their column. */
export function ZoneSaid({ children }: { children: ReactNode }) {
  return <ZoneSaidContext value={true}>{children}</ZoneSaidContext>;
}

type Clock = { nowMs: number; listeners: Set<() => void>; timer: ReturnType<typeof setInterval> | null };
const clocks = new Map<number, Clock>();

function clockOf(everyMs: number): Clock {
  let clock = clocks.get(everyMs);
  if (!clock) {
    clock = { nowMs: Date.now(), listeners: new Set(), timer: null };
    clocks.set(everyMs, clock);
  }
  return clock;
}

function subscribeClock(everyMs: number, listener: () => void): () => void {
  const clock = clockOf(everyMs);
  clock.listeners.add(listener);
  clock.timer ??= setInterval(() => {
    clock.nowMs = Date.now();
    for (const each of clock.listeners) each();
  }, everyMs);
  return () => {
    clock.listeners.delete(listener);
    if (clock.listeners.size === 0 && clock.timer) {
      clearInterval(clock.timer);
      clock.timer = null;
    }
  };
}

const subscribers = new Map<number, (listener: () => void) => () => void>();

/** The present, renewed every so often; all who ask for the same interval share one timer. Zero on the server. */
export function useNow(everyMs = 10_000): number {
  let subscribe = subscribers.get(everyMs);
  if (!subscribe) {
    subscribe = listener => subscribeClock(everyMs, listener);
    subscribers.set(everyMs, subscribe);
  }
  return useSyncExternalStore(
    subscribe,
    () => {
      const clock = clockOf(everyMs);
      if (clock.timer === null && Date.now() - clock.nowMs > everyMs) clock.nowMs = Date.now();
      return clock.nowMs;
    },
    () => 0,
  );
}

type Props = {
  value: TimeValue | null | undefined;
  precision?: TimePrecision;
  isRelativeShown?: boolean;
  className?: string;
};

export function TimeText({ value, precision = 'second', isRelativeShown = true, className }: Props) {
  const zone = useTimeZone();
  const isZoneSaid = use(ZoneSaidContext) || precision === 'date';
  const nowMs = useNow();
  if (value === null || value === undefined) return <span className="text-muted-foreground">never</span>;
  const other = zone === 'utc' ? 'local' : 'utc';
  const title = `${formatAbsolute(value, other, 'second')} ${zoneLabel(value, other)}`;
  return (
    <time
      dateTime={new Date(value).toISOString()}
      title={title}
      className={cn('whitespace-nowrap', className)}
      suppressHydrationWarning
    >
      {formatAbsolute(value, zone, precision)}
      {isZoneSaid ? null : ` ${zoneLabel(value, zone)}`}
      {isRelativeShown && nowMs > 0 ? (
        <span className="text-muted-foreground"> · {formatRelative(value, nowMs)}</span>
      ) : null}
    </time>
  );
}

/** A column heading that names the zone, e.g. "Time (UTC+2)". */
export function TimeHeading({ label = 'Time' }: { label?: string }) {
  const zone = useTimeZone();
  const nowMs = useNow(60_000);
  return (
    <>
      {label}
      {nowMs > 0 ? ` (${zoneLabel(nowMs, zone)})` : null}
    </>
  );
}

/** Time left until a moment, e.g. "12 min", and "expired" after it. */
export function Countdown({ until, className }: { until: TimeValue; className?: string }) {
  const nowMs = useNow(1000);
  const left = new Date(until).getTime() - nowMs;
  return (
    <time dateTime={new Date(until).toISOString()} className={cn('tabular-nums', className)}>
      {nowMs === 0 ? '' : left <= 0 ? 'expired' : `${formatSpan(left)} left`}
    </time>
  );
}
