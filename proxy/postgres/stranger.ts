/** A connection until it is a session: reads the handshake, signs in, connects upstream. Bounded in time and in bytes. */
import type net from 'node:net';
import tls from 'node:tls';
import { errorTable, type Failure, fail, ok, type Result } from '#core/contract/error.ts';
import { isLoopback, type UpstreamTarget } from '../config.ts';
import { type Dialed, dial } from '../control/dial.ts';
import type { Authenticate, Recorder, SessionIdentity } from '../ports.ts';
import type { CancelKey } from './cancel.ts';
import { Handshake, type HandshakeStep } from './handshake.ts';
import type { LoginTriggers } from './login-triggers.ts';
import { parameterProblem } from './session/parameter.ts';
import type { Startup } from './startup.ts';
import { encodeProblem } from './wire/error.ts';

/** Everything a session is made of. */
export type Arrival = {
  socket: net.Socket;
  identity: SessionIdentity;
  startup: Startup;
  dialed: Dialed;
  target: UpstreamTarget;
  /** Sent behind the password already. */
  rest: Uint8Array;
  /** Null without TLS. */
  tlsVersion: string | null;
};

export type StrangerParts = {
  options: {
    limits: { authenticationTimeoutMs: number; upstreamTimeoutMs: number };
    authenticate: Authenticate;
    /** The identity as it is by now, or why it may not be in any more; absent: nothing changes. */
    admitAgain?(identity: SessionIdentity, client: { application: string; address: string }): Result<SessionIdentity>;
    targets: ReadonlyMap<string, UpstreamTarget>;
    services: { recorder: Recorder };
    log(event: string, details: Record<string, unknown>): void;
  };
  secureContext: tls.SecureContext | null;
  loginTriggers: LoginTriggers;
  /** Resolves when the request has done what it can. */
  cancel(key: CancelKey): Promise<void>;
  /** Takes a place among the sessions; says why when there is none. */
  admit(identity: SessionIdentity, application: string): Failure | null;
  /** Gives the place back: no session came of it. */
  leave(identity: SessionIdentity): void;
  /** Whether one more refusal may be recorded now. */
  mayRecordRefusal(): boolean;
  open(arrival: Arrival): void;
  /** It has become a client's session, or was turned away. */
  gone(isClient: boolean): void;
};

/** First byte of a TLS record: a client that starts TLS without asking (PostgreSQL 17, sslnegotiation=direct). */
const tlsHandshakeRecord = 0x16;
const answerYes = Uint8Array.of(0x53);

/** What a server session starts with, whatever the role or the database say. */
const fixedSettings = { standard_conforming_strings: 'on', backslash_quote: 'safe_encoding' } as const;

/** A server ends sign-ins for a setting that it does not know, or a value that it does not take. */
const withSettings = (failure: Failure, { decided }: Startup): Result<never> => ({
  ok: false,
  error: {
    ...failure,
    hint: `The session was to start with ${[...decided.keys()].join(', ')}: look at these settings.`,
  },
});

export class Stranger {
  readonly #parts: StrangerParts;
  readonly #handshake: Handshake;
  readonly #timer: NodeJS.Timeout;
  readonly #address: string;
  #socket: net.Socket;
  #isFirst = true;
  #isOver = false;

  constructor(socket: net.Socket, parts: StrangerParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#address = (socket.remoteAddress ?? 'unknown').slice(0, 64);
    this.#handshake = new Handshake({
      offersTls: parts.secureContext !== null,
      allowsCleartext: isLoopback(this.#address.replace(/^::ffff:/, '')),
    });
    this.#timer = setTimeout(() => this.#drop('authentication timeout'), parts.options.limits.authenticationTimeoutMs);
    socket.once('close', () => this.#drop('closed'));
  }

  start(): void {
    this.#listen(this.#socket);
  }

  #listen(socket: net.Socket): void {
    socket.on('data', this.#onData);
    socket.on('end', () => this.#drop('closed'));
    socket.resume();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isFirst && chunk[0] === tlsHandshakeRecord && this.#parts.secureContext !== null) {
      this.#startTls(chunk);
      return;
    }
    this.#isFirst = false;
    this.#handshake.feed(chunk);
    this.#advance();
  };

  #advance(): void {
    while (!this.#isOver) {
      const step = this.#handshake.next();
      if (step.type === 'more') return;
      if (!this.#take(step)) return;
    }
  }

