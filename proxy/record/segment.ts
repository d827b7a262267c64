/**
 * Names and lines of spool segments. A segment's name says where its chain begins (`<first sequence>-<hash before it>.ndjson`),
 * so that an empty one, or one whose predecessors were acknowledged and removed, still continues the chain.
 */
import { zeroHash } from '#core/event/schema.ts';

export type Head = {
  /** Sequence of the last event, 0 before the first. */
  seq: number;
  /** Its hash. */
  hash: string;
};

export const startOfChain: Head = { seq: 0, hash: zeroHash };

const pattern = /^(\d{16})-([0-9a-f]{64})\.ndjson$/;

export function segmentName(before: Head): string {
  return `${String(before.seq + 1).padStart(16, '0')}-${before.hash}.ndjson`;
}

/** The head before the segment's first line; null for a file that is no segment. */
export function segmentStart(name: string): Head | null {
  const match = pattern.exec(name);
  return match?.[1] && match[2] ? { seq: Number(match[1]) - 1, hash: match[2] } : null;
}

export const newline = 10;

export type Line = { prev: string; hash: string; body: string };

const hashPattern = /^[0-9a-f]{64}$/;
const beforePrev = '{"prev":"';
const beforeHash = '","hash":"';
const beforeBody = '","body":';
const hashAt = beforePrev.length + 64 + beforeHash.length;
const bodyAt = hashAt + 64 + beforeBody.length;

/** The beginning of a line up to its body, with room for the hashes, and where they go. */
export const lineHead = Buffer.from(`${beforePrev}${zeroHash}${beforeHash}${zeroHash}${beforeBody}"`, 'latin1');
export const lineParts = { prevAt: beforePrev.length, hashAt };

/** One line without its newline; null when it is not what the recorder writes. Members sit at fixed places. */
export function parseLine(text: string): Line | null {
  const prev = text.slice(beforePrev.length, beforePrev.length + 64);
  const hash = text.slice(hashAt, hashAt + 64);
  if (!hashPattern.test(prev) || !hashPattern.test(hash)) return null;
  if (!text.startsWith(`${beforePrev}${prev}${beforeHash}${hash}${beforeBody}`) || !text.endsWith('"}')) return null;
  try {
    const body: unknown = JSON.parse(text.slice(bodyAt, -1));
    return typeof body === 'string' ? { prev, hash, body } : null;
  } catch {
    return null;
  }
}

/** The sequence a body claims; the recorder writes it third. Null when it is not there. */
export function sequenceOf(body: string): number | null {
  const match = /^\{"v":1,"proxy":"[0-9a-f-]{36}","seq":(\d{1,16}),/.exec(body);
  return match?.[1] ? Number(match[1]) : null;
}
