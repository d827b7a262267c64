/** Listens for clients: TLS, handshake, sign-in, and a connection upstream for each of them. */
import { constants, randomUUID } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import type { Failure } from '#core/contract/error.ts';
import type { SessionLimits } from '#core/policy/limits.ts';
import type { UpstreamTarget } from '../config.ts';
import { keepAliveMs } from '../control/dial.ts';
import type { Authenticate, LiveSessions, SessionIdentity } from '../ports.ts';
import { BusyPoll } from './busy-poll.ts';
import { CancelKeys } from './cancel.ts';
import { LoginTriggers } from './login-triggers.ts';
import { Places } from './places.ts';
import { Room } from './session/room.ts';
import { Turns } from './session/turns.ts';
import { SessionLink, type SessionLinkParts } from './session-link.ts';
import { type Arrival, Stranger, type StrangerParts } from './stranger.ts';

export type ListenerOptions = {
  host: string;
  port: number;
  /** Null: clients may connect from loopback only. */
  tls: tls.SecureContextOptions | null;
  limits: { sessionsMax: number; authenticationTimeoutMs: number; upstreamTimeoutMs: number };
  /** Microseconds of processor time to wait for the next message of a client that has nobody beside it; absent: none. */
  busyPollUs?: number;
  authenticate: Authenticate;
  admitAgain?: StrangerParts['options']['admitAgain'];
  /** By the name of the connection. */
  targets: ReadonlyMap<string, UpstreamTarget>;
  services: Omit<SessionLinkParts['services'], 'turns' | 'room' | 'busyPoll'>;
  /** How many sessions policies let an identity have; absent: as many as there are places. */
  sessionLimits?(identity: SessionIdentity, client: { application: string; address: string }): SessionLimits;
  log(event: string, details: Record<string, unknown>): void;
};

/** Refused sign-ins that are recorded: so many at once, and so many per second for good. A flood of them must not fill the spool. */
const refusalsMax = 100;
const refusalsPerSecond = 5;
/** How often limits of time are looked at: nothing ends later than this after its time. */
const watchMs = 100;
/** Sockets that have not signed in yet, over and above the sessions. */
const strangersMax = 500;
/** Of them, how many one address may have: the others are for the rest of the world. */
const addressShare = 0.5;

/** As PostgreSQL has it: a client of TLS 1.2 that asks for another handshake costs much and gets nothing it needs. */
const secureContext = (options: tls.SecureContextOptions): tls.SecureContext =>
  tls.createSecureContext({ ...options, secureOptions: constants.SSL_OP_NO_RENEGOTIATION });

