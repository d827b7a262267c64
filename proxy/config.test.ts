/** Configuration from file and environment, and what is said about a bad one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (content: string) => {
  const path = join(folder, 'proxy.yaml');
  writeFileSync(path, content);
  return path;
};
const shop = (upstream: string) => `
control: { url: http://127.0.0.1:3000/ }
connections:
  shop-prod:
    upstream: { host: db.internal, database: shop, user: app, ${upstream} }
`;

describe('configuration', () => {
  it('is complete with a control plane and one connection', () => {
    const config = loadConfig({ PASSWORD: 's3cret' }, file(shop('password: { env: PASSWORD }')));
    if (!config.ok) throw new Error(config.error.message);
    expect(config.value).toMatchObject({
      name: 'proxy',
      control: { url: 'http://127.0.0.1:3000', enrolToken: null },
      listen: { host: '127.0.0.1', port: 6432 },
      tls: { mode: 'auto' },
      spool: { mode: 'async' },
    });
    const upstream = config.value.connections.get('shop-prod');
    expect(upstream).toMatchObject({ port: 5432, tls: { mode: 'verify-full', serverName: 'db.internal' } });
    expect(upstream?.password()).toBe('s3cret');
    expect(config.value.state).toBe(join(folder, '.weir/proxy'));
  });

  it('shows no secret, however it is printed', () => {
    const config = loadConfig({ WEIR_ENROL_TOKEN: 'enrol-s3cret' }, file(shop('password: { value: s3cret }')));
    if (!config.ok) throw new Error(config.error.message);
    const printed = `${JSON.stringify(config.value, (_, value) => (value instanceof Map ? [...value] : value))}${inspect(config.value, { depth: 9 })}`;
    expect(printed).not.toContain('s3cret');
    expect(config.value.control.enrolToken?.()).toBe('enrol-s3cret');
  });

  it('reads a rotated password file again', () => {
    writeFileSync(join(folder, 'password'), 'one\n');
    const config = loadConfig({}, file(shop('password: { file: password }')));
    if (!config.ok) throw new Error(config.error.message);
    const password = config.value.connections.get('shop-prod')?.password;
    expect(password?.()).toBe('one');
    writeFileSync(join(folder, 'password'), 'two\n');
    expect(password?.()).toBe('two');
  });

  it('lets the environment say what differs from place to place', () => {
    const environment = {
      WEIR_CONTROL_URL: 'https://weir.example.com',
      WEIR_PROXY_NAME: 'eu-1',
      WEIR_STATE_DIR: '/var/lib/weir',
      WEIR_LISTEN: '[::1]:7000',
      WEIR_LOG_LEVEL: 'warn',
      WEIR_OPERATIONS_PORT: '9464',
    };
    const config = loadConfig(environment);
    expect(config).toMatchObject({
      ok: true,
      value: {
        name: 'eu-1',
        state: '/var/lib/weir',
        control: { url: 'https://weir.example.com' },
        listen: { host: '::1', port: 7000 },
        operations: { host: '127.0.0.1', port: 9464 },
        log: { level: 'warn' },
      },
    });
  });

  it.each([
    ['nothing at all', '', /control.url.*WEIR_CONTROL_URL/s],
    ['not YAML', '{{', /proxy.yaml/],
    ['a list', '- a', /a mapping is expected/],
    ['an unknown key', `${shop('password: { value: x }')}\nlimts: {}`, /limts/],
    ['a bad port', shop('port: 70000'), /connections.shop-prod.upstream.port/],
    ['a secret without a source', shop('password: hunter2'), /upstream.password/],
    ['a missing variable', shop('password: { env: NOT_THERE }'), /NOT_THERE is not set/],
    ['a missing file', shop('password: { file: not-there }'), /not-there/],
    ['a name that is no name', shop('').replace('shop-prod', 'Shop Prod'), /connections/],
  ])('refuses %s and says where', (_, content, message) => {
    const config = loadConfig({}, file(content));
    expect(config.ok).toBe(false);
    if (!config.ok) expect(config.error.message).toMatch(message);
    expect(JSON.stringify(config)).not.toContain('hunter2');
  });
});
