/** `weir.wait`: whether a session waits on the wire for an approval, and how long. */

export type WaitMode = { waits: boolean /** Null: as long as the request lives. */; timeoutMs: number | null };

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };
const timeoutMsMax = 24 * 3_600_000;

/** `on`, `off`, or a duration as PostgreSQL writes them (`30s`, `5min`; a bare number is milliseconds). Anything else waits. */
export function waitMode(setting: string | null): WaitMode {
  const value = (setting ?? 'on').trim().toLowerCase();
  if (['off', 'false', 'no', '0'].includes(value)) return { waits: false, timeoutMs: null };
  const match = /^(\d{1,9})\s*(ms|s|min|h)?$/.exec(value);
  if (match === null) return { waits: true, timeoutMs: null };
  const timeoutMs = Number(match[1]) * (unitsMs[match[2] ?? 'ms'] ?? 1);
  return { waits: true, timeoutMs: Math.min(timeoutMs, timeoutMsMax) };
}
