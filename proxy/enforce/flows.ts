/**
 * Classification follows the data: what statements have copied from labelled columns carries their labels at once, in the session
 * as soon as the server confirms the copy, for everybody on this proxy when the transaction commits, and until the control plane has
 * made the labels durable.
 */
import { type Copy, type Labels, type Pin, sortTags, type Tag } from '#core/catalog/labels.ts';
import type { Catalog } from '#core/catalog/lookup.ts';
import type { DataFlow } from '#core/sql/analysis.ts';

/** Targets remembered per connection; beyond it nothing more may be copied. */
export const targetsMax = 20_000;
/** Columns that one target has been: a table that is renamed and made again is another one. */
const pinsMax = 8;
/** How long a copy is remembered after the control plane has it: time enough for the bundle with its label. */
const settledMs = 60_000;

export type LabelledCopy = Copy & {
  tags: readonly Tag[];
  session: string;
  /** Number of the statement in its session. */
  statement: number;
};

type Remembered = LabelledCopy & {
  /** Position in the log by which it was recorded; null until that is known. */
  seq: number | null;
  acknowledgedAt: number | null;
};

const keyOf = ({ target }: DataFlow): string => JSON.stringify([target.schema, target.relation, target.column]);

export class Flows {
  #byTarget = new Map<string, Remembered>();
  /** The catalog in which the targets were looked for last; null when there are others since. */
  #boundTo: Catalog | null = null;
  /** Increases with every change. */
  version = 0;

  get list(): readonly LabelledCopy[] {
    return this.#byTarget.size === 0 ? none : [...this.#byTarget.values()];
  }

  get size(): number {
    return this.#byTarget.size;
  }

  add(copy: LabelledCopy): void {
    const key = keyOf(copy);
    const known = this.#byTarget.get(key);
    const origins = known === undefined ? copy.origins : [...new Set([...known.origins, ...copy.origins])];
    if (known !== undefined && origins.length === known.origins.length) {
      this.#boundTo = null;
      return;
    }
    const tags = sortTags([...(known?.tags ?? []), ...copy.tags]);
    this.#byTarget.set(key, { ...known, ...copy, origins, tags, seq: null, acknowledgedAt: null });
    this.#boundTo = null;
    this.version += 1;
  }

