/** Drives one session's state machine with two sockets: the client's and the server's. */
import type net from 'node:net';
import type { ErrorCode, Failure } from '#core/contract/error.ts';
import type { Impact } from '#core/contract/proxy.ts';
import type { UpstreamTarget } from '../config.ts';
import { breakOff } from '../control/dial.ts';
import { Hold, type HoldParts, notRun } from '../enforce/hold.ts';
import {
  type Clock,
  type HoldDesk,
  type LiveSession,
  type Recorder,
  RecordingError,
  type SessionIdentity,
} from '../ports.ts';
import type { BusyPoll } from './busy-poll.ts';
import { type CancelKey, cancelUpstream } from './cancel.ts';
import { Link } from './link.ts';
import type { GatedSession, ImpactBasis, OpenGate } from './open-gate.ts';
import { Opening } from './opening.ts';
import { continueClient, fromClient, isClientStopped } from './session/client.ts';
import { endAfterMessage, endWith, finish } from './session/end.ts';
import { runInternal } from './session/internal.ts';
import { isDiscarding, watch } from './session/limit.ts';
import type { Room } from './session/room.ts';
import { fromServer } from './session/server.ts';
import { Settings } from './session/settings.ts';
import { type HoldRequest, Session, type SessionPorts } from './session/state.ts';
import { holdEnded, record, ruled } from './session/statement.ts';
import { flushDown } from './session/turn.ts';
import type { Settle, Turns } from './session/turns.ts';
import { SessionCancel } from './session-cancel.ts';
import { greeting, sessionStart } from './session-start.ts';
import type { UpstreamReady } from './upstream-login.ts';
import { terminateMessage } from './wire/encode.ts';
import { encodeProblem } from './wire/error.ts';
import { transaction } from './wire/message.ts';

export type SessionLinkParts = {
  id: string;
  identity: SessionIdentity;
  client: { socket: net.Socket; address: string; port: number; application: string; tls: string | null };
  upstream: { socket: net.Socket; ready: UpstreamReady; target: UpstreamTarget };
  /** `weir.wait` from the startup packet. */
  wait: string | null;
  /** From the startup packet: to be decided on before the client is greeted. */
  settings: ReadonlyMap<string, string>;
  services: {
    recorder: Recorder;
    clock: Clock;
    turns: Turns;
    room: Room;
    busyPoll: BusyPoll;
    desk: HoldDesk;
    openGate(session: GatedSession): OpenGate;
    /** What a held statement would do; never part of the statement path. */
    impact(question: ImpactBasis, target: UpstreamTarget): Promise<Impact | null>;
    /** How many rows a write would change, counted before it runs; null when that cannot be had. */
    affectedRows(question: ImpactBasis, target: UpstreamTarget): Promise<number | null>;
    /** Microseconds per statement, from its arrival to when it was forwarded or refused. */
    took(us: number, statements: number): void;
    /** A bug in this session; it has ended, the others go on. */
    crashed(error: unknown): void;
  };
  issueKey(link: SessionLink): CancelKey;
  ended(link: SessionLink, key: CancelKey): void;
};

/** How long a client that is cut may take for the message that it has a part of. */
const restOfMessageMs = 200;

export class SessionLink implements LiveSession {
  readonly #parts: SessionLinkParts;
  readonly #session: Session;
  readonly #gate: OpenGate;
  readonly #hold: Hold;
  readonly #client: Link;
  readonly #server: Link;
  readonly #key: CancelKey;
  readonly #cancels: SessionCancel;
  readonly #startedMs: number;
  #identity: SessionIdentity;
  readonly #opening: Opening;
  /** A turn is handled and not settled. */
  #isTurnOpen = false;
  /** Says what the open turn's statements have cost, once it is settled. */
  #tell: (() => void) | null = null;

