/** The moment before a client is greeted, in which what it has asked of its session is decided on. */
import { fromClient } from './session/client.ts';
import { finish } from './session/end.ts';
import type { Session } from './session/state.ts';
import { settingStatements } from './startup-settings.ts';
import { encodeQuery } from './wire/encode.ts';
import { decodeErrorFields, encodeErrorFields } from './wire/error.ts';
import { backend, lengthAt } from './wire/message.ts';
import { Reader } from './wire/reader.ts';

type OpeningParts = {
  /** Of the startup packet, those to be decided on. */
  settings: ReadonlyMap<string, string>;
  /** As the server has reported them so far. */
  parameters: ReadonlyMap<string, string>;
  /** True when the bytes are not in use any more. */
  write(bytes: Uint8Array): boolean;
  greeting(parameters: ReadonlyMap<string, string>): Uint8Array;
};

export class Opening {
  readonly #parts: OpeningParts;
  readonly #parameters: Map<string, string>;
  /** What the client has sent behind its password. */
  #rest = new Uint8Array(0);
  #state: 'asking' | 'ready' | 'refused' | 'over' = 'asking';
  /** Of the last message, as much as there is. */
  #heard = new Uint8Array(0);

  constructor(parts: OpeningParts) {
    this.#parts = parts;
    this.#parameters = new Map(parts.parameters);
  }

  /** The client is greeted, or gone. */
  get isOver(): boolean {
    return this.#state === 'over';
  }

  begin(session: Session, rest: Uint8Array): void {
    this.#rest = rest.slice();
    const { settings } = this.#parts;
    if (settings.size === 0) this.#state = 'ready';
    else fromClient(session, encodeQuery(settingStatements(settings)));
  }

  /** What is said before the greeting answers the settings: the client hears that they are refused, and nothing else. */
  toClient(bytes: Uint8Array): boolean {
    if (this.isOver) return this.#parts.write(bytes);
    const joined = Buffer.concat([this.#heard, bytes]);
    let at = 0;
    while (at + 5 <= joined.length) {
      const end = at + 1 + lengthAt(joined, at);
      if (end > joined.length) break;
      this.#answer(joined, at, end);
      at = end;
    }
    this.#heard = joined.subarray(at);
    return true;
  }

  /** Lets the client in, or not, as soon as that is known. */
  goOn(session: Session): void {
    const { write, greeting } = this.#parts;
    if (this.#state === 'ready') {
      this.#state = 'over';
      write(greeting(this.#parameters));
      if (this.#rest.length > 0) fromClient(session, this.#rest);
    } else if (this.#state === 'refused') {
      this.#state = 'over';
      finish(session, 'settings');
    }
  }

  #answer(bytes: Uint8Array, start: number, end: number): void {
    const type = bytes[start];
    if (type === backend.parameterStatus) {
      const reader = new Reader(bytes, start + 5, end);
      this.#parameters.set(reader.cstring(), reader.cstring());
    } else if (type === backend.readyForQuery && this.#state === 'asking') this.#state = 'ready';
    else if (type === backend.errorResponse && this.#state === 'asking') {
      this.#state = 'refused';
      const fields = new Map(decodeErrorFields(bytes, start + 5, end));
      // Its place is in a statement that the client has not written.
      fields.delete('P');
      this.#parts.write(encodeErrorFields(type, fields.set('S', 'FATAL').set('V', 'FATAL')));
    }
  }
}
