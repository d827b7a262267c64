import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ColumnRef } from '../sql/analysis.ts';
import type { ColumnLabel, Level } from './classification.ts';
import { noLabels, resolveLabels, sortTags, withFlows, withinMessage } from './labels.ts';

const relation = (oid: number, name: string, columns: string[], parents: number[] = []) => ({
  oid,
  schema: 'public',
  name,
  parents,
  columns: columns.map((each, index) => ({ attnum: index + 1, name: each })),
});
const ref = (relationOid: number, attnum: number, name: string, column: string): ColumnRef => ({
  relationOid,
  attnum,
  schema: 'public',
  relation: name,
  column,
});
const label = (column: ColumnRef, name = 'pii.email', level: Level = 'confidential'): ColumnLabel => ({
  ...column,
  label: name,
  level,
});
const given = (labels: ColumnLabel[]) => ({ labels, owners: [] });
const namesOf = (tags: readonly { label: string }[]) => tags.map(tag => tag.label);

describe('a label holds by identifier or by name', () => {
  const email = ref(10, 2, 'customers', 'email');
  test('after a rename the identifier still finds it', () => {
    const labels = resolveLabels({ relations: [relation(10, 'clients', ['id', 'mail'])] }, given([label(email)]));
    expect(namesOf(labels.ofColumn(ref(10, 2, 'clients', 'mail')))).toEqual(['pii.email']);
    expect(labels.ofColumn(ref(10, 1, 'clients', 'id'))).toEqual([]);
  });

  test('after a drop and create the name still finds it', () => {
    const labels = resolveLabels({ relations: [relation(99, 'customers', ['email', 'id'])] }, given([label(email)]));
    expect(namesOf(labels.ofColumn(ref(99, 1, 'customers', 'email')))).toEqual(['pii.email']);
    expect(labels.ofColumn(ref(99, 2, 'customers', 'id'))).toEqual([]);
  });

  test('a relation the catalog does not have is found by name alone', () => {
    const labels = resolveLabels({ relations: [] }, given([label(email)]));
    expect(namesOf(labels.ofColumn(ref(0, 0, 'customers', 'email')))).toEqual(['pii.email']);
    expect(labels.any).toBe(true);
    expect(noLabels.any).toBe(false);
  });
});

test('a whole row has the labels of all its columns, most sensitive first', () => {
  const labels = resolveLabels(
    { relations: [relation(10, 'customers', ['id', 'email', 'ssn'])] },
    given([
      label(ref(10, 2, 'customers', 'email')),
      label(ref(10, 3, 'customers', 'ssn'), 'pii.national_id', 'restricted'),
    ]),
  );
  expect(namesOf(labels.ofColumn(ref(10, 0, 'customers', '*')))).toEqual(['pii.national_id', 'pii.email']);
  expect(namesOf(labels.ofRelation(10, { schema: 'public', name: 'customers' }))).toEqual([
    'pii.national_id',
    'pii.email',
  ]);
  expect(namesOf(labels.ofSchema('public'))).toEqual(['pii.national_id', 'pii.email']);
  expect(labels.ofSchema('other')).toEqual([]);
});

describe('partitions and heirs', () => {
  // events ← events_2025 ← events_2025_q1, and events ← events_2026
  const relations = [
    relation(1, 'events', ['id', 'payload']),
    relation(2, 'events_2025', ['payload', 'id'], [1]),
    relation(3, 'events_2025_q1', ['id', 'payload'], [2]),
    relation(4, 'events_2026', ['id', 'payload'], [1]),
    relation(5, 'other', ['payload']),
  ];
  const labelled = (column: ColumnRef) => {
    const labels = resolveLabels({ relations }, given([label(column, 'pii.free_text')]));
    return relations.filter(each => labels.ofRelation(each.oid, each).length > 0).map(each => each.name);
  };

  test('have the labels of what they inherit from', () => {
    expect(labelled(ref(1, 2, 'events', 'payload'))).toEqual([
      'events',
      'events_2025',
      'events_2025_q1',
      'events_2026',
    ]);
  });

  test('give theirs to what reads through them, but not to siblings', () => {
    expect(labelled(ref(3, 2, 'events_2025_q1', 'payload'))).toEqual(['events', 'events_2025', 'events_2025_q1']);
  });

  test('match by name of the column, not by its number', () => {
    const labels = resolveLabels({ relations }, given([label(ref(1, 2, 'events', 'payload'))]));
    expect(labels.ofColumn(ref(2, 2, 'events_2025', 'id'))).toEqual([]);
    expect(namesOf(labels.ofColumn(ref(2, 1, 'events_2025', 'payload')))).toEqual(['pii.email']);
  });

  test('may be circular without end', () => {
    const circle = [relation(1, 'a', ['c'], [2]), relation(2, 'b', ['c'], [1])];
    expect(
      resolveLabels({ relations: circle }, given([label(ref(1, 1, 'a', 'c'))])).ofColumn(ref(2, 1, 'b', 'c')),
    ).toHaveLength(1);
  });
});

