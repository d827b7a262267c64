/**
 * A disk for tests that forgets: what was not flushed may be lost, in part and out of order, when the power fails. Calls can be
 * made to fail (`failAt`) or the process to die (`dieAt`) at the Nth of them.
 */
import { type Disk, realDisk } from './disk.ts';

type Inode = { current: Buffer; durable: Buffer; unflushed: { bytes: Buffer; position: number }[] };
/** Kept or lost as a whole, as rename(2) is. */
type EntryChange = { path: string; inode: Inode | null }[];

/** Thrown at and after the call at which the process "died". */
export class Died extends Error {
  override name = 'Died';
}

export type Faults = {
  /** Counted from 1, over all calls. */
  failAt?: number;
  /** How many calls fail from there on; 1 unless told. */
  failures?: number;
  code?: 'EIO' | 'ENOSPC';
  dieAt?: number;
  /** Of the failing or fatal write, the share (0–1) that still reaches the file. */
  partial?: number;
};

/** Counts calls of another disk, and makes them fail as told. */
export class FaultyDisk implements Disk {
  calls = 0;
  log: string[] = [];
  private dead = false;

  constructor(
    private readonly inner: Disk,
    public faults: Faults = {},
  ) {}

  makeDirectory = (path: string) => this.call('makeDirectory', () => this.inner.makeDirectory(path));
  list = (path: string) => this.call('list', () => this.inner.list(path));
  open = (path: string, how: 'create' | 'update' | 'read') => this.call('open', () => this.inner.open(path, how));
  close = (fd: number) => this.call('close', () => this.inner.close(fd));
  size = (fd: number) => this.call('size', () => this.inner.size(fd));
  read = (fd: number, into: Buffer, position: number) => this.call('read', () => this.inner.read(fd, into, position));
  truncate = (fd: number, length: number) => this.call('truncate', () => this.inner.truncate(fd, length));
  flush = (fd: number) => this.call('flush', () => this.inner.flush(fd));
  flushDirectory = (path: string) => this.call('flushDirectory', () => this.inner.flushDirectory(path));
  rename = (from: string, to: string) => this.call('rename', () => this.inner.rename(from, to));
  remove = (path: string) => this.call('remove', () => this.inner.remove(path));
  flushLater = async (fd: number) => {
    await new Promise(resolve => setImmediate(resolve));
    return this.call('flushLater', () => this.inner.flush(fd));
  };
  write = (fd: number, bytes: Buffer, position: number) =>
    this.call(
      'write',
      () => this.inner.write(fd, bytes, position),
      () => {
        const part = bytes.subarray(0, Math.floor(bytes.length * (this.faults.partial ?? 0)));
        if (part.length > 0) this.inner.write(fd, part, position);
      },
    );

  private call<T>(name: string, run: () => T, before: () => void = () => {}): T {
    if (this.dead) throw new Died(name);
    this.calls += 1;
    this.log.push(name);
    const { failAt = 0, failures = 1, dieAt = 0, code = 'EIO' } = this.faults;
    if (this.calls === dieAt) {
      before();
      this.dead = true;
      throw new Died(name);
    }
    // Closing does not fail in a way that matters, and a disk that cannot be read at all is another test.
    if (failAt > 0 && this.calls >= failAt && this.calls < failAt + failures && name !== 'close') {
      before();
      throw Object.assign(new Error(`${code} at ${name}`), { code });
    }
    return run();
  }
}

export class MemoryDisk implements Disk {
  private entries = new Map<string, Inode>();
  private durableEntries = new Map<string, Inode>();
  private changes: EntryChange[] = [];
  private open_ = new Map<number, Inode>();
  private nextFd = 10;

  makeDirectory() {}
  list(path: string) {
    return [...this.entries.keys()]
      .filter(name => name.startsWith(`${path}/`))
      .map(name => name.slice(path.length + 1));
  }
  open(path: string, how: 'create' | 'update' | 'read') {
    let inode = this.entries.get(path);
    if (!inode) {
      if (how !== 'create') throw Object.assign(new Error(`ENOENT ${path}`), { code: 'ENOENT' });
      inode = { current: Buffer.alloc(0), durable: Buffer.alloc(0), unflushed: [] };
      this.change({ path, inode });
    } else if (how === 'create') inode.current = Buffer.alloc(0);
    this.open_.set(++this.nextFd, inode);
    return this.nextFd;
  }
  close(fd: number) {
    this.open_.delete(fd);
  }
  size(fd: number) {
    return this.inode(fd).current.length;
  }
  read(fd: number, into: Buffer, position: number) {
    return this.inode(fd).current.copy(into, 0, position);
  }
  write(fd: number, bytes: Buffer, position: number) {
    const inode = this.inode(fd);
    const copy = Buffer.from(bytes);
    inode.current = applied(inode.current, { bytes: copy, position });
    inode.unflushed.push({ bytes: copy, position });
    return bytes.length;
  }
  truncate(fd: number, length: number) {
    this.inode(fd).current = this.inode(fd).current.subarray(0, length);
  }
  flush(fd: number) {
    const inode = this.inode(fd);
    inode.durable = inode.current;
    inode.unflushed = [];
  }
  flushLater(fd: number) {
    this.flush(fd);
    return Promise.resolve();
  }
  flushDirectory() {
    this.durableEntries = new Map(this.entries);
    this.changes = [];
  }
  rename(from: string, to: string) {
    const inode = this.entries.get(from);
    if (!inode) throw new Error(`ENOENT ${from}`);
    this.change({ path: to, inode }, { path: from, inode: null });
  }
  remove(path: string) {
    this.change({ path, inode: null });
  }

  /** Only part of what was not flushed survives. `random` gives numbers in [0, 1). */
  losePower(random: () => number): void {
    const entries = new Map(this.durableEntries);
    for (const { path, inode } of this.changes.filter(() => random() < 0.5).flat()) {
      if (inode) entries.set(path, inode);
      else entries.delete(path);
    }
    for (const inode of new Set(entries.values())) {
      let content = inode.durable;
      const kept = Math.floor(random() * (inode.unflushed.length + 1));
      for (const write of inode.unflushed.slice(0, kept)) content = applied(content, write);
      const torn = inode.unflushed[kept];
      if (torn)
        content = applied(content, {
          ...torn,
          bytes: torn.bytes.subarray(0, Math.floor(random() * torn.bytes.length)),
        });
      inode.current = content;
      inode.durable = content;
      inode.unflushed = [];
    }
    this.entries = entries;
    this.durableEntries = new Map(entries);
    this.changes = [];
    this.open_.clear();
  }

  private change(...change: EntryChange) {
    for (const { path, inode } of change) {
      if (inode) this.entries.set(path, inode);
      else this.entries.delete(path);
    }
    this.changes.push(change);
  }

  private inode(fd: number): Inode {
    const inode = this.open_.get(fd);
    if (!inode) throw new Error(`EBADF ${fd}`);
    return inode;
  }
}

function applied(content: Buffer, write: { bytes: Buffer; position: number }): Buffer {
  const result = Buffer.alloc(Math.max(content.length, write.position + write.bytes.length));
  content.copy(result);
  write.bytes.copy(result, write.position);
  return result;
}

export const faultyRealDisk = (faults: Faults = {}) => new FaultyDisk(realDisk, faults);
