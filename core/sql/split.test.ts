/** Independent data on where statements of a text begin and end, where it is present. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { defaultTextLimits } from './guard.ts';
import { loadParser, parseText } from './parse.ts';

const file = path.resolve(import.meta.dirname, '../../../shared/testdata/bytebase-parser-misc/pg/test_split.yaml');

type Case = { description: string; input: string; result: { text: string; empty: boolean }[] };

/** Without comments, white space and the final semicolon. */
const bare = (text: string): string =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/--[^\n]*/g, '')
    .trim()
    .replace(/;$/, '')
    .trim();

describe.runIf(fs.existsSync(file))('splitting data', () => {
  beforeAll(() => loadParser());

  it('is split alike', () => {
    const cases = parse(fs.readFileSync(file, 'utf8')) as Case[];
    let compared = 0;
    for (const each of cases) {
      const parsed = parseText(each.input, defaultTextLimits);
      if (!parsed.ok) continue;
      compared++;
      const bytes = Buffer.from(each.input, 'utf8');
      const found = parsed.statements.map(({ stmt_location: start = 0, stmt_len: length }) =>
        bare(bytes.subarray(start, length === undefined ? bytes.length : start + length).toString('utf8')),
      );
      const wanted = each.result.filter(piece => !piece.empty).map(piece => bare(piece.text));
      expect(found, each.description).toEqual(wanted.filter(text => text !== ''));
    }
    expect(compared).toBeGreaterThan(cases.length * 0.6);
  });
});
