/** What the shipped policies say about a developer's rights, as the Connect page shows them. */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parsePolicyYaml } from '#core/policy/document.ts';
import { connection, person } from '#core/policy/testing.ts';
import { rightsOf } from './words.ts';

const folder = fileURLToPath(new URL('./starter', import.meta.url));
const policies = fs.readdirSync(folder).flatMap(name => {
  const { policy } = parsePolicyYaml(fs.readFileSync(`${folder}/${name}`, 'utf8'));
  return policy ? [policy] : [];
});
const rights = (environment: string, kind: 'user' | 'agent' = 'user') =>
  rightsOf({ version: 1, policies }, person('dev@example.com', { kind }), { ...connection, environment });

it('tells what is allowed, masked, held and refused', () => {
  const said = rights('production');
  expect(said).toContain('you may read everything');
  expect(said).toContain('columns that are confidential or above are masked, unless you own it');
  expect(said).toContain(
    'to write to tables with columns that are confidential or above waits for approval by the owner',
  );
  expect(said).toContain('a statement that updates every row or deletes every row is refused');
  expect(rights('development').join()).not.toContain('waits for approval');
});

it('names what detectors find in words there are', () => {
  expect(rights('production').join()).toContain('e-mail addresses and telephone numbers found');
});

it('tells agents their own', () => {
  expect(rights('production', 'agent')).toContain('you may write to and define schema analytics');
  expect(rights('production', 'agent').join()).not.toContain('waits for approval');
});

it('says when there is nothing', () => {
  expect(rightsOf({ version: 1, policies: [] }, person('dev@example.com'), connection)).toEqual([
    'no policy allows you anything here yet',
  ]);
});
