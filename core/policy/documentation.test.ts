/** The policy reference for people: its examples are policies, and it leaves nothing out. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { levels } from '../catalog/classification.ts';
import { detectorKinds, detectorVerdicts } from '../mask/detectors/kinds.ts';
import { actions, hazardCodes } from '../sql/analysis.ts';
import { parsePolicyYaml } from './document.ts';
import {
  approversSchema,
  budgetSchema,
  connectionSelectorSchema,
  defaultUses,
  identitySelectorSchema,
  limitsSchema,
  objectSelectorSchema,
  policySchema,
  ruleSchema,
} from './schema.ts';
import { opaqueHazards } from './words.ts';

/** Without the blanks that line up the tables. */
const text = fs
  .readFileSync(path.resolve(import.meta.dirname, '../../docs/policies.md'), 'utf8')
  .replace(/ +\|/g, ' |');
const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(match => match[1] ?? '');
const mentions = (word: string) => new RegExp(`\`[^\`]*\\b${word}\\b[^\`]*\``).test(text);

describe('docs/policies.md', () => {
  test.each(examples)('example %# is a policy', example => {
    expect(parsePolicyYaml(example).diagnostics).toEqual([]);
  });

  test('names every field, action, hazard, level and use', () => {
    const shapes = [
      policySchema,
      approversSchema,
      limitsSchema,
      budgetSchema,
      identitySelectorSchema,
      connectionSelectorSchema,
      objectSelectorSchema,
      ...ruleSchema.options,
    ];
    const words = [
      ...shapes.flatMap(schema => Object.keys(schema.shape)),
      ...actions,
      ...hazardCodes,
      ...levels,
      ...Object.keys(defaultUses),
      ...detectorKinds,
      ...detectorVerdicts,
    ];
    expect(words.filter(word => !mentions(word))).toEqual([]);
  });

  test('says what the defaults are', () => {
    for (const [use, verdict] of Object.entries(defaultUses)) expect(text).toContain(`| \`${use}\` | ${verdict} |`);
    for (const hazard of opaqueHazards) expect(text.slice(0, text.indexOf('### Objects'))).toContain(`\`${hazard}\``);
  });
});
