/** The command line of `npm start`. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../root.ts';
import { readArguments, usage } from './arguments.ts';

it('takes what it offers, and starts nothing for what it does not know', () => {
  expect(readArguments([])).toEqual({ dev: false, build: false, help: false });
  expect(readArguments(['--dev'])).toMatchObject({ dev: true });
  expect(readArguments(['-h'])).toMatchObject({ help: true });
  for (const unknown of ['--hlep', 'help', '--dev=maybe']) expect(() => readArguments([unknown])).toThrow(/usage:/);
});

it('names settings that the README explains', () => {
  const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
  const named = [...usage.matchAll(/^ {2}([A-Z_]+)/gm)].map(found => found[1] ?? '');
  expect(named.length).toBeGreaterThan(4);
  expect(named.filter(name => !readme.includes(`\`${name}`))).toEqual([]);
});
