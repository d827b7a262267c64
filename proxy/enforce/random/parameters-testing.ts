/** Statements with parameters: bound in text or binary, declared or left to the server, or as what `EXECUTE` is given. */
import type postgres from 'postgres';
import type { Draw } from '#core/sql/query-testing.ts';
import { say } from '../../postgres/wire-testing.ts';
import { simply } from '../attack-testing.ts';
import type { Parameter } from './statement-testing.ts';
import { literalOf, types } from './values-testing.ts';

export type TypeIds = ReadonlyMap<string, number>;

export async function typeIdsOf(sql: postgres.Sql): Promise<TypeIds> {
  const rows = await sql<{ name: string; id: number }[]>`
    SELECT name, name::regtype::oid::int8::int AS id FROM unnest(${types as string[]}::text[]) name`;
  return new Map(rows.map(({ name, id }) => [name, id]));
}

const sized = (length: number, write: (bytes: Buffer) => unknown): Buffer => {
  const bytes = Buffer.alloc(length);
  write(bytes);
  return bytes;
};
const binary: Readonly<Record<string, (value: string) => Buffer>> = {
  text: value => Buffer.from(value),
  json: value => Buffer.from(value),
  jsonb: value => Buffer.concat([Buffer.from([1]), Buffer.from(value)]),
  int2: value => sized(2, bytes => bytes.writeInt16BE(Number(value))),
  int4: value => sized(4, bytes => bytes.writeInt32BE(Number(value))),
  int8: value => sized(8, bytes => bytes.writeBigInt64BE(BigInt(value))),
  float8: value => sized(8, bytes => bytes.writeDoubleBE(Number(value))),
  bool: value => Buffer.from([value === 'true' ? 1 : 0]),
  uuid: value => Buffer.from(value.replaceAll('-', ''), 'hex'),
};

function bound(draw: Draw, { type, value }: Parameter): { format: number; bytes: Buffer | null } {
  if (value === null) return { format: draw.below(2), bytes: null };
  const encode = binary[type];
  if (encode !== undefined && draw.chance(50)) return { format: 1, bytes: encode(value) };
  return { format: 0, bytes: Buffer.from(value) };
}

export function withParameters(
  draw: Draw,
  ids: TypeIds,
  { text, parameters }: { text: string; parameters: readonly Parameter[] },
): Uint8Array[][] {
  if (draw.chance(30)) {
    const declared = parameters.length > 0 ? ` (${parameters.map(({ type }) => type).join(', ')})` : '';
    const given = parameters.map(({ type, value }) => literalOf(value, type)).join(', ');
    const execute = `EXECUTE q${given === '' ? '' : ` (${given})`}`;
    return simply([`PREPARE q${declared} AS ${text}`, execute, draw.of([execute, `EXPLAIN (COSTS OFF) ${execute}`])]);
  }
  const declared = parameters.map(({ type }) => (draw.chance(60) ? (ids.get(type) ?? 0) : 0));
  const values = parameters.map(parameter => bound(draw, parameter));
  const bind = say.bind(
    values.map(({ bytes }) => bytes),
    { statement: 's', formats: values.map(({ format }) => format), results: [draw.below(2)] },
  );
  const parse = say.parse(text, 's', declared);
  const run = [
    bind,
    draw.of([say.describePortal(), say.describeStatement('s'), say.flush]),
    say.execute('', draw.below(4)),
  ];
  return draw.chance(50)
    ? [[parse, ...run, say.execute(), say.closeStatement('s'), say.sync]]
    : [
        [parse, say.describeStatement('s'), say.sync],
        [...run, say.sync],
        [bind, say.execute(), say.sync],
        [say.closeStatement('s'), say.sync],
      ];
}
