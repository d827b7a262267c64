/**
 * The session state that statements change and transactions undo: settings that matter to analysis, and cursors. Changes are
 * applied when the server confirms them; values are immutable, so that a snapshot is a reference.
 */
import type { SessionEffect, StatementAnalysis } from '#core/sql/analysis.ts';
import { weightOfAnalysis } from './weight.ts';

export type Snapshot = {
  /** SET: last beyond the transaction. Null is a reset to the default. */
  readonly session: ReadonlyMap<string, string | null>;
  /** SET LOCAL: end with the transaction. */
  readonly local: ReadonlyMap<string, string | null>;
  readonly cursors: ReadonlyMap<string, { analysis: StatementAnalysis; holdable: boolean }>;
};

const emptySnapshot: Snapshot = { session: new Map(), local: new Map(), cursors: new Map() };
const savepointsMax = 10_000;
/** Each change makes a new map of them. */
const cursorsMax = 1_000;
/** Of what is known of their results. */
const cursorBytesMax = 8 * 1024 * 1024;
/** What analysis or the session itself looks at; a client may set as many others as it likes. */
const kept: ReadonlySet<string> = new Set(['search_path', 'role', 'session_authorization', 'weir.wait']);

export class Settings {
  #now: Snapshot = emptySnapshot;
  /** What a rollback of the whole transaction restores. */
  #committed: Snapshot = emptySnapshot;
  /** Null where the server does not report it. */
  #reported: string | null = null;
  #mayDiffer = false;
  #savepoints: { name: string; snapshot: Snapshot }[] = [];
  /** Increases whenever a value that analysis depends on may have changed. */
  version = 0;
  /** What the server says search_path is; null when that may have changed since it said so. */
  searchPath: string | null = null;
  /** The schemas that the server finds along it, written as a path; null when that may have changed since it was asked. */
  schemas: string | null = null;
  /** The session has acted as another role than the one it signed in with. */
  hasRole = false;
  /** The state is no longer known: the session has to end. */
  isLost = false;

  /** Undefined when never set in this session; null when reset to its default. */
  value(name: string): string | null | undefined {
    const local = this.#now.local.get(name);
    return local !== undefined ? local : this.#now.session.get(name);
  }

  get cursors(): ReadonlyMap<string, { analysis: StatementAnalysis; holdable: boolean }> {
    return this.#now.cursors;
  }

  /** There are changes that a failure would undo. */
  get hasUncommitted(): boolean {
    return this.#now !== this.#committed || this.#savepoints.some(savepoint => savepoint.snapshot !== this.#now);
  }

  apply(effect: SessionEffect): void {
    switch (effect.type) {
      case 'set':
        this.#set(effect.name.toLowerCase(), effect.value, effect.local);
        break;
      case 'reset':
        this.#set(effect.name.toLowerCase(), null, false);
        break;
      case 'reset_all':
        this.#change({ ...this.#now, session: nulled(this.#now), local: new Map() });
        this.searchPath = null;
        break;
      case 'discard_all':
        this.#change({ session: nulled(this.#now), local: new Map(), cursors: new Map() });
        this.searchPath = null;
        break;
      case 'declare':
        this.#setCursor(effect.name, { analysis: effect.analysis, holdable: effect.holdable });
        break;
      case 'close':
        this.closeCursor(effect.name);
        break;
      case 'savepoint':
        this.#savepoint(effect.name);
        break;
      case 'release':
        this.#release(effect.name);
        break;
      case 'rollback_to':
        this.#rollbackTo(effect.name);
        break;
      case 'commit':
        this.commit();
        break;
      case 'rollback':
        this.rollback();
        break;
      default:
        break;
    }
  }

