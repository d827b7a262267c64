/** Gathers what one statement does while it is analysed, each thing once. */

import { isSystemSchema } from '../catalog/lookup.ts';
import type { CatalogFunction, CatalogRelation } from '../catalog/snapshot.ts';
import type {
  Access,
  AccessVerb,
  Action,
  ColumnRef,
  ColumnUse,
  DataFlow,
  FunctionTrust,
  FunctionUse,
  Hazard,
  HazardCode,
  SessionEffect,
  StatementAnalysis,
  UseContext,
} from './analysis.ts';
import type { Created } from './state.ts';
import { type Test, testsOf, type Value } from './value.ts';

const none: readonly ColumnRef[] = [];

const sameRefs = (one: readonly ColumnRef[], other: readonly ColumnRef[]): boolean =>
  one.length === other.length && one.every((ref, index) => ref === other[index]);

const trusts: readonly FunctionTrust[] = ['pure', 'raises', 'reads', 'effects', 'unknown'];
const functionKey = (oid: number, trust: FunctionTrust): number => oid * trusts.length + trusts.indexOf(trust);

export class Collector {
  private readonly accessesByKey = new Map<string, Access>();
  private readonly usesByColumn = new Map<ColumnRef, ColumnUse[]>();
  private readonly functionsByKey = new Map<number, FunctionUse>();
  private readonly readSet = new Set<ColumnRef>();
  readonly hazards: Hazard[] = [];
  readonly flows: DataFlow[] = [];
  readonly effects: SessionEffect[] = [];
  /** Relations the statement makes, and OIDs of those it changes. */
  readonly created: Created[] = [];
  readonly touched = new Set<number>();
  /** The catalog changes in a way that later statements of the same message cannot be read under. */
  freezes = false;
  /** Columns that bodies use or give: which they are is found when they run. */
  readonly late = new Set<ColumnRef>();
  /** A body has run by which names may mean something else. */
  movesNames = false;
  /** An integer in the text means something by its value: a position, an object's OID. */
  positional = false;
  parameters = 0;
  tableRows: number | null = 0;

  get accesses(): readonly Access[] {
    return [...this.accessesByKey.values()];
  }

  get uses(): readonly ColumnUse[] {
    const uses: ColumnUse[] = [];
    for (const known of this.usesByColumn.values()) uses.push(...known);
    return uses;
  }

  get functions(): readonly FunctionUse[] {
    return [...this.functionsByKey.values()];
  }

  get reads(): readonly ColumnRef[] {
    return [...this.readSet];
  }

  access(access: Access): void {
    const { action, verb, object, viaView } = access;
    const key = `${action} ${verb} ${object.kind} ${object.oid} ${object.schema ?? ''}.${object.name} ${viaView}`;
    if (!this.accessesByKey.has(key)) this.accessesByKey.set(key, access);
  }

  private largest(rows: number | null): void {
    this.tableRows = rows === null || this.tableRows === null ? null : Math.max(this.tableRows, rows);
  }

  relation(action: Action, verb: AccessVerb, relation: CatalogRelation): void {
    if ('rpm'.includes(relation.kind) && !isSystemSchema(relation.schema))
      this.largest(relation.rowsEstimate < 0 ? null : relation.rowsEstimate);
    this.access({
      action,
      verb,
      object: {
        kind: relation.kind === 'S' ? 'sequence' : 'relation',
        schema: relation.schema,
        name: relation.name,
        oid: relation.oid,
        system: isSystemSchema(relation.schema),
        temporary: relation.temporary,
      },
      viaView: false,
    });
  }

  /** An object that is not (or not yet) in the catalog, or has no place there of its own. */
  object(action: Action, verb: AccessVerb, kind: Access['object']['kind'], name: string, more: ObjectFacts = {}): void {
    const schema = more.schema ?? null;
    const system = schema !== null && isSystemSchema(schema);
    const object = { kind, schema, name, oid: more.oid ?? 0, system, temporary: more.temporary ?? false };
    this.access({ action, verb, object, viaView: false });
  }

