/** The client's address is the socket's, and only a trusted reverse proxy may say otherwise. */
import { expect, it } from 'vitest';
import { addressHeader, addressProof, clientAddress, parseNetworks } from './address.ts';
import { addressOf } from './request.ts';

const trusted = parseNetworks('10.0.0.0/8, 2001:db8::/32, 192.0.2.7');

it('ignores what clients claim', () => {
  expect(clientAddress('203.0.113.5', '127.0.0.1', trusted)).toBe('203.0.113.5');
  expect(clientAddress('::ffff:203.0.113.5', '10.0.0.1', trusted)).toBe('203.0.113.5');
  expect(clientAddress('127.0.0.1', '203.0.113.5', parseNetworks(''))).toBe('127.0.0.1');
});

it('takes the last hop that is not a trusted one', () => {
  expect(clientAddress('10.1.1.1', '198.51.100.1', trusted)).toBe('198.51.100.1');
  expect(clientAddress('10.1.1.1', '6.6.6.6, 198.51.100.1, 10.2.2.2', trusted)).toBe('198.51.100.1');
  expect(clientAddress('2001:db8::1', '2001:4860::8', trusted)).toBe('2001:4860::8');
  expect(clientAddress('192.0.2.7', 'nonsense', trusted)).toBe('192.0.2.7');
  expect(clientAddress('10.1.1.1', undefined, trusted)).toBe('10.1.1.1');
});

it('refuses a list that is not one of networks', () => {
  expect(() => parseNetworks('10.0.0.0/8, everyone')).toThrow('not a network: everyone');
});

it('believes the header only with the proof of this process', () => {
  const headers = (value: string) => new Headers({ [addressHeader]: value });
  expect(addressOf(headers(`${addressProof()} 203.0.113.5`))).toBe('203.0.113.5');
  expect(addressOf(headers('guess 203.0.113.5'))).toBeNull();
  expect(addressOf(new Headers())).toBeNull();
});
