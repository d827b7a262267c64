import { expect, it } from 'vitest';
import { readAttacks } from '#proxy/enforce/attack-file.ts';
import { isCurrent, leakMatrix } from './leak-matrix.ts';

it('is what the attacks say: run npx tsx scripts/leak-matrix.ts', () => {
  expect(isCurrent()).toBe(true);
});

it('has every attack in it, and changes with any of them', () => {
  const attacks = readAttacks('attacks');
  const text = leakMatrix(attacks);
  for (const { messages } of attacks) for (const message of messages) expect(text).toContain(message);
  const [first, ...rest] = attacks;
  if (!first) throw new Error('there are attacks');
  expect(leakMatrix(rest)).not.toBe(text);
  expect(leakMatrix([{ ...first, expected: 'open' }, ...rest])).not.toBe(text);
});
