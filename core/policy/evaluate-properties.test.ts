/** What must hold for every set of policies and every statement, whatever it is. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Mask } from '../mask/rule.ts';
import {
  actions,
  type ColumnUse,
  type HazardCode,
  hazardCodes,
  type OutputKind,
  type StatementAnalysis,
} from '../sql/analysis.ts';
import { compareMasks } from './column-mask.ts';
import type { Decision } from './decision.ts';
import { decide } from './evaluate.ts';
import { reasonLimits } from './reason.ts';
import type { Subject } from './residual.ts';
import { type Policy, policySchema } from './schema.ts';
import { access, analysis, column, output, person, session, shopCatalog, statement, use, uuid } from './testing.ts';
import { useKeys } from './words.ts';

const relations = [
  'public.customers',
  'public.orders',
  'public.employees',
  'public.api_keys',
  'analytics.guesses',
  'pg_catalog.pg_class',
];
const columns = [
  'public.customers.email',
  'public.customers.id',
  'public.employees.salary',
  'public.api_keys.token',
  'public.customers.*',
  'analytics.guesses.email',
];
const hazards: readonly HazardCode[] = ['drop', 'truncate', 'unbounded_delete', 'anonymous_block', 'set_parsing'];

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const some = <T>(values: readonly T[], maxLength = 3) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength });

const mask: fc.Arbitrary<Mask> = fc.oneof(
  fc.constantFrom<Mask>({ kind: 'redact' }, { kind: 'hash' }, { kind: 'null' }, { kind: 'year' }),
  fc.record({
    kind: fc.constant('partial' as const),
    shape: fc.constantFrom('email', 'phone', 'card', 'text'),
    first: fc.nat(3),
    last: fc.nat(3),
  }),
);
const objects = fc.record(
  {
    schemas: maybe(some(['public', 'analytics', 'pub*'])),
    relations: maybe(some(['public.customers', '*.orders', 'public.*'])),
    labels: maybe(some(['pii.*', 'pii.email', 'hr.salary', 'secret.*'])),
    level: maybe(fc.constantFrom('internal', 'confidential', 'restricted')),
  },
  { requiredKeys: [] },
);
const when = fc.constantFrom(
  'true',
  'identity.kind == "agent"',
  'size(statement.relations) > 1',
  'connection.tags["none"] == ""',
  'broken (',
);
const verdict = fc.constantFrom('allow', 'refuse');
const effect = fc.oneof(
  fc.record({ effect: fc.constant('allow') }),
  fc.record({ effect: fc.constant('deny') }),
  fc.record({
    effect: fc.constant('approve'),
    approvers: fc.constantFrom({ owners: true }, { groups: ['security'], count: 2 }),
  }),
  fc.record({
    effect: fc.constant('mask'),
    mask,
    masks: maybe(fc.dictionary(fc.constantFrom('pii.email', 'pii.*'), mask)),
    uses: maybe(
      fc.record({ equality: verdict, aggregate: verdict, write: verdict, order: verdict }, { requiredKeys: [] }),
    ),
  }),
);
const rule = fc
  .tuple(
    effect,
    fc.record(
      {
        actions: maybe(some(actions, 5)),
        objects: maybe(objects),
        hazards: maybe(
          fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: some(hazards) }),
        ),
        unlessOwner: maybe(fc.boolean()),
        onlyOwner: maybe(fc.boolean()),
        when: maybe(when),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([left, right]) => JSON.parse(JSON.stringify({ ...right, ...left })) as object);
const anyPolicies: fc.Arbitrary<Policy[]> = fc
  .array(
    fc.tuple(fc.array(rule, { minLength: 1, maxLength: 3 }), fc.constantFrom('enforce', 'enforce', 'observe', 'draft')),
    { maxLength: 3 },
  )
  .map(list =>
    list.map(([rules, mode], index) =>
      policySchema.parse({ name: `p${index}`, mode, rules: rules.map((each, at) => ({ id: `r${at}`, ...each })) }),
    ),
  );

/** Half of the sets allow everything to begin with: else most statements would be denied for want of a rule. */
const allowAll = policySchema.parse({
  name: 'all',
  rules: [
    { id: 'all', effect: 'allow' },
    { id: 'opaque', effect: 'allow', actions: ['opaque'] },
  ],
});
const policies = fc.tuple(anyPolicies, fc.boolean()).map(([set, isOpen]) => (isOpen ? [...set, allowAll] : set));

