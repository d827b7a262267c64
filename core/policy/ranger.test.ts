/**
 * Cases of Apache Ranger's policy engine, translated: an allow, deny or mask item of theirs is a rule of ours for the users it
 * names. What they can say and we cannot (priorities that override a denial, row filters) is left out on purpose. Their files are read
 * where they lie beside the checkout; the cases below them are our own and always run.
 */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveLabels } from '../catalog/labels.ts';
import type { Principal } from '../identity/principal.ts';
import type { Mask } from '../mask/rule.ts';
import type { Access, Action } from '../sql/analysis.ts';
import { decide } from './evaluate.ts';
import type { Policy } from './schema.ts';
import { access, analysis, person, policy, session, statement, uuid } from './testing.ts';

type Condition = { type: string; values: string[] };
type Item = {
  accesses: { type: string }[];
  users?: string[];
  groups?: string[];
  conditions?: Condition[];
  dataMaskInfo?: { dataMaskType: string };
};
type RangerPolicy = {
  id: number;
  policyType?: number;
  resources: Record<string, { values: string[] }>;
  conditions?: Condition[];
  policyItems?: Item[];
  denyPolicyItems?: Item[];
  dataMaskPolicyItems?: Item[];
};
type RangerCase = {
  name: string;
  request: {
    resource: { elements: Record<string, string>; ownerUser?: string };
    accessType: string;
    user: string;
    userGroups?: string[];
    context?: { country?: string };
  };
  result?: { isAllowed: boolean };
  dataMaskResult?: { additionalInfo: { maskType: string | null } };
};
type RangerFile = { policies: RangerPolicy[]; tests: RangerCase[] };

/** Their access types as ours; what is one action for us is told apart by the verb. */
const verbs: Readonly<Record<string, readonly [Action, Access['verb']]>> = {
  select: ['read', 'select'],
  read: ['read', 'select'],
  update: ['write', 'update'],
  write: ['write', 'update'],
  execute: ['call', 'call'],
  create: ['define', 'create'],
  alter: ['define', 'alter'],
  index: ['define', 'comment'],
  drop: ['drop', 'drop'],
};
const masks: Readonly<Record<string, Mask>> = {
  MASK: { kind: 'redact' },
  SHUFFLE: { kind: 'hash' },
  NULL: { kind: 'null' },
};

/** A path of theirs as a table: its directory is the schema. */
function place(elements: Record<string, string>): { schema: string; relation: string } {
  if (elements.path !== undefined) {
    const parts = elements.path.replaceAll('.', '_').split('/').filter(Boolean);
    return { schema: parts.slice(0, -1).join('_') || 'root', relation: parts.at(-1) ?? 'any' };
  }
  return { schema: elements.database ?? 'any', relation: elements.table ?? 'any' };
}

function relationsOf({ resources }: RangerPolicy): string[] {
  const values = (key: string) => resources[key]?.values ?? ['*'];
  if (resources.path !== undefined)
    return values('path')
      .map(each => place({ path: each }))
      .map(({ schema, relation }) => `${schema}.${relation}`);
  return values('database').flatMap(schema => values('table').map(table => `${schema}.${table}`));
}

const columnLabel = (id: number): string => `ranger.column_${id}`;

function ruleOf(ranger: RangerPolicy, item: Item, effect: 'allow' | 'deny' | 'mask'): object {
  const types = item.accesses.map(each => each.type.replace('hive:', ''));
  const isAll = types.includes('all') || effect === 'mask';
  const known = types.flatMap(type => verbs[type] ?? []);
  const countries = [...(ranger.conditions ?? []), ...(item.conditions ?? [])]
    .filter(each => each.type === 'country')
    .map(each => each.values);
  const conditions = [
    ...countries.map(values => `session.application in ${JSON.stringify(values)}`),
    ...(isAll || known.length === 0
      ? []
      : [`statement.verbs.exists(verb, verb in ${JSON.stringify(known.filter((_, index) => index % 2 === 1))})`]),
  ];
  return {
    id: 'item',
    effect,
    ...(isAll ? {} : { actions: [...new Set(known.filter((_, index) => index % 2 === 0))] }),
    objects: effect === 'mask' ? { labels: [columnLabel(ranger.id)] } : { relations: relationsOf(ranger) },
    ...(conditions.length > 0 ? { when: conditions.join(' && ') } : {}),
    ...(item.users?.includes('{OWNER}') ? { onlyOwner: true } : {}),
    ...(effect === 'mask' ? { mask: masks[item.dataMaskInfo?.dataMaskType ?? ''] ?? { kind: 'null' } } : {}),
  };
}

