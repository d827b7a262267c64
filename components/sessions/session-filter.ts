'use client';
/** What sessions and statements can be filtered by, and the filter as the server takes it. */
import type { FilterField } from '#components/ui/filter-grammar.ts';
import { useUrlFilter } from '#components/ui/use-url-filter.ts';
import { type Tally, tallies } from '#core/event/tally.ts';
import { type DetectorKind, detectorKinds } from '#core/mask/detectors/kinds.ts';
import { outcomes, sessionStates } from '#lib/audit/schema.ts';
import { client } from '#lib/orpc/browser.ts';

/** Trigram search needs three. */
export const searchCharsMin = 3;

const suggestionsMax = 8;

const suggestConnections = async (prefix: string) => {
  const { items } = await client.catalog.connections.list({ limit: suggestionsMax, ...(prefix ? { q: prefix } : {}) });
  return items.map(item => ({ value: item.name, label: item.environment }));
};

const suggestTables = async (prefix: string) => {
  if (!prefix) return [];
  const { items } = await client.catalog.search({ q: prefix, limit: suggestionsMax });
  const names = new Set(items.map(item => `${item.schema}.${item.relation}`));
  return [...names].map(value => ({ value }));
};

const suggestIdentities = async (prefix: string) => {
  const { items } = await client.identity.identities.list({ limit: suggestionsMax, ...(prefix ? { q: prefix } : {}) });
  return items.map(item => ({ value: item.login, label: item.displayName }));
};

const notes: Partial<Record<Tally, string>> = {
  deny: 'refused by policy',
  mistake: 'refused by any database: misspelt, or no SQL',
};

const shared: readonly FilterField[] = [
  {
    key: 'decision',
    label: 'Decision',
    isMultiple: true,
    values: tallies.map(value => ({ value, ...(notes[value] ? { label: notes[value] } : {}) })),
  },
  { key: 'identity', label: 'Identity, or the person it acts for', suggest: suggestIdentities },
  { key: 'table', label: 'Table', suggest: suggestTables },
  { key: 'connection', label: 'Connection', suggest: suggestConnections },
  { key: 'label', label: 'Classification, e.g. pii.email' },
];

export const sessionFields: readonly FilterField[] = [
  ...shared,
  { key: 'state', label: 'How it stands', isMultiple: true, values: sessionStates.map(value => ({ value })) },
  { key: 'live', label: 'Known to be open', values: [{ value: 'true' }, { value: 'false' }] },
];

export const statementFields: readonly FilterField[] = [
  ...shared,
  { key: 'kind', label: 'Kind of statement, e.g. update' },
  { key: 'hazard', label: 'Risk, e.g. drop' },
  { key: 'detected', label: 'Found in its values', isMultiple: true, values: detectorKinds.map(value => ({ value })) },
  { key: 'outcome', label: 'Outcome', isMultiple: true, values: outcomes.map(value => ({ value })) },
];

const sharedInput = (filter: ReturnType<typeof useUrlFilter>) => ({
  q: filter.q,
  table: filter.one('table'),
  identity: filter.one('identity'),
  connection: filter.one('connection'),
  label: filter.one('label'),
  decision: filter.many('decision') as Tally[] | undefined,
  ...filter.times,
});

export function useSessionFilter() {
  const filter = useUrlFilter(sessionFields, searchCharsMin);
  const live = filter.one('live');
  const state = filter.many('state') as (typeof sessionStates)[number][] | undefined;
  return { filter, input: { ...sharedInput(filter), state, live: live === undefined ? undefined : live === 'true' } };
}

export function useStatementFilter() {
  const filter = useUrlFilter(statementFields, searchCharsMin);
  const outcome = filter.many('outcome') as (typeof outcomes)[number][] | undefined;
  const detected = filter.many('detected') as DetectorKind[] | undefined;
  const own = { kind: filter.one('kind'), hazard: filter.one('hazard'), detected, outcome };
  return { filter, input: { ...sharedInput(filter), ...own } };
}
