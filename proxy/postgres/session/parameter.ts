/** ParameterStatus: some settings must never change, because the analysis would no longer read what the server reads. */
import { Reader } from '../wire/reader.ts';
import { endWithFault } from './end.ts';
import type { Fate, ServerMessage } from './server.ts';
import type { Session } from './state.ts';

/** The server gives encodings their own names, but keeps this older one as it was set. */
const utf8Names: ReadonlySet<string> = new Set(['UTF8', 'UNICODE']);

/** What must hold of a parameter from the start; null when it does. */
export function parameterProblem(name: string, value: string, initial: ReadonlyMap<string, string>): string | null {
  switch (name.toLowerCase()) {
    case 'standard_conforming_strings':
      return value === 'on' ? null : 'standard_conforming_strings was switched off';
    case 'client_encoding':
      return utf8Names.has(value) ? null : `client_encoding became ${value}`;
    case 'session_authorization':
      return value === (initial.get(name) ?? value) ? null : 'the session authorization changed';
    case 'is_superuser':
      return value === (initial.get(name) ?? value) ? null : 'the role of the session changed';
    default:
      return null;
  }
}

export function parameterStatus(s: Session, m: ServerMessage): Fate {
  const reader = new Reader(m.bytes, m.start + 5, m.end);
  const name = reader.cstring();
  const value = reader.cstring();
  const problem = reader.isComplete ? parameterProblem(name, value, s.parameters) : 'malformed ParameterStatus';
  if (problem !== null) {
    endWithFault(s, 'parameter_status', problem);
    return 'drop';
  }
  if (name === 'search_path') s.settings.searchPathReported(value);
  return 'pass';
}
