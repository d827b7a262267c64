/** Every action that this version records has words. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { actionWords } from './action-words.ts';

const root = path.join(import.meta.dirname, '../..');
const sources = fs
  .readdirSync(path.join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts') && !/test/.test(path.basename(file)))
  .map(file => fs.readFileSync(path.join(root, 'lib', file), 'utf8'));

it('knows what commands and jobs record', () => {
  const named = sources.flatMap(text => [...text.matchAll(/\baction: '([a-z_]+\.[a-z_]+)'/g)].map(match => match[1]));
  const actions = [...new Set(named)].filter(action => action !== 'broken.event');
  expect(actions.length).toBeGreaterThan(30);
  expect(actions.filter(action => actionWords(String(action)) === null)).toEqual([]);
});
