/** The messages the proxy makes itself: to clients (authentication, errors, notices) and to servers (startup, passwords, injected statements). */
import { backend, frontend, startupCode, transaction } from './message.ts';
import { Writer } from './writer.ts';

export const authenticationOk = new Writer(16).begin(backend.authentication).int32(0).end().finish();
export const authenticationCleartextPassword = new Writer(16).begin(backend.authentication).int32(3).end().finish();
export const syncMessage = new Writer(8).begin(frontend.sync).end().finish();
export const flushMessage = new Writer(8).begin(frontend.flush).end().finish();
export const copyFailMessage = new Writer(8).begin(frontend.copyFail).cstring('').end().finish();
export const terminateMessage = new Writer(8).begin(frontend.terminate).end().finish();
export const sslRequest = new Writer(8).begin(0).int32(startupCode.ssl).end().finish();
export const readyForQueryIdle = new Writer(8).begin(backend.readyForQuery).uint8(transaction.idle).end().finish();

export function encodeBackendKeyData(processId: number, secret: number): Uint8Array {
  return new Writer(16).begin(backend.backendKeyData).int32(processId).int32(secret).end().finish();
}

export function encodeParameterStatus(name: string, value: string): Uint8Array {
  return new Writer(64).begin(backend.parameterStatus).cstring(name).cstring(value).end().finish();
}

/** Says that 3.0 is the newest version spoken, whole as servers send it, and which `_pq_.` options were not understood. */
export function encodeNegotiateProtocolVersion(options: readonly string[]): Uint8Array {
  const writer = new Writer(64).begin(backend.negotiateProtocolVersion).int32(startupCode.version30);
  writer.int32(options.length);
  for (const option of options) writer.cstring(option);
  return writer.end().finish();
}

export function encodeStartup(parameters: Iterable<readonly [string, string]>): Uint8Array {
  const writer = new Writer(256).begin(0).int32(startupCode.version30);
  for (const [name, value] of parameters) writer.cstring(name).cstring(value);
  return writer.uint8(0).end().finish();
}

export function encodeCancel(processId: number, secret: Uint8Array): Uint8Array {
  return new Writer(32).begin(0).int32(startupCode.cancel).int32(processId).raw(secret).end().finish();
}

export function encodePassword(password: string): Uint8Array {
  return new Writer(64).begin(frontend.password).cstring(password).end().finish();
}

export function encodeSaslInitialResponse(mechanism: string, response: string): Uint8Array {
  const body = new TextEncoder().encode(response);
  return new Writer(128).begin(frontend.password).cstring(mechanism).int32(body.length).raw(body).end().finish();
}

export function encodeSaslResponse(response: string): Uint8Array {
  return new Writer(128).begin(frontend.password).text(response).end().finish();
}

export function encodeQuery(text: string): Uint8Array {
  return new Writer(text.length + 16).begin(frontend.query).cstring(text).end().finish();
}

export function encodeParse(name: string, text: string): Uint8Array {
  return new Writer(text.length + 64).begin(frontend.parse).cstring(name).cstring(text).int16(0).end().finish();
}

/** Binds no parameters and asks for every column as text. */
export function encodeBind(portal: string, statement: string): Uint8Array {
  return new Writer(64)
    .begin(frontend.bind)
    .cstring(portal)
    .cstring(statement)
    .int16(0)
    .int16(0)
    .int16(0)
    .end()
    .finish();
}

export function encodeExecute(portal: string, rowsMax: number): Uint8Array {
  return new Writer(64).begin(frontend.execute).cstring(portal).int32(rowsMax).end().finish();
}

export function encodeDescribe(what: 'S' | 'P', name: string): Uint8Array {
  return new Writer(64).begin(frontend.describe).uint8(what.charCodeAt(0)).cstring(name).end().finish();
}

export function encodeClose(what: 'S' | 'P', name: string): Uint8Array {
  return new Writer(64).begin(frontend.close).uint8(what.charCodeAt(0)).cstring(name).end().finish();
}
