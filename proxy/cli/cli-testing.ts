/** A terminal for tests: what a command writes, and what it is given. */
import { PassThrough } from 'node:stream';
import type { Io } from './command.ts';
import { runCli } from './run-cli.ts';

export class TestTerminal {
  readonly input = new PassThrough();
  readonly output = new PassThrough();
  readonly errors = new PassThrough();
  out = '';
  err = '';

  constructor(
    private readonly env: Record<string, string>,
    private readonly isTTY = false,
  ) {
    this.output.on('data', chunk => {
      this.out += String(chunk);
    });
    this.errors.on('data', chunk => {
      this.err += String(chunk);
    });
  }

  get io(): Io {
    const stdin = Object.assign(this.input, { isTTY: this.isTTY });
    const stdout = Object.assign(this.output, { isTTY: this.isTTY });
    return { stdin, stdout, stderr: this.errors, env: this.env };
  }

  run(...args: string[]): Promise<number> {
    return runCli(args, this.io);
  }
}
