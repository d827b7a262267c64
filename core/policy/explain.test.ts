import { describe, expect, test } from 'vitest';
import { decide } from './evaluate.ts';
import { detailReasonsMax, explain } from './explain.ts';
import {
  access,
  allowAll,
  analysis,
  masking,
  output,
  policy,
  readAll,
  readEmail,
  session,
  shopCatalog,
  statement,
  use,
} from './testing.ts';

const labels = shopCatalog(undefined, [{ schema: 'public', relation: null, owner: { group: 'keepers' } }]);
const context = { connection: 'shop-prod', consoleUrl: 'http://127.0.0.1:3000' };

describe('an explanation names the rule, the column, the use and how to ask', () => {
  test('of a refused use', () => {
    const uses = [use('order', 'public.customers.email')];
    const decision = decide(session([readAll, masking]), analysis(statement({ ...readEmail, uses })), labels);
    expect(explain(decision, context)).toEqual({
      message: 'refused by policy: `public.customers.email` (pii.email) is masked and may not be used in ORDER BY',
      detail: '`public.customers.email` (pii.email) is masked and may not be used in ORDER BY (rule mask/classified)',
      hint: 'order by columns that are not masked, or ask the owner of `public.customers.email`: http://127.0.0.1:3000/catalog',
    });
  });

  test('of what is refused inside of something, which is named once', () => {
    const uses = [{ ...use('function_argument', 'public.customers.email'), within: '`repeat`' }];
    const outputs = [output('derived', 'public.customers.email')];
    const asked = statement({ ...readEmail, uses, outputs });
    const text =
      '`public.customers.email` (pii.email) is masked and may not be used in `repeat`, where an error, or how much comes out, may tell its values';
    expect(explain(decide(session([readAll, masking]), analysis(asked), labels), context)).toEqual({
      message: `refused by policy: ${text}`,
      detail: `${text} (rule mask/classified)`,
      hint: 'select the column by itself, or ask the owner of `public.customers.email`: http://127.0.0.1:3000/catalog',
    });
  });

  test('of what no rule allows', () => {
    const decision = decide(session([]), analysis(readEmail), labels);
    expect(explain(decision, context)).toMatchObject({
      message: 'refused by policy: no rule allows `dev@example.com` to read `public.customers`',
      hint: 'ask for a rule that allows it on `shop-prod`: http://127.0.0.1:3000/policies',
    });
  });

  test('of what a rule forbids and none allows, in the words of the rule', () => {
    const rules = [{ id: 'no-write', effect: 'deny', actions: ['write'], reason: 'The books are closed.' }];
    const write = analysis(statement({ accesses: [access('write', 'public.orders')] }));
    const explained = explain(decide(session([policy({ name: 'guard', rules })]), write, labels), context);
    expect(explained.message).toContain('The books are closed.');
    expect(explained.detail).toMatch(/\(rule guard\/no-write\)\n.*\(rule default\)/);
    expect(explained.hint).toContain('the owner of `public.orders`');
  });

  test('of a hazard, which has no owner to ask', () => {
    const rules = [{ id: 'no-drop', effect: 'deny', hazards: ['drop'], reason: 'Nothing is dropped.' }];
    const hazards = [{ code: 'drop', object: 'public.orders', position: null }] as const;
    const set = [allowAll, policy({ name: 'guard', rules })];
    const explained = explain(decide(session(set), analysis(statement({ hazards: [...hazards] })), labels), context);
    expect(explained.message).toContain('Nothing is dropped.');
    expect(explained.hint).toBe('it passes only if an administrator changes the rule `guard/no-drop`');
  });

  test('of what could not be resolved', () => {
    const refusal = {
      code: 'unresolved',
      construct: 'XMLTABLE',
      message: 'XMLTABLE cannot be resolved',
      position: 1,
    } as const;
    const refused = { ok: false, refusal, normalized: '', literals: [], fingerprint: '' } as const;
    expect(explain(decide(session([allowAll]), refused, labels), context)).toMatchObject({
      message: 'refused by policy: XMLTABLE cannot be resolved',
      hint: expect.stringContaining('every column'),
    });
  });

  test('of what waits for approval, with where to follow it', () => {
    const rules = [
      { id: 'w', effect: 'approve', actions: ['write'], approvers: { owners: true }, reason: 'orders are money' },
    ];
    const set = [allowAll, policy({ name: 'ask', rules })];
    const decision = decide(
      session(set),
      analysis(statement({ accesses: [access('write', 'public.orders')] })),
      labels,
    );
    expect(explain(decision, context)).toEqual({
      message: 'approval required: to write to `public.orders` needs approval: orders are money',
      detail: 'to write to `public.orders` needs approval: orders are money (rule ask/w)',
      hint: 'the request is under http://127.0.0.1:3000/approvals',
    });
    const requestUrl = 'http://127.0.0.1:3000/approvals/7';
    expect(explain(decision, { ...context, requestUrl }).hint).toBe(`follow the request at ${requestUrl}`);
  });

  test('of what passes', () => {
    expect(explain(decide(session([readAll, masking]), analysis(readEmail), labels), context)).toEqual({
      message: 'allowed with masked columns: `public.customers.email` (pii.email) is shown in part',
      detail: '`public.customers.email` (pii.email) is shown in part (rule mask/classified)',
      hint: null,
    });
  });

  test('in as many lines as one can read', () => {
    const accesses = Array.from({ length: 50 }, (_, index) => access('read', `public.t${index}`));
    const { detail } = explain(decide(session([]), analysis(statement({ accesses })), labels), context);
    expect(detail.split('\n')).toHaveLength(detailReasonsMax + 1);
    expect(detail).toContain('and 40 more');
  });
});
