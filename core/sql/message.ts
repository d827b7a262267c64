/**
 * Several statements in one message are analysed before any of them runs, so each must be read as it will be once the ones
 * before it ran. What can be foreseen (tables and views made, search_path set, statements prepared) is; after anything else that
 * changes what names mean, the rest of the message is refused and has to be sent separately.
 */
import type { Catalog } from '../catalog/lookup.ts';
import type { AnalysisSettings, Hazard, SessionEffect, StatementAnalysis } from './analysis.ts';
import { changesNames, withBodies } from './bodies.ts';
import type { Collector } from './collect.ts';
import { checkType } from './domain.ts';
import { stringsOf } from './names.ts';
import { analysisOf } from './outcome.ts';
import type { Pg } from './parse.ts';
import { messageConstruct, separately, unresolved } from './refuse.ts';
import { splitSearchPath } from './search-path.ts';
import { Analyzer, type Created, type SearchPath, searchPathOf } from './state.ts';
import { nothing, statement } from './statement.ts';

/** Statements whose meaning no earlier one can change. */
const independent: ReadonlySet<string> = new Set([
  'TransactionStmt',
  'VariableSetStmt',
  'VariableShowStmt',
  'DeallocateStmt',
  'ClosePortalStmt',
  'DiscardStmt',
  'ListenStmt',
  'UnlistenStmt',
  'NotifyStmt',
  'ConstraintsSetStmt',
]);

/** Statements that do to the session what they say, once and in any case. */
const plain: ReadonlySet<string> = new Set([
  'TransactionStmt',
  'VariableSetStmt',
  'PrepareStmt',
  'DeallocateStmt',
  'DeclareCursorStmt',
  'ClosePortalStmt',
  'DiscardStmt',
]);

/** `SELECT set_config(…)` alone. With anything around it the call may not be reached, or be reached many times. */
function isSetConfig(node: Pg.Node): boolean {
  if (!('SelectStmt' in node)) return false;
  const { targetList = [], limitOption: _, op: __, ...rest } = node.SelectStmt;
  const [target] = targetList;
  const value = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  if (targetList.length !== 1 || Object.keys(rest).length > 0 || !value || !('FuncCall' in value)) return false;
  const { funcname, args = [] } = value.FuncCall;
  return stringsOf(funcname).at(-1) === 'set_config' && args.every(argument => 'A_Const' in argument);
}

const leavesNames = (effect: SessionEffect): boolean =>
  effect.type === 'catalog' ||
  effect.type === 'defers' ||
  ((effect.type === 'set' || effect.type === 'reset') && !changesNames([effect]));

/** A body that runs after another one has moved the names it uses reads and writes nobody knows what. */
function checkBodies(a: Analyzer, isCertain: boolean): void {
  const { out } = a;
  const isMoved = !isCertain && changesNames(out.effects.filter(({ type }) => type !== 'catalog'));
  if ((isMoved || out.movesNames) && withBodies(a.catalog, out) > (out.movesNames ? 1 : 0))
    out.object('opaque', 'call', 'other', 'names');
}

export class Message {
  private catalog: Catalog;
  private readonly base: Catalog;
  private settings: AnalysisSettings;
  private path: SearchPath;
  private readonly created: Created[] = [];
  private readonly touched = new Set<number>();
  private frozen = false;
  private hasDefined = false;
  /** An earlier statement has set off triggers that may still have to run. */
  private hasWaiting = false;
  /** The search_path was set for this transaction alone. */
  private local = false;

  constructor(catalog: Catalog, settings: AnalysisSettings) {
    this.base = catalog;
    this.catalog = catalog;
    this.settings = settings;
    this.path = searchPathOf(catalog, settings.searchPath, settings.temporarySchema);
  }

