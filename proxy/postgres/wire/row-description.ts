/** RowDescription: what the server says the result's columns are. */
import { Reader } from './reader.ts';

export type WireColumn = {
  name: string;
  /** 0 where the column is not that of a relation. */
  tableOid: number;
  attnum: number;
  typeOid: number;
  typmod: number;
  /** 0 text, 1 binary; 0 in the answer to a Describe of a statement, where it is not known yet. */
  format: number;
};

/** The columns of a message body, or null when it is malformed. */
export function decodeRowDescription(bytes: Uint8Array, at: number, end: number): WireColumn[] | null {
  const reader = new Reader(bytes, at, end);
  const count = reader.uint16();
  const columns: WireColumn[] = [];
  for (let index = 0; index < count && !reader.failed; index += 1) {
    const name = reader.cstring();
    const tableOid = reader.uint32();
    const attnum = reader.int16();
    const typeOid = reader.uint32();
    reader.int16();
    const typmod = reader.int32();
    columns.push({ name, tableOid, attnum, typeOid, typmod, format: reader.uint16() });
  }
  return reader.isComplete ? columns : null;
}
