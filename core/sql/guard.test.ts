import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultTextLimits, guardText } from './guard.ts';
import { normalize } from './normalize.ts';
import { loadParser, type Pg, parseText, scanText } from './parse.ts';

beforeAll(() => loadParser());

const limits = { bytesMax: 1e9, depthMax: 500 };
const isDeep = (text: string): boolean => guardText(text, limits)?.code === 'too_deep';

/** Depth of the parse tree itself, for comparison with the estimate. */
function treeDepth(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let deepest = 0;
  for (const inner of Object.values(value)) deepest = Math.max(deepest, treeDepth(inner));
  return deepest + 1;
}

const nested: Readonly<Record<string, (n: number) => string>> = {
  'binary operators': n => `SELECT 1${'+1'.repeat(n)}`,
  concatenation: n => `SELECT a${' || a'.repeat(n)}`,
  parentheses: n => `SELECT ${'('.repeat(n)}1${')'.repeat(n)}`,
  subqueries: n => `SELECT ${'(SELECT '.repeat(n)}1${')'.repeat(n)}`,
  'NOT chains': n => `SELECT ${'NOT '.repeat(n)}true`,
  'unary minus': n => `SELECT ${'- '.repeat(n)}1`,
  CASE: n => `SELECT ${'CASE WHEN true THEN '.repeat(n)}1${' END'.repeat(n)}`,
  casts: n => `SELECT 1${'::int'.repeat(n)}`,
  COLLATE: n => `SELECT a${' COLLATE "C"'.repeat(n)}`,
  'IS NULL': n => `SELECT a${' IS NULL'.repeat(n)}`,
  arrays: n => `SELECT ${'ARRAY['.repeat(n)}1${']'.repeat(n)}`,
  calls: n => `SELECT ${'f('.repeat(n)}1${')'.repeat(n)}`,
  'AND in OR': n => `SELECT ${'true AND (true OR '.repeat(n)}true${')'.repeat(n)}`,
  UNION: n => `SELECT 1${' UNION SELECT 1'.repeat(n)}`,
  JOIN: n => `SELECT 1 FROM a${' JOIN a ON true'.repeat(n)}`,
  'AT TIME ZONE': n => `SELECT a${" AT TIME ZONE 'x'".repeat(n)}`,
};

describe('the guard', () => {
  it.each(Object.entries(nested))('refuses deep %s, and passes ordinary ones', (_, make) => {
    expect(isDeep(make(600))).toBe(true);
    expect(isDeep(make(150))).toBe(false);
  });

  it('passes wide texts: lists, conditions, rows, statements', () => {
    expect(isDeep(`SELECT 1 WHERE a IN (${'1,'.repeat(5000)}1)`)).toBe(false);
    expect(isDeep(`SELECT 1 WHERE ${'a = 1 AND '.repeat(5000)}true`)).toBe(false);
    expect(isDeep(`INSERT INTO t VALUES ${'(1, 2 + 3), '.repeat(5000)}(1, 2)`)).toBe(false);
    expect(isDeep('SELECT 1 + 1; '.repeat(5000))).toBe(false);
    expect(
      isDeep(
        `SELECT '${'((('.repeat(5000)}', $x$${'(('.repeat(5000)}$x$, E'\\'${'('.repeat(5000)}' -- ${'('.repeat(5000)}`,
      ),
    ).toBe(false);
    expect(isDeep(`SELECT ${'CASE WHEN a THEN 1 ELSE 2 END, '.repeat(2000)}1`)).toBe(false);
  });

  it('never estimates much less than the tree is deep', () => {
    const piece = fc.constantFrom(
      '(',
      ')',
      '+',
      '||',
      'NOT',
      '-',
      'a',
      '1',
      "'x'",
      'AND',
      'OR',
      ',',
      'CASE WHEN',
      'THEN',
      'ELSE',
      'END',
      '::int',
      'IS NULL',
      'ARRAY[',
      ']',
      'f(',
      '=',
      'IN',
      'SELECT',
      'FROM t',
      'WHERE',
      'UNION',
      'BETWEEN',
      'LIKE',
      'COLLATE "C"',
      '.b',
      '[1]',
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 60 }), parts => {
        const text = `SELECT ${parts.join(' ')}`;
        const parsed = parseText(text, defaultTextLimits);
        if (!parsed.ok) return;
        const depth = treeDepth(parsed.statements as Pg.RawStmt[]);
        // Each level of nesting is a handful of levels of JSON.
        const allowed = Math.floor(depth / 8) - 4;
        if (allowed > 0) expect(guardText(text, { bytesMax: 1e9, depthMax: allowed - 1 })?.code).toBe('too_deep');
      }),
      { numRuns: 20_000, seed: 5 },
    );
  });

  it('counts bytes as UTF-8 does, and refuses what is no text', () => {
    const codeOf = (text: string, bytesMax: number) => guardText(text, { bytesMax, depthMax: 500 })?.code;
    for (const text of ['abc', 'ä'.repeat(3), '€'.repeat(3), '😀'.repeat(3)]) {
      const { length } = new TextEncoder().encode(text);
      expect(codeOf(text, length)).toBeUndefined();
      expect(codeOf(text, length - 1)).toBe('too_large');
    }
    for (const text of ['\ud83d', 'a\ude00b', '\ude00\ud83d', 'x\ud83d\0']) expect(codeOf(text, 1e9)).toBe('encoding');
  });

  it('is quick about texts of any shape', () => {
    for (const char of ['(', "'", '$', '"', '/*', 'a', '-', '::', 'case ', 'not ']) {
      const text = char.repeat(200_000 / char.length);
      const started = performance.now();
      guardText(text, defaultTextLimits);
      expect(performance.now() - started).toBeLessThan(5000);
    }
  });
});