  constructor(parts: SessionLinkParts) {
    this.#parts = parts;
    this.#identity = parts.identity;
    this.#startedMs = parts.services.clock.nowMs();
    this.#cancels = new SessionCancel({
      session: () => this.#session,
      send: () => cancelUpstream(parts.upstream.target, parts.upstream.ready),
      isDeaf: () => this.#client.isCongested,
      run: step => this.#run(step),
    });
    const { parameters } = parts.upstream.ready;
    this.#opening = new Opening({
      settings: parts.settings,
      parameters,
      write: bytes => this.#client.write(bytes),
      greeting: given => greeting(given, this.#key),
    });
    const settings = new Settings();
    const searchPath = parameters.get('search_path');
    if (searchPath !== undefined) settings.searchPathReported(searchPath);
    this.#gate = parts.services.openGate({
      id: parts.id,
      identity: parts.identity,
      application: parts.client.application,
      address: parts.client.address,
      settings,
      state: () => this.#session,
      internal: texts => runInternal(this.#session, texts).finally(() => this.#adjust()),
    });
    this.#session = new Session(parts.id, {
      ports: this.#ports(),
      gate: this.#gate,
      settings,
      parameters,
      processId: parts.upstream.ready.processId,
      room: parts.services.room,
    });
    this.#hold = new Hold(this.#holdParts());
    this.#client = new Link(parts.client.socket, {
      bytes: chunk => {
        parts.services.busyPoll.heard(this);
        this.#timed(() => this.#run(() => fromClient(this.#session, chunk)));
      },
      isInUse: () => this.#isTurnOpen || this.#server.hasUnsent,
      drained: () => this.#adjust(),
      closed: () => this.#run(() => this.#clientGone()),
    });
    this.#server = new Link(parts.upstream.socket, {
      bytes: chunk => {
        parts.services.busyPoll.heard(this);
        this.#cancels.heard();
        this.#run(() => fromServer(this.#session, chunk));
      },
      isInUse: () => this.#client.hasUnsent,
      drained: () => this.#adjust(),
      closed: () => this.#run(() => this.#serverGone()),
    });
    this.#key = parts.issueKey(this);
  }

  get id(): string {
    return this.#parts.id;
  }

  get identity(): SessionIdentity {
    return this.#identity;
  }

  get application(): string {
    return this.#parts.client.application;
  }

  get address(): string {
    return this.#parts.client.address;
  }

  /** Records the session, greets the client and takes what it has sent already. */
  start(rest: Uint8Array): void {
    const { recorder } = this.#parts.services;
    recorder.append(sessionStart(this.#parts, this.#gate.bundleVersion));
    recorder.commit();
    this.#run(() => this.#opening.begin(this.#session, rest));
  }

  refresh(identity: SessionIdentity): void {
    this.#identity = identity;
    this.#gate.refresh(identity);
  }

  cut(failure: Failure): void {
    this.#settle();
    this.#hold.withdraw();
    const session = this.#session;
    this.#run(() => endAfterMessage(session, failure));
    if (!session.isEnded) setTimeout(() => this.#run(() => endWith(session, failure)), restOfMessageMs);
  }

  /** A CancelRequest with this session's key; resolves when nothing that is sent from then on can be hit by it. */
  async cancel(): Promise<void> {
    this.#settle();
    const session = this.#session;
    if (session.parts !== null) session.parts = { ...session.parts, isCancelled: true };
    if (this.#hold.isOpen) this.#hold.withdraw();
    else if (session.queue.length > 0) await this.#cancels.stop();
  }

  /** Nothing is under way, so that the proxy may stop without harm. */
  get isIdle(): boolean {
    return this.#session.queue.length === 0 && this.#session.block === null;
  }

  /** What statements cost that were decided and recorded at once; those that had to be looked at first are not among them. */
  #timed(step: () => void): void {
    const { clock, took } = this.#parts.services;
    const { totals } = this.#session.journal;
    const before = totals.statements;
    const startedUs = clock.nowUs();
    step();
    const statements = totals.statements - before;
    if (statements === 0) return;
    const tell = () => took((clock.nowUs() - startedUs) / statements, statements);
    if (this.#isTurnOpen) this.#tell = tell;
    else tell();
  }

  /** Before anything else happens to the session. */
  #settle(): void {
    if (this.#isTurnOpen) this.#parts.services.turns.settle();
  }

  #join(settle: Settle): void {
    this.#isTurnOpen = true;
    this.#parts.services.turns.join(failure => {
      this.#isTurnOpen = false;
      this.#run(() => settle(failure));
      this.#tell?.();
      this.#tell = null;
    });
  }

  #run(step: () => void): void {
    this.#settle();
    try {
      step();
      this.#opening.goOn(this.#session);
    } catch (error) {
      this.#parts.services.crashed(error);
      this.#endBroken(error instanceof RecordingError ? 'recording_failed' : 'internal');
    }
    this.#adjust();
  }

  #crash(error: unknown): void {
    this.#run(() => {
      throw error;
    });
  }

  /** What broke the session may break its end, too: the sockets are closed nevertheless, and the place is free. */
  #endBroken(code: ErrorCode): void {
    try {
      endWith(this.#session, { code, message: 'the proxy ended this session because of an error of its own' });
    } catch (error) {
      this.#parts.services.crashed(error);
    }
  }

  /** Reads from each side as long as the other side and the session can take it. */
  #adjust(): void {
    if (this.#session.isEnded) return;
    this.#client.read(this.#opening.isOver && !isClientStopped(this.#session) && !this.#server.isCongested);
    this.#server.read(!this.#client.isCongested || isDiscarding(this.#session) || this.#session.ending !== null);
  }

  #clientGone(): void {
    this.#hold.withdraw();
    finish(this.#session, 'client');
  }

  #serverGone(): void {
    this.#hold.withdraw();
    endWith(this.#session, { code: 'unavailable', message: 'the database closed the connection' });
  }

  /** Ends what has come to a limit of time. */
  watch(nowUs: number): void {
    if (this.#session.queue.length > 0 || this.#session.isInTransaction) this.#run(() => watch(this.#session, nowUs));
  }

  #ports(): SessionPorts {
    const { recorder, clock, desk } = this.#parts.services;
    return {
      recorder,
      clock,
      turns: { join: settle => this.#join(settle) },
      toClient: bytes => this.#opening.toClient(bytes),
      toServer: bytes => this.#server.write(bytes),
      resolve: key => this.#resolve(key),
      hold: request => this.#begin(request),
      withdraw: () => this.#hold.withdraw(),
      cancelUpstream: () => void this.#cancels.stop(),
      report: (requestId, result) => desk.report(requestId, result),
      fault: (code, message) =>
        recorder.append({ type: 'proxy.fault', code, message: message.slice(0, 500), session: this.id }),
      end: reason => this.#end(reason),
    };
  }

  #resolve(key: string): void {
    this.#gate.resolve(key).then(
      ruling =>
        this.#run(() => {
          ruled(this.#session, ruling);
          continueClient(this.#session);
        }),
      error => this.#crash(error),
    );
  }

  #begin(request: HoldRequest): void {
    const session = this.#session;
    this.#hold
      .begin(request, run => {
        session.heldRun = run;
      })
      .then(
        ({ result, run }) => {
          const requestId = session.isEnded && result.type === 'cleared' ? result.requestId : null;
          if (requestId !== null) this.#parts.services.desk.report(requestId, notRun);
          this.#run(() => {
            holdEnded(session, result, run);
            continueClient(session);
          });
        },
        error => this.#crash(error),
      );
  }

  #holdParts(): HoldParts {
    const { recorder, desk, impact } = this.#parts.services;
    return {
      sessionId: this.id,
      desk,
      recorder,
      identity: () => this.#identity,
      bundleVersion: () => this.#gate.bundleVersion,
      // Before the greeting nobody could be told what is waited for.
      wait: () => (this.#opening.isOver ? (this.#session.settings.value('weir.wait') ?? this.#parts.wait) : 'off'),
      factsOf: request => this.#gate.factsOf(request),
      record: (request, requestId) => this.#record(request, requestId),
      count: async request => {
        const { hasGroupEffects, status } = this.#session;
        const { statements, endsTransaction } = request.ruling;
        // What the unit has changed cannot be seen from outside before it ends.
        if (hasGroupEffects && status === transaction.idle) return null;
        // Nor what the block has changed, and the message ends it before it could be made to fail.
        if (status !== transaction.idle && statements.length > 1 && endsTransaction) return null;
        const question = this.#gate.impactQuestion(request);
        return question === null ? null : this.#parts.services.affectedRows(question, this.#parts.upstream.target);
      },
      recounted: (...counted) => this.#gate.recounted(...counted),
      notice: (message, { detail, hint }) => {
        if (this.#session.isEnded) return;
        this.#session.down.bytes(encodeProblem({ severity: 'NOTICE', code: '00000', message, detail, hint }));
        flushDown(this.#session);
      },
      impact: async request => {
        const question = this.#gate.impactQuestion(request);
        return question === null ? null : impact(question, this.#parts.upstream.target);
      },
    };
  }

  #record(request: HoldRequest, requestId: string | null): ReturnType<typeof record> {
    if (this.#session.isEnded) return null;
    const protocol = request.parametersHash === null ? 'simple' : 'extended';
    const run = record(this.#session, request.ruling, { protocol, literals: request.literals, requestId });
    try {
      this.#parts.services.recorder.commit();
    } catch (error) {
      if (error instanceof RecordingError) return null;
      throw error;
    }
    return run;
  }

  #end(reason: string): void {
    this.#hold.withdraw();
    const { recorder, clock } = this.#parts.services;
    try {
      recorder.append({
        type: 'session.end',
        session: this.id,
        reason: reason.slice(0, 100),
        ...this.#session.journal.totals,
        durationMs: Math.max(0, Math.round(clock.nowMs() - this.#startedMs)),
      });
    } finally {
      this.#gate.close();
      this.#client.end();
      // What the server has before it must not run any more.
      if (reason === 'client' || reason === 'upstream' || this.#session.queue.length === 0)
        this.#server.end(terminateMessage);
      else {
        breakOff(this.#server.socket);
        this.#cancels.send();
      }
      this.#parts.ended(this, this.#key);
    }
  }
}
