/** Turns that are recorded together: nothing leaves before the one write, and when that fails every one of them is refused. */
import { describe, expect, it } from 'vitest';
import { MemoryRecorder } from '../proxy-testing.ts';
import { cut, fieldsOf, message, say } from '../wire-testing.ts';
import { bench } from './session-testing.ts';
import { Turns } from './turns.ts';

const failed = Buffer.concat([message('E', Buffer.from('SERROR\0C42601\0Mm\0\0')), message('Z', Buffer.from('I'))]);
const lastError = (bytes: Buffer) => {
  const last = cut(bytes).findLast(each => each.type === 'E');
  return last === undefined ? {} : fieldsOf(last.body);
};

function together(count: number) {
  const recorder = new MemoryRecorder();
  let commits = 0;
  recorder.onCommit = () => {
    commits += 1;
  };
  const turns = new Turns(recorder);
  const sessions = Array.from({ length: count }, () => bench({}, { recorder, turns }));
  return { recorder, turns, sessions, commits: () => commits };
}

describe('turns of several sessions', () => {
  it('are written with one write, before anything of them leaves', () => {
    const { recorder, turns, sessions, commits } = together(3);
    for (const [index, session] of sessions.entries()) session.client(say.query(`select ${index}`));
    expect(recorder.of('statement.decided')).toHaveLength(3);
    for (const session of sessions) expect(session.sent.server()).toHaveLength(0);
    turns.settle();
    expect(commits()).toBe(1);
    for (const [index, session] of sessions.entries())
      expect(session.sent.server().toString()).toContain(`select ${index}`);
  });

  it('are let go without being asked, within the round', async () => {
    const { sessions } = together(2);
    for (const session of sessions) session.client(say.query('select 1'));
    await new Promise(resolve => setImmediate(resolve));
    for (const session of sessions) expect(session.sent.server().toString()).toContain('select 1');
  });

  it('are held in a bounded number', () => {
    const { sessions } = together(100);
    for (const session of sessions) session.client(say.query('select 1'));
    expect(sessions.filter(session => session.sent.server().length === 0).length).toBeLessThan(64);
  });

  it('are all refused when the write fails, and go on when it works again', () => {
    const { recorder, turns, sessions } = together(3);
    recorder.onCommit = () => recorder.break();
    const [first, second, third] = sessions;
    if (!first || !second || !third) throw new Error('three sessions');
    first.client(say.query("insert into t values ('x')"));
    second.client(Buffer.concat([say.parse("insert into t values ('x')"), say.bind(), say.execute(), say.sync]));
    third.client(Buffer.concat([say.query('select 1'), say.query("insert into t values ('x')")]));
    turns.settle();
    for (const session of sessions) {
      expect(session.sent.server().toString()).not.toContain('insert');
      expect(session.sent.server().toString()).not.toContain('select');
    }
    for (const session of [first, second]) {
      session.server(failed);
      expect(lastError(session.sent.client())).toMatchObject({ V: 'ERROR', C: '53100' });
    }
    recorder.onCommit = () => {};
    recorder.healthy = true;
    first.client(say.query('select 2'));
    turns.settle();
    expect(first.sent.server().toString()).toContain('select 2');
  });
});