/** Users and groups of an item are alternatives for them, so that each becomes a policy of its own. */
function policiesOf(ranger: RangerPolicy): Policy[] {
  const items = [
    ...(ranger.policyItems ?? []).map(item => ({ item, effect: 'allow' as const })),
    ...(ranger.denyPolicyItems ?? []).map(item => ({ item, effect: 'deny' as const })),
    ...(ranger.dataMaskPolicyItems ?? []).map(item => ({ item, effect: 'mask' as const })),
  ].filter(({ item }) => item.accesses.length > 0);
  return items.flatMap(({ item, effect }, index) => {
    const isPublic = item.groups?.includes('public') === true || item.users?.includes('{OWNER}') === true;
    const who = isPublic
      ? [undefined]
      : [
          ...(item.users ?? []).map(login => ({ logins: [login] })),
          ...(item.groups ?? []).map(group => ({ groups: [group] })),
        ];
    return who.map((identities, at) =>
      policy({
        name: `p${ranger.id}-${effect}-${index}-${at}`,
        ...(identities ? { identities } : {}),
        rules: [ruleOf(ranger, item, effect)],
      }),
    );
  });
}

const userId = (login: string): string =>
  uuid(1000 + ([...login].reduce((sum, character) => sum * 31 + character.charCodeAt(0), 7) % 100_000_000));

function run(file: RangerFile, { request }: RangerCase) {
  const { schema, relation } = place(request.resource.elements);
  const { column } = request.resource.elements;
  const principal: Principal = person(request.user, { id: userId(request.user), groups: request.userGroups ?? [] });
  const columns = [column ?? 'c'].map((name, index) => ({ attnum: index + 1, name }));
  const ref = { relationOid: 1, attnum: 1, schema, relation, column: column ?? 'c' };
  const labels = resolveLabels(
    { relations: [{ oid: 1, schema, name: relation, parents: [], columns }] },
    {
      labels: file.policies
        .filter(
          each =>
            each.policyType === 1 &&
            relationsOf(each).includes(`${schema}.${relation}`) &&
            each.resources.column?.values.includes(ref.column),
        )
        .map(each => ({ ...ref, label: columnLabel(each.id), level: 'confidential' as const })),
      owners:
        request.resource.ownerUser === undefined
          ? []
          : [{ schema, relation, owner: { identity: userId(request.resource.ownerUser) } }],
    },
  );
  const [action, verb] = verbs[request.accessType] ?? ['read', 'select'];
  const subject = { principal, session: { application: request.context?.country ?? '', address: '' } };
  const outputs =
    action === 'read' ? [{ name: null, kind: 'column' as const, origins: [ref], wire: null, typeOid: 25 }] : null;
  const accesses = [access(action, `${schema}.${relation}`, { verb })];
  return decide(
    session(file.policies.flatMap(policiesOf), subject),
    analysis(statement({ accesses, outputs })),
    labels,
  );
}

const folder = path.resolve(import.meta.dirname, '../../../shared/testdata/ranger-policyengine');
const filesWith: readonly (readonly [string, (each: RangerCase) => boolean])[] = [
  ['test_policyengine_conditions.json', ({ request }) => request.accessType !== ''],
  ['test_policyengine_policylevel_conditions.json', ({ request }) => request.context !== undefined],
  // The rest of the owner file is about paths with the name of the user in them.
  ['test_policyengine_owner.json', ({ request }) => !/^\/public\/user/.test(request.resource.elements.path ?? '')],
  [
    'test_policyengine_hive_mask_filter.json',
    ({ dataMaskResult, request }) => dataMaskResult !== undefined && request.accessType === 'select',
  ],
];

