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
  if (tokenFile) {
    const file = path.relative(process.cwd(), tokenFile);
    const url = `postgres://dev%40example.com@${host}:${settings.proxyPort}/shop-prod?sslmode=require`;
    lines.push('', '  Open the governed database as the developer:');
    lines.push(`    PGPASSWORD="$(cat ${quoted(file.startsWith('..') ? tokenFile : file)})" psql "${url}"`);
  }
  const control = settings.consolePort === consolePortDefault ? '' : ` --control ${settings.consoleUrl}`;
  lines.push('', '  Or as yourself, signed in through the browser, also where there is no psql:');
  lines.push(`    npx weir login${control} && npx weir connect shop-prod`);
  lines.push('', '  Ctrl-C stops everything.', '');
  console.log(lines.join('\n'));
}

const quoted = (file: string): string => (/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`);