  /** Code that may not have been come to has set these: what follows from them later has to be asked for, too. */
  mayDiffer(effects: readonly SessionEffect[]): void {
    this.#mayDiffer ||= effects.some(
      effect => effect.type === 'reset_all' || ('name' in effect && effect.name === 'search_path'),
    );
  }

  /** The server has reported its search_path, as PostgreSQL 18 does of itself whenever it has changed. */
  searchPathReported(value: string): void {
    this.#reported = value;
    this.searchPathIs(value);
  }

  /** ReadyForQuery: what a server that reports would have had to say is said by now. */
  settled(): void {
    if (this.#reported !== null) this.searchPathIs(this.#reported);
  }

  /** The server was asked for it. */
  searchPathIs(value: string): void {
    if (this.searchPath === value) return;
    this.searchPath = value;
    this.schemas = null;
    this.version += 1;
  }

  commit(): void {
    const { session, cursors, local } = this.#now;
    if (this.#now === this.#committed && this.#savepoints.length === 0 && local.size === 0 && cursors.size === 0)
      return;
    const held = [...cursors].filter(([, cursor]) => cursor.holdable);
    const isSame = local.size === 0 && held.length === cursors.size;
    if (!isSame) this.#change({ session, local: new Map(), cursors: new Map(held) });
    this.#committed = this.#now;
    this.#savepoints = [];
  }

  rollback(): void {
    if (this.#now !== this.#committed) this.#change(this.#committed);
    this.#savepoints = [];
  }

  /** Null closes all. */
  closeCursor(name: string | null): void {
    if (this.#now.cursors.size === 0) return;
    const cursors = new Map(name === null ? [] : this.#now.cursors);
    if (name !== null && !cursors.delete(name)) return;
    this.#change({ ...this.#now, cursors });
  }

  #set(name: string, value: string | null, isLocal: boolean): void {
    if (!kept.has(name)) return;
    if (name === 'role' || name === 'session_authorization') this.hasRole = true;
    const { session, local, cursors } = this.#now;
    if (isLocal) {
      this.#change({ session, local: new Map(local).set(name, value), cursors });
      if (name === 'search_path') this.searchPath = null;
      return;
    }
    const rest = new Map(local);
    rest.delete(name);
    this.#change({ session: new Map(session).set(name, value), local: rest, cursors });
    if (name === 'search_path') this.searchPath = null;
  }

  #setCursor(name: string, cursor: { analysis: StatementAnalysis; holdable: boolean }): void {
    const cursors = new Map(this.#now.cursors).set(name, cursor);
    this.isLost ||= cursors.size > cursorsMax || weightOf(cursors) > cursorBytesMax;
    this.#change({ ...this.#now, cursors });
  }

  #savepoint(name: string): void {
    this.isLost ||= this.#savepoints.length >= savepointsMax;
    if (!this.isLost) this.#savepoints.push({ name, snapshot: this.#now });
  }

  #indexOf(name: string): number {
    return this.#savepoints.findLastIndex(savepoint => savepoint.name === name);
  }

  #release(name: string): void {
    const index = this.#indexOf(name);
    if (index < 0) this.isLost = true;
    else this.#savepoints.length = index;
  }

  #rollbackTo(name: string): void {
    const index = this.#indexOf(name);
    const savepoint = this.#savepoints[index];
    if (savepoint === undefined) {
      this.isLost = true;
      return;
    }
    this.#savepoints.length = index + 1;
    this.#change(savepoint.snapshot);
  }

  #change(next: Snapshot): void {
    const before = this.value('search_path');
    this.#now = next;
    this.schemas = null;
    if (this.#mayDiffer || this.value('search_path') !== before) this.searchPath = null;
    this.version += 1;
  }
}

const weightOf = (cursors: Snapshot['cursors']): number =>
  [...cursors.values()].reduce((sum, { analysis }) => sum + weightOfAnalysis(analysis), 0);

const nulled = (snapshot: Snapshot): Map<string, null> =>
  new Map([...snapshot.session.keys(), ...snapshot.local.keys()].map(name => [name, null]));
