/**
 * One client's session on one upstream connection, as an explicit state that only the functions of this folder change. It has no
 * sockets and no clock: bytes and decisions are put in, bytes and wishes come out through its ports.
 */
import type { Hash } from 'node:crypto';
import type { Failure } from '#core/contract/error.ts';
import type { CopyMasker } from '#core/mask/copy.ts';
import type { Limit, StatementLimits } from '#core/policy/decision.ts';
import type { StatementAnalysis } from '#core/sql/analysis.ts';
import type { BoundParameters } from '#proxy/control/query-client.ts';
import type { Meter } from '#proxy/enforce/meter.ts';
import type { Clock, Recorder } from '#proxy/ports.ts';
import { transaction } from '../wire/message.ts';
import { type Expect, ExpectQueue } from './expect.ts';
import { Journal, type Run } from './journal.ts';
import { NameTable, type Portal, type Prepared } from './names.ts';
import { Outlet } from './outlet.ts';
import type { Parts } from './parts.ts';
import { Room } from './room.ts';
import type { Refused, RowPlan, Ruling } from './ruling.ts';
import type { Settings } from './settings.ts';
import type { Turns } from './turns.ts';

/** When something went to the server: at which `now`, and whether behind something else that takes its time. */
export type Sent = { sent: number; isLater: boolean };

/** What becomes of names between the decision on a statement and the server's look at it. */
export type Names = {
  /** Grows with every change of names that any session sends. */
  readonly now: number;
  /** The session changes names, and its transaction is open. */
  readonly isMoving: boolean;
  /** This goes to the server, and may change what others' names mean. */
  sent(ruling: Ruling): void;
  /** Relations whose names may mean something else to the server than when the statement was decided; null: none that matter. */
  moved(ruling: Ruling, statementIndex: number, when: Sent): ReadonlySet<number> | null;
};

/** Decides on texts for one session; it sees the session's settings. */
export type SessionGate = {
  /** The ruling at hand for these bytes (one character per byte) under the present settings, policies and catalog. */
  lookup(key: string): Ruling | null;
  /** Literals of the text last looked up, where the ruling is shared by texts with other literals. */
  readonly literals: readonly string[] | null;
  /** Made under the present policies, catalog and settings. */
  isCurrent(ruling: Ruling): boolean;
  /** Before anything is ruled on, the server has to be asked something, which it can be only while it is idle. */
  readonly needsIdle: boolean;
  /** The server has confirmed a statement: what it copied carries its labels from now on. */
  executed(ruling: Ruling, statementIndex: number, run: { statement: number; when: Sent | null }): void;
  readonly names: Names;
  /** What was copied and defined so far in this transaction stays, or is gone. */
  settled(isCommitted: boolean): void;
  /** The session ends while the server has this message: what is left of it from this statement on may come to its end. */
  abandoned(ruling: Ruling, statementIndex: number, statement: number): void;
  /** The same statement under the present policies; for portals, whose meaning is fixed since Bind. */
  redecide(ruling: Ruling): Ruling;
  /** The session has changed the catalog: nothing may be ruled on before it was read again. */
  catalogTouched(): void;
  /** Temporary objects, if the session had any, are gone. */
  temporaryDropped(): void;
  /** A transaction is over, explicit or not. */
  transactionEnded(hasFailed: boolean): void;
  /** A refusal that needs no analysis. */
  reject(failure: Failure, text: string): Ruling;
  /** The same statement refused, where a budget that it draws from is used up; null where it may run. */
  spent(ruling: Ruling): Ruling | null;
  /** Counts one result against its limits. */
  meter(limits: StatementLimits): Meter | null;
  /** How long a transaction may be left idle; null: for ever. */
  readonly idleInTransaction: Limit | null;
  /** Somebody else may write down what this session does not get to see. */
  readonly mayMask: boolean;
};

