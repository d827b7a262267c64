/** Keeps what was copied from labelled columns over a restart, until the control plane has made labels of it. */
import fs from 'node:fs';
import { z } from 'zod';
import { levels } from '#core/catalog/classification.ts';
import { type Flows, isTemporary, type LabelledCopy } from './flows.ts';

const fileName = 'copies.json';
const name = z.string().max(200);
const columnSchema = z.object({
  relationOid: z.number().int(),
  attnum: z.number().int(),
  schema: name,
  relation: name,
  column: name,
});
const copySchema = z.object({
  target: z.object({ schema: name, relation: name, column: name }),
  origins: z.array(columnSchema),
  pins: z.array(z.object({ relationOid: z.number().int(), attnum: z.number().int() })).optional(),
  tags: z.array(z.object({ label: z.string().max(80), level: z.enum(levels) })),
  session: z.uuid(),
  statement: z.number().int(),
});
const fileSchema = z.record(z.uuid(), z.array(copySchema));

/** By connection. A damaged file is one that is lost: what the log has is labelled all the same. */
export function loadFlows(directory: string): ReadonlyMap<string, readonly LabelledCopy[]> {
  try {
    const parsed = fileSchema.safeParse(JSON.parse(fs.readFileSync(`${directory}/${fileName}`, 'utf8')));
    return new Map(parsed.success ? Object.entries(parsed.data) : []);
  } catch {
    return new Map();
  }
}

/** Replaces the file. Throws the disk's error. */
export function saveFlows(directory: string, flows: ReadonlyMap<string, Flows>): void {
  const kept = [...flows].map(([connectionId, { list }]) => [
    connectionId,
    list
      .filter(copy => !isTemporary(copy))
      .map(({ target, origins, pins, tags, session, statement }) => ({
        target,
        origins,
        pins,
        tags,
        session,
        statement,
      })),
  ]);
  const draft = `${directory}/${fileName}.new`;
  fs.writeFileSync(draft, JSON.stringify(Object.fromEntries(kept)), { mode: 0o600 });
  fs.renameSync(draft, `${directory}/${fileName}`);
}
