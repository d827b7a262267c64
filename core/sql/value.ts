/** What the analyser knows of one expression: its type, the columns it depends on, and how far evaluating it can be trusted. */
import type { ColumnRef, OutputKind, UseContext } from './analysis.ts';
import { oid } from './types/oid.ts';

/** How a column would be used if the value decided which rows count. */
export type Test = { column: ColumnRef; context: UseContext; against: readonly ColumnRef[] };

export type Field = { name: string; value: Value };

export type Value = {
  /** 0 where it could not be inferred; 705 (unknown) for bare literals. */
  type: number;
  typmod: number;
  origins: readonly ColumnRef[];
  kind: OutputKind;
  wire: { relationOid: number; attnum: number } | null;
  /** Evaluating it may raise, whatever it depends on: matters where evaluation itself is conditional. */
  mayRaise: boolean;
  /** Of a row: its columns. */
  fields: readonly Field[] | null;
  /** Of a condition: what it tests, where finer than "its origins decide". */
  tests: readonly Test[] | null;
  /** Holds a column of the table that the statement changes. */
  target: boolean;
  /** Comes from a subquery with conditions of its own: comparing a column with it says something even if it is the same column. */
  apart: boolean;
  /** Of a condition: compares columns with something else than themselves. */
  restricts: boolean;
  /** Of a condition: so restricts the rows of the table that the statement changes. */
  bounds: boolean;
  /** Of a condition: that it restricts says nothing of its opposite. */
  oneSided: boolean;
  /** Literal or parameter: supplied by whoever wrote the text. */
  literal: Literal | null;
  /** Gives any number of rows. */
  set: boolean;
  /** Was made to be of any length: joined to another value it may be more than fits, depending on that one. */
  large: boolean;
  /** Whether it is NULL depends on what the values are, and not just on which of them are NULL: a strict function runs or not. */
  gated: boolean;
  /** Has a collation of its own. Beside another one functions object, though never to NULL. */
  collated: boolean;
  /** Of a number: what its type, or what it was computed from, keeps it below. */
  magnitude: Magnitude | null;
  /** Of JSON that was built, and of `ARRAY[…]`: what it is, if it is not NULL. */
  document: Document | null;
};

/** `row`: an object with a key for each column of a row, whatever is in it. `list`: no JSON, but an array of as many as are written. */
export type Document = 'row' | 'object' | 'array' | 'list';

/** Absolute values: none above `most`, none below `least`. Counts only for a value of just this type. */
export type Magnitude = { type: number; most: number; least: number; nan: boolean };

export type Literal =
  | { kind: 'null' }
  | { kind: 'text' | 'number' | 'bits'; text: string }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'parameter'; number: number };

export const noOrigins: readonly ColumnRef[] = [];

const base: Value = {
  type: oid.unknown,
  typmod: -1,
  origins: noOrigins,
  kind: 'constant',
  wire: null,
  mayRaise: false,
  fields: null,
  tests: null,
  target: false,
  apart: false,
  restricts: false,
  bounds: false,
  oneSided: false,
  literal: null,
  set: false,
  large: false,
  gated: false,
  collated: false,
  magnitude: null,
  document: null,
};

const copied = (value: Value): Value => ({
  type: value.type,
  typmod: value.typmod,
  origins: value.origins,
  kind: value.kind,
  wire: value.wire,
  mayRaise: value.mayRaise,
  fields: value.fields,
  tests: value.tests,
  target: value.target,
  apart: value.apart,
  restricts: value.restricts,
  bounds: value.bounds,
  oneSided: value.oneSided,
  literal: value.literal,
  set: value.set,
  large: value.large,
  gated: value.gated,
  collated: value.collated,
  magnitude: value.magnitude,
  document: value.document,
});

/**
 * The same value but for what is said. Does what spreading does, which gives every place its own hidden class: after a few of
 * them each copy takes more than a microsecond, and there are hundreds in a statement.
 */
export const changed = (value: Value, facts: Partial<Value>): Value => Object.assign(copied(value), facts);