describe('normalisation', () => {
  it('puts placeholders for literals and leaves comments out', () => {
    const { normalized, literals } = normalize(
      "SELECT 'a''b', E'\\n', U&'x', $q$ $ $q$, 1, 1.5, B'1', X'f', $1, a.\"B\" /* 'c' */ -- d\nFROM t WHERE x='ü'",
    );
    expect(normalized).toBe(
      'SELECT :text, :text, :text, :text, :int, :number, :bits, :bits, $1, a."B" FROM t WHERE x=:text',
    );
    expect(literals).toEqual(["'a''b'", "E'\\n'", "U&'x'", '$q$ $ $q$', '1', '1.5', "B'1'", "X'f'", "'ü'"]);
  });

  it('gives one fingerprint to texts that differ in literals, another to others', () => {
    const of = (text: string) => normalize(text).fingerprint;
    expect(of("SELECT * FROM t WHERE a = 'x' AND b = 1")).toBe(
      of("SELECT  *  FROM t\nWHERE a = 'it''s' AND b = 22 -- note"),
    );
    expect(of('SELECT a FROM t')).not.toBe(of('SELECT b FROM t'));
    expect(of('SELECT a')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('shows nothing of texts that cannot be scanned', () => {
    for (const text of ["SELECT 'open", 'SELECT "open', 'SELECT /* open'])
      expect(normalize(text)).toMatchObject({ normalized: `<unparsable> ${text.length}`, literals: [] });
  });

  it('finds the literals that the scanner of PostgreSQL finds', () => {
    const piece = fc.constantFrom(
      ..."'a' ''  ' '' ' E'\\'' e'x' N'n' B'1' x'f' U&'d' U&\"d\" $$ $a$ $a1$ $1 a$b$ \"q\" \"\"\"\" 1 1.5 .5 1. 1e5 1e+5 0x1F 1_000 0b1 a1 .. . , ( ) + - * / < = :: := => /*c*/ /*/**/*/ é a _b ; % ~ ! @ # ^ & | ` ? [ ]".split(
        ' ',
      ),
      ' ',
      ' ',
    );
    let compared = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), parts => {
        const text = parts.join('');
        const tokens = scanText(text);
        if (!tokens) return;
        const bytes = Buffer.from(text, 'utf8');
        const written = tokens.map(token => bytes.toString('utf8', token.start, token.end));
        const scanned = written.filter(token => /^(\.?\d|'|[eEnN]'|[uU]&'|[bBxX]'|\$(?!\d))/.test(token));
        const { literals, normalized } = normalize(text);
        if (normalized.startsWith('<unparsable>')) return;
        compared++;
        expect(literals).toEqual(scanned);
      }),
      { numRuns: 20_000, seed: 6 },
    );
    expect(compared).toBeGreaterThan(5000);
  });

  it('keeps every literal out of every text that scans', () => {
    const part = fc.oneof(
      fc.constantFrom('SELECT', 'FROM', 't', ',', '=', '(', ')', 'é', ' '),
      fc
        .tuple(fc.constantFrom('', 'E', 'N', 'U&', 'B', 'X'), fc.string())
        .map(([prefix, s]) => `${prefix}'${s.replaceAll("'", "''").replaceAll('\0', '')}secret'`),
    );
    fc.assert(
      fc.property(fc.array(part), parts => {
        expect(normalize(parts.join(' ')).normalized).not.toContain('secret');
      }),
    );
  });
});