  run(raw: Pg.RawStmt, text: string, place: { start: number; length: number }): StatementAnalysis {
    const node = raw.stmt;
    if (this.frozen && node && !independent.has(Object.keys(node)[0] ?? ''))
      unresolved(messageConstruct, place.start, separately);
    const a = new Analyzer({
      catalog: this.catalog,
      path: this.path,
      settings: this.settings,
      text,
      createdBefore: this.created.length,
      touched: this.touched,
      isBehindDefinition: this.hasDefined,
    });
    // Bind makes values of all types that were declared, also of parameters that the text does not use.
    for (const type of this.settings.parameterTypes ?? []) checkType(a, type);
    const outcome = node ? statement(a, node) : nothing('other');
    const isCertain = node !== undefined && (plain.has(Object.keys(node)[0] ?? '') || isSetConfig(node));
    checkBodies(a, isCertain);
    if (withBodies(a.catalog, a.out) > 0) a.runsPlanned(place.start);
    if (this.hasWaiting && changesNames(a.out.effects)) a.out.object('opaque', 'call', 'other', 'waiting triggers');
    if (a.out.effects.some(({ type }) => type === 'defers')) this.hasWaiting = true;
    const analysis = analysisOf(a, outcome, place);
    if (!isCertain && a.out.effects.some(effect => !leavesNames(effect))) this.frozen = true;
    this.follow(a.out);
    this.read += 1;
    if (a.out.positional) this.positional = true;
    return analysis;
  }

  private follow(out: Collector): void {
    for (const effect of out.effects) this.apply(effect);
    for (const relationOid of out.touched) this.touched.add(relationOid);
    if (out.freezes) this.frozen = true;
    if (out.effects.some(({ type }) => type === 'catalog')) this.hasDefined = true;
    if (out.created.length === 0) return;
    this.created.push(...out.created);
    const schemas = this.created.map(({ relation }) => relation.schema);
    this.catalog = this.base.withRelations(
      this.created.map(({ relation }) => relation),
      schemas,
    );
    for (const { relation, fields } of this.created) this.catalog.memo.set(`fields ${relation.oid}`, fields);
    const temporary = this.created.find(({ relation }) => relation.temporary)?.relation.schema ?? null;
    const { searchPath, temporarySchema } = this.settings;
    this.setPath(searchPath, temporarySchema ?? temporary);
  }

  private setPath(searchPath: readonly string[], temporarySchema: string | null): void {
    this.settings = { ...this.settings, searchPath, temporarySchema };
    this.path = searchPathOf(this.catalog, searchPath, temporarySchema);
  }

  private apply(effect: SessionEffect): void {
    const { prepared, cursors } = this.settings;
    switch (effect.type) {
      case 'set':
        this.set(effect);
        return;
      case 'reset':
        if (effect.name === 'search_path' || effect.name === 'role') this.frozen = true;
        return;
      case 'reset_all':
      case 'discard_all':
        this.frozen = true;
        return;
      case 'prepare':
        this.settings = { ...this.settings, prepared: new Map(prepared).set(effect.name, effect.analysis) };
        return;
      case 'deallocate':
        this.settings = { ...this.settings, prepared: without(prepared, effect.name) };
        return;
      case 'declare':
        this.settings = { ...this.settings, cursors: new Map(cursors).set(effect.name, effect.analysis) };
        return;
      case 'close':
        this.settings = { ...this.settings, cursors: without(cursors, effect.name) };
        return;
      case 'commit':
        if (this.local || this.settings.unsettled !== false) this.frozen = true;
        return;
      case 'rollback':
      case 'rollback_to':
        if (this.changed() || this.settings.unsettled !== false) this.frozen = true;
        return;
      default:
    }
  }

  private changed(): boolean {
    return this.local || this.created.length > 0 || this.touched.size > 0 || this.pathChanged;
  }

  private pathChanged = false;
  /** How many statements could be read. */
  read = 0;
  /** Some integer means something by its value. */
  positional = false;

  private set(effect: Extract<SessionEffect, { type: 'set' }>): void {
    if (effect.name === 'role' || effect.name === 'session_authorization') this.frozen = true;
    if (effect.name !== 'search_path') return;
    this.pathChanged = true;
    if (effect.local) this.local = true;
    if (effect.value === null) this.frozen = true;
    else this.setPath(splitSearchPath(effect.value), this.settings.temporarySchema);
  }
}

const without = <V>(map: ReadonlyMap<string, V>, name: string | null): ReadonlyMap<string, V> => {
  const rest = new Map(name === null ? [] : map);
  if (name !== null) rest.delete(name);
  return rest;
};

/** Positions of hazards, from bytes to characters of the whole text. */
export const positioned = (hazards: readonly Hazard[], positionOf: (byte: number) => number | null): Hazard[] =>
  hazards.map(hazard => ({ ...hazard, position: hazard.position === null ? null : positionOf(hazard.position) }));
