/** How much the resident memory of a process grows while something runs. Linux only; elsewhere not a number. */
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