  /** Finds the identifiers of the targets while they have the names they were made under: a rename does not lose them then. */
  bind(catalog: Catalog): void {
    if (this.#boundTo === catalog || this.#byTarget.size === 0) return;
    this.#boundTo = catalog;
    const { temporarySchema } = catalog.header;
    for (const [key, copy] of this.#byTarget) {
      // The session's first temporary object makes its schema, whose name nobody knows before.
      const isUnnamed = copy.target.schema === 'pg_temp' && temporarySchema !== null;
      const target = isUnnamed ? { ...copy.target, schema: temporarySchema } : copy.target;
      const relation = catalog.relationNamed(target.schema, target.relation);
      const column = relation?.columns.find(each => each.name === target.column);
      const pins = copy.pins ?? [];
      const pin = relation === null || column === undefined ? null : pinOf(relation, column);
      const isKnown = pins.some(each => each.relationOid === pin?.relationOid && each.attnum === pin.attnum);
      const next = pin === null || isKnown ? pins : [...pins, pin].slice(-pinsMax);
      const kin = next.flatMap(each => kinOf(each, catalog));
      const isChanged = isUnnamed || next !== pins || kin.length > 0 || (copy.kin ?? []).length > 0;
      if (isChanged) this.#byTarget.set(key, { ...copy, target, pins: next, kin });
    }
  }

  /**
   * Forgets what has become a label, or was decided not to be one: the control plane has had it for a while. `head` is the position
   * of the log's last event, `acknowledged` that of the last one that the control plane has. What was renamed before it had heard of
   * it is given back under its new name: the control plane does not find it by the old one.
   */
  settle(given: Settling): { hasChanged: boolean; moved: readonly LabelledCopy[] } {
    const moved: LabelledCopy[] = [];
    let hasChanged = false;
    for (const [key, copy] of this.#byTarget) {
      copy.seq ??= given.head;
      if (copy.acknowledgedAt === null && given.acknowledged >= copy.seq) copy.acknowledgedAt = given.nowMs;
      if (copy.acknowledgedAt === null || given.nowMs - copy.acknowledgedAt < settledMs) continue;
      moved.push(...renamedOf(copy, given));
      this.#byTarget.delete(key);
      hasChanged = true;
    }
    for (const copy of moved) this.add(copy);
    if (hasChanged) this.version += 1;
    return { hasChanged, moved };
  }

  clear(): void {
    if (this.#byTarget.size === 0) return;
    this.#byTarget.clear();
    this.#boundTo = null;
    this.version += 1;
  }
}

const pinOf = (relation: { oid: number }, { attnum }: { attnum: number }): Pin => ({
  relationOid: relation.oid,
  attnum,
});

/** The same column of partitions and heirs, and of what the relation is one of: they are read with its rows, or hold them. */
function kinOf({ relationOid, attnum }: Pin, catalog: Catalog): Pin[] {
  const relation = catalog.relation(relationOid);
  const name = relation?.columns.find(each => each.attnum === attnum)?.name;
  if (relation === null || name === undefined) return [];
  const kin = new Set(catalog.ancestors(relation).map(({ oid }) => oid));
  const todo = [relationOid];
  for (let oid = todo.pop(); oid !== undefined; oid = todo.pop()) {
    for (const child of catalog.children(oid)) if (!kin.has(child)) todo.push(child);
    if (oid !== relationOid) kin.add(oid);
  }
  return [...kin].flatMap(oid => {
    const other = catalog.relation(oid);
    const same = other?.columns.find(each => each.name === name);
    return other === null || same === undefined ? [] : [pinOf(other, same)];
  });
}

export type Settling = { head: number; acknowledged: number; nowMs: number; catalog: Catalog; labels: Labels };

/** What it is called now, where that is something else and carries no label of it yet. */
function renamedOf(copy: LabelledCopy, { catalog, labels }: Settling): LabelledCopy[] {
  return (copy.pins ?? []).flatMap(pin => {
    const relation = catalog.relation(pin.relationOid);
    const column = relation?.columns.find(each => each.attnum === pin.attnum);
    if (relation === null || column === undefined) return [];
    const target = { schema: relation.schema, relation: relation.name, column: column.name };
    const isSame = keyOf({ target, origins: [] }) === keyOf(copy);
    const held = new Set(labels.ofColumn({ ...target, ...pin }).map(tag => tag.label));
    if (isSame || copy.tags.every(tag => held.has(tag.label))) return [];
    const { origins, tags, statement, session } = copy;
    return [{ target, origins, tags, statement, session, pins: [pin] }];
  });
}

const none: readonly LabelledCopy[] = [];

/** Whether the target would be shown with fewer labels than what is copied into it has. */
export function spreads(flow: DataFlow, { tags, labels }: { tags: readonly Tag[]; labels: Labels }): boolean {
  // By its name alone; 0 would ask for all columns of the relation together.
  const target = { ...flow.target, relationOid: 0, attnum: -1 };
  const held = new Set(labels.ofColumn(target).map(tag => `${tag.label} ${tag.level}`));
  return tags.some(tag => !held.has(`${tag.label} ${tag.level}`));
}

export const tagsOf = ({ origins }: DataFlow, labels: Labels): readonly Tag[] =>
  sortTags(origins.flatMap(origin => labels.ofColumn(origin)));

/** Only the session that made it sees a temporary table, and nobody once it has ended. */
export const isTemporary = ({ target }: DataFlow): boolean => /^pg_temp(_|$)/.test(target.schema);