const kinds: readonly OutputKind[] = ['column', 'pure', 'aggregate', 'derived', 'constant'];
const aColumn = fc.constantFrom(...columns);
const aUse: fc.Arbitrary<ColumnUse> = fc
  .tuple(
    fc.constantFrom(...(Object.keys(useKeys) as ColumnUse['context'][])),
    aColumn,
    fc.array(aColumn, { maxLength: 2 }),
    fc.boolean(),
  )
  .map(([context, path, against, viaView]) => use(context, path, { against: against.map(column), viaView }));
const seldom = <T>(arbitrary: fc.Arbitrary<T[]>): fc.Arbitrary<T[]> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant<T[]>([]) }, { weight: 1, arbitrary });
const aStatement: fc.Arbitrary<StatementAnalysis> = fc
  .record({
    accesses: fc.array(
      fc
        .tuple(fc.constantFrom(...actions), fc.constantFrom(...relations), fc.boolean())
        .map(([action, path, viaView]) => access(action, path, { viaView })),
      { maxLength: 4 },
    ),
    outputs: maybe(
      fc.array(
        fc
          .tuple(fc.constantFrom(...kinds), fc.array(aColumn, { maxLength: 2 }))
          .map(([kind, paths]) => output(kind, ...paths)),
        { maxLength: 3 },
      ),
    ),
    uses: seldom(fc.array(aUse, { maxLength: 3 })),
    hazards: seldom(
      fc.array(
        fc.record({
          code: fc.constantFrom(...hazards),
          object: fc.constantFrom(...relations, 'thing'),
          position: fc.constant(null),
        }),
        { maxLength: 2 },
      ),
    ),
    flows: seldom(
      fc.array(
        aColumn.map(path => ({
          target: { schema: 'analytics', relation: 'copy', column: 'c' },
          origins: [column(path)],
        })),
        { maxLength: 1 },
      ),
    ),
  })
  .map(({ outputs, ...rest }) => statement({ ...rest, outputs: outputs ?? null }));
/** Often nothing: whatever a statement does besides, one refused thing hides the rest. */
const statements = fc.array(aStatement, { minLength: 1, maxLength: 2 });

const human = person('dev@example.com', { id: uuid(2), groups: ['crm'] });
const agent = person('helper', { id: uuid(3), kind: 'agent', ownerId: uuid(2) });
const subject: fc.Arbitrary<Partial<Subject>> = fc.constantFrom(
  { principal: human },
  { principal: agent },
  { principal: agent, onBehalfOf: human },
);
const labels = shopCatalog(undefined, [{ schema: 'public', relation: 'customers', owner: { group: 'crm' } }]);

const rank: Readonly<Record<Decision['effect'], number>> = { allow: 0, mask: 0, approve: 1, deny: 2 };

/** `b` lets no more through than `a`. */
function isNoLaxer(a: Decision, b: Decision): boolean {
  if (rank[b.effect] < rank[a.effect]) return false;
  return a.obligations.every((before, index) =>
    before.masks.every((held, at) => {
      const now = b.obligations[index]?.masks[at] ?? null;
      return held === null || (now !== null && compareMasks(now.mask, held.mask) >= 0);
    }),
  );
}

const one = (given: object): Policy => policySchema.parse({ name: 'added', rules: [{ id: 'r', ...given }] });
const decideWith = (set: readonly Policy[], who: Partial<Subject>, parts: readonly StatementAnalysis[]) =>
  decide(session(set, who), analysis(...parts), labels);

