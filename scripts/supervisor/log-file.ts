/** A log file that two files of a bounded size stand behind. */
import fs from 'node:fs';

const bytesMax = 10 * 1024 * 1024;

export type LogFile = { write(chunk: Buffer | string): void; tail(lines: number): string };

export function openLogFile(file: string): LogFile {
  let descriptor = fs.openSync(file, 'a', 0o600);
  let bytes = fs.fstatSync(descriptor).size;
  return {
    write(chunk) {
      if (bytes > bytesMax) {
        fs.closeSync(descriptor);
        fs.renameSync(file, `${file}.old`);
        descriptor = fs.openSync(file, 'a', 0o600);
        bytes = 0;
      }
      bytes += fs.writeSync(descriptor, chunk as string);
    },
    tail: lines => fs.readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n'),
  };
}
