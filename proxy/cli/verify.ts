/** `weir verify`: checks the hash chain of a spool directory or of exported events, offline, with nothing but the files. */
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type ChainHead, chainStart, controlSource, follow, writerIn } from '#core/event/chain.ts';
import { segmentName, segmentStart } from '../record/segment.ts';
import { CliError, type Command, exitCodes, type Io } from './command.ts';

type Progress = { head: ChainHead; writer: string | null; events: number; first: number | null };
type Fault = { where: string; reason: string };

export const verify: Command = {
  name: 'verify',
  summary: 'Check the hash chain of recorded events.',
  arguments: '<spool directory | events.ndjson>',
  positionalsMax: 1,
  options: {
    from: {
      type: 'string',
      argument: '<hash>',
      help: 'the hash before the first event, where it is not the first ever',
    },
  },
  details: [
    'A directory is read as a spool (the last line may be torn by a crash; that is said, and is no fault). A file has one',
    'event per line, as {"prev", "hash", "body"}. Exit code 1 and the first event that does not fit, when the chain is broken.',
  ].join('\n'),
  async run({ positionals, values }, io) {
    const target = positionals[0];
    if (!target) throw new CliError('which spool directory or file?', { hint: 'weir verify --help' });
    if (!fs.existsSync(target)) throw new CliError(`${target} does not exist`);
    const progress: Progress = { head: chainStart, writer: null, events: 0, first: null };
    const fault = fs.statSync(target).isDirectory()
      ? await verifySpool(target, progress, io)
      : await verifyFile(target, progress, { from: typeof values.from === 'string' ? values.from : null, io });
    const { events, first, head, writer } = progress;
    if (fault) {
      io.stdout.write(`BROKEN  ${fault.where}: ${fault.reason}\n        ${events} events before it are intact\n`);
      return exitCodes.failed;
    }
    if (events === 0) io.stdout.write('ok      no events\n');
    else
      io.stdout.write(
        `ok      ${events} events, ${first} to ${head.seq}, of ${writer === controlSource ? 'the control plane' : `proxy ${writer}`}\n        head ${head.hash}\n`,
      );
    return exitCodes.ok;
  },
};

async function verifySpool(given: string, progress: Progress, io: Io): Promise<Fault | null> {
  const directory = spoolIn(given);
  const names = segmentsIn(directory);
  const [firstName = ''] = names;
  progress.head = segmentStart(firstName) ?? chainStart;
  for (const name of names) {
    if (segmentName(progress.head) !== name)
      return { where: name, reason: `does not follow event ${progress.head.seq}` };
    const fault = await verifyLines(path.join(directory, name), progress, { mayBeTorn: name === names.at(-1), io });
    if (fault) return fault;
  }
  return null;
}

/** The spool itself, or the one in a proxy's state directory (`spool/<proxy id>`). */
function spoolIn(given: string): string {
  if (segmentsIn(given).length > 0) return given;
  const below = [given, path.join(given, 'spool')]
    .filter(folder => fs.existsSync(folder))
    .flatMap(folder => fs.readdirSync(folder, { withFileTypes: true }).map(entry => ({ folder, entry })))
    .filter(({ entry }) => entry.isDirectory())
    .map(({ folder, entry }) => path.join(folder, entry.name))
    .filter(folder => segmentsIn(folder).length > 0);
  if (below.length > 1) throw new CliError(`which of these?\n  ${below.join('\n  ')}`);
  const [only] = below;
  if (only === undefined) throw new CliError(`${given} holds no spool`);
  return only;
}

function segmentsIn(directory: string): string[] {
  return fs
    .readdirSync(directory)
    .filter(name => segmentStart(name) !== null)
    .sort();
}

async function verifyFile(file: string, progress: Progress, options: { from: string | null; io: Io }) {
  const start = options.from === null ? await startOf(file) : null;
  if (options.from !== null) progress.head = { hash: options.from, seq: (await sequenceBefore(file)) ?? 0 };
  else if (start) progress.head = start;
  return verifyLines(file, progress, { mayBeTorn: false, io: options.io });
}

/** Exports rarely begin with the first event ever: then the chain is checked from what the first line says is before it. */
async function startOf(file: string): Promise<ChainHead | null> {
  for await (const line of linesOf(file)) {
    const seq = sequenceIn(line);
    const prev = parseJson(line)?.prev;
    return seq !== null && typeof prev === 'string' ? { hash: prev, seq: seq - 1 } : null;
  }
  return null;
}

async function sequenceBefore(file: string): Promise<number | null> {
  const start = await startOf(file);
  return start?.seq ?? null;
}

async function verifyLines(
  file: string,
  progress: Progress,
  options: { mayBeTorn: boolean; io: Io },
): Promise<Fault | null> {
  const endsWhole = endsWithNewline(file);
  let number = 0;
  let pending: string | null = null;
  const check = (line: string): Fault | null => {
    number += 1;
    const value = parseJson(line);
    const followed = follow(progress.head, value, progress.writer);
    if (!followed.ok)
      return {
        where: `${path.basename(file)} line ${number}, after event ${progress.head.seq}`,
        reason: followed.error,
      };
    progress.head = followed.value.head;
    progress.writer ??= writerIn(followed.value.line.body);
    progress.first ??= progress.head.seq;
    progress.events += 1;
    return null;
  };
  for await (const line of linesOf(file)) {
    const fault = pending === null ? null : check(pending);
    if (fault) return fault;
    pending = line;
  }
  if (pending === null) return null;
  if (endsWhole || !options.mayBeTorn) return check(pending);
  options.io.stderr.write(`note: ${path.basename(file)} ends within a line, as after a crash; the proxy cuts it off\n`);
  return null;
}

async function* linesOf(file: string): AsyncIterable<string> {
  const input = fs.createReadStream(file);
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
      if (line !== '') yield line;
  } finally {
    input.destroy();
  }
}

function endsWithNewline(file: string): boolean {
  const { size } = fs.statSync(file);
  if (size === 0) return true;
  const fd = fs.openSync(file, 'r');
  try {
    const last = Buffer.alloc(1);
    fs.readSync(fd, last, 0, 1, size - 1);
    return last[0] === 10;
  } finally {
    fs.closeSync(fd);
  }
}

function parseJson(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function sequenceIn(line: string): number | null {
  const body = parseJson(line)?.body;
  const seq = typeof body === 'string' ? parseJson(body)?.seq : null;
  return typeof seq === 'number' ? seq : null;
}
