/** What to type or paste to open a connection with each kind of client. The password is always read from PGPASSWORD. Pure. */

export type Endpoint = { listen: string; tls: boolean };
export type ClientLine = { id: string; label: string; lines: string; note?: string };

/** `[::1]:6432` and `127.0.0.1:6432` alike. */
export function splitListen(listen: string): { host: string; port: string } {
  const match = /^(.*):(\d+)$/.exec(listen);
  return { host: (match?.[1] ?? listen).replace(/^\[(.*)\]$/, '$1'), port: match?.[2] ?? '5432' };
}

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);
const jsString = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

type Target = { login: string; connection: string; endpoint: Endpoint; consoleUrl: string };

export function clientLines({ login, connection, endpoint, consoleUrl }: Target): ClientLine[] {
  const { host, port } = splitListen(endpoint.listen);
  const sslmode = endpoint.tls ? 'require' : 'prefer';
  const user = encodeURIComponent(login);
  return [
    {
      id: 'psql',
      label: 'psql',
      lines: `psql "postgres://${user}@${inUrl(host)}:${port}/${connection}?sslmode=${sslmode}"`,
    },
    {
      id: 'cli',
      label: 'weir',
      lines: `weir login --control ${consoleUrl}\nweir connect ${connection}`,
      note: 'Signs in with the browser and opens psql; no token to copy.',
    },
    {
      id: 'jdbc',
      label: 'JDBC',
      lines: `jdbc:postgresql://${inUrl(host)}:${port}/${connection}?user=${user}&sslmode=${sslmode}`,
      note: 'DBeaver and DataGrip take the same address. The password is the token.',
    },
    {
      id: 'node',
      label: 'Node.js',
      lines: `import pg from 'pg';\n\nconst client = new pg.Client({\n  host: ${jsString(host)},\n  port: ${port},\n  database: ${jsString(connection)},\n  user: ${jsString(login)},\n  ssl: ${endpoint.tls ? '{ rejectUnauthorized: false }' : 'false'},\n});\nawait client.connect();`,
      note: 'Reads the password from PGPASSWORD. Give `ssl.ca` the proxy’s certificate authority to verify it.',
    },
    {
      id: 'python',
      label: 'Python',
      lines: `import psycopg\n\nconnection = psycopg.connect(\n    host=${jsString(host)},\n    port=${port},\n    dbname=${jsString(connection)},\n    user=${jsString(login)},\n    sslmode=${jsString(sslmode)},\n)`,
      note: 'Reads the password from PGPASSWORD.',
    },
  ];
}

/** Sets the password for the programs started from this shell. A token has no quotes and no blanks in it. */
export const passwordLine = (token: string): string => `export PGPASSWORD='${token}'`;
