/** What strangers send before anybody knows who they are: newer protocols get an answer, everything else that is odd an end. */
import { describe, expect, it } from 'vitest';
import { Handshake, type HandshakeStep } from './handshake.ts';
import { cut, say } from './wire-testing.ts';

const names: [string, string][] = [
  ['user', 'dev@example.com'],
  ['database', 'shop'],
];
const greetingWith = (...more: [string, string][]) => say.startup([...names, ...more]);

/** All steps that the bytes lead to, up to the first that ends it or wants more. */
function steps(bytes: Uint8Array, offersTls = false): HandshakeStep[] {
  const handshake = new Handshake({ offersTls, allowsCleartext: true });
  handshake.feed(bytes);
  const found: HandshakeStep[] = [];
  for (;;) {
    const step = handshake.next();
    found.push(step);
    if (step.type !== 'send') return found;
  }
}

const types = (bytes: Uint8Array, offersTls = false): string =>
  steps(bytes, offersTls)
    .map(({ type }) => type)
    .join(' ');

it.each([
  ['3.2', 0x30002, []],
  ['of the future', 0x30000 + 9999, ['_pq_.test_protocol_negotiation']],
])('answers protocol %s with the newest version it speaks, as a server does', (_, version, options) => {
  const unknown = options.map((name): [string, string] => [name, '']);
  const [answer] = steps(say.startup([...names, ...unknown], version));
  const sent = answer?.type === 'send' ? cut(Buffer.from(answer.bytes)) : [];
  expect(sent.map(({ type }) => type)).toEqual(['v', 'R']);
  const [negotiation] = sent;
  expect(negotiation?.body.readInt32BE(0)).toBe(0x30000);
  expect(negotiation?.body.readInt32BE(4)).toBe(options.length);
  expect(negotiation?.body.subarray(8).toString()).toBe(options.map(name => `${name}\0`).join(''));
});

it.each(['UTF8', "'utf-8'", 'SQL_ASCII'])('takes what is sent in the encoding %s', encoding => {
  expect(types(greetingWith(['client_encoding', encoding]))).toBe('send more');
});

describe('what ends it', () => {
  it.each([
    ['protocol 2', say.startup(names, 0x20000), 'unsupported'],
    ['protocol 4', say.startup(names, 0x40000), 'unsupported'],
    ['replication', greetingWith(['replication', 'database']), 'unsupported'],
    ['replication in capitals', greetingWith(['REPLICATION', '1']), 'unsupported'],
    ['replication among the options', greetingWith(['options', '-c replication=true']), 'invalid_input'],
    ['a setting that changes how text is read', greetingWith(['options', '-cbackslash_quote=on']), 'invalid_input'],
    ['another encoding', greetingWith(['client_encoding', 'SJIS']), 'unsupported'],
    ['another encoding as an option', greetingWith(['options', '-c client_encoding=GBK']), 'unsupported'],
    ['an option without a name', greetingWith(['options', '-c =x']), 'invalid_input'],
    ['an option of the server process', greetingWith(['options', '-r/tmp/x']), 'invalid_input'],
    ['a setting of the server', greetingWith(['log_statement', 'all']), 'invalid_input'],
    ['a setting of row security', greetingWith(['row_security', 'off']), 'invalid_input'],
    ['a setting of the proxy', greetingWith(['weir.role', 'x']), 'invalid_input'],
    ['a role', greetingWith(['role', 'postgres']), 'invalid_input'],
    ['a name twice', greetingWith(['User', 'other']), 'protocol_violation'],
    ['a setting twice', greetingWith(['DateStyle', 'ISO'], ['options', '-c datestyle=SQL']), 'protocol_violation'],
  ])('%s', (_, bytes, code) => {
    expect(steps(bytes)).toMatchObject([{ type: 'fail', failure: { code } }]);
  });

  it.each([
    ['SSLRequest twice', Buffer.concat([say.ssl, say.ssl]), false, 'drop'],
    ['a startup behind SSLRequest that did not wait', Buffer.concat([say.ssl, greetingWith()]), true, 'drop'],
    ['the same behind GSSENCRequest', Buffer.concat([say.gss, greetingWith()]), true, 'drop'],
    ['a second startup', Buffer.concat([greetingWith(), greetingWith()]), false, 'send fail'],
    ['a query for a password', Buffer.concat([greetingWith(), say.query('select 1')]), false, 'send fail'],
    ['a negative length', Buffer.from([255, 255, 255, 255]), false, 'drop'],
    ['more than a startup may have', greetingWith(['application_name', 'a'.repeat(10_001)]), false, 'drop'],
  ])('%s', (_, bytes, offersTls, expected) => {
    expect(types(bytes, offersTls)).toBe(expected);
  });
});
