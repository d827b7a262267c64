/** Highlighting changes no character of a statement, whatever the statement is, and shows what tries to hide. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inertText, oneLine } from './inert-text.ts';
import { sqlLines, sqlTokens } from './sql-tokens.ts';

test('the runs together are the text', () => {
  const pieces = fc.array(
    fc.constantFrom(
      "'",
      '"',
      '$$',
      '$a$',
      '--',
      '/*',
      '*/',
      '\n',
      ':int',
      '::text',
      '$1',
      'select',
      'count(',
      ' ',
      '1e9',
      'ą',
      ';',
    ),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        pieces.map(parts => parts.join('')),
      ),
      sql => {
        expect(
          sqlTokens(sql)
            .map(token => token.text)
            .join(''),
        ).toBe(sql);
        const lines = sqlLines(sql).map(line => line.map(token => token.text).join(''));
        expect(lines.join('\n')).toBe(sql.replaceAll('\r\n', '\n'));
      },
    ),
  );
});

test('kinds are told apart', () => {
  const kinds = sqlTokens(`select count(*), "Odd" from t where a = :int and b::text = 'x''y' -- why`)
    .filter(token => token.text.trim())
    .map(token => `${token.kind} ${token.text}`);
  expect(kinds).toContain('keyword select');
  expect(kinds).toContain('function count');
  expect(kinds).toContain('name "Odd"');
  expect(kinds).toContain('placeholder :int');
  expect(kinds).toContain("string 'x''y'");
  expect(kinds).toContain('comment -- why');
  expect(kinds).toContain('name text');
});

test('characters that hide or reorder text are shown as escapes', () => {
  expect(inertText('a\u202eb\u0007c\tд\n')).toBe('a\\u202eb\\u0007c\tд\n');
  expect(oneLine('  a\n\n b ', 10)).toBe('a b');
  expect(oneLine('abcdef', 3)).toBe('abc…');
});
