/** What the supervisor reads from its environment, and the ports that follow from it. */
import { freePort, freePortFrom, isFree } from '../wait.ts';

export type Settings = {
  dev: boolean;
  /** The demo's targets, identities and policies. */
  demo: boolean;
  host: string;
  consolePort: number;
  proxyPort: number;
  operationsPort: number;
  /** As people open it. */
  consoleUrl: string;
  /** Children print to the terminal instead of only into their log files. */
  echo: boolean;
};

export const consolePortDefault = 3000;
const proxyPortDefault = 6432;

export async function readSettings(dev: boolean): Promise<Settings> {
  const { env } = process;
  const host = env.WEIR_HOST || '127.0.0.1';
  const consolePort = await choosePort('WEIR_CONSOLE_PORT', env.WEIR_CONSOLE_PORT ?? env.PORT, consolePortDefault);
  const proxyPort = await choosePort('WEIR_PROXY_PORT', env.WEIR_PROXY_PORT, proxyPortDefault);
  return {
    dev,
    demo: env.WEIR_DEMO !== '0',
    host,
    consolePort,
    proxyPort,
    operationsPort: await freePort(),
    consoleUrl: env.WEIR_CONSOLE_URL || `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${consolePort}`,
    echo: dev || env.WEIR_LOG_TO === 'stdout',
  };
}

/** A port that was asked for is taken or refused; the default gives way to the next free one. */
async function choosePort(name: string, asked: string | undefined, usual: number): Promise<number> {
  if (!asked) return freePortFrom(usual);
  const port = Number(asked);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${name}=${asked} is not a port.`);
  if (!(await isFree(port))) throw new Error(`Port ${port} (${name}) is taken by another program.`);
  return port;
}
