/** The proxy's sign-in to a PostgreSQL server, after TLS: bytes in, steps out, no I/O. The caller salts passwords, since that takes milliseconds. */
import { createHash } from 'node:crypto';
import { fail, type Result } from '#core/contract/error.ts';
import {
  clientFinal,
  clientFirst,
  isServerProof,
  preparePassword,
  readChallenge,
  type ScramChallenge,
  scramMechanism,
} from './scram.ts';
import { encodePassword, encodeSaslInitialResponse, encodeSaslResponse } from './wire/encode.ts';
import { decodeErrorFields } from './wire/error.ts';
import { backend, lengthAt } from './wire/message.ts';
import { Reader } from './wire/reader.ts';
import { decodeUtf8 } from './wire/text.ts';

/** A server may talk this much before it lets us in. */
const loginMessageLengthMax = 64 * 1024;

export type UpstreamReady = {
  /** In the order the server reported them. */
  parameters: ReadonlyMap<string, string>;
  processId: number;
  secret: Uint8Array;
  /** Bytes behind ReadyForQuery; a server sends none. */
  rest: Uint8Array;
};

export type LoginStep =
  | { type: 'more' }
  | { type: 'send'; bytes: Uint8Array }
  /** Salt (PBKDF2, SHA-256, 32 bytes) and call `salted`. */
  | { type: 'salt'; password: string; salt: Uint8Array; iterations: number }
  | { type: 'ready'; ready: UpstreamReady }
  | { type: 'fail'; error: ReturnType<typeof fail>['error']; sqlstate: string | null };

export type Credentials = { user: string; password: string | null };

type Options = {
  credentials: Credentials;
  /** TLS or a local socket: a server that asks for the bare password gets it. */
  isPrivate: boolean;
  /** 18 random bytes, base64. */
  nonce: string;
};

export class UpstreamLogin {
  readonly #options: Options;
  #bytes = new Uint8Array(0);
  #challenge: ScramChallenge | null = null;
  #serverSignature: Uint8Array | null = null;
  #isProven = false;
  #isAuthenticated = false;
  readonly #parameters = new Map<string, string>();
  #key: { processId: number; secret: Uint8Array } | null = null;

  constructor(options: Options) {
    this.#options = options;
  }

