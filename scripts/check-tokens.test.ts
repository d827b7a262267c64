/** The shipped tokens pass their gate, and the gate notices what it is there for. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkTokens, tokenFile } from './check-tokens.ts';

const css = readFileSync(tokenFile, 'utf8');
const replace = (name: string, light: string, dark: string) =>
  css.replace(new RegExp(`--${name}: light-dark\\([^;]*;`), `--${name}: light-dark(${light}, ${dark});`);

test('every pair of the shipped tokens has its contrast, in both themes', () => {
  const report = checkTokens(css);
  expect(report.failures).toEqual([]);
  expect(report.pairs).toBeGreaterThan(250);
});

test('grey text that is too light is a failure', () => {
  const report = checkTokens(replace('muted-foreground', 'oklch(0.6 0.02 260)', 'oklch(0.745 0.018 260)'));
  expect(report.failures).toContainEqual(
    expect.stringMatching(/^light: muted-foreground on muted is 3\.\d+, needs 4\.5$/),
  );
});

test('a missing token is a failure', () => {
  const report = checkTokens(css.replace(/--mask-fg: light-dark[^;]*;/, ''));
  expect(report.failures).toContain('dark: mask-fg is missing');
});

test('a colour no screen can show is a failure', () => {
  const report = checkTokens(replace('deny-solid', 'oklch(0.469 0.35 31)', 'oklch(0.6 0.17 20)'));
  expect(report.failures).toContain('light: deny-solid is outside sRGB');
});

test('red and green of equal lightness are a failure for people who cannot tell them apart', () => {
  const report = checkTokens(replace('allow-solid', 'oklch(0.5 0.13 140)', 'oklch(0.6 0.15 140)'));
  expect(report.failures.join('\n')).toMatch(/allow-solid and \S+ are [\d.]+ apart for (deuter|prot)anopia/);
});
