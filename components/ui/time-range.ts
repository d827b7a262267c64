/** A span of time as it stands in the address: relative (`now-1h`) or absolute (ISO 8601), and what it means at a given moment. Pure. */

export type TimeRange = { from: string | null; to: string | null };

export const timePresets = [
  { from: 'now-15m', label: 'Last 15 minutes' },
  { from: 'now-1h', label: 'Last hour' },
  { from: 'now-24h', label: 'Last 24 hours' },
  { from: 'now-7d', label: 'Last 7 days' },
  { from: 'now-30d', label: 'Last 30 days' },
  { from: 'now-90d', label: 'Last 90 days' },
] as const;

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const relativePattern = /^now(?:-(\d{1,5})([smhd]))?$/;

/** Milliseconds since the epoch; null for what is not a point in time. */
export function resolveTime(text: string, nowMs: number): number | null {
  const relative = relativePattern.exec(text);
  if (relative) return nowMs - Number(relative[1] ?? 0) * (unitMs[relative[2] ?? 's'] ?? 0);
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

export const isRelative = (text: string): boolean => relativePattern.test(text);

/** The range as absolute ISO text, so that a link shows tomorrow what it shows today. */
export function freezeRange(range: TimeRange, nowMs: number): TimeRange {
  const freeze = (text: string | null) => {
    const at = text === null ? null : resolveTime(text, nowMs);
    return at === null ? null : new Date(at).toISOString();
  };
  const isOpenEnded = range.to === null && range.from !== null && isRelative(range.from);
  return { from: freeze(range.from), to: isOpenEnded ? new Date(nowMs).toISOString() : freeze(range.to) };
}

/** What an input of type datetime-local shows for a moment, in the given zone. */
export function toInputValue(at: number, isUtc: boolean): string {
  const shifted = isUtc ? at : at - new Date(at).getTimezoneOffset() * 60_000;
  return new Date(shifted).toISOString().slice(0, 16);
}

/** The moment an input of type datetime-local stands for; null while it is incomplete. */
export function fromInputValue(value: string, isUtc: boolean): number | null {
  const at = Date.parse(isUtc ? `${value}Z` : value);
  return Number.isNaN(at) ? null : at;
}
