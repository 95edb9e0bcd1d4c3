/**
 * What a disk holds after the power was cut at some place in the record: what was flushed by then, and of the rest as much as
 * `keeps` decides. Writes it into a folder.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DiskEvent, Flush, Name, Write } from './disk-record.js';

export interface Cut {
  /** Place in the record: what had begun by then may be on the disk. */
  readonly place: number;
  /** Whether the disk kept something that nobody had flushed; a write is asked about sector by sector. */
  readonly keeps: () => boolean;
}

/** A disk writes a sector whole or not at all. */
const sector = 512;

/** `since`: the place from which on the change outlives a cut. */
type Lasting<T> = T & { readonly since: number };

export class DiskImage {
  readonly #writes: readonly Lasting<Write>[];
  readonly #names: readonly Lasting<Name>[];
  readonly #folder: string;

  constructor(events: readonly DiskEvent[], folder: string) {
    const flushes = events.filter((event) => event.kind === 'flush');
    this.#folder = folder;
    this.#writes = events
      .filter((event) => event.kind === 'write')
      .map((write) => ({ ...write, since: write.flushed ? write.over : flushedAt(flushes, write.path, write.over) }));
    // A name is kept by the flush of its folder; that of the file need not do it.
    this.#names = events
      .filter((event): event is Name => event.kind === 'made' || event.kind === 'removed')
      .map((name) => ({ ...name, since: flushedAt(flushes, dirname(name.path), name.over) }));
  }

  /** Writes the files that are left into `target`. */
  write(target: string, cut: Cut): void {
    const files = new Map<string, Content>();
    for (const { kind, path, begun, since } of this.#names) {
      if (begun > cut.place) break;
      if (since > cut.place && !cut.keeps()) continue;
      if (kind === 'removed') files.delete(path);
      else if (!files.has(path)) files.set(path, new Content());
    }
    for (const write of this.#writes) {
      if (write.begun > cut.place) break;
      const content = files.get(write.path);
      if (write.since <= cut.place) content?.put(write, 0, write.bytes.length);
      else content?.putSome(write, cut.keeps);
    }
    for (const [path, content] of files) {
      const copy = join(target, path.slice(this.#folder.length));
      mkdirSync(dirname(copy), { recursive: true, mode: 0o700 });
      writeFileSync(copy, content.bytes(), { mode: 0o600 });
    }
  }
}

function flushedAt(flushes: readonly Flush[], path: string, over: number): number {
  return flushes.find((flush) => flush.path === path && flush.begun >= over)?.over ?? Number.POSITIVE_INFINITY;
}

class Content {
  #room = Buffer.alloc(65_536);
  #length = 0;

  bytes(): Uint8Array {
    return this.#room.subarray(0, this.#length);
  }

  put({ at, bytes }: Write, from: number, to: number): void {
    const end = at + to;
    if (end > this.#room.length) this.#room = Buffer.concat([this.#room, Buffer.alloc(end + this.#room.length)]);
    bytes.copy(this.#room, at + from, from, to);
    this.#length = Math.max(this.#length, end);
  }

  putSome(write: Write, keeps: () => boolean): void {
    for (let from = 0; from < write.bytes.length; from += sector) {
      if (keeps()) this.put(write, from, Math.min(from + sector, write.bytes.length));
    }
  }
}
