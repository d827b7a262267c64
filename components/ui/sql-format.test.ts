/** Laying out a statement changes blanks between tokens and nothing else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSql } from './sql-format.ts';
import { sqlTokens } from './sql-tokens.ts';

const meaning = (sql: string) =>
  sqlTokens(sql)
    .map(token => (token.kind === 'plain' ? token.text.replaceAll(/\s+/g, '') : `${token.kind}:${token.text}`))
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .trim();

test('clauses stand on lines of their own', () => {
  expect(
    formatSql(
      'update customers set tier = :text, n = now() where id in (select id from orders where a > :int) returning id',
      20,
    ),
  ).toBe(
    [
      'update customers',
      'set tier = :text, n = now()',
      'where id in (select id',
      '  from orders',
      '  where a > :int)',
      'returning id',
    ].join('\n'),
  );
  expect(formatSql('select a from t left join u on u.id = t.id where a = :int and b = :int', 10)).toBe(
    ['select a', 'from t', 'left join u on u.id = t.id', 'where a = :int', '  and b = :int'].join('\n'),
  );
});

test('short statements, and those with lines already, stay as they are', () => {
  expect(formatSql('select 1 from t')).toBe('select 1 from t');
  expect(formatSql('select a,\n b from t', 5)).toBe('select a,\n b from t');
});

test('only blanks between tokens change', () => {
  const word = fc.constantFrom(
    'select',
    'from',
    'where',
    'and',
    "'a  from b'",
    '"x  set"',
    '(',
    ')',
    ',',
    'join',
    'left',
    '-- c',
    '/* from */',
    '$$ from $$',
    '::',
    'ą',
    'a.b',
    ':int',
    ';',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), words => {
      const sql = words.join(' ');
      expect(meaning(formatSql(sql, 0))).toBe(meaning(sql));
    }),
  );
});
