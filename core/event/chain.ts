/**
 * The hash chain of one proxy's events: `hash = SHA-256(prev ‖ body)`, with `prev` as its 64 hex digits and `body` as UTF-8. Every
 * reader of events (control plane, CLI, tests) verifies with the one function in this file.
 */
import { hash as digest } from 'node:crypto';
import { ok, type Result } from '../contract/error.ts';
import { type EventLine, eventLineSchema, zeroHash } from './schema.ts';

export function chainHash(prev: string, body: string): string {
  // One call costs half of a hash object, and this runs once per event on the statement path.
  return digest('sha256', prev + body, 'hex');
}

/** Characters of a hash, all of them ASCII. */
export const hashCharacters = 64;

/** The same, where `prev` and `body` stand one behind the other as they are hashed. */
export const chainHashOfBytes = (prevAndBody: Uint8Array): string => digest('sha256', prevAndBody, 'hex');

/** The line that follows `prev`; `zeroHash` starts a chain. */
export function nextLine(prev: string, body: string): EventLine {
  return { prev, hash: chainHash(prev, body), body };
}

/** Where a chain is known to have got to. */
export type ChainHead = { hash: string; seq: number };
export const chainStart: ChainHead = { hash: zeroHash, seq: 0 };

export type ChainFault = { index: number; reason: string };
export type ChainResult = { ok: true; head: ChainHead; count: number } | ({ ok: false } & ChainFault);

/** As whom the control plane writes its own chain. */
export const controlSource = '00000000-0000-0000-0000-000000000000';

type Numbered = { seq?: unknown; proxy?: unknown; source?: unknown };

function parseBody(body: string): Numbered | null {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : null;
  } catch {
    return null;
  }
}

/** Whose chain an event is of: its proxy's, or that of the `source` which the control plane writes as. */
const writerOf = (event: Numbered | null): unknown => event?.proxy ?? event?.source;

/** The same of an event as text; null where it says neither. */
export function writerIn(body: string): string | null {
  const writer = writerOf(parseBody(body));
  return typeof writer === 'string' ? writer : null;
}

/** An event that fits its chain: its line, what its body says, and where the chain has got to with it. */
export type ChainLink = { line: EventLine; body: object; head: ChainHead };

/** What `input` adds to a chain that has got to `head`, or why it may not. The hash is checked before anything in the body is believed. */
export function follow(head: ChainHead, input: unknown, writer: string | null): Result<ChainLink, string> {
  const parsed = eventLineSchema.safeParse(input);
  if (!parsed.success) return refuse('not an event line');
  const line = parsed.data;
  const { prev, hash, body } = line;
  if (prev !== head.hash) return refuse(`does not follow the event before it: expected ${head.hash}, found ${prev}`);
  if (hash !== chainHash(prev, body)) return refuse('the content does not match its hash');
  const event = parseBody(body);
  if (event === null) return refuse('the body is not a JSON object');
  if (event.seq !== head.seq + 1) return refuse(`expected number ${head.seq + 1}, found ${String(event.seq)}`);
  if (writer !== null && writerOf(event) !== writer) return refuse('belongs to another chain');
  return ok({ line, body: event, head: { seq: head.seq + 1, hash } });
}

const refuse = (reason: string) => ({ ok: false as const, error: reason });

/**
 * Verifies events in order, from `from` (the chain's start unless given) on. `index` of a fault counts from 0 within `lines`. All
 * events must be of one chain: of `writer` where given, else of whoever wrote the first.
 */
export function verifyChain(
  lines: Iterable<unknown>,
  { from = chainStart, writer = null }: { from?: ChainHead; writer?: string | null } = {},
): ChainResult {
  let head = from;
  let owner = writer;
  let index = 0;
  for (const input of lines) {
    const followed = follow(head, input, owner);
    if (!followed.ok) return { ok: false, index, reason: followed.error };
    owner ??= writerIn(followed.value.line.body);
    head = followed.value.head;
    index += 1;
  }
  return { ok: true, head, count: index };
}
