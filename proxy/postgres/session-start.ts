/** How a session begins: its record, and what its client is greeted with. */
import type { EventDraft } from '../ports.ts';
import type { CancelKey } from './cancel.ts';
import type { SessionLinkParts } from './session-link.ts';
import { authenticationOk, encodeBackendKeyData, encodeParameterStatus, readyForQueryIdle } from './wire/encode.ts';
import { Writer } from './wire/writer.ts';

export function sessionStart(
  { id, identity, client, upstream }: Pick<SessionLinkParts, 'id' | 'identity' | 'client' | 'upstream'>,
  bundleVersion: number,
): EventDraft {
  const { principal, onBehalfOf, tokenId, connection, grant } = identity;
  const { address, port, tls } = client;
  return {
    type: 'session.start',
    session: id,
    connectionId: connection.id,
    connection: connection.name,
    identity: {
      id: principal.id,
      kind: principal.kind,
      login: principal.login,
      onBehalfOf: onBehalfOf === null ? null : { id: onBehalfOf.id, login: onBehalfOf.login },
      tokenId,
    },
    grantId: grant?.id ?? null,
    client: { address, port, application: client.application.slice(0, 200), tls },
    upstreamRole: upstream.target.user.slice(0, 128),
    bundleVersion,
  };
}

/** `parameters` as the server reported them. */
export function greeting(parameters: Iterable<readonly [string, string]>, key: CancelKey): Uint8Array {
  const writer = new Writer(1024).raw(authenticationOk);
  for (const [name, value] of parameters) writer.raw(encodeParameterStatus(name, value));
  return writer.raw(encodeBackendKeyData(key.processId, key.secret)).raw(readyForQueryIdle).finish();
}