export const constant = (type: number, literal: Literal | null = null, typmod = -1): Value =>
  changed(base, { type, literal, typmod });

export const columnValue = (
  type: number,
  origins: readonly ColumnRef[],
  more: Partial<Omit<Value, 'type' | 'origins'>> = {},
): Value => Object.assign(changed(base, { type, origins, kind: 'column' }), more);

type Passing = { wires: boolean; restricted: boolean };

/** A column of a subquery as the query around it sees it. Fields taken out of a row from there are anonymous to RowDescription. */
export const passed = (value: Value, { wires, restricted }: Passing): Value =>
  changed(value, {
    wire: wires ? value.wire : null,
    literal: null,
    set: false,
    apart: value.apart || restricted,
    fields: value.fields?.map(field => ({ name: field.name, value: changed(field.value, { wire: null }) })) ?? null,
  });

export function unionOrigins(lists: readonly (readonly ColumnRef[])[]): readonly ColumnRef[] {
  let first: readonly ColumnRef[] = noOrigins;
  let merged: ColumnRef[] | null = null;
  for (const list of lists) {
    if (list.length === 0 || list === first) continue;
    if (first.length === 0) {
      first = list;
      continue;
    }
    merged ??= [...first];
    for (const origin of list) if (!merged.includes(origin)) merged.push(origin);
  }
  return merged ?? first;
}

const kindRank: Readonly<Record<OutputKind, number>> = {
  constant: 0,
  column: 2,
  pure: 2,
  aggregate: 3,
  derived: 4,
};

/** The kind of a total function over values of these kinds. */
export function pureOver(values: readonly Value[]): OutputKind {
  let kind: OutputKind = 'constant';
  for (const value of values) {
    const over = value.kind === 'column' ? 'pure' : value.kind;
    if (kindRank[over] > kindRank[kind]) kind = over;
  }
  return kind;
}

type Derivation = {
  type: number;
  typmod?: number;
  /** Whether it raises can depend on the origins. */
  faulty?: boolean;
  mayRaise?: boolean;
  set?: boolean;
  gated?: boolean;
  fields?: readonly Field[] | null;
  magnitude?: Magnitude | null;
  document?: Document | null;
};

/** Documents only grow by what is put into them, and are what queries put lists of rows into. */
export const isWide = ({ large, type }: Value): boolean => large && type !== oid.json && type !== oid.jsonb;

/** What is true of a value when it is true of one that it may be, or is made of. */
export function marks(values: readonly Value[]): Marks {
  const found: Marks = { target: false, apart: false, large: false, gated: false, collated: false };
  for (const value of values) {
    if (value.target) found.target = true;
    if (value.apart) found.apart = true;
    if (value.large) found.large = true;
    if (value.gated) found.gated = true;
    if (value.collated || value.type === oid.name) found.collated = true;
  }
  return found;
}

type Marks = Pick<Value, 'target' | 'apart' | 'large' | 'gated' | 'collated'>;

/** A value computed from others, which is the caller's own. Written out in full: one is made for every expression. */
export function derive(values: readonly Value[], how: Derivation): Value {
  const { target, apart, large, gated, collated } = marks(values);
  const [first] = values;
  const origins = values.length === 1 && first ? first.origins : unionOrigins(values.map(originsOf));
  // Which of them it is, or both together, may be more than fits.
  const faulty = how.faulty === true || (large && overruns(values));
  const kind = faulty && origins.length > 0 ? 'derived' : pureOver(values);
  return {
    type: how.type,
    typmod: how.typmod ?? -1,
    origins,
    kind: origins.length === 0 ? 'constant' : kind,
    wire: null,
    mayRaise: how.mayRaise === true || faulty || values.some(raises),
    fields: how.fields ?? null,
    tests: null,
    target,
    apart,
    restricts: false,
    bounds: false,
    oneSided: false,
    literal: null,
    set: how.set === true || values.some(givesRows),
    large,
    gated: origins.length > 0 && (how.gated === true || gated),
    collated,
    magnitude: how.magnitude ?? null,
    document: how.document ?? null,
  };
}

