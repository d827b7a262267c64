/** For tests: a session without sockets. What it sends is collected; rulings come from a gate that allows everything. */
import { type OpenRules, openGate } from '../gate-testing.ts';
import { MemoryRecorder } from '../proxy-testing.ts';
import { continueClient, fromClient } from './client.ts';
import { fromServer } from './server.ts';
import { Settings } from './settings.ts';
import { type HoldRequest, Session } from './state.ts';
import { ruled } from './statement.ts';
import type { Turns } from './turns.ts';

export type Bench = {
  session: Session;
  recorder: MemoryRecorder;
  sent: { client: () => Buffer; server: () => Buffer };
  faults: string[];
  ended: string[];
  held: HoldRequest[];
  cancels: number;
  client(bytes: Uint8Array): void;
  server(bytes: Uint8Array): void;
  /** Answers what the session has asked its gate. */
  settle(): Promise<void>;
};

/** `turns`: sessions with the same ones are recorded together; then chunks have to last until they are settled. */
export function bench(
  rules: OpenRules = {},
  { recorder = new MemoryRecorder(), turns }: { recorder?: MemoryRecorder; turns?: Turns } = {},
): Bench {
  const toClient: Buffer[] = [];
  const toServer: Buffer[] = [];
  const asked: string[] = [];
  const gate = openGate(rules);
  const made: Omit<Bench, 'session'> = {
    recorder,
    sent: { client: () => Buffer.concat(toClient), server: () => Buffer.concat(toServer) },
    faults: [],
    ended: [],
    held: [],
    cancels: 0,
    // A chunk is only good during the call, so that any use of it afterwards shows.
    client: bytes => (turns ? fromClient(session, bytes) : lend(bytes, chunk => fromClient(session, chunk))),
    server: bytes => lend(bytes, chunk => fromServer(session, chunk)),
    settle: async () => {
      for (let key = asked.shift(); key !== undefined; key = asked.shift()) {
        ruled(session, await gate.resolve(key));
        continueClient(session);
      }
    },
  };
  const session = new Session('00000000-0000-4000-8000-000000000009', {
    settings: new Settings(),
    gate,
    parameters: new Map(),
    ports: {
      recorder,
      ...(turns && { turns }),
      clock: { nowMs: () => 0, nowUs: () => 0 },
      toClient: bytes => toClient.push(Buffer.from(bytes)) > 0,
      toServer: bytes => toServer.push(Buffer.from(bytes)) > 0,
      resolve: key => asked.push(key),
      hold: request => made.held.push(request),
      withdraw: () => {},
      cancelUpstream: () => {
        made.cancels += 1;
      },
      report: () => {},
      fault: code => made.faults.push(code),
      end: reason => made.ended.push(reason),
    },
  });
  return Object.assign(made, { session });
}

function lend(bytes: Uint8Array, use: (chunk: Uint8Array) => void): void {
  const chunk = Uint8Array.from(bytes);
  use(chunk);
  chunk.fill(0xaa);
}

/** The bytes in pieces that end at the given places. */
export function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...new Set([...cuts.filter(cut => cut > 0 && cut < bytes.length), bytes.length])].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}
