/** What a process uses while something runs: memory and processor time. Linux only; elsewhere not a number. */
import fs from 'node:fs';

const everyMs = 20;

function residentBytes(pid: number): number {
  try {
    const line = /VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1]) * 1024;
  } catch {
    return Number.NaN;
  }
}

export async function memoryDuring<T>(pid: number, work: () => Promise<T>): Promise<{ value: T; growthBytes: number }> {
  const before = residentBytes(pid);
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid));
  }, everyMs);
  try {
    return { value: await work(), growthBytes: peak - before };
  } finally {
    clearInterval(timer);
  }
}

/** USER_HZ, which Linux fixes for this file. */
const ticksPerSecond = 100;

/** Processor time so far, in seconds, all threads. */
export function cpuSeconds(pid: number): number {
  try {
    // After the name, which is in parentheses and may hold spaces; utime and stime are fields 14 and 15.
    const fields = fs
      .readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return Number.NaN;
  }
}