  use(column: ColumnRef, context: UseContext, more?: UseFacts): void {
    const against = more?.against ?? none;
    const viaView = more?.viaView ?? false;
    const within = more?.within;
    const known = this.usesByColumn.get(column);
    if (known?.some(use => use.context === context && use.viaView === viaView && sameRefs(use.against, against)))
      return;
    const use: ColumnUse =
      within === undefined ? { column, context, against, viaView } : { column, context, against, viaView, within };
    if (known) known.push(use);
    else this.usesByColumn.set(column, [use]);
  }

  usedAs(value: Value, context: UseContext, within?: string): void {
    for (const column of value.origins) this.use(column, context, within === undefined ? undefined : { within });
  }

  /** Goes into a column: there it can be asked whether it is NULL, and that may depend on what it is made of. */
  copied(value: Value): void {
    this.usedAs(value, 'source');
    if (value.gated) this.usedAs(value, 'predicate');
  }

  /** The value decides which rows count. `refine` renames the context of tests that are no better than "predicate". */
  predicate(value: Value): void {
    for (const test of testsOf(value)) this.test(test);
  }

  /**
   * The value is computed, whatever becomes of it. Where only some of it is computed, and that may fail, whether it was tells something
   * even of a value that nobody sees.
   */
  computed(value: Value): void {
    if (value.kind !== 'derived') return;
    if (value.tests) this.predicate(value);
    else this.usedAs(value, 'function_argument');
  }

  test(test: Test): void {
    this.use(test.column, test.context, { against: test.against });
  }

  read(column: ColumnRef): void {
    this.readSet.add(column);
  }

  function(fn: CatalogFunction, trust: FunctionTrust): void {
    const key = functionKey(fn.oid, trust);
    if (!this.functionsByKey.has(key))
      this.functionsByKey.set(key, { oid: fn.oid, schema: fn.schema, name: fn.name, trust });
  }

  hazard(code: HazardCode, object: string, position: number | null = null): void {
    if (!this.hazards.some(hazard => hazard.code === code && hazard.object === object))
      this.hazards.push({ code, object, position });
  }

  /** What a nested text (a view, a function's body) does, as part of this statement. */
  include(inner: Collector, viaView: boolean): void {
    for (const access of inner.accesses)
      this.access(viaView && access.action === 'read' ? { ...access, viaView: true } : access);
    // What a view itself compares was its owner's to decide; what a body finds may have become something else since.
    for (const use of inner.uses)
      this.use(
        use.column,
        use.context,
        viaView && !use.viaView && !inner.late.has(use.column) ? { ...use, viaView } : use,
      );
    for (const use of inner.functions) this.functionsByKey.set(functionKey(use.oid, use.trust), use);
    for (const hazard of inner.hazards) this.hazard(hazard.code, hazard.object, null);
    this.flows.push(...inner.flows);
    this.effects.push(...inner.effects);
    for (const column of inner.late) this.late.add(column);
    for (const relationOid of inner.touched) this.touched.add(relationOid);
    this.largest(inner.tableRows);
    if (inner.positional) this.positional = true;
    if (inner.movesNames) this.movesNames = true;
    if (inner.freezes || inner.created.length > 0) this.freezes = true;
  }

  /** The same for a statement that was analysed before and runs now. */
  adopt(analysis: StatementAnalysis): void {
    for (const access of analysis.accesses) this.access(access);
    for (const use of analysis.uses) this.use(use.column, use.context, use);
    this.largest(analysis.tableRows ?? null);
    for (const column of analysis.reads) this.read(column);
    for (const use of analysis.functions) this.functionsByKey.set(functionKey(use.oid, use.trust), use);
    for (const hazard of analysis.hazards) this.hazard(hazard.code, hazard.object, hazard.position);
    this.flows.push(...analysis.flows);
    this.effects.push(...analysis.effects);
  }
}

type UseFacts = { against?: readonly ColumnRef[]; viaView?: boolean; within?: string };
type ObjectFacts = { schema?: string | null; oid?: number; temporary?: boolean };
