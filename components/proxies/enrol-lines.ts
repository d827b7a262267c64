/** What to write and to run to enrol a proxy. The token comes from the environment and is in no file that people keep. Pure. */

export type EnrolLine = { id: string; label: string; lines: string; note: string };

type Enrolling = { token: string; consoleUrl: string; name: string | null; connections: readonly string[] };

const upstreamOf = (connection: string): string =>
  [
    `  ${connection}:`,
    '    upstream:',
    '      host: postgres.internal.example.com',
    '      database: postgres',
    '      user: weir',
    '      password: { env: UPSTREAM_PASSWORD }',
  ].join('\n');

export function proxyConfiguration({ consoleUrl, name, connections }: Omit<Enrolling, 'token'>): string {
  return [
    `name: ${name ?? 'proxy-1'}`,
    'state: /var/lib/weir-proxy',
    'control:',
    `  url: ${consoleUrl}`,
    'listen:',
    '  host: 0.0.0.0',
    'connections:',
    ...(connections.length > 0 ? connections : ['my-database']).map(upstreamOf),
  ].join('\n');
}

export function enrolLines(enrolling: Enrolling): EnrolLine[] {
  const { token } = enrolling;
  return [
    {
      id: 'terminal',
      label: 'Terminal',
      lines: `export WEIR_ENROL_TOKEN='${token}'\nweir proxy start --config proxy.yaml`,
      note: 'Runs in the foreground. The token is needed for the first start only.',
    },
    {
      id: 'systemd',
      label: 'systemd',
      lines: `sudo install -D -m 600 /dev/stdin /etc/weir/proxy.env <<'END'\nWEIR_ENROL_TOKEN=${token}\nEND\nsudo systemctl enable --now weir-proxy`,
      note: 'With deploy/weir-proxy.service installed and the configuration in /etc/weir/proxy.yaml.',
    },
    {
      id: 'enrol',
      label: 'Enrol only',
      lines: `export WEIR_ENROL_TOKEN='${token}'\nweir proxy enrol --config proxy.yaml`,
      note: 'Makes the key pair and enrols, without serving anybody yet.',
    },
  ];
}
