/** The configuration of the proxy that the supervisor runs: the demo's targets, with their credentials, in the state directory. */
import fs from 'node:fs';
import path from 'node:path';
import { demoRole, demoTargets } from '../demo/targets.ts';
import type { Settings } from './settings.ts';
import { writePrivate } from './state.ts';

export const proxyName = 'local';

export type ProxyFiles = { config: string; state: string; enrolToken: string };

export function proxyFiles(state: string): ProxyFiles {
  const dir = path.join(state, 'proxy');
  return {
    config: path.join(dir, 'config.json'),
    state: path.join(dir, 'state'),
    enrolToken: path.join(dir, 'enrol-token'),
  };
}

type Upstream = { host: string; port: number; password: string };

export function writeProxyConfig(files: ProxyFiles, settings: Settings, upstream: Upstream | null): void {
  fs.mkdirSync(path.dirname(files.config), { recursive: true, mode: 0o700 });
  const passwordFile = path.join(path.dirname(files.config), 'upstream-password');
  if (upstream) writePrivate(passwordFile, upstream.password);
  const targets = upstream ? demoTargets : [];
  const connections = targets.map(({ connection, database }) => [
    connection,
    {
      upstream: {
        host: upstream?.host,
        port: upstream?.port,
        database,
        user: demoRole,
        password: { file: 'upstream-password' },
      },
    },
  ]);
  const config = {
    name: proxyName,
    state: files.state,
    control: { url: settings.consoleUrl, enrolToken: { file: files.enrolToken } },
    listen: { host: settings.host, port: settings.proxyPort },
    operations: { host: '127.0.0.1', port: settings.operationsPort },
    limits: { drainMs: 3000 },
    connections: Object.fromEntries(connections),
  };
  writePrivate(files.config, `${JSON.stringify(config, null, 2)}\n`);
}