describe('for every set of policies and every statement', () => {
  test('the decision does not depend on the order of policies, rules or the time it is asked', () => {
    fc.assert(
      fc.property(policies, subject, statements, (set, who, parts) => {
        const reversed = [...set].reverse().map(each => ({ ...each, rules: [...each.rules].reverse() }));
        expect(decideWith(reversed, who, parts)).toEqual(decideWith(set, who, parts));
        const relabelled = structuredClone(set);
        expect(decideWith(relabelled, who, structuredClone(parts))).toEqual(decideWith(set, who, parts));
      }),
      { numRuns: 300 },
    );
  });

  /** Comparing with a column is judged by who may fill it, so that a rule about writing has a say in joins (fill.ts). */
  const joins = (parts: readonly StatementAnalysis[]) =>
    parts.some(part => part.uses.some(each => each.context === 'join'));

  test('adding a rule that restricts never lets more through', () => {
    const restricting = rule.filter(each => 'effect' in each && each.effect !== 'allow').map(one);
    fc.assert(
      fc.property(
        policies,
        restricting,
        subject,
        statements,
        (set, added, who, parts) =>
          joins(parts) || isNoLaxer(decideWith(set, who, parts), decideWith([...set, added], who, parts)),
      ),
      { numRuns: 600 },
    );
  });

  test('taking an allow rule away never lets more through', () => {
    fc.assert(
      fc.property(policies, fc.nat(20), subject, statements, (set, pick, who, parts) => {
        const rules = set.flatMap((each, at) =>
          each.rules.flatMap((r, index) => (r.effect === 'allow' ? [{ at, index }] : [])),
        );
        const removed = rules[pick % Math.max(1, rules.length)];
        if (removed === undefined || joins(parts)) return true;
        const less = set.map((each, at) =>
          at === removed.at ? { ...each, rules: each.rules.filter((_, index) => index !== removed.index) } : each,
        );
        return isNoLaxer(decideWith(set, who, parts), decideWith(less, who, parts));
      }),
      { numRuns: 400 },
    );
  });

  test('acting for somebody is never more than acting alone, owner rights aside', () => {
    const plain = shopCatalog();
    fc.assert(
      fc.property(policies, statements, (set, parts) => {
        const decided = (who: Partial<Subject>) => decide(session(set, who), analysis(...parts), plain);
        // Conditions see for whom an agent acts; without them both sides decide as they would alone.
        const unconditional = set.map(each => ({
          ...each,
          rules: each.rules.map(({ when: _, ...r }) => r),
        })) as Policy[];
        const both = decide(session(unconditional, { principal: agent, onBehalfOf: human }), analysis(...parts), plain);
        for (const alone of [agent, human]) {
          const single = decide(session(unconditional, { principal: alone }), analysis(...parts), plain);
          if (!isNoLaxer(single, both)) return false;
        }
        return decided({ principal: agent, onBehalfOf: human }).obligations.length === parts.length;
      }),
      { numRuns: 300 },
    );
  });

  test('the effect follows from the reasons, and reasons fit the log', () => {
    fc.assert(
      fc.property(policies, subject, statements, (set, who, parts) => {
        const decision = decideWith(set, who, parts);
        const effective = new Set(decision.reasons.filter(reason => !reason.observed).map(reason => reason.effect));
        expect(decision.effect === 'deny').toBe(effective.has('deny'));
        if (decision.effect === 'approve') expect(effective.has('approve')).toBe(true);
        expect(decision.approval !== null).toBe(decision.effect === 'approve');
        expect(decision.obligations.map(each => each.masks.length)).toEqual(
          parts.map(part => part.outputs?.length ?? 0),
        );
        for (const { rule: id, subject: about, message } of decision.reasons) {
          expect(id.length).toBeLessThanOrEqual(reasonLimits.rule);
          expect(about.length).toBeLessThanOrEqual(reasonLimits.subject);
          expect(message.length).toBeLessThanOrEqual(reasonLimits.message);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a masked column is never an unmasked output, nor in a use its rule refuses', () => {
    const always = one({ effect: 'mask', objects: { level: 'confidential' }, mask: { kind: 'redact' } });
    fc.assert(
      fc.property(policies, subject, statements, (set, who, parts) => {
        // Other rules may not permit uses for this one; they can only refuse more.
        const decision = decideWith([...set, always], who, parts);
        if (decision.effect === 'deny') return true;
        return parts.every((part, index) => {
          const classified = (path: {
            schema: string;
            relation: string;
            column: string;
            relationOid: number;
            attnum: number;
          }) => labels.ofColumn(path).length > 0;
          const outputs = (part.outputs ?? []).every((each, at) => {
            if (each.kind === 'constant' || !each.origins.some(classified)) return true;
            return decision.obligations[index]?.masks[at] !== null && each.kind !== 'derived';
          });
          const uses = part.uses.every(each => {
            const key = useKeys[each.context];
            return (
              each.viaView || key === 'harmless' || key === 'null_test' || key === 'join' || !classified(each.column)
            );
          });
          return outputs && uses && part.flows.every(flow => !flow.origins.some(classified));
        });
      }),
      { numRuns: 500 },
    );
  });
});

test('the worlds above are worth testing: no effect is rare in them', () => {
  const counts: Record<Decision['effect'], number> = { allow: 0, mask: 0, approve: 0, deny: 0 };
  const worlds = fc.sample(fc.tuple(policies, subject, statements), { numRuns: 1500, seed: 7 });
  for (const [set, who, parts] of worlds) counts[decideWith(set, who, parts).effect] += 1;
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(10);
});

test('every hazard and every use has words and a verdict', () => {
  expect(new Set(hazardCodes).size).toBe(hazardCodes.length);
  for (const context of Object.keys(useKeys)) expect(useKeys[context as ColumnUse['context']]).toBeTruthy();
});