const originsOf = (value: Value): readonly ColumnRef[] => value.origins;
const raises = (value: Value): boolean => value.mayRaise;
const givesRows = (value: Value): boolean => value.set;

const overruns = (values: readonly Value[]): boolean =>
  values.some(isWide) && values.some(value => !isWide(value) && value.origins.length > 0);

export const testsOf = (value: Value): readonly Test[] => value.tests ?? plainTests(value);

function joinTests(values: readonly Value[]): readonly Test[] | null {
  if (values.every(value => value.tests === null && value.origins.length === 0)) return null;
  const tests: Test[] = [];
  for (const value of values) for (const test of testsOf(value)) tests.push(test);
  return tests;
}

/** AND: restricts what any part restricts. Beside a NULL, whether another part holds decides whether the whole is NULL. */
export function conjunction(values: readonly Value[]): Value {
  const whole = derive(values, { type: oid.bool, faulty: lazyFault(values), gated: values.length > 1 });
  whole.tests = joinTests(values);
  whole.restricts = values.some(value => value.restricts);
  whole.bounds = values.some(value => value.bounds);
  whole.oneSided = values.some(value => value.oneSided);
  return whole;
}

/** OR: restricts only what every part restricts. */
export function disjunction(values: readonly Value[]): Value {
  const whole = conjunction(values);
  whole.restricts = values.every(value => value.restricts);
  whole.bounds = values.every(value => value.bounds);
  return whole;
}

export function negation(value: Value): Value {
  const opposite = derive([value], { type: oid.bool });
  opposite.tests = value.tests;
  opposite.restricts = value.restricts && !value.oneSided;
  opposite.bounds = value.bounds && !value.oneSided;
  return opposite;
}

/** Parts are evaluated or not depending on others: an error in one then tells something about them. */
export const lazyFault = (values: readonly Value[]): boolean =>
  values.some(value => value.mayRaise) && values.some(value => value.origins.length > 0);

const isBare = (value: Value): boolean => value.kind === 'column';
const isSupplied = (value: Value): boolean => value.origins.length === 0;

/** Every column it comes from is one of theirs, too. */
export const isMadeOf = (value: Value, others: readonly Value[]): boolean =>
  value.origins.every(origin => others.some(other => other.origins.includes(origin)));

const overlap = (left: readonly ColumnRef[], right: readonly ColumnRef[]): boolean =>
  left.some(origin => right.includes(origin));

/** What comparing two values tests. Only `=` between bare columns is a join, only `=` with something supplied an equality. */
export function comparison(result: Value, left: Value, right: Value, equality: boolean): Value {
  const separate = left.apart || right.apart || !overlap(left.origins, right.origins);
  return changed(result, {
    tests: comparisonTests(left, right, equality),
    // A number that a window gave is of no column, and still another for each row.
    restricts: separate && (left.origins.length + right.origins.length > 0 || left.apart || right.apart),
    bounds: separate && left.target !== right.target,
  });
}

function comparisonTests(left: Value, right: Value, equality: boolean): readonly Test[] {
  if (!equality) return bothTests(left, right);
  if (isBare(left) && isBare(right)) {
    const test = (value: Value, other: Value): Test[] =>
      value.origins.map(column => ({ column, context: 'join', against: other.origins }));
    return [...test(left, right), ...test(right, left)];
  }
  if (isBare(left) && isSupplied(right)) return constantTests(left);
  if (isBare(right) && isSupplied(left)) return constantTests(right);
  return bothTests(left, right);
}

const bothTests = (left: Value, right: Value): readonly Test[] => {
  if (isSupplied(right)) return plainTests(left);
  return isSupplied(left) ? plainTests(right) : [...plainTests(left), ...plainTests(right)];
};

const plainTests = (value: Value): Test[] =>
  value.origins.map(column => ({ column, context: 'predicate', against: noOrigins }));

const constantTests = (value: Value): Test[] =>
  value.origins.map(column => ({ column, context: 'predicate_constant', against: noOrigins }));
