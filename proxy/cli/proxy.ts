/** `weir proxy start` and `weir proxy enrol`. */
import { loadConfig } from '../config.ts';
import { ensureEnrolled, loadEnrolment } from '../control/enrol.ts';
import { CliError, type Command, exitCodes, text } from './command.ts';

const configOption = {
  type: 'string',
  argument: '<file>',
  help: 'configuration, YAML or JSON; else WEIR_CONFIG, else the environment alone',
} as const;

export const proxyStart: Command = {
  name: 'proxy start',
  summary: 'Run a proxy in this terminal. Ctrl-C ends it in order.',
  arguments: '',
  positionalsMax: 0,
  options: { config: configOption },
  async run({ values }, io) {
    // Loaded only here: the other commands start faster without it.
    const { runProxy } = await import('../run.ts');
    return runProxy(io.env, text(values.config));
  },
};

export const proxyEnrol: Command = {
  name: 'proxy enrol',
  summary: 'Enrol this proxy with the control plane, once, with a token from the Proxies page.',
  arguments: '',
  positionalsMax: 0,
  options: {
    config: configOption,
    token: { type: 'string', argument: '<token>', help: 'one-time token; else as configured (WEIR_ENROL_TOKEN)' },
  },
  async run({ values }, io) {
    const config = loadConfig(io.env, text(values.config) ?? io.env.WEIR_CONFIG);
    if (!config.ok) throw new CliError(config.error.message);
    const { state, name, control } = config.value;
    const before = await loadEnrolment(state);
    if (before) {
      io.stdout.write(`Enrolled already, as ${before.proxyId} at ${before.controlUrl}.\n`);
      return exitCodes.ok;
    }
    const given = text(values.token);
    const enrolled = await ensureEnrolled({
      directory: state,
      controlUrl: control.url,
      name,
      token: given === undefined ? control.enrolToken : () => given,
    });
    if (!enrolled.ok) {
      throw new CliError(enrolled.error.message, { hint: enrolled.error.hint, exitCode: exitCodes.failed });
    }
    io.stdout.write(`Enrolled as ${enrolled.value.proxyId}. The key stays in ${state}.\n`);
    return exitCodes.ok;
  },
};
