/** What the console tells people to write is what a proxy takes. */
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { enrolLines, proxyConfiguration } from './enrol-lines.ts';

const enrolling = { consoleUrl: 'https://weir.example.com', name: null, connections: ['shop-prod', 'shop-dev'] };

test('the configuration names the control plane and each connection, and carries no token', () => {
  const configuration = proxyConfiguration(enrolling);
  expect(parse(configuration)).toMatchObject({
    control: { url: 'https://weir.example.com' },
    connections: { 'shop-prod': { upstream: { password: { env: 'UPSTREAM_PASSWORD' } } }, 'shop-dev': {} },
  });
  expect(configuration).not.toContain('weir_enrol_');
});

test('without a connection there is an example to replace', () => {
  expect(parse(proxyConfiguration({ ...enrolling, connections: [] })).connections).toHaveProperty('my-database');
});

test('every way of starting has the token', () => {
  const lines = enrolLines({ ...enrolling, token: 'weir_enrol_x' });
  expect(lines.every(line => line.lines.includes('weir_enrol_x'))).toBe(true);
});
