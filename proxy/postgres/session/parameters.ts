/** The parameters of a Bind message as the client bound them, for what is computed beside a held statement. */
import type { BoundParameters } from '#proxy/control/query-client.ts';
import { int32At } from '../wire/message.ts';
import { Reader } from '../wire/reader.ts';
import { type Ruling, splitKey } from './ruling.ts';

/** `[from, to)` is the body behind the names. Copies what it keeps; null when the message is malformed. */
export function readParameters(
  bytes: Uint8Array,
  { from, to }: { from: number; to: number },
  key: string,
): BoundParameters | null {
  const reader = new Reader(bytes, from, to);
  const formats = Array.from({ length: reader.uint16() }, () => reader.uint16());
  const values: (Uint8Array | null)[] = [];
  for (let left = reader.uint16(); left > 0 && !reader.failed; left -= 1) {
    const length = reader.int32();
    values.push(length < 0 ? null : reader.take(length).slice());
  }
  return reader.failed ? null : { types: declaredTypes(key), formats, values };
}

/** The server infers types once and keeps them, whatever functions there are later: the key that says which. */
export function settledKey(key: string, { statements }: Pick<Ruling, 'statements'>): string {
  const types = statements[0]?.analysis.parameterTypes ?? [];
  if (types.every(type => type === 0)) return key;
  const all = [...types, ...declaredTypes(key).slice(types.length)];
  const raw = Buffer.alloc(4 * all.length);
  for (const [index, type] of all.entries()) raw.writeUInt32BE(type, 4 * index);
  return `${splitKey(key).text}\0${raw.toString('latin1')}`;
}

/** Types that Parse declared; they stand in the key behind the text. */
export function declaredTypes(key: string): number[] {
  const raw = Buffer.from(splitKey(key).types, 'latin1');
  return Array.from({ length: raw.length / 4 }, (_, index) => int32At(raw, index * 4) >>> 0);
}
