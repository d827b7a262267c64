/** The message types of the PostgreSQL protocol 3.0 (Frontend/Backend Protocol, "Message Formats") and the limits put on them. */

export const frontend = {
  bind: 0x42,
  close: 0x43,
  copyData: 0x64,
  copyDone: 0x63,
  copyFail: 0x66,
  describe: 0x44,
  execute: 0x45,
  flush: 0x48,
  functionCall: 0x46,
  parse: 0x50,
  password: 0x70,
  query: 0x51,
  sync: 0x53,
  terminate: 0x58,
} as const;

export const backend = {
  authentication: 0x52,
  backendKeyData: 0x4b,
  bindComplete: 0x32,
  closeComplete: 0x33,
  commandComplete: 0x43,
  copyBothResponse: 0x57,
  copyData: 0x64,
  copyDone: 0x63,
  copyInResponse: 0x47,
  copyOutResponse: 0x48,
  dataRow: 0x44,
  emptyQueryResponse: 0x49,
  errorResponse: 0x45,
  functionCallResponse: 0x56,
  negotiateProtocolVersion: 0x76,
  noData: 0x6e,
  noticeResponse: 0x4e,
  notificationResponse: 0x41,
  parameterDescription: 0x74,
  parameterStatus: 0x53,
  parseComplete: 0x31,
  portalSuspended: 0x73,
  readyForQuery: 0x5a,
  rowDescription: 0x54,
} as const;

/** Codes that take the place of a protocol version in a startup packet. */
export const startupCode = {
  cancel: 80877102,
  ssl: 80877103,
  gss: 80877104,
  version30: 196608,
  version32: 196610,
} as const;

export const transaction = { idle: 0x49, open: 0x54, failed: 0x45 } as const;

/** Bytes of a startup packet with its length (PostgreSQL: MAX_STARTUP_PACKET_LENGTH). */
export const startupBytesMax = 10_000;
/** Length field of messages that carry text or data, and of all others (PQ_LARGE_MESSAGE_LIMIT, PQ_SMALL_MESSAGE_LIMIT). */
export const largeLengthMax = 0x3fff_fffe;
export const smallLengthMax = 10_000;
/** Server messages that have to be seen whole. */
export const serverMessageLengthMax = 16 * 1024 * 1024;

/** The greatest length a client's message of this type may state; 0 for types that do not exist. */
export function frontendLengthMax(type: number): number {
  switch (type) {
    case frontend.query:
    case frontend.parse:
    case frontend.bind:
    case frontend.functionCall:
    case frontend.copyData:
      return largeLengthMax;
    case frontend.close:
    case frontend.copyDone:
    case frontend.copyFail:
    case frontend.describe:
    case frontend.execute:
    case frontend.flush:
    case frontend.sync:
    case frontend.terminate:
    case frontend.password:
      return smallLengthMax;
    default:
      return 0;
  }
}

/** The length field of the message that starts at `at`; it counts itself but not the type byte. Negative when the top bit is set. */
export const lengthAt = (bytes: Uint8Array, at: number): number => int32At(bytes, at + 1);

export const int32At = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);

export const int16At = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
