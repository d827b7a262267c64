/** ErrorResponse and NoticeResponse: fields ↔ bytes ("Error and Notice Message Fields"). */
import { backend } from './message.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** Field letters to values, in the order they were sent. */
export type ErrorFields = ReadonlyMap<string, string>;

export type Problem = {
  severity: 'ERROR' | 'FATAL' | 'NOTICE' | 'WARNING';
  /** SQLSTATE. */
  code: string;
  message: string;
  detail?: string;
  hint?: string;
  /** 1-based, in characters of the statement. */
  position?: number;
};

/** The fields of a message body, or null when it is malformed. */
export function decodeErrorFields(bytes: Uint8Array, at: number, end: number): ErrorFields | null {
  const reader = new Reader(bytes, at, end);
  const fields = new Map<string, string>();
  for (let letter = reader.uint8(); letter !== 0; letter = reader.uint8()) {
    fields.set(String.fromCharCode(letter), reader.cstring());
    if (reader.failed) return null;
  }
  return reader.failed ? null : fields;
}

export function encodeErrorFields(type: number, fields: ErrorFields): Uint8Array {
  const writer = new Writer(512).begin(type);
  for (const [letter, value] of fields) writer.uint8(letter.charCodeAt(0)).cstring(value.replaceAll('\0', ''));
  return writer.uint8(0).end().finish();
}

export function problemFields(problem: Problem): ErrorFields {
  const fields = new Map([
    ['S', problem.severity],
    ['V', problem.severity],
    ['C', problem.code],
    ['M', problem.message],
  ]);
  if (problem.detail !== undefined) fields.set('D', problem.detail);
  if (problem.hint !== undefined) fields.set('H', problem.hint);
  if (problem.position !== undefined) fields.set('P', String(problem.position));
  return fields;
}

export function encodeProblem(problem: Problem): Uint8Array {
  const isNotice = problem.severity === 'NOTICE' || problem.severity === 'WARNING';
  return encodeErrorFields(isNotice ? backend.noticeResponse : backend.errorResponse, problemFields(problem));
}
