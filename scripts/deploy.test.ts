/** What deploy/ shows is what the programs accept. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '#proxy/config.ts';
import { root } from './root.ts';

it('shows a configuration that the proxy takes', () => {
  const file = path.join(root, 'deploy/proxy.example.yaml');
  const environment = { WEIR_SHOP_PASSWORD: 'secret', WEIR_ENROL_TOKEN: 'token' };
  const loaded = loadConfig(environment, file);
  expect(loaded).toMatchObject({ ok: true, value: { name: 'proxy-eu-1' } });
});

it('starts programs that exist', () => {
  const units = fs.readdirSync(path.join(root, 'deploy')).filter(name => name.endsWith('.service'));
  for (const unit of units) {
    const [, program] = /^ExecStart=\/usr\/bin\/node (\S+)/m.exec(
      fs.readFileSync(path.join(root, 'deploy', unit), 'utf8'),
    )!;
    expect(fs.existsSync(path.join(root, program!))).toBe(true);
  }
});
