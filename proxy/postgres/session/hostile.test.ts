/** Bytes that no honest peer sends: the session ends or refuses, keeps no more than its bounds, and never breaks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, fieldsOf, message, say } from '../wire-testing.ts';
import { backlogBytesMax } from './limits.ts';
import { bench, pieces } from './session-testing.ts';

const ready = message('Z', Buffer.from('I'));
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
};
const types = (bytes: Buffer): string =>
  cut(bytes)
    .map(each => each.type)
    .join('');

const lastError = (bytes: Buffer) => {
  const last = cut(bytes)
    .filter(each => each.type === 'E')
    .at(-1);
  return last === undefined ? {} : fieldsOf(last.body);
};

describe('from a client', () => {
  it.each([
    ['length 0', Buffer.concat([Buffer.from('Q'), int32(0)])],
    ['length 3', Buffer.concat([Buffer.from('Q'), int32(3)])],
    ['negative length', Buffer.concat([Buffer.from('Q'), int32(-1)])],
    ['2 GiB', Buffer.concat([Buffer.from('B'), int32(0x7fffffff)])],
    ['1 GiB', Buffer.concat([Buffer.from('d'), int32(0x3fffffff)])],
    ['a long Sync', Buffer.concat([Buffer.from('S'), int32(20_000)])],
    ['an unknown type', Buffer.concat([Buffer.from('?'), int32(4)])],
    ['a type of the server', message('Z')],
    ['a second password', say.password('again')],
    ['a second startup', say.startup([['user', 'other']])],
    ['a TLS hello', Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0])],
    ['a Bind without names', Buffer.concat([Buffer.from('B'), int32(1_000_000), Buffer.alloc(4096, 0x41)])],
  ])('%s ends the session with a protocol error', (_, bytes) => {
    const one = bench();
    one.client(bytes);
    expect(one.session.isEnded).toBe(true);
    expect(lastError(one.sent.client())).toMatchObject({ V: 'FATAL', C: '08P01' });
    expect(one.sent.server()).toHaveLength(0);
  });

  it.each([
    ['NUL inside a Query', message('Q', Buffer.from('select 1\0; drop table t\0'))],
    ['a Query without its end', message('Q', Buffer.from('select 1'))],
    ['an empty Query message', message('Q')],
  ])('%s is refused, and nothing of it goes on', (_, bytes) => {
    const one = bench();
    one.client(bytes);
    expect(types(one.sent.server())).toBe('Q');
    expect(one.sent.server().toString()).not.toContain('drop');
    one.server(Buffer.concat([message('E', Buffer.from('SERROR\0C42601\0Msyntax error\0\0')), ready]));
    expect(lastError(one.sent.client())).toMatchObject({ C: '08P01' });
    expect(one.session.isEnded).toBe(false);
  });

  it.each([
    ['a Parse without its end', message('P', Buffer.from('a\0select 1'))],
    ['a Parse with too few types', message('P', Buffer.from('a\0select 1\0'), Buffer.from([0, 9, 0, 0, 0, 1]))],
    ['a Describe of nothing', message('D', Buffer.from('X\0'))],
    ['a Close with more behind it', message('C', Buffer.from('Sname\0more\0'))],
    ['an Execute without a count', message('E', Buffer.from('p\0'))],
  ])('%s fails its batch', (_, bytes) => {
    const one = bench();
    one.client(Buffer.concat([bytes, say.parse('select 2'), say.sync]));
    expect(types(one.sent.server())).toBe('PS');
    expect(one.sent.server().toString()).not.toContain('select');
    one.server(Buffer.concat([message('E', Buffer.from('SERROR\0C42601\0Msyntax error\0\0')), ready]));
    expect(types(one.sent.client())).toBe('EZ');
    expect(lastError(one.sent.client())).toMatchObject({ C: '08P01' });
  });

  it('a huge text is refused without being kept', () => {
    const one = bench();
    const total = 300 * 1024 * 1024;
    one.client(Buffer.concat([Buffer.from('Q'), int32(total - 1)]));
    one.client(Buffer.alloc(64 * 1024, 0x20));
    for (let sent = 5 + 64 * 1024; sent < total; ) {
      const chunk = Buffer.alloc(Math.min(1024 * 1024, total - sent), 0x20);
      one.client(chunk);
      sent += chunk.length;
    }
    one.client(say.query('select 1'));
    expect(types(one.sent.server())).toBe('QQ');
    expect(one.session.backlog.length).toBeLessThan(4 * 1024 * 1024);
  });

  it('large parameters pass as they come, and are kept nowhere', () => {
    const one = bench();
    const hidden = say.query('select ssn from customers');
    const value = Buffer.alloc(20 * 1024 * 1024, 0x41);
    for (let at = 65_000; at + hidden.length < value.length; at += 65_536) hidden.copy(value, at);
    const bind = say.bind([value], { formats: [1] });
    const stream = Buffer.concat([say.parse('select length($1::bytea)'), bind, say.execute(), say.sync]);
    for (let at = 0; at < stream.length; at += 16_384) one.client(stream.subarray(at, at + 16_384));
    // The portal is not described by the client, so the proxy asks.
    expect(types(one.sent.server())).toBe('PBDES');
    expect(one.session.backlog.length).toBeLessThan(100_000);
    // Its text went ahead of its execution, so each has a record.
    expect(one.recorder.of('statement.decided')).toHaveLength(2);
  });

  it('goes on sending while it has to wait, up to a bound', () => {
    const one = bench({ isSlow: true });
    one.client(say.query('select 1'));
    for (let sent = 0; sent < 4 * backlogBytesMax && !one.session.isEnded; sent += 65_536) {
      one.client(Buffer.alloc(65_536, 0x51));
    }
    expect(one.session.isEnded).toBe(true);
    expect(one.session.backlog.length).toBeLessThan(4 * backlogBytesMax);
  });

  it('random bytes never break it', () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .constantFrom(
          say.query('select 1'),
          say.parse('select 2', 's'),
          say.bind([], { statement: 's' }),
          say.execute(),
          say.sync,
          say.flush,
          say.describePortal(),
          say.copyData('x'),
          say.copyDone,
        )
        .map(bytes => Uint8Array.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 20 }), fc.array(fc.nat(500), { maxLength: 10 }), (chunks, cuts) => {
        const one = bench();
        for (const part of pieces(Buffer.concat(chunks), cuts)) one.client(part);
        expect(one.session.backlogLength).toBeLessThan(backlogBytesMax);
      }),
      { numRuns: 500 },
    );
  });
});

describe('from a server', () => {
  const described = message('T', Buffer.from([0, 1]), Buffer.from('a\0'), Buffer.alloc(18));
  const row = message('D', Buffer.from([0, 1]), int32(1), Buffer.from('x'));
  it.each([
    ['rows that nobody asked for', '', row],
    ['rows before a description', 'select 1', row],
    ['a completion that nobody asked for', '', message('C', Buffer.from('SELECT 1\0'))],
    ['ReadyForQuery that nobody asked for', '', ready],
    ['an unknown message', 'select 1', message('@')],
    ['authentication again', 'select 1', message('R', int32(0))],
    ['a key', 'select 1', message('K', int32(1), int32(2))],
    ['replication data', 'select 1', message('W', Buffer.from([0, 0, 0]))],
    ['COPY data nobody asked for', 'select 1', message('d', Buffer.from('x'))],
    ['COPY in nobody asked for', 'select 1', message('G', Buffer.from([0, 0, 0]))],
    ['COPY out nobody asked for', 'select 1', message('H', Buffer.from([0, 0, 0]))],
    [
      'more results than statements',
      'select 1',
      Buffer.concat([described, message('C', Buffer.from('SELECT 0\0')), described]),
    ],
    ['a message of negative length', 'select 1', Buffer.concat([Buffer.from('T'), int32(-5)])],
    ['an enormous description', 'select 1', Buffer.concat([Buffer.from('T'), int32(900_000_000)])],
    ['another parsing of strings', '', message('S', Buffer.from('standard_conforming_strings\0off\0'))],
    ['another encoding', 'select 1', message('S', Buffer.from('client_encoding\0SJIS\0'))],
  ])('%s ends the session', (_, asked, bytes) => {
    const one = bench();
    if (asked !== '') one.client(say.query(asked));
    one.server(bytes);
    expect(one.session.isEnded).toBe(true);
    expect(one.faults).toHaveLength(1);
    const types_ = types(one.sent.client());
    expect(types_.at(-1)).toBe('E');
    expect(one.sent.client().includes(row)).toBe(false);
  });

  it('a malformed description stops the statement before its first row', () => {
    const one = bench();
    one.client(say.query('select 1'));
    one.server(
      Buffer.concat([message('T', Buffer.from([0, 9, 1])), row, message('C', Buffer.from('SELECT 1\0')), ready]),
    );
    expect(types(one.sent.client())).toBe('EZ');
    expect(lastError(one.sent.client())).toMatchObject({ V: 'ERROR', C: '42501' });
    expect(one.cancels).toBe(1);
    expect(one.session.isEnded).toBe(false);
  });

  it('a stopped statement fails its transaction', () => {
    const one = bench();
    one.client(say.query('begin'));
    const open = message('Z', Buffer.from('T'));
    one.server(Buffer.concat([message('C', Buffer.from('BEGIN\0')), open]));
    one.client(say.query('select 1'));
    const before = one.sent.client().length;
    one.server(
      Buffer.concat([message('T', Buffer.from([0, 9, 1])), row, message('C', Buffer.from('SELECT 1\0')), open]),
    );
    expect(types(one.sent.client().subarray(before))).toBe('E');
    expect(types(one.sent.server())).toBe('QQQ');
    one.server(Buffer.concat([message('E', Buffer.from('SERROR\0C42601\0Mm\0\0')), message('Z', Buffer.from('E'))]));
    expect(types(one.sent.client().subarray(before))).toBe('EZ');
    expect(one.sent.client().at(-1)).toBe('E'.charCodeAt(0));
  });

  it('a stopped statement of a batch fails what follows, and what had not been sent is not', () => {
    const one = bench();
    one.client(Buffer.concat([say.parse('select 1'), say.bind(), say.describePortal(), say.execute(), say.flush]));
    one.server(Buffer.concat([message('1'), message('2'), message('T', Buffer.from([0, 9, 1])), row]));
    one.client(Buffer.concat([say.parse('insert into t values (1)'), say.bind(), say.execute(), say.sync]));
    expect(one.sent.server().toString()).not.toContain('insert');
    one.server(
      Buffer.concat([
        message('C', Buffer.from('SELECT 1\0')),
        message('E', Buffer.from('SERROR\0C42601\0Mm\0\0')),
        ready,
      ]),
    );
    expect(types(one.sent.client())).toBe('12EZ');
  });

  it('success of what was refused ends the session before anything of it is seen', () => {
    const refuse = (text: string) =>
      text.includes('drop') ? { failure: { code: 'refused', message: 'no' } as const, rule: 'a/b' } : null;
    for (const answer of [described, message('C', Buffer.from('DROP TABLE\0')), message('I'), ready]) {
      const one = bench({ refuse });
      one.client(say.query('drop table t'));
      expect(one.sent.server().toString()).not.toContain('drop');
      one.server(answer);
      expect(one.session.isEnded).toBe(true);
    }
    const one = bench({ refuse });
    one.client(Buffer.concat([say.parse('drop table t', 'x'), say.sync]));
    one.server(message('1'));
    expect(one.session.isEnded).toBe(true);
  });

  it('random bytes never break it', () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc
        .constantFrom(
          described,
          row,
          ready,
          message('1'),
          message('2'),
          message('n'),
          message('s'),
          message('I'),
          message('C', Buffer.from('SELECT 1\0')),
          message('E', Buffer.from('SERROR\0C42601\0Mm\0\0')),
        )
        .map(bytes => Uint8Array.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 20 }), fc.array(fc.nat(300), { maxLength: 6 }), (chunks, cuts) => {
        const one = bench();
        one.client(
          Buffer.concat([
            say.query('select 1'),
            say.parse('select 2'),
            say.bind(),
            say.describePortal(),
            say.execute(),
            say.sync,
          ]),
        );
        for (const part of pieces(Buffer.concat(chunks), cuts)) one.server(part);
      }),
      { numRuns: 500 },
    );
  });
});

describe('recording that fails', () => {
  it('lets nothing of the turn go upstream, refuses, and goes on when it works again', () => {
    const one = bench();
    one.recorder.onCommit = () => one.recorder.break();
    one.client(Buffer.concat([say.parse("insert into t values ('x')"), say.bind(), say.execute(), say.sync]));
    expect(one.sent.server().toString()).not.toContain('insert');
    expect(types(one.sent.server())).toBe('PS');
    one.server(Buffer.concat([message('E', Buffer.from('SERROR\0C42601\0Mm\0\0')), ready]));
    expect(lastError(one.sent.client())).toMatchObject({ V: 'ERROR', C: '53100' });
    one.client(say.query('select 1'));
    one.server(Buffer.concat([message('E', Buffer.from('SERROR\0C42601\0Mm\0\0')), ready]));
    expect(lastError(one.sent.client())).toMatchObject({ C: '53100' });
    one.recorder.onCommit = () => {};
    one.recorder.healthy = true;
    one.client(say.query('select 2'));
    expect(one.sent.server().toString()).toContain('select 2');
  });

  it('lets no execution of what was bound before go upstream either', () => {
    const one = bench();
    one.client(
      Buffer.concat([say.parse('select 1'), say.bind([], { portal: 'p' }), say.describePortal('p'), say.flush]),
    );
    one.server(Buffer.concat([message('1'), message('2'), message('T', Buffer.from([0, 0]))]));
    one.recorder.onCommit = () => one.recorder.break();
    const before = one.sent.server().length;
    one.client(Buffer.concat([say.execute('p'), say.sync]));
    expect(types(one.sent.server().subarray(before))).toBe('PS');
    one.server(Buffer.concat([message('E', Buffer.from('SERROR\0C42601\0Mm\0\0')), ready]));
    expect(lastError(one.sent.client())).toMatchObject({ V: 'ERROR', C: '53100' });
  });
});
