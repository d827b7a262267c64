/** For tests: a listener in front of a real server, with a recorder that keeps what it is given, and raw clients. */
import net from 'node:net';
import { ok } from '#core/contract/error.ts';
import type { UpstreamTarget } from '../config.ts';
import { type EventDraft, type HoldDesk, type Recorder, RecordingError, type SessionIdentity } from '../ports.ts';
import { type OpenRules, openGate } from './gate-testing.ts';
import { Listener, type ListenerOptions } from './listener.ts';
import type { SessionLinkParts } from './session-link.ts';

export const systemClock = { nowMs: () => Date.now(), nowUs: () => performance.now() * 1000 };

export type Recorded = Record<string, unknown> & { type: string };

/** Keeps events; `fail` makes the next commits throw as a full disk would. */
export class MemoryRecorder implements Recorder {
  readonly events: Recorded[] = [];
  healthy = true;
  contentKeyJwe = null;
  onCommit: () => void = () => {};

  append(draft: EventDraft): void {
    this.events.push(JSON.parse(JSON.stringify(draft)) as Recorded);
  }

  appendFragment(fragment: string, tail: string): void {
    this.events.push(JSON.parse(`{${fragment},${tail}}`) as Recorded);
  }

  commit(): void {
    this.onCommit();
  }

  /** As a full disk does: this commit and everything until it is `healthy` again fails. */
  break(): never {
    this.healthy = false;
    throw new RecordingError('no space left on device');
  }

  seal(): null {
    return null;
  }

  of(type: string): Recorded[] {
    return this.events.filter(event => event.type === type);
  }
}

export const testIdentity: SessionIdentity = {
  principal: {
    id: '00000000-0000-4000-8000-000000000001',
    kind: 'user',
    login: 'dev@example.com',
    displayName: 'Developer',
    groups: [],
    roles: ['developer'],
    ownerId: null,
    enabled: true,
  },
  onBehalfOf: null,
  tokenId: '00000000-0000-4000-8000-000000000002',
  tokenExpiresAt: 4_000_000_000_000,
  connection: {
    id: '00000000-0000-4000-8000-000000000003',
    name: 'shop',
    engine: 'postgresql',
    environment: 'prod',
    region: 'eu',
    tags: {},
  },
  grant: null,
};

const noDesk: HoldDesk = {
  file: () => Promise.reject(new Error('no desk')),
  wait: () => Promise.reject(new Error('no desk')),
  release: () => {},
  attachImpact: () => {},
  claim: () => Promise.resolve(null),
  report: () => {},
  urlOf: id => `http://127.0.0.1:3000/approvals/${id}`,
};

export function targetOf(url: string): UpstreamTarget {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port || 5432),
    database: decodeURIComponent(pathname.slice(1)),
    user: decodeURIComponent(username),
    password: () => decodeURIComponent(password),
    tls: { mode: 'disable', ca: null, serverName: hostname },
  };
}

export type TestProxy = {
  port: number;
  url: string;
  recorder: MemoryRecorder;
  listener: Listener;
  crashes: unknown[];
  dropped: string[];
  close(): Promise<void>;
};

export type TestProxyOptions = {
  upstreamUrl: string;
  rules?: OpenRules;
  desk?: HoldDesk;
  services?: Partial<SessionLinkParts['services']>;
  listener?: Partial<ListenerOptions>;
};

/** Password `good` signs in, everything else does not. */
export async function startTestProxy(options: TestProxyOptions): Promise<TestProxy> {
  const recorder = new MemoryRecorder();
  const crashes: unknown[] = [];
  const dropped: string[] = [];
  const listener = new Listener({
    host: '127.0.0.1',
    port: 0,
    tls: null,
    limits: { sessionsMax: 200, authenticationTimeoutMs: 5_000, upstreamTimeoutMs: 5_000 },
    authenticate: async ({ password }) =>
      password === 'good'
        ? ok(testIdentity)
        : { ok: false, error: { code: 'unauthenticated', message: 'the token is not good', hint: 'run: weir login' } },
    targets: new Map([['shop', targetOf(options.upstreamUrl)]]),
    services: {
      recorder,
      clock: systemClock,
      desk: options.desk ?? noDesk,
      openGate: () => openGate(options.rules),
      impact: async () => null,
      affectedRows: async () => null,
      took: () => {},
      crashed: error => crashes.push(error),
      ...options.services,
    },
    log: (event, details) => dropped.push(`${event}: ${JSON.stringify(details)}`),
    ...options.listener,
  });
  const port = await listener.listen();
  return {
    port,
    url: `postgres://dev%40example.com:good@127.0.0.1:${port}/shop`,
    recorder,
    listener,
    crashes,
    dropped,
    close: () => listener.close(0),
  };
}

/** A TCP connection that collects what it gets. */
export class RawSocket {
  readonly socket: net.Socket;
  received: Buffer = Buffer.alloc(0);
  isClosed = false;

  constructor(port: number) {
    this.socket = net.connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('data', chunk => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.isClosed = true;
    });
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Polls until it holds; throws after `timeoutMs`. */
  async until(condition: (raw: RawSocket) => boolean, timeoutMs = 10_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!condition(this)) {
      if (Date.now() > deadline) throw new Error(`nothing came of it; received ${this.received.toString('latin1')}`);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }

  destroy(): void {
    this.socket.destroy();
  }
}
