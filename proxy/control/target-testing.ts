/** A test database's URL as a proxy is configured with it. */
import type { UpstreamTarget } from '../config.ts';

export function targetOf(url: string): UpstreamTarget {
  const { hostname, port, pathname, username, password } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    database: decodeURIComponent(pathname.slice(1)),
    user: decodeURIComponent(username),
    password: () => decodeURIComponent(password),
    tls: { mode: 'disable', ca: null, serverName: hostname },
  };
}
