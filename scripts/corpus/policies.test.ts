/** The corpus' policies are valid documents. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { policySchema } from '#core/policy/schema.ts';
import { root } from '../root.ts';

const folder = path.join(root, 'scripts/corpus/policies');

it.each(fs.readdirSync(folder))('%s', name => {
  const result = policySchema.safeParse(parse(fs.readFileSync(path.join(folder, name), 'utf8')));
  expect(result.error?.issues ?? []).toEqual([]);
});
