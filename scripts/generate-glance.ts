/** Writes core/mask/detectors/glance-module.ts from `glance-program.ts`: `npx tsx scripts/generate-glance.ts`. The proxy needs no assembler. */
import fs from 'node:fs';
import path from 'node:path';
import wabt from 'wabt';
import * as program from './glance-program.ts';
import { root } from './root.ts';

const file = path.join(root, 'core/mask/detectors/glance-module.ts');
const lineCharacters = 116;

async function assemble(): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const parsed = parseWat('glance.wat', program.glanceProgram, { simd: true, bulk_memory: true });
  try {
    return parsed.toBinary({}).buffer;
  } finally {
    parsed.destroy();
  }
}

async function moduleText(): Promise<string> {
  const base64 = Buffer.from(await assemble()).toString('base64');
  const lines = base64.match(new RegExp(`.{1,${lineCharacters}}`, 'g')) ?? [];
  return `/** Written by \`scripts/generate-glance.ts\` from \`scripts/glance-program.ts\`. */

/** Bytes that one call can look at. */
export const windowBytes = ${program.windowBytes};
/** Columns of a row that can be walked over. */
export const columnsMax = ${program.columnsMax};
/** What can be asked of a column: to stop at a value that may hold something, or to say where its values are. */
export const asked = { glance: ${program.asked.glance}, place: ${program.asked.place} } as const;
/** Values whose places can be told by one call. */
export const placesMax = ${program.placesMax};

/** By how many bytes rows may get longer together. */
export const growthMax = ${program.growthMax};

/**
 * In its memory: a bit for each byte, a byte for each column, how many NULLs there were in each, places and sizes of values, values to
 * put there, rows with these, and where the last walk ended.
 */
export const bitsAt = ${program.bitsAt};
export const columnsAt = ${program.columnsAt};
export const nullsAt = ${program.nullsAt};
export const placesAt = ${program.placesAt};
export const sizesAt = ${program.sizesAt};
export const valuesAt = ${program.valuesAt};
export const gatheredAt = ${program.gatheredAt};
export const endAt = ${program.endAt};

/** A WebAssembly module, in base64. */
export const glanceModule =
${lines.map(line => `  '${line}'`).join(' +\n')};
`;
}

/** Whether the file in the repository is what the program says. */
export const isCurrent = async (): Promise<boolean> => fs.readFileSync(file, 'utf8') === (await moduleText());

if (process.argv[1]?.endsWith('generate-glance.ts')) fs.writeFileSync(file, await moduleText());
