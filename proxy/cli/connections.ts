/** `weir connections` and `weir status`. */
import { knownConnections } from './address.ts';
import { CliError, type Command, exitCodes, text } from './command.ts';
import { controlUrlOf, requireCredential } from './credentials.ts';
import { controlOption, loginState } from './login.ts';
import { TablePrinter } from './table.ts';

export const connections: Command = {
  name: 'connections',
  summary: 'List the connections you may open.',
  arguments: '',
  positionalsMax: 0,
  options: { control: controlOption, json: { type: 'boolean', help: 'as JSON, one per line' } },
  async run({ values }, io) {
    const controlUrl = controlUrlOf(text(values.control), io.env);
    const known = await knownConnections(requireCredential(io.env, controlUrl));
    if (!known.ok) throw new CliError(known.error.message, { exitCode: exitCodes.failed });
    const { items } = known.value;
    if (values.json === true) {
      for (const item of items) io.stdout.write(`${JSON.stringify(item)}\n`);
      return exitCodes.ok;
    }
    const columns = ['connection', 'environment', 'access', 'proxy'].map(name => ({ name, typeOid: 25 }));
    const table = new TablePrinter(columns, chunk => io.stdout.write(chunk));
    for (const { connection, access, endpoints } of items) {
      table.row([connection.name, connection.environment, access, endpoints.map(each => each.listen).join(', ')]);
    }
    table.end();
    return exitCodes.ok;
  },
};

export const status: Command = {
  name: 'status',
  summary: 'Show who is signed in, whether the control plane answers, and how a proxy on this machine is.',
  arguments: '',
  positionalsMax: 0,
  options: {
    control: controlOption,
    operations: { type: 'string', argument: '<url>', help: "a proxy's operations address, e.g. http://127.0.0.1:9464" },
  },
  details: 'Exit code 1 when something that was asked does not answer or does not serve.',
  async run({ values }, io) {
    const controlUrl = controlUrlOf(text(values.control), io.env);
    const control = await answerOf(`${controlUrl}/api/health`);
    io.stdout.write(`signed in      ${loginState(io.env, controlUrl)}\n`);
    io.stdout.write(
      `control plane  ${controlUrl} ${control.isOk ? 'answers' : `does not answer (${control.words})`}\n`,
    );
    const operations = text(values.operations) ?? addressFrom(io.env.WEIR_OPERATIONS_PORT);
    if (operations === null) return control.isOk ? exitCodes.ok : exitCodes.failed;
    const proxy = await answerOf(`${operations.replace(/\/+$/, '')}/healthz`);
    io.stdout.write(`proxy          ${operations} ${proxy.isOk ? 'serves' : `does not serve (${proxy.words})`}\n`);
    return control.isOk && proxy.isOk ? exitCodes.ok : exitCodes.failed;
  },
};

const addressFrom = (port: string | undefined): string | null => (port ? `http://127.0.0.1:${port}` : null);

async function answerOf(url: string): Promise<{ isOk: boolean; words: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    const body = (await response.text()).slice(0, 2_000);
    return { isOk: response.ok, words: problemsIn(body) ?? String(response.status) };
  } catch (error) {
    const cause = error instanceof Error ? error.cause : null;
    return { isOk: false, words: cause instanceof Error ? cause.message : 'no answer' };
  }
}

function problemsIn(body: string): string | null {
  try {
    const { problems } = JSON.parse(body) as { problems?: string[] };
    return problems?.length ? problems.join('; ') : null;
  } catch {
    return null;
  }
}
