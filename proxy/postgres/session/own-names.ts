/**
 * Names of the proxy's own statements and portals on the client's upstream connection. Nobody can guess them: what a client has
 * bound under one of them would run in the place of what the proxy means.
 */
import { randomBytes } from 'node:crypto';

const nonce = randomBytes(12).toString('base64url');

/** Never created, because its text never parses; so nothing of that name is ever touched. */
export const refusedName = `weir refused ${nonce}`;

/** Of what the proxy asks the server for itself. */
export const internalName = `weir internal ${nonce}`;
