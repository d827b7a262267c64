/** What a newcomer is told when everything runs. */
import path from 'node:path';
import type { Installed } from './installation.ts';
import { consolePortDefault, type Settings } from './settings.ts';

type Ready = { settings: Settings; installed: Installed; seconds: number };

export function printBanner({ settings, installed, seconds }: Ready): void {
  const { people, password, tokenFile } = installed;
  const host = settings.host === '0.0.0.0' ? '127.0.0.1' : settings.host;
  const width = Math.max(...people.map(({ login }) => login.length));
  const lines = [
    '',
    `  Weir is ready (${seconds.toFixed(1)} s)`,
    '',
    `  Console   ${settings.consoleUrl}`,
    `  Proxy     ${host}:${settings.proxyPort} (PostgreSQL protocol, TLS)`,
    '',
    `  Sign in to the console with the password  ${password}`,
    ...people.map(({ login, what }) => `    ${login.padEnd(width)}  ${what}`),
  ];
  lines.push('', ...(tokenFile === null ? nothingGoverned : firstConnection(settings, host, tokenFile)));
  lines.push('', '  Ctrl-C stops everything.', '');
  console.log(lines.join('\n'));
}

const nothingGoverned = ['  Nothing is governed yet: docs/proxy.md says how a proxy is given your databases.'];

function firstConnection(settings: Settings, host: string, tokenFile: string): string[] {
  const file = path.relative(process.cwd(), tokenFile);
  const url = `postgres://dev%40example.com@${host}:${settings.proxyPort}/shop-prod?sslmode=require`;
  const control = settings.consolePort === consolePortDefault ? '' : ` --control ${settings.consoleUrl}`;
  return [
    '  Open the governed database as the developer:',
    `    PGPASSWORD="$(cat ${quoted(file.startsWith('..') ? tokenFile : file)})" psql "${url}"`,
    '',
    '  Or as yourself, signed in through the browser, also where there is no psql:',
    `    npx weir login${control} && npx weir connect shop-prod`,
  ];
}

const quoted = (file: string): string => (/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`);