test('the server’s own columns are classified without anybody saying so', () => {
  const labels = resolveLabels(
    { relations: [] },
    {
      ...given([]),
      system: [
        {
          schema: 'pg_catalog',
          relation: 'pg_stats',
          column: 'most_common_vals',
          label: 'pii.free_text',
          level: 'restricted',
        },
      ],
    },
  );
  const column = {
    relationOid: 12345,
    attnum: 10,
    schema: 'pg_catalog',
    relation: 'pg_stats',
    column: 'most_common_vals',
  };
  expect(namesOf(labels.ofColumn(column))).toEqual(['pii.free_text']);
});

test('a table has its own owners, or else those of its schema', () => {
  const labels = resolveLabels(
    { relations: [] },
    {
      labels: [],
      owners: [
        { schema: 'public', relation: null, owner: { group: 'platform' } },
        { schema: 'public', relation: 'customers', owner: { group: 'crm' } },
      ],
    },
  );
  expect(labels.ownersOf({ schema: 'public', name: 'customers' })).toEqual([{ group: 'crm' }]);
  expect(labels.ownersOf({ schema: 'public', name: 'orders' })).toEqual([{ group: 'platform' }]);
  expect(labels.ownersOf({ schema: null, name: 'x' })).toEqual([]);
});

test('owners of a partitioned table own its partitions, heirs of other tables are their own', () => {
  const relations = [
    { ...relation(1, 'events', ['id']), kind: 'p' as const },
    { ...relation(2, 'events_2025', ['id'], [1]), kind: 'p' as const },
    relation(3, 'events_2025_q1', ['id'], [2]),
    relation(4, 'staff', ['id']),
    relation(5, 'managers', ['id'], [4]),
  ];
  const owns = (name: string, group: string) => ({ schema: 'public', relation: name, owner: { group } });
  const { ownersOf } = resolveLabels(
    { relations },
    { labels: [], owners: [owns('events', 'data'), owns('staff', 'hr')] },
  );
  expect(ownersOf({ schema: 'public', name: 'events_2025_q1' })).toEqual([{ group: 'data' }]);
  expect(ownersOf({ schema: 'public', name: 'managers' })).toEqual([]);
  const own = resolveLabels(
    { relations },
    { labels: [], owners: [owns('events', 'data'), owns('events_2025', 'archive')] },
  );
  expect(own.ownersOf({ schema: 'public', name: 'events_2025' })).toEqual([{ group: 'archive' }]);
});

test('copies carry labels on, and copies of copies', () => {
  const labels = resolveLabels(
    { relations: [relation(1, 'customers', ['email'])] },
    given([label(ref(1, 1, 'customers', 'email'))]),
  );
  const flows = [
    { target: { schema: 'public', relation: 'a', column: 'm' }, origins: [ref(1, 1, 'customers', 'email')] },
    { target: { schema: 'public', relation: 'b', column: 'n' }, origins: [ref(0, 0, 'a', 'm')] },
    { target: { schema: 'public', relation: 'b', column: 'plain' }, origins: [ref(1, 9, 'customers', 'id')] },
  ];
  const later = withFlows(labels, flows);
  expect(namesOf(later.ofColumn(ref(777, 3, 'b', 'n')))).toEqual(['pii.email']);
  expect(later.ofColumn(ref(777, 4, 'b', 'plain'))).toEqual([]);
  expect(namesOf(later.ofRelation(777, { schema: 'public', name: 'b' }))).toEqual(['pii.email']);
  expect(namesOf(later.ofColumn(ref(1, 1, 'customers', 'email')))).toEqual(['pii.email']);
  expect(labels.ofColumn(ref(777, 3, 'b', 'n'))).toEqual([]);
});

test('names that hold dots and quotes are not taken for each other', () => {
  const part = fc.constantFrom('a', 'a.b', '"', '","', 'b', '');
  fc.assert(
    fc.property(fc.tuple(part, part, part), fc.tuple(part, part, part), (a, b) => {
      const column = ([schema, name, each]: [string, string, string]) => ({
        relationOid: 0,
        attnum: 0,
        schema,
        relation: name,
        column: each,
      });
      const labels = resolveLabels({ relations: [] }, given([label(column(a))]));
      return labels.ofColumn({ ...column(b), attnum: 1 }).length > 0 === (a.join('\0') === b.join('\0'));
    }),
  );
});

test('tags do not depend on the order they came in', () => {
  const tag = fc.record({
    label: fc.constantFrom('a', 'b', 'c'),
    level: fc.constantFrom<Level>('public', 'internal', 'restricted'),
  });
  fc.assert(
    fc.property(fc.array(tag), tags => {
      expect(sortTags([...tags].reverse())).toEqual(sortTags(tags));
    }),
  );
});

test.each([3, 60, 200])('labels reach the end of %i copies of copies, in whatever order they were found', length => {
  const name = (index: number) => `copy_${index}`;
  const start = ref(10, 1, 'copy_0', 'x');
  const labels = resolveLabels({ relations: [relation(10, 'copy_0', ['x'])] }, given([label(start)]));
  const flows = Array.from({ length }, (_, index) => ({
    target: { schema: 'public', relation: name(index + 1), column: 'x' },
    origins: [ref(0, 0, name(index), 'x')],
  }));
  for (const found of [flows, flows.toReversed()]) {
    const flowing = withinMessage(labels, found);
    for (const { target } of flows)
      expect(namesOf(flowing.ofColumn({ ...target, relationOid: 0, attnum: -1 }))).toEqual(['pii.email']);
  }
});
