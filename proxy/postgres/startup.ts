/** Reads startup packets: what a client may ask for before it is known who it is. Pure; anything not on the list is refused. */
import { fail, ok, type Result } from '#core/contract/error.ts';
import { isDecided } from './startup-settings.ts';
import { startupCode } from './wire/message.ts';
import { Reader } from './wire/reader.ts';

export type StartupPacket =
  | { type: 'ssl' }
  | { type: 'gss' }
  | { type: 'cancel'; processId: number; secret: number }
  | { type: 'startup'; startup: Startup };

export type Startup = {
  login: string;
  database: string;
  applicationName: string;
  /** What is passed on to the server, in the order it was sent. */
  settings: ReadonlyMap<string, string>;
  /** Of them, those that policy decides on before the client is let in. */
  decided: ReadonlyMap<string, string>;
  /** `weir.wait`, where given. */
  wait: string | null;
  /** What a NegotiateProtocolVersion message must name; null when none is due. */
  unsupportedOptions: readonly string[] | null;
};

/** Settings that change neither what a statement means nor what it may do. Keys in lower case, values as PostgreSQL spells them. */
const allowedSettings: ReadonlyMap<string, string> = new Map(
  ['application_name', 'DateStyle', 'TimeZone', 'IntervalStyle', 'extra_float_digits', 'weir.wait'].map(name => [
    name.toLowerCase(),
    name,
  ]),
);
const allowed = new Set(allowedSettings.values());
/** SQL_ASCII asks for nothing to be converted (psql in a terminal without a locale), which UTF-8 to UTF-8 is as well. */
const utf8Names = new Set(['utf8', 'utf-8', 'unicode', 'sql_ascii']);
const isOff = (value: string): boolean => ['', 'false', 'off', 'no', '0', 'f', 'n'].includes(value.toLowerCase());

/** `body` is the packet after its length. */
export function readStartupPacket(bytes: Uint8Array, at: number, end: number): Result<StartupPacket> {
  const reader = new Reader(bytes, at, end);
  const code = reader.int32();
  if (reader.failed) return fail('protocol_violation', 'invalid length of startup packet');
  switch (code) {
    case startupCode.ssl:
      return reader.isComplete ? ok({ type: 'ssl' }) : fail('protocol_violation', 'invalid length of startup packet');
    case startupCode.gss:
      return reader.isComplete ? ok({ type: 'gss' }) : fail('protocol_violation', 'invalid length of startup packet');
    case startupCode.cancel:
      return readCancel(reader);
    default:
      return readStartup(code, reader);
  }
}

/** Only keys of the length this proxy gives out can match; longer ones (protocol 3.2) belong to somebody else. */
function readCancel(reader: Reader): Result<StartupPacket> {
  const processId = reader.int32();
  const secret = reader.int32();
  if (!reader.isComplete) return fail('protocol_violation', 'invalid length of cancel request');
  return ok({ type: 'cancel', processId, secret });
}

function readStartup(version: number, reader: Reader): Result<StartupPacket> {
  if (version >>> 16 !== 3) {
    return fail('unsupported', `unsupported frontend protocol ${version >>> 16}.${version & 0xffff}: use 3.0`);
  }
  const given = new Map<string, string>();
  const unsupported: string[] = [];
  for (let name = reader.cstring(); name !== '' && !reader.failed; name = reader.cstring()) {
    const value = reader.cstring();
    if (name.startsWith('_pq_.')) unsupported.push(name);
    else if (given.has(name.toLowerCase())) {
      return fail('protocol_violation', `the startup parameter "${name}" was sent twice`);
    } else given.set(name.toLowerCase(), value);
  }
  if (!reader.isComplete) {
    return fail('protocol_violation', 'invalid startup packet layout: expected terminator as last byte');
  }
  const needsNegotiation = (version & 0xffff) > 0 || unsupported.length > 0;
  return readParameters(given, needsNegotiation ? unsupported : null);
}

function readParameters(given: Map<string, string>, unsupportedOptions: string[] | null): Result<StartupPacket> {
  const login = given.get('user') ?? '';
  if (login === '') return fail('forbidden', 'no PostgreSQL user name specified in startup packet');
  const settings = new Map<string, string>();
  for (const [name, value] of given) {
    if (name === 'user' || name === 'database') continue;
    const problem =
      name === 'options'
        ? addOptions(settings, value)
        : name === 'replication'
          ? refuseReplication(value)
          : addSetting(settings, name, value);
    if (problem !== null) return problem;
  }
  const startup: Startup = {
    login,
    database: given.get('database') || login,
    applicationName: settings.get('application_name') ?? '',
    settings,
    decided: new Map([...settings].filter(([name]) => !allowed.has(name))),
    wait: settings.get('weir.wait') ?? null,
    unsupportedOptions,
  };
  return ok({ type: 'startup', startup });
}

const refuseReplication = (value: string) =>
  isOff(value)
    ? null
    : fail('unsupported', 'replication connections are refused', {
        hint: 'Replication cannot be governed statement by statement. Connect to the database itself.',
      });

function addSetting(settings: Map<string, string>, name: string, value: string): ReturnType<typeof fail> | null {
  if (name === 'client_encoding') {
    const encoding = value.toLowerCase().replace(/^'(.*)'$/, '$1');
    return utf8Names.has(encoding)
      ? null
      : fail('unsupported', `client_encoding "${value}" is not supported: connect with UTF8`, {
          hint: 'Set PGCLIENTENCODING=UTF8, or client_encoding=UTF8 among the parameters of the connection.',
        });
  }
  const spelled = allowedSettings.get(name) ?? (isDecided(name) ? name : undefined);
  if (spelled === undefined) {
    return fail('invalid_input', `the startup parameter "${name}" is not accepted by this proxy`, {
      hint: `Leave it out and use SET ${name} after connecting, where policy allows it.`,
    });
  }
  settings.set(spelled, value);
  return null;
}

/** The words of `options`, where a backslash takes the next character as it is (PostgreSQL: pg_split_opts). */
function splitOptions(text: string): string[] {
  return [...text.matchAll(/(?:\\.|[^\s\\])+/gs)].map(match => match[0].replace(/\\(.)/gs, '$1'));
}

function addOptions(settings: Map<string, string>, text: string): ReturnType<typeof fail> | null {
  const words = splitOptions(text);
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const assignment = word === '-c' ? (words[++index] ?? '') : word.replace(/^(-c|--)/, '');
    const match = /^([A-Za-z_][\w.-]*)=(.*)$/s.exec(assignment);
    if (!(word.startsWith('-c') || word.startsWith('--')) || match === null) {
      return fail('invalid_input', `the startup option "${word}" is not accepted by this proxy`, {
        hint: 'Settings are given as -c name=value.',
      });
    }
    const name = String(match[1]).toLowerCase().replaceAll('-', '_');
    if (settings.has(allowedSettings.get(name) ?? name)) {
      return fail('protocol_violation', `the setting "${name}" was given twice`);
    }
    const problem = addSetting(settings, name, String(match[2]));
    if (problem !== null) return problem;
  }
  return null;
}
