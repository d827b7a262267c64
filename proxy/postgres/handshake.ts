/**
 * The client's side of the handshake, up to the password: bytes in, steps out, no I/O. TLS, authentication and the upstream
 * connection are the caller's; it feeds bytes until a step ends the handshake.
 */
import type { Failure } from '#core/contract/error.ts';
import type { Startup } from './startup.ts';
import { readStartupPacket } from './startup.ts';
import { authenticationCleartextPassword, encodeNegotiateProtocolVersion } from './wire/encode.ts';
import { frontend, int32At, lengthAt, smallLengthMax, startupBytesMax } from './wire/message.ts';
import { Reader } from './wire/reader.ts';

export type HandshakeStep =
  /** Nothing to do but to wait for more bytes. */
  | { type: 'more' }
  | { type: 'send'; bytes: Uint8Array }
  /** Answer `S` and start TLS; every later byte is TLS. */
  | { type: 'tls' }
  | { type: 'cancel'; processId: number; secret: number }
  /** The password is here; `rest` are bytes sent behind it. */
  | { type: 'authenticate'; startup: Startup; password: string; rest: Uint8Array }
  /** Send a FATAL error and close. */
  | { type: 'fail'; failure: Failure; startup: Startup | null }
  /** Close without a word: whoever this is does not speak the protocol or tries to smuggle bytes. */
  | { type: 'drop'; reason: string };

export type HandshakeOptions = {
  /** The server can do TLS. */
  offersTls: boolean;
  /** A cleartext password may cross this connection without TLS (loopback). */
  allowsCleartext: boolean;
};

const answerNo = Uint8Array.of(0x4e);

export class Handshake {
  readonly #options: HandshakeOptions;
  #bytes = new Uint8Array(0);
  #startup: Startup | null = null;
  #isTls = false;
  #sawTlsRequest = false;
  #sawGssRequest = false;

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  get isTls(): boolean {
    return this.#isTls;
  }

  /** Every byte from now on came through TLS. */
  tlsStarted(): void {
    this.#isTls = true;
  }

  /** Takes bytes; call `next` until it says `more`. */
  feed(chunk: Uint8Array): void {
    const joined = new Uint8Array(this.#bytes.length + chunk.length);
    joined.set(this.#bytes);
    joined.set(chunk, this.#bytes.length);
    this.#bytes = joined;
  }

  next(): HandshakeStep {
    return this.#startup === null ? this.#nextPacket() : this.#nextPassword(this.#startup);
  }

  #nextPacket(): HandshakeStep {
    const bytes = this.#bytes;
    if (bytes.length < 4) return { type: 'more' };
    const length = int32At(bytes, 0);
    if (length < 8 || length > startupBytesMax) return { type: 'drop', reason: 'invalid length of startup packet' };
    if (bytes.length < length) return { type: 'more' };
    const packet = readStartupPacket(bytes, 4, length);
    this.#bytes = bytes.slice(length);
    if (!packet.ok) return { type: 'fail', failure: packet.error, startup: null };
    switch (packet.value.type) {
      case 'ssl':
        return this.#requestTls();
      case 'gss':
        return this.#requestGss();
      case 'cancel':
        return packet.value;
      case 'startup':
        return this.#askPassword(packet.value.startup);
    }
  }

  #requestTls(): HandshakeStep {
    if (this.#isTls || this.#sawTlsRequest) return { type: 'drop', reason: 'a second SSLRequest' };
    if (this.#bytes.length > 0) return { type: 'drop', reason: 'received unencrypted data after SSL request' };
    this.#sawTlsRequest = true;
    return this.#options.offersTls ? { type: 'tls' } : { type: 'send', bytes: answerNo };
  }

  #requestGss(): HandshakeStep {
    if (this.#isTls || this.#sawGssRequest) return { type: 'drop', reason: 'a second GSSENCRequest' };
    if (this.#bytes.length > 0) return { type: 'drop', reason: 'received unencrypted data after GSSAPI request' };
    this.#sawGssRequest = true;
    return { type: 'send', bytes: answerNo };
  }

  #askPassword(startup: Startup): HandshakeStep {
    if (!this.#isTls && !this.#options.allowsCleartext) {
      const failure: Failure = {
        code: 'tls_required',
        message: 'this proxy asks for a token as password and takes it over TLS only',
        hint: 'Connect with sslmode=require.',
      };
      return { type: 'fail', failure, startup };
    }
    this.#startup = startup;
    if (startup.unsupportedOptions === null) return { type: 'send', bytes: authenticationCleartextPassword };
    const negotiate = encodeNegotiateProtocolVersion(startup.unsupportedOptions);
    const bytes = new Uint8Array(negotiate.length + authenticationCleartextPassword.length);
    bytes.set(negotiate);
    bytes.set(authenticationCleartextPassword, negotiate.length);
    return { type: 'send', bytes };
  }

  #nextPassword(startup: Startup): HandshakeStep {
    const bytes = this.#bytes;
    if (bytes.length < 5) return { type: 'more' };
    const failed = (message: string): HandshakeStep => ({
      type: 'fail',
      failure: { code: 'protocol_violation', message },
      startup,
    });
    const length = lengthAt(bytes, 0);
    if (bytes[0] !== frontend.password) {
      return failed(`expected password response, got message type ${bytes[0]}`);
    }
    if (length < 5 || length > smallLengthMax) return failed('invalid length of password packet');
    if (bytes.length < length + 1) return { type: 'more' };
    const reader = new Reader(bytes, 5, length + 1);
    const password = reader.cstring();
    this.#bytes = new Uint8Array(0);
    if (!reader.isComplete) return failed('invalid password packet size');
    return { type: 'authenticate', startup, password, rest: bytes.slice(length + 1) };
  }
}
