/** Numbers as people read them: grouped counts, IEC bytes, durations in words. Pure. */

const counts = new Intl.NumberFormat('en-GB');

export const formatCount = (value: number): string => counts.format(value);

/** "1 row", "1,204 rows"; `many` only where adding an s is wrong. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${byteUnits[unit]}`;
}

const parts: readonly [string, number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** The two largest units: `2 min 14 s`, `3 h`, `850 ms`, `0.4 ms`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1) return `${Math.max(0, durationMs).toFixed(1).replace('.0', '')} ms`;
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 10_000) return `${(durationMs / 1000).toFixed(1).replace('.0', '')} s`;
  let rest = durationMs;
  const words: string[] = [];
  for (const [unit, size] of parts) {
    const whole = Math.floor(rest / size);
    if (whole === 0 && words.length === 0) continue;
    if (whole > 0) words.push(`${whole} ${unit}`);
    rest -= whole * size;
    if (words.length === 2 || (words.length === 1 && whole === 0)) break;
  }
  return words.join(' ');
}
