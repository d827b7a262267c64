/** The file operations the spool uses, as a port, so that tests can make the Nth one fail or lose what was never flushed. */
import fs from 'node:fs';

export type Disk = {
  makeDirectory(path: string): void;
  list(path: string): string[];
  /** `create` makes an empty file (or empties it), `update` opens an existing one for reading and writing. */
  open(path: string, how: 'create' | 'update' | 'read'): number;
  close(fd: number): void;
  size(fd: number): number;
  /** At most `length` bytes from `position`; 0 at the end. */
  read(fd: number, into: Buffer, position: number): number;
  /** May write fewer bytes than given, as write(2) may. */
  write(fd: number, bytes: Buffer, position: number): number;
  truncate(fd: number, length: number): void;
  /** fdatasync(2). */
  flush(fd: number): void;
  flushLater(fd: number): Promise<void>;
  /** fsync(2) of a directory: makes creations, renames and removals in it durable. */
  flushDirectory(path: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
};

const flags = { create: 'w+', update: 'r+', read: 'r' } as const;

export const realDisk: Disk = {
  makeDirectory: path => void fs.mkdirSync(path, { recursive: true, mode: 0o700 }),
  list: path => fs.readdirSync(path),
  open: (path, how) => fs.openSync(path, flags[how], 0o600),
  close: fd => fs.closeSync(fd),
  size: fd => fs.fstatSync(fd).size,
  read: (fd, into, position) => fs.readSync(fd, into, 0, into.length, position),
  write: (fd, bytes, position) => fs.writeSync(fd, bytes, 0, bytes.length, position),
  truncate: (fd, length) => fs.ftruncateSync(fd, length),
  flush: fd => fs.fdatasyncSync(fd),
  flushLater: fd => new Promise((resolve, reject) => fs.fdatasync(fd, error => (error ? reject(error) : resolve()))),
  flushDirectory: path => {
    const fd = fs.openSync(path, 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  },
  rename: (from, to) => fs.renameSync(from, to),
  remove: path => fs.unlinkSync(path),
};

/** Writes all of `bytes`, however many calls that takes. */
export function writeFully(disk: Disk, fd: number, bytes: Buffer, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    const written = disk.write(fd, done === 0 ? bytes : bytes.subarray(done), position + done);
    if (written === 0) throw new Error('the disk took no bytes');
    done += written;
  }
}

/** The whole file; for small ones. */
export function readFully(disk: Disk, path: string): Buffer {
  const fd = disk.open(path, 'read');
  try {
    const bytes = Buffer.alloc(disk.size(fd));
    let done = 0;
    while (done < bytes.length) {
      const got = disk.read(fd, bytes.subarray(done), done);
      if (got === 0) break;
      done += got;
    }
    return bytes.subarray(0, done);
  } finally {
    disk.close(fd);
  }
}

/** Replaces a small file so that a crash leaves the old or the new content, never a mixture. */
export function replaceFile(disk: Disk, file: { directory: string; name: string; content: string }): void {
  const path = `${file.directory}/${file.name}`;
  const fd = disk.open(`${path}.new`, 'create');
  try {
    writeFully(disk, fd, Buffer.from(file.content), 0);
    disk.flush(fd);
  } finally {
    disk.close(fd);
  }
  disk.rename(`${path}.new`, path);
  disk.flushDirectory(file.directory);
}
