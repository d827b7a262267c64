/** The built-in prompt: statements in, tables out, over the same wire that psql uses. For machines without psql. */
import { createInterface, type Interface } from 'node:readline';
import type { ErrorFields } from '../postgres/wire/error.ts';
import { exitCodes, type Io } from './command.ts';
import { splitStatements } from './split.ts';
import { printable, TablePrinter } from './table.ts';
import type { Handlers, WireClient } from './wire-client.ts';

const help = `Statements end with a semicolon and may go over several lines.
  \\q   leave (or Ctrl-D)      Ctrl-C   cancel the statement, or clear the line
  \\?   this help
`;

/** `ERROR:  …` with detail and hint, as psql shows it. */
export function problemText(fields: ErrorFields): string {
  const lines = [`${fields.get('V') ?? fields.get('S') ?? 'ERROR'}:  ${fields.get('M') ?? ''}`];
  if (fields.has('D')) lines.push(`DETAIL:  ${fields.get('D')}`);
  if (fields.has('H')) lines.push(`HINT:  ${fields.get('H')}`);
  return `${lines.map(printableLines).join('\n')}\n`;
}

const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

/** Runs the statements of a text one by one; false when one of them failed. */
export async function runStatements(client: WireClient, text: string, io: Io): Promise<boolean> {
  const { statements, rest } = splitStatements(text);
  let isGood = true;
  for (const statement of rest.trim() === '' ? statements : [...statements, rest]) {
    isGood = (await runOne(client, statement, io)) && isGood;
    if (!client.isOpen) return false;
  }
  return isGood;
}

async function runOne(client: WireClient, text: string, io: Io): Promise<boolean> {
  let isGood = true;
  let table: TablePrinter | null = null;
  const handlers: Handlers = {
    columns: columns => {
      table = new TablePrinter(columns, chunk => io.stdout.write(chunk));
    },
    row: row => table?.row(row),
    copyData: bytes => io.stdout.write(bytes),
    copyRefused: () => io.stderr.write('the built-in prompt cannot send COPY data; psql can\n'),
    complete: tag => {
      if (table) table.end();
      else io.stdout.write(`${tag}\n`);
      table = null;
    },
    error: fields => {
      isGood = false;
      table = null;
      io.stderr.write(problemText(fields));
    },
  };
  try {
    await client.query(text, handlers);
  } catch (error) {
    io.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return false;
  }
  return isGood;
}

/** Statements from a pipe or a file; goes on after an error, as psql does, and says so at the end with the exit code. */
export async function runPiped(client: WireClient, io: Io): Promise<number> {
  let buffer = '';
  let isGood = true;
  for await (const line of createInterface({ input: io.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    buffer += `${line}\n`;
    const { statements, rest } = splitStatements(buffer);
    buffer = rest;
    for (const statement of statements) isGood = (await runOne(client, statement, io)) && isGood;
    if (!client.isOpen) return exitCodes.usage;
  }
  if (buffer.trim() !== '') isGood = (await runStatements(client, buffer, io)) && isGood;
  return isGood ? exitCodes.ok : exitCodes.failed;
}

/** Until the person leaves or the connection is lost. */
export function runInteractive(client: WireClient, name: string, io: Io): Promise<number> {
  return new Promise(resolve => new Conversation(client, name, io, resolve).begin());
}

class Conversation {
  private readonly line: Interface;
  private buffer = '';
  private isRunning = false;

  constructor(
    private readonly client: WireClient,
    private readonly name: string,
    private readonly io: Io,
    private readonly done: (exitCode: number) => void,
  ) {
    this.line = createInterface({ input: io.stdin, output: io.stdout, terminal: true, historySize: 500 });
  }

  begin(): void {
    this.io.stdout.write('psql is not installed here, so this is the built-in prompt. \\? for help, \\q to leave.\n');
    this.line.on('line', text => void this.take(text));
    this.line.on('SIGINT', () => this.interrupt());
    this.line.on('close', () => {
      this.client.close();
      this.done(this.client.isOpen ? exitCodes.ok : exitCodes.usage);
    });
    this.ask();
  }

  private ask(): void {
    const { open } = splitStatements(this.buffer);
    const mark = this.buffer.trim() === '' ? '=' : open || '-';
    const state = this.client.state === 'T' ? '*' : this.client.state === 'E' ? '!' : '';
    this.line.setPrompt(`${this.name}${mark}${state}> `);
    this.line.prompt();
  }

  private async take(text: string): Promise<void> {
    if (this.buffer.trim() === '' && text.trim().startsWith('\\')) return this.command(text.trim());
    this.buffer += `${text}\n`;
    // Lines that were pasted while a statement ran are taken when it is done.
    if (this.isRunning) return;
    this.isRunning = true;
    for (let split = splitStatements(this.buffer); split.statements.length > 0; split = splitStatements(this.buffer)) {
      this.buffer = split.rest;
      for (const statement of split.statements) if (this.client.isOpen) await runOne(this.client, statement, this.io);
    }
    this.isRunning = false;
    if (this.client.isOpen) this.ask();
    else this.line.close();
  }

  private command(text: string): void {
    if (text === '\\q') {
      this.line.close();
      return;
    }
    this.io.stdout.write(text === '\\?' ? help : 'only \\q and \\? are known here; psql has the others\n');
    this.ask();
  }

  private interrupt(): void {
    if (this.isRunning) {
      void this.client.cancel();
      return;
    }
    this.buffer = '';
    this.io.stdout.write('\n');
    this.ask();
  }
}
