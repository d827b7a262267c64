import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { access, analysis, column, output, shopCatalog, statement, use } from '../policy/testing.ts';
import type { Analysis, StatementAnalysis } from '../sql/analysis.ts';
import { factsOf } from './facts.ts';
import { cutText, redactSecrets } from './redact.ts';
import { factsSchema } from './schema.ts';

const labels = shopCatalog();
const facts = (...statements: StatementAnalysis[]) =>
  factsOf(analysis(...statements) as Extract<Analysis, { ok: true }>, labels);

test('classified columns are named with their label and each use', () => {
  const found = facts(
    statement({
      kind: 'insert',
      accesses: [access('read', 'public.customers'), access('write', 'public.orders', { verb: 'insert' })],
      outputs: [output('column', 'public.customers.email'), output('column', 'public.customers.city')],
      uses: [use('predicate', 'public.customers.email'), use('order', 'public.orders.id')],
      hazards: [{ code: 'notify', object: 'channel', position: 3 }],
      functions: [{ oid: 1, schema: 'pg_catalog', name: 'lower', trust: 'pure' }],
      flows: [
        {
          target: { schema: 'public', relation: 'orders', column: 'note' },
          origins: [column('public.customers.email')],
        },
      ],
    }),
  );
  const email = { schema: 'public', relation: 'customers', column: 'email', label: 'pii.email' };
  expect(found).toEqual({
    kinds: ['insert'],
    accesses: [
      { action: 'read', verb: 'select', kind: 'relation', object: 'public.customers' },
      { action: 'write', verb: 'insert', kind: 'relation', object: 'public.orders' },
    ],
    classified: [
      { ...email, use: 'output_column' },
      { ...email, use: 'predicate' },
      { ...email, use: 'source' },
    ],
    hazards: [{ code: 'notify', object: 'channel' }],
    functions: ['pg_catalog.lower'],
    flows: [{ target: { schema: 'public', relation: 'orders', column: 'note' }, origins: [email] }],
    outputs: 2,
  });
});

test('facts stay within the schema however much a statement does', () => {
  const long = 'x'.repeat(500);
  const many = Array.from({ length: 3000 }, (_, index) => index);
  const origins = Array.from({ length: 300 }, () => column('public.customers.email'));
  const found = facts(
    statement({
      accesses: many.map(index => access('read', `s.t${index}${long}`)),
      uses: many.map(() => use('predicate', 'public.customers.email')),
      hazards: many.map(index => ({ code: 'drop', object: `${index}${long}`, position: null })),
      functions: many.map(index => ({ oid: index, schema: long, name: `f${index}`, trust: 'pure' })),
      flows: many.map(index => ({
        target: { schema: 's', relation: 't', column: `c${index}` },
        origins,
      })),
    }),
  );
  expect(factsSchema.safeParse(found).success).toBe(true);
});

describe('what must not be recorded', () => {
  test.each([
    [
      'connect to postgres://app:hunter2@db:5432/shop failed',
      'connect to postgres://app:[redacted]@db:5432/shop failed',
    ],
    ['postgres://app:p@ss:w@db/shop', 'postgres://app:[redacted]@db/shop'],
    ["bad option password='x y' host=a", 'bad option password=[redacted] host=a'],
    ['authorization: Bearer abcdefgh12345678', 'authorization: Bearer [redacted]'],
    ['token eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJ3ZWlyIn0.c2ln is bad', 'token [redacted] is bad'],
    ['key -----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY----- end', 'key [redacted] end'],
    ['weir_pat_abc123 was refused', '[redacted] was refused'],
    ['relation "customers" does not exist', 'relation "customers" does not exist'],
  ])('%j', (message, expected) => {
    expect(redactSecrets(message)).toBe(expected);
  });

  test('long hostile texts take no time', () => {
    for (const part of ['a://', 'password=', '-----BEGIN PRIVATE KEY-----', 'eyJa', 'bearer ', 'a:']) {
      const start = performance.now();
      redactSecrets(part.repeat(200_000));
      expect(performance.now() - start).toBeLessThan(1000);
    }
  });

  test('a cut text is well formed and never longer', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, max) => {
        const { text: cut, truncated } = cutText(text, max);
        return (
          cut.length <= max &&
          text.startsWith(cut) &&
          truncated === text.length > max &&
          typeof encodeURIComponent(cut) === 'string'
        );
      }),
      { examples: [['😀😀', 3]] },
    );
  });
});
