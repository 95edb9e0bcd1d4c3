/**
 * The marker: a small file beside the data that says which queue this is and how large its data
 * file is at least. LMDB takes an emptied file for a new one; the marker is how that is noticed.
 *
 * Rule: the size in it is never larger than what is flushed, so that a power cut cannot make it wrong.
 */
import {
  close,
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  write,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { QueueUnusable } from '../queue-unusable.js';
import { formatVersion } from './layout.js';
import { otherFormat } from './other-format.js';

// Not those of node:fs/promises: a command that opens the store for one message would load them for this alone.
const writeText = promisify<number, string, number, BufferEncoding>(write);
const flush = promisify(fdatasync);
const closeFile = promisify(close);

export const markerFile = 'marker';

export interface Marker {
  readonly nonce: string;
  /** Octets that the data file has at least; 0 while the queue is being created. */
  readonly size: number;
}

/** The marker of a queue folder, undefined when there is none. Throws QueueUnusable when it is not readable or damaged. */
export function readMarker(dir: string): Marker | undefined {
  const path = join(dir, markerFile);
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new QueueUnusable('denied', `cannot read ${path}: ${(error as Error).message}`);
  }
  const found = /^tqmail queue (\S+)\nnonce ([0-9a-f]{16})\nsize (\d{16})\ncheck ([0-9a-f]{8})\n$/.exec(text);
  const [, version, nonce, size, check] = found ?? [];
  if (nonce === undefined || size === undefined || check !== checkOf(text)) {
    throw new QueueUnusable('damaged', `${path} is damaged: run "tqmail check --queue"`);
  }
  if (version !== formatVersion) throw otherFormat(path, String(version));
  return { nonce, size: Number(size) };
}

/** Writes a new queue's marker and flushes it and the folder. */
export function createMarker(dir: string, nonce: string): void {
  writeMarker(dir, { nonce, size: 0 });
}

/** Writes the marker of a queue that nobody has open, and flushes it and the folder. */
export function writeMarker(dir: string, marker: Marker): void {
  const fd = openSync(join(dir, markerFile), constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    writeSync(fd, textOf(marker), 0, 'latin1');
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
  const folder = openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Keeps the marker of an open queue up to date: one write of one block in place, at most one under way. */
export class MarkerWriter {
  readonly #nonce: string;
  readonly #fd: number;
  #written: number;
  #writing: Promise<void> | undefined;

  private constructor(fd: number, { nonce, size }: Marker) {
    this.#fd = fd;
    this.#nonce = nonce;
    this.#written = size;
  }

  static open(dir: string, marker: Marker): MarkerWriter {
    return new MarkerWriter(openSync(join(dir, markerFile), constants.O_WRONLY | constants.O_NOFOLLOW), marker);
  }

  /** `size`: octets of the data file at a moment when all of them were flushed. Failures show at the next growth again. */
  grown(size: number, atLeastBy: number): void {
    if (this.#writing !== undefined || size < this.#written + Math.max(atLeastBy, 1)) return;
    this.#writing = this.#write(size)
      .catch(() => undefined)
      .finally(() => {
        this.#writing = undefined;
      });
  }

  /** Writes `size` and closes. Rejects with the system's error; the marker then says less than it could, which is safe. */
  async close(size: number | undefined): Promise<void> {
    await this.#writing;
    try {
      if (size !== undefined && size > this.#written) await this.#write(size);
    } finally {
      await closeFile(this.#fd);
    }
  }

  async #write(size: number): Promise<void> {
    await writeText(this.#fd, textOf({ nonce: this.#nonce, size }), 0, 'latin1');
    await flush(this.#fd);
    this.#written = size;
  }
}

/** Always the same length, so that it is replaced in place. */
function textOf({ nonce, size }: Marker): string {
  const text = `tqmail queue ${formatVersion}\nnonce ${nonce}\nsize ${String(size).padStart(16, '0')}\ncheck `;
  return `${text}${checkOf(text)}\n`;
}

function checkOf(text: string): string {
  const covered = text.slice(0, text.lastIndexOf('check ') + 6);
  return crc32(covered).toString(16).padStart(8, '0');
}