export class Listener implements LiveSessions {
  readonly #options: ListenerOptions;
  readonly #services: SessionLinkParts['services'];
  readonly #server: net.Server;
  #secureContext: tls.SecureContext | null;
  readonly #sessions = new Map<string, SessionLink>();
  /** With their addresses. */
  readonly #strangers = new Map<net.Socket, string>();
  readonly #keys = new CancelKeys<SessionLink>();
  readonly #places: Places;
  readonly #loginTriggers: LoginTriggers;
  #isClosing = false;
  #watch: NodeJS.Timeout | null = null;
  #refusals = { left: refusalsMax, atUs: 0 };

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#places = new Places(options.limits.sessionsMax);
    this.#loginTriggers = new LoginTriggers(options.services.clock);
    this.#services = {
      ...options.services,
      turns: new Turns(options.services.recorder),
      room: new Room(),
      busyPoll: new BusyPoll(options.services.clock, options.busyPollUs ?? 0),
    };
    this.#secureContext = options.tls === null ? null : secureContext(options.tls);
    this.#server = net.createServer(
      { noDelay: true, pauseOnConnect: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs },
      socket => this.#accept(socket),
    );
  }

  /** Resolves to the port once connections are taken. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off('error', reject);
        this.#watch = setInterval(() => this.#watchAll(), watchMs);
        this.#watch.unref();
        this.#server.on('error', error => this.#options.log('listener', { message: error.message }));
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : this.#options.port);
      });
    });
  }

  /** For clients that come from now on. Throws when certificate and key are not of one pair, and then keeps the last. */
  presentCertificate(options: tls.SecureContextOptions): void {
    this.#secureContext = secureContext(options);
  }

  #watchAll(): void {
    const nowUs = this.#options.services.clock.nowUs();
    for (const link of [...this.#sessions.values()]) link.watch(nowUs);
  }

  list(): Iterable<SessionLink> {
    return this.#sessions.values();
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  get strangerCount(): number {
    return this.#strangers.size;
  }

  /** False when there is no such session here. */
  cut(sessionId: string, failure: Failure): boolean {
    const link = this.#sessions.get(sessionId);
    link?.cut(failure);
    return link !== undefined;
  }

  /** Takes no more clients, gives statements under way their time, then ends every session. */
  async close(drainMs: number): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    for (const socket of this.#strangers.keys()) socket.destroy();
    const failure: Failure = { code: 'session_revoked', message: 'the proxy is stopping' };
    const deadline = Date.now() + drainMs;
    for (;;) {
      for (const link of [...this.#sessions.values()]) if (link.isIdle || Date.now() >= deadline) link.cut(failure);
      if (this.#sessions.size === 0) break;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    if (this.#watch !== null) clearInterval(this.#watch);
    await closed;
  }

  #accept(socket: net.Socket): void {
    socket.on('error', () => {});
    const address = socket.remoteAddress ?? 'unknown';
    if (this.#isClosing || !this.#hasRoomFor(address)) {
      socket.destroy();
      return;
    }
    this.#strangers.set(socket, address);
    const stranger = new Stranger(socket, {
      options: this.#options,
      secureContext: this.#secureContext,
      loginTriggers: this.#loginTriggers,
      cancel: async key => this.#keys.find(key)?.cancel(),
      admit: (identity, application) => this.#places.take(identity, this.#limitsOf(socket, identity, application)),
      leave: identity => this.#places.giveBack(identity),
      mayRecordRefusal: () => this.#mayRecordRefusal(),
      open: arrival => this.#open(arrival),
      gone: isClient => {
        // One that was refused takes up room until it is closed.
        if (isClient || socket.closed) this.#strangers.delete(socket);
        else socket.once('close', () => this.#strangers.delete(socket));
      },
    });
    stranger.start();
  }

  #hasRoomFor(address: string): boolean {
    const room = this.#options.limits.sessionsMax + strangersMax;
    if (this.#strangers.size < room * addressShare) return true;
    if (this.#strangers.size >= room) return false;
    const same = [...this.#strangers.values()].filter(each => each === address);
    return same.length < room * addressShare;
  }

  #limitsOf(socket: net.Socket, identity: SessionIdentity, application: string): SessionLimits['sessions'] {
    const address = (socket.remoteAddress ?? 'unknown').slice(0, 64);
    return this.#options.sessionLimits?.(identity, { application, address }).sessions ?? [];
  }

  #mayRecordRefusal(): boolean {
    const nowUs = this.#options.services.clock.nowUs();
    const { left, atUs } = this.#refusals;
    const refilled = Math.min(refusalsMax, left + ((nowUs - atUs) / 1e6) * refusalsPerSecond);
    this.#refusals = { left: Math.max(0, refilled - 1), atUs: nowUs };
    return refilled >= 1;
  }

  #open({ socket, identity, startup, dialed, target, rest, tlsVersion }: Arrival): void {
    const id = randomUUID();
    const link = new SessionLink({
      id,
      identity,
      client: {
        socket,
        address: (socket.remoteAddress ?? 'unknown').slice(0, 64),
        port: socket.remotePort ?? 0,
        application: startup.applicationName,
        tls: tlsVersion,
      },
      upstream: { socket: dialed.socket, ready: dialed.ready, target },
      wait: startup.wait,
      settings: startup.decided,
      services: this.#services,
      issueKey: holder => this.#keys.issue(dialed.ready.processId, holder),
      ended: (ended, key) => {
        this.#sessions.delete(ended.id);
        this.#keys.withdraw(key);
        this.#places.giveBack(identity);
      },
    });
    this.#sessions.set(id, link);
    try {
      link.start(rest);
    } catch {
      link.cut({ code: 'recording_failed', message: 'the session cannot be recorded, so it is not opened' });
    }
  }
}
