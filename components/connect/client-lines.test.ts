/** Lines that are pasted must say exactly what is meant, whatever the names are. */
import { expect, test } from 'vitest';
import { clientLines, splitListen } from './client-lines.ts';

const line = (id: string, login = 'dev@example.com', listen = '127.0.0.1:6432') =>
  clientLines({
    login,
    connection: 'shop-prod',
    endpoint: { listen, tls: true },
    consoleUrl: 'http://127.0.0.1:3000',
  }).find(each => each.id === id)?.lines;

test('the psql line names user, place, database and TLS', () => {
  expect(line('psql')).toBe('psql "postgres://dev%40example.com@127.0.0.1:6432/shop-prod?sslmode=require"');
});

test('an IPv6 address is bracketed in addresses and bare elsewhere', () => {
  expect(splitListen('[::1]:6432')).toEqual({ host: '::1', port: '6432' });
  expect(line('psql', 'a', '[::1]:6432')).toContain('@[::1]:6432/');
  expect(line('node', 'a', '[::1]:6432')).toContain("host: '::1'");
});

test('a login cannot leave its quotes', () => {
  expect(line('node', "o'neil@example.com")).toContain("user: 'o\\'neil@example.com'");
});