  /** False when the handshake is not to be read on for now. */
  #take(step: HandshakeStep): boolean {
    switch (step.type) {
      case 'send':
        this.#socket.write(step.bytes);
        return true;
      case 'tls':
        this.#socket.write(answerYes);
        this.#startTls(null);
        return false;
      case 'cancel':
        // Closed only when the request has arrived: until then clients send nothing that it could hit in the place of what it is for.
        this.#socket.off('data', this.#onData);
        void this.#parts.cancel(step).finally(() => this.#drop('cancel request'));
        return false;
      case 'authenticate':
        this.#socket.pause();
        this.#signIn(step).catch((error: unknown) => {
          this.#parts.options.log('sign-in', { message: error instanceof Error ? error.message : String(error) });
          this.#refuse(fail('internal', 'the proxy failed to sign you in').error, step.startup);
        });
        return false;
      case 'fail':
        this.#refuse(step.failure, step.startup);
        return false;
      case 'drop':
        this.#drop(step.reason);
        return false;
      default:
        return true;
    }
  }

  /** `early` is what a client that starts TLS without asking has sent already. */
  #startTls(early: Buffer | null): void {
    const plain = this.#socket;
    plain.off('data', this.#onData);
    plain.removeAllListeners('end');
    plain.pause();
    this.#isFirst = false;
    if (early !== null) plain.unshift(early);
    const secured = new tls.TLSSocket(plain, {
      isServer: true,
      secureContext: this.#parts.secureContext ?? undefined,
      ALPNProtocols: ['postgresql'],
    });
    this.#socket = secured;
    secured.on('error', () => this.#drop('TLS failed'));
    secured.once('close', () => this.#drop('closed'));
    secured.once('secure', () => {
      // Without it, a browser could be made to talk to us (ALPACA); asked for by PostgreSQL for direct TLS, too.
      if (early !== null && secured.alpnProtocol !== 'postgresql') {
        this.#drop('no ALPN');
        return;
      }
      this.#handshake.tlsStarted();
      this.#listen(secured);
    });
  }

  async #signIn(step: Extract<HandshakeStep, { type: 'authenticate' }>): Promise<void> {
    const { startup, password, rest } = step;
    const { authenticate, targets } = this.#parts.options;
    const identity = await authenticate({
      login: startup.login,
      password,
      database: startup.database,
      address: this.#address,
      application: startup.applicationName,
    });
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    if (!identity.ok) {
      this.#refuse(identity.error, startup);
      return;
    }
    const target = targets.get(startup.database);
    if (target === undefined) {
      this.#refuse(fail('unknown_connection', 'this connection is not served by this proxy').error, startup);
      return;
    }
    const full = this.#parts.admit(identity.value, startup.applicationName);
    if (full !== null) {
      this.#refuse(full, startup);
      return;
    }
    const dialed = await this.#connect(startup, target);
    // Sessions hear of what is revoked from when they are open, and this one was not while the database let the proxy in.
    const still = this.#admitAgain(identity.value, startup);
    if (dialed.ok && still.ok && !this.#isOver) {
      this.#handOver({ identity: still.value, startup, dialed: dialed.value, target, rest });
      return;
    }
    this.#parts.leave(identity.value);
    if (dialed.ok) dialed.value.socket.destroy();
    if (!still.ok) this.#refuse(still.error, startup);
    else if (!dialed.ok) this.#refuse(dialed.error, startup);
  }

  #admitAgain(identity: SessionIdentity, { applicationName }: Startup): Result<SessionIdentity> {
    const client = { application: applicationName, address: this.#address };
    return this.#parts.options.admitAgain?.(identity, client) ?? ok(identity);
  }

  /** Settings must not reach code that runs before they are decided on. */
  async #mayStartWith({ decided }: Startup, target: UpstreamTarget, timeoutMs: number): Promise<Result<null>> {
    if (decided.size === 0) return ok(null);
    const hasTriggers = await this.#parts.loginTriggers.in(target, timeoutMs).catch(() => null);
    if (hasTriggers === false) return ok(null);
    if (hasTriggers === null)
      return fail('unavailable', 'the database cannot be asked whether it may start with settings');
    return fail('unsupported', `the database runs code at sign-in, which settings of the client must not reach`, {
      hint: `Leave ${[...decided.keys()].join(', ').slice(0, 200)} out and use SET after connecting, where policy allows it.`,
    });
  }

  async #connect(startup: Startup, target: UpstreamTarget): Promise<Result<Dialed>> {
    const timeoutMs = this.#parts.options.limits.upstreamTimeoutMs;
    const may = await this.#mayStartWith(startup, target, timeoutMs);
    if (!may.ok) return may;
    const dialed = await dial(target, {
      parameters: { ...Object.fromEntries(startup.settings), ...fixedSettings },
      timeoutMs,
    });
    if (!dialed.ok) return startup.decided.size === 0 ? dialed : withSettings(dialed.error, startup);
    const { parameters } = dialed.value.ready;
    for (const name of ['standard_conforming_strings', 'client_encoding']) {
      const problem = parameterProblem(name, parameters.get(name) ?? 'unknown', parameters);
      if (problem === null) continue;
      dialed.value.socket.destroy();
      return fail('unavailable', `the database cannot be governed: ${problem}`);
    }
    return dialed;
  }

  #handOver(arrival: Omit<Arrival, 'socket' | 'tlsVersion'>): void {
    const socket = this.#socket;
    this.#leaveSocket(true);
    const tlsVersion = socket instanceof tls.TLSSocket ? socket.getProtocol() : null;
    this.#parts.open({ ...arrival, socket, tlsVersion });
  }

  #refuse(failure: Failure, startup: Startup | null): void {
    if (this.#isOver) return;
    const { code, message, detail, hint } = failure;
    const fatal = encodeProblem({ severity: 'FATAL', code: errorTable[code].sqlstate, message, detail, hint });
    const socket = this.#socket;
    this.#leaveSocket();
    socket.end(fatal);
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), 2_000);
    socket.once('close', () => clearTimeout(timer));
    this.#record(failure, startup);
  }

  #record({ code, message }: Failure, startup: Startup | null): void {
    const { recorder } = this.#parts.options.services;
    if (!recorder.healthy || !this.#parts.mayRecordRefusal()) return;
    recorder.append({
      type: 'session.refused',
      connection: (startup?.database ?? '').slice(0, 100),
      login: (startup?.login ?? '').slice(0, 320),
      address: this.#address,
      code,
      message: message.slice(0, 500),
    });
  }

  #drop(reason: string): void {
    if (this.#isOver) return;
    const socket = this.#socket;
    this.#leaveSocket();
    socket.destroy();
    this.#parts.options.log('dropped', { address: this.#address, reason });
  }

  #leaveSocket(isClient = false): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#socket.off('data', this.#onData);
    this.#socket.removeAllListeners('end');
    this.#socket.pause();
    this.#parts.gone(isClient);
  }
}