function load(name: string): RangerFile {
  const file = path.join(folder, name);
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as RangerFile) : { policies: [], tests: [] };
}

const own: RangerFile = {
  policies: [
    {
      id: 1,
      resources: { database: { values: ['sales'] }, table: { values: ['*'] } },
      policyItems: [{ accesses: [{ type: 'select' }], groups: ['public'] }],
    },
    {
      id: 2,
      resources: { database: { values: ['sales'] }, table: { values: ['secret_*'] } },
      policyItems: [{ accesses: [{ type: 'all' }], users: ['{OWNER}'] }],
      denyPolicyItems: [{ accesses: [{ type: 'select' }], users: ['intern'], groups: ['guests'] }],
    },
    {
      id: 3,
      policyType: 1,
      resources: { database: { values: ['sales'] }, table: { values: ['people'] }, column: { values: ['ssn'] } },
      dataMaskPolicyItems: [
        { accesses: [{ type: 'select' }], users: ['analyst'], dataMaskInfo: { dataMaskType: 'SHUFFLE' } },
      ],
    },
  ],
  tests: [],
};
const ask = (
  user: string,
  table: string,
  accessType: string,
  more: { groups?: string[]; owner?: string; column?: string } = {},
) =>
  run(own, {
    name: '',
    request: {
      resource: {
        elements: { database: 'sales', table, ...(more.column ? { column: more.column } : {}) },
        ownerUser: more.owner,
      },
      accessType,
      user,
      userGroups: more.groups,
    },
  });

describe('their cases', () => {
  test.each(filesWith)('%s', (name, isOurs) => {
    const file = load(name);
    for (const each of file.tests.filter(isOurs)) {
      const decision = run(file, each);
      if (each.result !== undefined)
        expect(decision.effect !== 'deny', `${name}: ${each.name}`).toBe(each.result.isAllowed);
      const expected = each.dataMaskResult?.additionalInfo.maskType;
      if (expected === undefined) continue;
      const mask = decision.obligations[0]?.masks[0]?.mask ?? null;
      expect(mask, `${name}: ${each.name}`).toEqual(expected === null ? null : masks[expected]);
    }
  });
});

describe('our own in their manner', () => {
  test.each([
    [ask('dev', 'orders', 'select'), 'allow'],
    [ask('dev', 'orders', 'drop'), 'deny'],
    [ask('dev', 'secret_plans', 'select'), 'allow'],
    [ask('intern', 'secret_plans', 'select'), 'deny'],
    [ask('dev', 'secret_plans', 'select', { groups: ['guests'] }), 'deny'],
    [ask('dev', 'secret_plans', 'drop', { owner: 'dev' }), 'allow'],
    [ask('dev', 'secret_plans', 'drop', { owner: 'boss' }), 'deny'],
    [ask('intern', 'secret_plans', 'select', { owner: 'intern' }), 'deny'],
    [ask('analyst', 'people', 'select', { column: 'ssn' }), 'mask'],
    [ask('analyst', 'people', 'select', { column: 'name' }), 'allow'],
    [ask('dev', 'people', 'select', { column: 'ssn' }), 'allow'],
  ])('case %#', (decision, effect) => {
    expect(decision.effect).toBe(effect);
  });

  test('a rule may hold for a time only', () => {
    const when =
      'session.time >= timestamp("2026-01-10T00:00:00Z") && session.time < timestamp("2026-02-01T00:00:00Z")';
    const timed = session([policy({ name: 't', rules: [{ id: 'r', effect: 'allow', actions: ['read'], when }] })]);
    const read = analysis(statement({ accesses: [access('read', 'public.orders')] }));
    const labels = resolveLabels({ relations: [] }, { labels: [], owners: [] });
    const at = (iso: string) => decide(timed, read, labels, { nowMs: Date.parse(iso) }).effect;
    expect(timed.timed).toBe(true);
    expect([at('2026-01-09T23:59:59Z'), at('2026-01-10T00:00:30Z'), at('2026-02-01T00:00:00Z')]).toEqual([
      'deny',
      'allow',
      'deny',
    ]);
  });
});
