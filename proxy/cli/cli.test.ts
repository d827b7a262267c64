/** The command line as people use it: help, sign-in, verification, and the built-in prompt over a real proxy and database. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fail, ok } from '#core/contract/error.ts';
import { policySchema } from '#core/policy/schema.ts';
import { targetDatabase } from '#db/testing.ts';
import { type Installation, makeInstallation } from '../control/bundle-testing.ts';
import { problem, TestControl } from '../control/control-testing.ts';
import { allowAll, type Governed, startGoverned } from '../enforce/governed-testing.ts';
import type { Authenticate } from '../ports.ts';
import { testIdentity } from '../postgres/proxy-testing.ts';
import { realDisk } from '../record/disk.ts';
import { SpoolRecorder } from '../record/recorder.ts';
import { Spool, spoolDefaults } from '../record/spool.ts';
import { TestTerminal } from './cli-testing.ts';
import { commands } from './run-cli.ts';

let home: string;
let here: Installation;
beforeAll(async () => {
  here = await makeInstallation();
});
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weir-cli-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const terminal = (env: Record<string, string> = {}, isTTY = false) =>
  new TestTerminal({ HOME: home, XDG_CONFIG_HOME: join(home, 'config'), PATH: '', ...env }, isTTY);

describe('usage', () => {
  it('has help for everything, and says what is wrong with bad arguments', async () => {
    const overview = terminal();
    expect(await overview.run('--help')).toBe(0);
    for (const { name, options } of commands) {
      expect(overview.out).toContain(name);
      const help = terminal();
      expect(await help.run(...name.split(' '), '--help')).toBe(0);
      for (const option of Object.keys(options)) expect(help.out).toContain(`--${option}`);
      const bad = terminal();
      expect(await bad.run(...name.split(' '), '--no-such-option')).toBe(2);
      expect(bad.err).toMatch(/--no-such-option/);
    }
    const unknown = terminal();
    expect(await unknown.run('frobnicate')).toBe(2);
    expect(unknown.err).toContain('frobnicate');
  });
});

describe('signing in', () => {
  let control: TestControl;
  beforeEach(async () => {
    control = await new TestControl(here).start();
  });
  afterEach(() => control.stop());

  const device = (answers: object[]) => {
    control.overrides.set('POST /device', () => ({
      status: 200,
      body: {
        deviceCode: 'd'.repeat(43),
        userCode: 'BCDF-GHJK',
        verificationUri: 'http://console/device',
        verificationUriComplete: 'http://console/device?code=BCDF-GHJK',
        expiresIn: 60,
        interval: 0.01,
      },
    }));
    control.overrides.set('POST /device/token', () => ({ status: 200, body: answers.shift() }));
  };
  const issued = async () => ({
    token: await here.token({ connections: ['shop-prod'] }),
    jti: 'a0000000-0000-4000-8000-00000000000a',
    login: 'dev@example.com',
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  });

  it('shows the code, waits, and keeps the token where nobody else can read it', async () => {
    const token = await issued();
    device([{ error: 'authorization_pending' }, token]);
    const login = terminal();
    expect(await login.run('login', '--control', `${control.url}/`)).toBe(0);
    expect(login.out).toContain('BCDF-GHJK');
    expect(login.out).toContain('Signed in as dev@example.com');
    expect(login.out).not.toContain(token.token);
    expect(statSync(join(home, 'config/weir/credentials.json')).mode & 0o077).toBe(0);

    const script = terminal();
    expect(await script.run('token')).toBe(0);
    expect(script.out).toBe(`${token.token}\n`);
    const who = terminal();
    expect(await who.run('whoami')).toBe(0);
    expect(who.out).toMatch(/dev@example.com[\s\S]*only for shop-prod/);

    expect(await terminal().run('logout', '--control', control.url)).toBe(0);
    expect(readFileSync(join(home, 'config/weir/credentials.json'), 'utf8')).not.toContain(token.token);
    const gone = terminal();
    expect(await gone.run('token', '--control', control.url)).toBe(1);
    expect(gone.err).toContain('weir login');
  });

  it('goes on over a network that fails for a moment', async () => {
    const token = await issued();
    device([token]);
    const answer = control.overrides.get('POST /device/token');
    let failures = 2;
    control.overrides.set('POST /device/token', asked =>
      failures-- > 0 ? problem(503, 'unavailable') : (answer?.(asked) ?? null),
    );
    expect(await terminal().run('login', '--control', control.url)).toBe(0);
  });

  it.each([
    ['access_denied', /turned away/],
    ['expired_token', /expired/],
  ])('says when it is over: %s', async (error, words) => {
    device([{ error }]);
    const login = terminal();
    expect(await login.run('login', '--control', control.url)).toBe(1);
    expect(login.err).toMatch(words);
  });

  it('says when there is no control plane', async () => {
    await control.stop();
    const login = terminal();
    expect(await login.run('login', '--control', control.url)).toBe(1);
    expect(login.err).toMatch(/cannot be reached/);
  });

  it('takes a token from the environment, unless it is none', async () => {
    const token = await here.token();
    const who = terminal({ WEIR_TOKEN: token });
    expect(await who.run('whoami')).toBe(0);
    expect(who.out).toContain('dev@example.com');
    expect(await terminal({ WEIR_TOKEN: 'nonsense' }).run('whoami')).toBe(2);
    const status = terminal({ WEIR_TOKEN: token, WEIR_CONTROL_URL: control.url });
    await status.run('status');
    expect(status.out).toMatch(/^signed in +dev@example\.com, until .*, by WEIR_TOKEN$/m);
  });

  it('lists connections with where their proxies are', async () => {
    control.overrides.set('GET /connections/mine', () => ({
      status: 200,
      body: {
        items: [
          {
            connection: { name: 'shop-prod', environment: 'prod' },
            access: 'standing',
            endpoints: [{ proxy: 'p', listen: 'p:6432', tls: true }],
          },
        ],
      },
    }));
    const list = terminal({ WEIR_TOKEN: await here.token(), WEIR_CONTROL_URL: control.url });
    expect(await list.run('connections')).toBe(0);
    expect(list.out).toMatch(/shop-prod\s+\| prod\s+\| standing\s+\| p:6432/);
  });
});

describe('verify', () => {
  const spoolOf = async (events: number) => {
    const directory = join(home, 'spool');
    const spool = new Spool({ ...spoolDefaults, directory, disk: realDisk, segmentBytesMax: 4_096 });
    const clock = { nowMs: Date.now, nowUs: () => 0 };
    const recorder = new SpoolRecorder({ spool, clock, proxyId: 'f0000000-0000-4000-8000-000000000001' });
    for (let index = 0; index < events; index++) {
      recorder.append({ type: 'proxy.stop', reason: `reason ${index}` });
      recorder.commit();
    }
    await spool.close();
    const { segments } = spool.state;
    return { directory, files: segments.map(segment => join(directory, segment.name)) };
  };

  it('finds a spool intact, by its own directory or that of the proxy, and its lines in a file', async () => {
    const { directory, files } = await spoolOf(60);
    expect(files.length).toBeGreaterThan(2);
    for (const path of [directory, home]) {
      const good = terminal();
      expect(await good.run('verify', path)).toBe(0);
      expect(good.out).toMatch(/^ok +60 events, 1 to 60/);
    }
    const lines = files.map(file => readFileSync(file, 'utf8')).join('');
    const file = join(home, 'events.ndjson');
    writeFileSync(file, lines.split('\n').slice(10, 20).join('\n'));
    const part = terminal();
    expect(await part.run('verify', file)).toBe(0);
    expect(part.out).toMatch(/10 events, 11 to 20/);
  });

  it('finds every kind of change, and says where', async () => {
    const { directory, files } = await spoolOf(60);
    const [first = '', second = ''] = files;
    const text = readFileSync(first, 'utf8');
    const lines = text.split('\n');
    const changes: [string, string][] = [
      ['changed', text.replace('reason 3', 'reason 9')],
      ['missing', [...lines.slice(0, 3), ...lines.slice(4)].join('\n')],
      ['swapped', [...lines.slice(0, 2), lines[3], lines[2], ...lines.slice(4)].join('\n')],
      ['doubled', [...lines.slice(0, 3), ...lines.slice(2)].join('\n')],
      ['cut short', `${lines.slice(0, 3).join('\n')}\n`],
    ];
    for (const [name, content] of changes) {
      writeFileSync(first, content);
      const bad = terminal();
      expect(await bad.run('verify', directory), name).toBe(1);
      expect(bad.out).toMatch(/^BROKEN/);
    }
    writeFileSync(first, text);
    rmSync(second);
    expect(await terminal().run('verify', directory)).toBe(1);
  });

  it('tells a torn last line from a broken chain', async () => {
    const { directory, files } = await spoolOf(10);
    const last = files.at(-1) ?? '';
    writeFileSync(last, readFileSync(last).subarray(0, -20));
    const torn = terminal();
    expect(await torn.run('verify', directory)).toBe(0);
    expect(torn.out).toMatch(/9 events/);
    expect(torn.err).toMatch(/ends within a line/);
  });

  it('says what it cannot read', async () => {
    expect(await terminal().run('verify')).toBe(2);
    expect(await terminal().run('verify', join(home, 'nothing'))).toBe(2);
    expect(await terminal().run('verify', home)).toBe(2);
  });
});

describe('the built-in prompt', () => {
  let governed: Governed;
  let env: Record<string, string>;
  beforeAll(async () => {
    const database = await targetDatabase({
      sql: "create table people (id int, email text); insert into people values (1, 'ada@example.com'), (2, 'zoë@example.com')",
    });
    const policies = [
      allowAll,
      policySchema.parse({
        name: 'guard',
        rules: [
          { id: 'mask', effect: 'mask', mask: { kind: 'redact' } },
          { id: 'drop', effect: 'deny', hazards: ['drop'], reason: 'not here' },
        ],
      }),
    ];
    const labels = { 'public.people.email': 'pii.email' };
    const token = await here.token();
    const authenticate: Authenticate = async ({ login, password }) =>
      login === 'dev@example.com' && password === token
        ? ok(testIdentity)
        : fail('unauthenticated', 'the token is not good');
    governed = await startGoverned({ upstreamUrl: database.url, policies, labels, listener: { authenticate } });
    const { port } = new URL(governed.url);
    env = { WEIR_TOKEN: token, WEIR_PROXY: `127.0.0.1:${port}` };
  });
  afterAll(() => governed.close());

  const connect = ['connect', 'shop', '--built-in', '--sslmode', 'disable'];

  it('runs statements given with -c and shows them as tables', async () => {
    const shown = terminal(env);
    expect(await shown.run(...connect, '-c', 'select id, email, null as gap from people order by id; select 1;')).toBe(
      0,
    );
    expect(shown.out).toBe(
      [
        ' id | email | gap',
        '----+-------+-----',
        '  1 | ***   |',
        '  2 | ***   |',
        '(2 rows)',
        ' ?column?',
        '----------',
        '        1',
        '(1 row)',
        '',
      ].join('\n'),
    );
  });

  it('shows refusals in the words of the proxy and fails', async () => {
    const refused = terminal(env);
    expect(await refused.run(...connect, '-c', 'drop table people')).toBe(1);
    expect(refused.err).toMatch(/^ERROR: .*refused[\s\S]*not here/);
  });

  it('takes statements from a pipe, over several lines, and goes on after an error', async () => {
    const piped = terminal(env);
    const running = piped.run(...connect);
    piped.input.end("select 'a;\nb' as t\n;\nselekt 1;\nselect 2 as two");
    expect(await running).toBe(1);
    expect(piped.out).toContain(' a;+\n b\n');
    expect(piped.err).toContain('syntax error');
    expect(piped.out).toContain(' two\n-----\n   2\n');
  });

  it('prints COPY and refuses to send it', async () => {
    const copied = terminal(env);
    expect(await copied.run(...connect, '-c', 'copy (select id from people order by id) to stdout')).toBe(0);
    expect(copied.out).toBe('1\n2\nCOPY 2\n');
    const sent = terminal(env);
    expect(await sent.run(...connect, '-c', 'copy people from stdin')).toBe(1);
    expect(sent.err).toContain('psql');
  });

  it('converses: continuation, cancellation with Ctrl-C, leaving', async () => {
    const talk = terminal(env, true);
    const running = talk.run(...connect);
    await expect.poll(() => talk.out, { timeout: 10_000 }).toContain('shop=> ');
    talk.input.write('select 1\n');
    await expect.poll(() => talk.out).toContain('shop-> ');
    talk.input.write('as one;\n');
    await expect.poll(() => talk.out).toContain('(1 row)');
    talk.input.write('select pg_sleep(60);\n');
    await new Promise(resolve => setTimeout(resolve, 300));
    talk.input.write('\x03');
    await expect.poll(() => talk.err, { timeout: 10_000 }).toContain('cancel');
    talk.input.write('begin;\n');
    await expect.poll(() => talk.out).toContain('shop=*> ');
    talk.input.write('\\q\n');
    expect(await running).toBe(0);
  });

  it('says why it cannot connect', async () => {
    const nobody = terminal({ ...env, WEIR_PROXY: '127.0.0.1:1' });
    expect(await nobody.run(...connect, '-c', 'select 1')).toBe(2);
    expect(nobody.err).toMatch(/cannot be reached/);
    expect(await terminal(env).run('connect', 'shop', '--built-in', '--sslmode', 'verify-full', '-c', 'x')).toBe(2);
    const plain = terminal(env);
    expect(await plain.run('connect', 'shop', '--built-in', '-c', 'select 1')).toBe(2);
    expect(plain.err).toMatch(/TLS/);
  });
});