/** A statement that needs approval, as the desk has to know it. */
export type HoldRequest = {
  ruling: Ruling;
  literals: readonly string[] | null;
  /** Of the bound parameters; null when there are none. */
  parametersHash: string | null;
  /** The parameters themselves, where they were small enough to be kept. */
  parameters: BoundParameters | null;
};

export type HoldResult =
  /** It may run now, as long as it still needs just this approval (`approvalKey`). */
  { type: 'cleared'; requestId: string | null; approvalKey: string } | { type: 'refused'; refused: Refused };

export type SessionPorts = {
  recorder: Recorder;
  clock: Clock;
  /** Puts turns of several sessions together; until one is settled nothing else may be put into its session. */
  turns?: Pick<Turns, 'join'>;
  /** Sends; false while the bytes are still in use after the call. */
  toClient(bytes: Uint8Array): boolean;
  toServer(bytes: Uint8Array): boolean;
  /** Find a ruling and call `ruled`. The server is idle meanwhile as far as this session is concerned. */
  resolve(key: string): void;
  /** Ask for approval and call `holdEnded`. */
  hold(request: HoldRequest): void;
  /** Stop asking; `holdEnded` is called all the same. */
  withdraw(): void;
  /** Stop what the server is doing for this session. */
  cancelUpstream(): void;
  /** What became of a statement that an approval let through. */
  report(
    requestId: string,
    result: { outcome: 'ok' | 'error' | 'cancelled'; rows: number; sqlstate: string | null },
  ): void;
  /** Something failed closed. */
  fault(code: string, message: string): void;
  /** All is sent; close both connections. */
  end(reason: string): void;
};

export type Block =
  /** Until the server has answered all it was sent. */
  | 'drain'
  /** Until the server says whether it wants COPY data. */
  | 'copy'
  /** Until there is a ruling. */
  | 'ruling'
  /** Until somebody has decided. */
  | 'hold';

/** What the session does to the rows of the answer at the head of the queue. */
export type ResultState = {
  plan: RowPlan | null;
  copy: CopyMasker | null;
  isCopyOut: boolean;
  /** Null: nothing limits it. */
  meter: Meter | null;
};

/** What was under way when it was looked at last, and since when. */
export type Watched = {
  entry: Expect | null;
  sinceUs: number;
  tickUs: number;
  /** Negative: not idle in a transaction. */
  idleSinceUs: number;
  pushed: number;
};

export type InternalRows = (string | null)[][];
/** A statement of the proxy's own, sent between the client's. */
export type Internal = { rows: InternalRows; hasFailed: boolean };
/** Those that were sent together. */
export type InternalGroup = { all: readonly Internal[]; done: (rows: InternalRows[] | null) => void };

/** The analysis is that of the moment; PostgreSQL reads the text anew when the catalog has changed. */
export type SqlPrepared = { text: string; parameterTypes: readonly number[]; analysis: StatementAnalysis };

export type SessionParts = {
  ports: SessionPorts;
  gate: SessionGate;
  settings: Settings;
  parameters: ReadonlyMap<string, string>;
  /** Of the server's process. */
  processId?: number;
  /** Shared by the sessions of a proxy. */
  room?: Room;
};

/** By what is lost when the unit ends: portals are dropped, effects can no longer be undone. */
export const held = { nothing: 0, portals: 1, effects: 2 } as const;

export class Session {
  readonly ports: SessionPorts;
  readonly gate: SessionGate;
  readonly journal: Journal;
  /** What the server reported at the start. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly processId: number;
  readonly settings: Settings;
  readonly room: Room;
  readonly statements: NameTable<Prepared>;
  readonly portals: NameTable<Portal>;
  /** Names that SQL PREPARE made. */
  readonly sqlPrepared = new Map<string, SqlPrepared>();
  /** Of their texts and analyses, at most; some may be gone. */
  sqlPreparedBytes = 0;
  readonly queue = new ExpectQueue();
  readonly up = new Outlet();
  readonly down = new Outlet();

