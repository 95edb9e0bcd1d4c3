/**
 * Bodies too large for a record: one file each below queue/body, flushed before a message
 * names it. Writes, removes and sweeps such files; it does not know which messages exist.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, opendir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { ByteString } from '../protocol/mail.js';
import { crashAt } from './crash-points.js';
import { syncFolder } from './folder-sync.js';

/** Above this many octets a body is a file of its own (data-path measurement: LMDB wins below, files from 1 MiB on). */
export const spillLimit = 262_144;

/** Octets that may wait for the disk before `write` asks its caller to wait. */
const writeAhead = 1_048_576;

/** Age in seconds from which a file without a message is garbage (spec queue.md §3.6: 36 h, above the writers' 24 h). */
const garbageAge = 129_600;

export interface ClosedBody {
  /** Octets. */
  readonly size: number;
  /** CRC-32 of all of them. */
  readonly checksum: number;
}

/** A body while it is written. Every method but the first failing one rejects with the same error after a failure. */
export interface BodyFile {
  /** Name below the queue's body folder, as a Body carries it. */
  readonly name: string;
  /** Takes a chunk, which must not be changed until it is on its way; a promise means: wait before the next. */
  write(chunk: Uint8Array): Promise<void> | undefined;
  /** Resolves when no chunk given so far is needed any more: the system has them all. */
  written(): Promise<void>;
  /** Flushes file and folder; only then may a message name it. */
  close(): Promise<ClosedBody>;
  /** Gives the file up and removes it. */
  discard(): Promise<void>;
}

class OpenBodyFile implements BodyFile {
  readonly name: string;
  readonly #folder: string;
  readonly #handle: FileHandle;
  #chunks: Uint8Array[] = [];
  #waiting = 0;
  #size = 0;
  #checksum = 0;
  #writing: Promise<void> | undefined;
  #failure: unknown;
  #over = false;

  constructor(name: string, folder: string, handle: FileHandle) {
    this.name = name;
    this.#folder = folder;
    this.#handle = handle;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#over) throw new RangeError('write to a closed body file');
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#chunks.push(chunk);
    this.#waiting += chunk.length;
    this.#size += chunk.length;
    // That of an array without memory would begin anew.
    if (chunk.length > 0) this.#checksum = crc32(chunk, this.#checksum);
    this.#writing ??= this.#drain();
    return this.#waiting >= writeAhead ? this.written() : undefined;
  }

  async close(): Promise<ClosedBody> {
    this.#over = true;
    try {
      await this.written();
      crashAt('body.written');
      await this.#handle.sync();
      // Closing and the folder's flush need not wait for each other; the flush is shared by all bodies of the moment.
      await Promise.all([this.#handle.close(), syncFolder(namedByOctets(this.#folder))]);
      crashAt('body.flushed');
    } catch (error) {
      await this.discard();
      throw error;
    }
    return { size: this.#size, checksum: this.#checksum };
  }

  async discard(): Promise<void> {
    this.#over = true;
    await this.#writing;
    // The descriptor may be closed already when close() failed half-way.
    await this.#handle.close().catch(() => undefined);
    await unlink(join(this.#folder, this.name)).catch(ignoreMissing);
  }

  async written(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Never rejects: the failure is kept and told by the next call, so that no rejection goes unhandled. */
  async #drain(): Promise<void> {
    try {
      while (this.#chunks.length > 0) {
        const chunks = this.#chunks;
        this.#chunks = [];
        this.#waiting = 0;
        let left = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
        const data = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
        for (let at = 0; left > 0; ) {
          const { bytesWritten } = await this.#handle.write(data, at, left);
          at += bytesWritten;
          left -= bytesWritten;
        }
      }
    } catch (error) {
      this.#failure = error;
      this.#chunks = [];
    }
    this.#writing = undefined;
  }
}

/** Starts a new body file, mode 0600, under a name that never existed. Rejects with the system's error (full, denied). */
export async function createBodyFile(queueDir: string): Promise<BodyFile> {
  const folder = join(queueDir, 'body');
  const name = randomBytes(12).toString('hex');
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(join(folder, name), flags, 0o600).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    await mkdir(folder, { mode: 0o700, recursive: true });
    await syncFolder(namedByOctets(queueDir));
    return open(join(folder, name), flags, 0o600);
  });
  return new OpenBodyFile(name, folder, handle);
}

/** Removes the file of a finished message; a missing one counts as removed. */
export async function removeBodyFile(queueDir: string, name: string): Promise<void> {
  await unlink(join(queueDir, 'body', name)).catch(ignoreMissing);
  crashAt('body.removed');
}

/**
 * Removes files older than 36 h that `isNamed` does not know; returns how many. `now` in seconds since 1970. What is no file,
 * and what cannot be removed, stays. Rejects with the system's error when the folder cannot be read.
 */
export async function sweepBodyFiles(queueDir: string, now: number, isNamed: (file: string) => boolean): Promise<number> {
  const folder = join(queueDir, 'body');
  const entries = await opendir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  let removed = 0;
  for await (const { name } of entries ?? []) {
    if (isNamed(name)) continue;
    const found = await lstat(join(folder, name)).catch(() => undefined);
    // Asked again after the wait: a message may have taken the file meanwhile.
    if (found?.isFile() !== true || now - found.mtimeMs / 1000 <= garbageAge || isNamed(name)) continue;
    removed += await unlink(join(folder, name)).then(
      () => 1,
      () => 0,
    );
  }
  return removed;
}

/** A path of Node's, as folder-sync.ts takes one. */
function namedByOctets(path: string): ByteString {
  return Buffer.from(path).toString('latin1');
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
