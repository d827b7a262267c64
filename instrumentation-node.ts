/** What the web server does once per process: checks its environment, stamps addresses, starts jobs, and ends streams on shutdown. */
import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { database } from '#db/client.ts';
import { env } from '#lib/env.ts';
import { jobs } from '#lib/jobs/all.ts';
import { startJobs } from '#lib/jobs/scheduler.ts';
import { installationKeys } from '#lib/keys.ts';
import { log } from '#lib/log.ts';
import {
  addressHeader,
  addressProof,
  clientAddress,
  forwardingHeaders,
  isTrusted,
  parseNetworks,
} from '#lib/orpc/address.ts';
import { systemClock } from '#lib/orpc/context.ts';
import { closeAllStreams } from '#lib/orpc/streams.ts';

/**
 * Runs before anything reads the request. Next has no access to the socket, and clients could claim any address, so the
 * address is written here, with a proof, and headers that only a trusted reverse proxy may send are dropped.
 */
function stampAddresses(): void {
  const trusted = parseNetworks(env().WEIR_TRUSTED_PROXIES);
  diagnostics.subscribe('http.server.request.start', message => {
    const { request } = message as { request: IncomingMessage };
    const socket = (request.socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    const forwarded = request.headers['x-forwarded-for'];
    const address = clientAddress(socket, Array.isArray(forwarded) ? forwarded.join(',') : forwarded, trusted);
    if (!isTrusted(trusted, socket)) for (const name of forwardingHeaders) delete request.headers[name];
    request.headers[addressHeader] = `${addressProof()} ${address}`;
  });
}

export async function boot(): Promise<void> {
  try {
    stampAddresses();
    const { db, sql } = database();
    await installationKeys(db);
    startJobs(jobs, { db, sql, clock: systemClock });
    // The server does not exit while a stream is open; the supervisor's patience is for ordinary requests.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, closeAllStreams);
  } catch (error) {
    // A server that stays up after this answers 500 to everything.
    log().fatal({ err: error }, 'the web server cannot start');
    process.exit(1);
  }
}
