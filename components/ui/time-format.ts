/** Points in time and spans as text, in the reader's zone or in UTC. Pure: the zone and the present are arguments. */

export type TimeZoneChoice = 'local' | 'utc';
export type TimeValue = string | number | Date;
export type TimePrecision = 'date' | 'minute' | 'second' | 'millisecond';

const parts: Readonly<Record<TimePrecision, Intl.DateTimeFormatOptions>> = {
  date: {},
  minute: { hour: '2-digit', minute: '2-digit' },
  second: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  millisecond: { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 },
};

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string | undefined, precision: TimePrecision): Intl.DateTimeFormat {
  const key = `${zone} ${precision}`;
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat('en-GB', {
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hourCycle: 'h23',
      timeZone: zone,
      ...parts[precision],
    });
    formatters.set(key, found);
  }
  return found;
}

/** An IANA zone, or undefined for the zone of the machine. */
const zoneName = (zone: TimeZoneChoice): string | undefined => (zone === 'utc' ? 'UTC' : undefined);

export function formatAbsolute(value: TimeValue, zone: TimeZoneChoice, precision: TimePrecision = 'second'): string {
  return formatter(zoneName(zone), precision).format(new Date(value));
}

/** `UTC`, `UTC+2`, `UTC−3:30`: the offset in force at that moment. */
export function zoneLabel(value: TimeValue, zone: TimeZoneChoice): string {
  if (zone === 'utc') return 'UTC';
  const minutes = -new Date(value).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const rest = Math.abs(minutes) % 60;
  return `UTC${minutes < 0 ? '−' : '+'}${Math.floor(Math.abs(minutes) / 60)}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`;
}

const steps: readonly [string, number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** One unit: `4 min`, `2 d`; `0 s` below a second. */
export function formatSpan(spanMs: number): string {
  const span = Math.abs(spanMs);
  const [unit, size] = steps.find(([, length]) => span >= length) ?? ['s', 1000];
  return `${Math.floor(span / size)} ${unit}`;
}

export function formatRelative(value: TimeValue, nowMs: number): string {
  const span = new Date(value).getTime() - nowMs;
  if (Math.abs(span) < 5000) return 'just now';
  return span < 0 ? `${formatSpan(span)} ago` : `in ${formatSpan(span)}`;
}