  /** Of the last ReadyForQuery. */
  status: number = transaction.idle;
  /** The transaction has touched classified values: what the server says of it may name them, even at COMMIT. */
  isSensitive = false;
  /** The catalog has changed in the open transaction. */
  isCatalogChanged = false;

  block: Block | null = null;
  /** Carried out when the turn's bytes are out. */
  wish: (() => void) | null = null;
  /** The ruling that the first message of the backlog was blocked for. */
  ruled: Ruling | null = null;
  /** How often in a row it was out of date when it came. */
  rulingsMissed = 0;
  held: HoldResult | null = null;
  /** A Query that goes to the server in parts; it stays at the head of the backlog until the last has gone. */
  parts: Parts | null = null;
  /** The record of the statement that is held. */
  heldRun: Run | null = null;

  /** Client bytes that could not be handled yet. */
  backlog: Uint8Array = new Uint8Array(0);
  backlogLength = 0;
  /** Total length of the incomplete message at the head of the backlog; 0 when unknown. */
  backlogNeeds = 0;
  /** Bytes of a client message that are still to come, and whether they are passed on. */
  clientBody = 0;
  passesBody = false;
  bindHash: { hash: Hash; portal: Portal } | null = null;
  /** The server ignores everything until the next Sync. */
  isSkipping = false;
  /** Of what is sent next. */
  unit = 0;
  /** What a Sync would end that the client has begun since the last. */
  unitHolds: number = held.nothing;
  /** A unit of the extended protocol has begun and its Sync was not sent. */
  isGroupOpen = false;
  /** Something of the unit changes more than the session. */
  hasGroupEffects = false;
  /** An error was answered since the last ReadyForQuery. */
  groupFailed = false;
  /** Answers to what was sent last may sit in the server's buffer. */
  needsFlush = false;
  /** The server reads COPY data. */
  inCopy = false;
  /** Parsed in this turn and neither recorded nor executed. */
  unrecorded: { prepared: Prepared; ruling: Ruling; attach: (run: Run) => void }[] = [];

  /** Of portals that have more rows to give, for as long as they may be asked for them. */
  readonly suspended = new Set<Run>();

  /** Server bytes of an incomplete message. */
  serverPart: Uint8Array = new Uint8Array(0);
  serverPartLength = 0;
  serverBody = 0;
  passesServerBody = false;
  /** Bytes of a large CopyData message that are still to go through the masker. */
  copyBody = 0;
  result: ResultState = { plan: null, copy: null, isCopyOut: false, meter: null };
  /** Of SQL cursors, by what `settings` holds of them: all FETCHes of one count together. */
  readonly cursorMeters = new WeakMap<object, Meter>();
  /** Requests to cancel that are on their way: what is sent meanwhile could be hit in the place of what they are for. */
  cancelling = 0;
  readonly watched: Watched = { entry: null, sinceUs: 0, tickUs: 0, idleSinceUs: -1, pushed: 0 };
  internal: InternalGroup | null = null;
  /** One of them was cancelled, which was meant for the statement that waits for it. */
  isInterrupted = false;
  isEnded = false;
  /** It ends with this as soon as the client has the message that it was sent a part of. */
  ending: Failure | null = null;

  /** In a transaction block, or in a unit of the extended protocol, which is one as well. */
  get isInTransaction(): boolean {
    return this.status !== transaction.idle || this.isGroupOpen;
  }

  constructor(id: string, given: SessionParts) {
    this.ports = given.ports;
    this.gate = given.gate;
    this.settings = given.settings;
    this.parameters = given.parameters;
    this.processId = given.processId ?? 0;
    this.room = given.room ?? new Room();
    this.statements = new NameTable<Prepared>(({ key }) => key.length, this.room);
    this.portals = new NameTable<Portal>(({ bytes }) => bytes, this.room);
    this.journal = new Journal(id, given.ports);
  }
}
