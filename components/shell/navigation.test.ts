/** People see the pages they may use, land where their work is, and are never sent to another site. */
import { expect, test } from 'vitest';
import { permissionsOf } from '#core/identity/role.ts';
import { isCurrentPage, landingPage, permittedNavigation, safeNextPath } from './navigation.ts';

const pages = (role: Parameters<typeof permissionsOf>[0]) =>
  permittedNavigation(permissionsOf(role)).flatMap(group => group.items.map(item => item.label));

test('an item that may not be used is absent', () => {
  expect(pages(['developer'])).toEqual([
    'Overview',
    'Approvals',
    'Access',
    'Catalog',
    'Sessions',
    'Connect',
    'API reference',
  ]);
  expect(pages(['auditor'])).not.toContain('Connect');
  expect(pages([])).toEqual([]);
});

test('the landing page follows the first role in order', () => {
  expect(landingPage(['developer', 'reviewer'])).toBe('/approvals');
  expect(landingPage(['developer'])).toBe('/connect');
  expect(landingPage([])).toBe('/');
});

test('a page below an item belongs to it, the overview only to itself', () => {
  expect(isCurrentPage('/approvals', '/approvals/1')).toBe(true);
  expect(isCurrentPage('/access', '/accessory')).toBe(false);
  expect(isCurrentPage('/', '/approvals')).toBe(false);
});

test.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '', null])(
  '%s is not a way on',
  path => {
    expect(safeNextPath(path)).toBeNull();
  },
);

test('a path of the console is', () => {
  expect(safeNextPath('/approvals/1?tab=mine')).toBe('/approvals/1?tab=mine');
});