  feed(chunk: Uint8Array): void {
    const joined = new Uint8Array(this.#bytes.length + chunk.length);
    joined.set(this.#bytes);
    joined.set(chunk, this.#bytes.length);
    this.#bytes = joined;
  }

  next(): LoginStep {
    for (;;) {
      const bytes = this.#bytes;
      if (bytes.length < 5) return { type: 'more' };
      const length = lengthAt(bytes, 0);
      if (length < 4 || length > loginMessageLengthMax) return failed('the database sent a message of invalid length');
      if (bytes.length < length + 1) return { type: 'more' };
      this.#bytes = bytes.slice(length + 1);
      const step = this.#message(bytes[0] as number, new Reader(bytes, 5, length + 1));
      if (step !== null) return step;
    }
  }

  /** The answer to a `salt` step. */
  salted(saltedPassword: Uint8Array): LoginStep {
    if (this.#challenge === null) return failed('no SCRAM challenge is open');
    const { message, serverSignature } = clientFinal(this.#challenge, this.#options.nonce, saltedPassword);
    this.#serverSignature = serverSignature;
    return { type: 'send', bytes: encodeSaslResponse(message) };
  }

  #message(type: number, body: Reader): LoginStep | null {
    switch (type) {
      case backend.authentication:
        return this.#authentication(body);
      case backend.parameterStatus:
        this.#parameters.set(body.cstring(), body.cstring());
        return body.isComplete && this.#parameters.size < 200 ? null : failed('the database sent a malformed message');
      case backend.backendKeyData:
        this.#key = { processId: body.int32(), secret: body.take(body.left).slice() };
        return null;
      case backend.noticeResponse:
        return null;
      case backend.errorResponse:
        return this.#error(body);
      case backend.readyForQuery:
        return this.#ready();
      default:
        return failed(`the database sent an unexpected message (type ${type}) during sign-in`);
    }
  }

  #error(body: Reader): LoginStep {
    const sqlstate = decodeErrorFields(body.bytes, body.at, body.end)?.get('C') ?? null;
    return {
      type: 'fail',
      sqlstate,
      error: fail('unavailable', `the database did not let the proxy in (SQLSTATE ${sqlstate ?? 'unknown'})`).error,
    };
  }

  #ready(): LoginStep {
    if (!this.#isAuthenticated) return failed('the database skipped authentication');
    if (this.#key === null) return failed('the database gave no cancellation key');
    return { type: 'ready', ready: { parameters: this.#parameters, ...this.#key, rest: this.#bytes } };
  }

  #authentication(body: Reader): LoginStep | null {
    const method = body.int32();
    switch (method) {
      case 0:
        // A server that began SCRAM has to finish it: else it only pretends to know the password.
        if (this.#challenge !== null && !this.#isProven) return failed('the database broke off SCRAM authentication');
        this.#isAuthenticated = true;
        return null;
      case 3:
        return this.#cleartext();
      case 5:
        return this.#md5(body.take(4));
      case 10:
        return this.#startScram(body);
      case 11:
        return this.#scramChallenge(body);
      case 12:
        return this.#scramFinal(body);
      default:
        return failed(`the database asks for an authentication method (${method}) this proxy does not speak`);
    }
  }

  #cleartext(): LoginStep {
    if (!this.#options.isPrivate) return failed('the database asks for a bare password without TLS');
    const { password } = this.#options.credentials;
    return password === null ? noPassword() : { type: 'send', bytes: encodePassword(password) };
  }

  #md5(salt: Uint8Array): LoginStep {
    const { user, password } = this.#options.credentials;
    if (password === null) return noPassword();
    const md5 = (...parts: (string | Uint8Array)[]): string => {
      const hash = createHash('md5');
      for (const part of parts) hash.update(part);
      return hash.digest('hex');
    };
    return { type: 'send', bytes: encodePassword(`md5${md5(md5(password, user), salt)}`) };
  }

  #startScram(body: Reader): LoginStep {
    const mechanisms: string[] = [];
    for (let name = body.cstring(); name !== '' && !body.failed; name = body.cstring()) mechanisms.push(name);
    if (!mechanisms.includes(scramMechanism)) return failed('the database offers no SASL mechanism this proxy speaks');
    if (this.#options.credentials.password === null) return noPassword();
    return { type: 'send', bytes: encodeSaslInitialResponse(scramMechanism, clientFirst(this.#options.nonce)) };
  }

  #scramChallenge(body: Reader): LoginStep {
    const text = decodeUtf8(body.take(body.left)) ?? '';
    const challenge: Result<ScramChallenge> = readChallenge(text, this.#options.nonce);
    if (!challenge.ok) return { type: 'fail', error: challenge.error, sqlstate: null };
    const { password } = this.#options.credentials;
    if (password === null) return noPassword();
    this.#challenge = challenge.value;
    const { salt, iterations } = challenge.value;
    return { type: 'salt', password: preparePassword(password), salt, iterations };
  }

  #scramFinal(body: Reader): LoginStep | null {
    const text = decodeUtf8(body.take(body.left)) ?? '';
    if (this.#serverSignature === null || !isServerProof(text, this.#serverSignature)) {
      return failed('the database could not prove that it knows the password: this may be an impostor');
    }
    this.#isProven = true;
    return null;
  }
}

const failed = (message: string): LoginStep => ({
  type: 'fail',
  error: fail('unavailable', message).error,
  sqlstate: null,
});
const noPassword = (): LoginStep => failed('the database asks for a password and the proxy has none for it');
